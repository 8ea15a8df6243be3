package dev.edgeinfinite.testing.internal

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
import dev.edgeinfinite.testing.FakeCall
import kotlinx.coroutines.flow.Flow
import java.io.File

/** A text that was read. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class FakeDocument(private val engine: FakeEngine, private val lifetime: Lifetime, private val content: Content) : Document {
    override fun ask(question: String, options: AskOptions.() -> Unit): Flow<AnswerEvent> {
        val chosen = AskOptions().apply(options)
        return engine.events(FakeCall.Ask(question, chosen), lifetime, question, chosen.reading, content)
    }

    override suspend fun chat(): DocumentChat {
        engine.begin(FakeCall.DocumentChat(), lifetime)
        val own = Lifetime(lifetime)
        return FakeDocumentChat(own) { engine.events(it, own, it.question, it.options.reading, content) }
    }

    override fun summarize(options: SummaryOptions.() -> Unit): Flow<AnswerEvent> = summarize(SummaryOptions().apply(options))

    fun summarize(options: SummaryOptions): Flow<AnswerEvent> =
        engine.events(FakeCall.Summarize(options), lifetime, question = null, options.reading, content, options.focus)

    override fun extract(fields: List<Field>): Flow<ExtractedField> = engine.extracted(fields, lifetime, content)

    override suspend fun search(text: String, options: SearchOptions.() -> Unit): List<Passage> {
        val chosen = SearchOptions().apply(options)
        engine.begin(FakeCall.Search(text, chosen), lifetime)
        return passages(content.document, text).drop(chosen.offset).take(chosen.limit)
    }

    override suspend fun quotes(text: String, question: String?): List<Statement> {
        engine.begin(FakeCall.Quotes(text, question), lifetime)
        return statements(content.document, text, question)
    }

    override suspend fun text(start: Int, end: Int): String {
        engine.begin(FakeCall.Text(start, end), lifetime)
        return content.text(start, end)
    }

    override suspend fun save(file: File) {
        engine.begin(FakeCall.Save(file), lifetime)
        content.save(file, engine.name)
    }

    override fun close() {
        lifetime.close()
    }
}
