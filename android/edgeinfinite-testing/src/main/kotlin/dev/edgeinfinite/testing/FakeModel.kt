package dev.edgeinfinite.testing

import dev.edgeinfinite.Accelerator
import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.AskOptions
import dev.edgeinfinite.Chat
import dev.edgeinfinite.Document
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.ExecutionReport
import dev.edgeinfinite.MemoryEstimate
import dev.edgeinfinite.Model
import dev.edgeinfinite.ModelInfo
import dev.edgeinfinite.ReadOptions
import dev.edgeinfinite.Scenario
import dev.edgeinfinite.Shelf
import dev.edgeinfinite.SummaryOptions
import dev.edgeinfinite.TextSource
import dev.edgeinfinite.testing.internal.FakeChat
import dev.edgeinfinite.testing.internal.FakeDocument
import dev.edgeinfinite.testing.internal.FakeEngine
import dev.edgeinfinite.testing.internal.FakeShelf
import dev.edgeinfinite.testing.internal.Lifetime
import dev.edgeinfinite.testing.internal.reading
import dev.edgeinfinite.testing.internal.restored
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.yield
import java.io.File

/**
 * A model for an app's unit tests, without weights and without native code: it says what it was told to say and writes down every call.
 *
 * ```
 * val model = FakeModel()
 * model.answer("Who signed?", "Gora signed it.")
 * val document = model.read(TextSource.of("Gora signed it. It was in May."))
 * val answer = document.ask("Who signed?").await() // with the quote and its place
 * assertEquals(listOf("Read", "Ask(Who signed?)"), model.calls.map { it.toString() })
 * ```
 *
 * It keeps the promises of the real one: cold flows of progress, text and one end, turns of a chat, saved documents in real files,
 * exceptions with their codes, closing. It searches by whole words, line by line. Everything runs in the caller's context, so it is as
 * deterministic as the test's dispatcher.
 * Give the app a `suspend () -> Model`, in production `{ EdgeInfinite.open(folder) }`, in a test `{ FakeModel() }`.
 */
@OptIn(EdgeInfiniteInternalApi::class)
public class FakeModel @JvmOverloads constructor(
    /** Its name: another model refuses what this one saved. */
    public val name: String = "fake",
) : Model {
    private val lifetime = Lifetime(parent = null)
    private val engine = FakeEngine(this)

    /** What it answers where no [answer] was given: by default a question is not in the document, and a summary is its first line. */
    public var script: FakeScript = FakeScript { question, document ->
        if (question == null) FakeAnswer(document.lineSequence().first { it.isNotBlank() }) else FakeAnswer("").apply { found = false }
    }

    /** Awaited before each event and each progress of reading: `delay` makes the model slow in virtual time, a channel's `receive` stops it. */
    public var pace: suspend () -> Unit = { yield() }

    /** What it says of where it runs: on the processor, in no time. */
    override var execution: ExecutionReport = ExecutionReport(
        accelerator = Accelerator.Cpu,
        precision = "fake",
        threads = 1,
        requested = listOf(Accelerator.Cpu),
        skipped = emptyList(),
        graphs = emptyList(),
        selfTestError = null,
        selfTestCached = false,
    )

    /** Every call so far, in order. */
    public val calls: List<FakeCall> get() = engine.calls()

    /** Whether [close] was called. */
    public val isClosed: Boolean get() = lifetime.isClosed

    /** Documents and chats that were made and not closed. */
    public val openChildren: Int get() = lifetime.children()

    /** What [dev.edgeinfinite.EdgeInfinite.inspect] might say of such a model. */
    public val info: ModelInfo
        get() = ModelInfo(
            name = name,
            version = "1",
            description = "Says what it was told to say",
            licence = "Apache-2.0",
            family = "fake",
            parameters = 0,
            gateParameters = 0,
            layers = 0,
            hidden = 0,
            vocabulary = 0,
            folderBytes = 0,
            citing = true,
            maxQuestionTokens = 256,
            maxOutputTokens = 256,
            accelerators = listOf(Accelerator.Cpu),
            variants = emptyList(),
            scenarios = listOf(Scenario("default", 0, 0, 0, 0, 0, MemoryEstimate(0, 0, 0, 0, 0, 0))),
            defaultScenario = "default",
            generator = true,
            reader = null,
        )

    /** From now on [question], null for a summary, or a focus, is answered by [answer]. In a chat, [question] is what is said. */
    public fun answer(question: String?, answer: FakeAnswer) {
        engine.answer(question, answer)
    }

    /** From now on [question], null for a summary, is answered by [text]. */
    public fun answer(question: String?, text: String) {
        answer(question, FakeAnswer(text))
    }

    /** From now on the field of that name has [value], and the question that it may ask is not answered. */
    public fun field(name: String, value: FakeField) {
        engine.field(name, value)
    }

    /** The next call of that kind throws [failure]. */
    public fun fail(call: Class<out FakeCall>, failure: Exception) {
        engine.fail(call, failure)
    }

    /** The next call of that kind throws [failure]: `model.fail<FakeCall.Read>(TextException("text.encoding", "found a PDF"))`. */
    public inline fun <reified C : FakeCall> fail(failure: Exception) {
        fail(C::class.java, failure)
    }

    /** Reads [source] to its end and reports progress; [FakeCall.Read] is written down. */
    override suspend fun read(
        source: TextSource,
        options: ReadOptions.() -> Unit,
        onProgress: suspend (AnswerEvent.Progress) -> Unit,
    ): Document = read(source, ReadOptions().apply(options), onProgress)

    /** Reads [source], then says what [script] says; [FakeCall.Read] and [FakeCall.Summarize] are written down. */
    override fun summarize(source: TextSource, options: SummaryOptions.() -> Unit): Flow<AnswerEvent> {
        val chosen = SummaryOptions().apply(options)
        val asChosen = ReadOptions().apply { reading = chosen.reading }
        return flow { read(source, asChosen) { emit(it) }.use { emitAll(it.summarize(chosen)) } }
    }

    /** The document that a fake's [Document.save] wrote to [file]; [FakeCall.Restore] is written down. */
    override suspend fun restore(file: File, source: TextSource): Document {
        engine.begin(FakeCall.Restore(file, source), lifetime)
        return FakeDocument(engine, Lifetime(lifetime), restored(file, name, source))
    }

    /**
     * A shelf of documents in memory: one of the same [dir] of this model holds what the one before held. [FakeCall.Shelf] is written down. Of
     * an answer the quotes are looked for in all documents that pass the filter, one after another.
     */
    override suspend fun shelf(dir: File): Shelf {
        engine.begin(FakeCall.Shelf(dir), lifetime)
        return FakeShelf(engine, Lifetime(lifetime), engine.shelf(dir))
    }

    /** A conversation that [script] answers; [FakeCall.Chat] is written down. */
    override suspend fun chat(): Chat {
        engine.begin(FakeCall.Chat(), lifetime)
        return FakeChat(engine, Lifetime(lifetime))
    }

    /** [FakeCall.Trim] is written down, and nothing else. */
    override fun trim() {
        engine.begin(FakeCall.Trim(), lifetime)
    }

    /** Ends the model, its documents and its chats; [isClosed] tells. */
    override fun close() {
        lifetime.close()
    }

    private suspend fun read(source: TextSource, options: ReadOptions, onProgress: suspend (AnswerEvent.Progress) -> Unit): FakeDocument {
        engine.begin(FakeCall.Read(source, options), lifetime)
        val content = reading(engine, lifetime, source, options, onProgress)
        return FakeDocument(engine, Lifetime(lifetime), content)
    }
}
