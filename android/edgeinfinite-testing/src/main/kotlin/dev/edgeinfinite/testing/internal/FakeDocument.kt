package dev.edgeinfinite.testing.internal

import dev.edgeinfinite.AskOptions
import dev.edgeinfinite.Document
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.Reply
import dev.edgeinfinite.SummaryOptions
import dev.edgeinfinite.testing.FakeCall
import kotlinx.coroutines.flow.Flow
import java.io.File

/** A text that was read. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class FakeDocument(private val stage: Stage, private val open: Open, private val content: Content) : Document {
    override fun ask(question: String, options: AskOptions.() -> Unit): Flow<Reply> {
        val chosen = AskOptions().apply(options)
        return stage.replies(FakeCall.Ask(question, chosen), open, question, chosen.reading, content)
    }

    override fun summarize(options: SummaryOptions.() -> Unit): Flow<Reply> = summarize(SummaryOptions().apply(options))

    fun summarize(options: SummaryOptions): Flow<Reply> =
        stage.replies(FakeCall.Summarize(options), open, question = null, options.reading, content)

    override suspend fun save(file: File) {
        stage.begin(FakeCall.Save(file), open)
        content.save(file, stage.name)
    }

    override fun close() {
        open.close()
    }
}
