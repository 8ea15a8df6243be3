package dev.edgeinfinite.internal

import dev.edgeinfinite.AskOptions
import dev.edgeinfinite.Document
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.Reply
import dev.edgeinfinite.SummaryOptions
import kotlinx.coroutines.flow.Flow
import java.io.File

/** A document behind a handle. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class OpenDocument(private val lane: Lane, private val handle: Long) : Document {
    override fun ask(question: String, options: AskOptions.() -> Unit): Flow<Reply> {
        val chosen = AskOptions().apply(options).json()
        return lane.replies { Native.ask(handle, question.utf8(), chosen) }
    }

    override fun summarize(options: SummaryOptions.() -> Unit): Flow<Reply> = summarize(SummaryOptions().apply(options))

    fun summarize(options: SummaryOptions): Flow<Reply> {
        val chosen = options.json()
        return lane.replies { Native.summarize(handle, chosen) }
    }

    override suspend fun save(file: File) = lane.work(handle) { Native.save(it, file.absolutePath.utf8()) }

    override fun close() = Native.close(handle)
}
