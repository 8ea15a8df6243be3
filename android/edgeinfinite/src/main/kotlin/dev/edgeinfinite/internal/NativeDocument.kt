package dev.edgeinfinite.internal

import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.AskOptions
import dev.edgeinfinite.Document
import dev.edgeinfinite.DocumentChat
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.ExtractedField
import dev.edgeinfinite.Field
import dev.edgeinfinite.Passage
import dev.edgeinfinite.SearchOptions
import dev.edgeinfinite.Statement
import dev.edgeinfinite.SummaryOptions
import kotlinx.coroutines.flow.Flow
import java.io.File

/** A document behind a handle. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class NativeDocument(private val queue: NativeQueue, private val handle: Long) : Document {
    override fun ask(question: String, options: AskOptions.() -> Unit): Flow<AnswerEvent> {
        val chosen = AskOptions().apply(options).json()
        return queue.events { Native.ask(handle, question.utf8(), chosen) }
    }

    override suspend fun chat(): DocumentChat = NativeDocumentChat(queue, queue.createHandle { Native.documentChat(handle) })

    override fun summarize(options: SummaryOptions.() -> Unit): Flow<AnswerEvent> = summarize(SummaryOptions().apply(options))

    fun summarize(options: SummaryOptions): Flow<AnswerEvent> {
        val chosen = options.json()
        return queue.events { Native.summarize(handle, chosen) }
    }

    override fun extract(fields: List<Field>): Flow<ExtractedField> {
        val chosen = fields.json()
        return queue.fields { Native.extract(handle, chosen) }
    }

    override suspend fun search(text: String, options: SearchOptions.() -> Unit): List<Passage> {
        val chosen = SearchOptions().apply(options).json()
        return queue.runOn(handle) { Native.search(it, text.utf8(), chosen) }.passages()
    }

    override suspend fun quotes(text: String, question: String?): List<Statement> =
        queue.runOn(handle) { Native.quotes(it, text.utf8(), question?.utf8()) }.statements()

    override suspend fun text(start: Int, end: Int): String = queue.runOn(handle) { Native.text(it, start, end) }.text()

    override suspend fun save(file: File) = queue.runOn(handle) { Native.save(it, file.absolutePath.utf8()) }

    override fun close() = Native.close(handle)
}
