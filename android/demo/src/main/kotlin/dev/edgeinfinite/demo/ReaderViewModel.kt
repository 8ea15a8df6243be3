package dev.edgeinfinite.demo

import dev.edgeinfinite.Answer
import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.Benchmark
import dev.edgeinfinite.Document
import dev.edgeinfinite.DocumentChat
import dev.edgeinfinite.Reading
import dev.edgeinfinite.TextSource
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.io.File
import java.io.InputStream
import java.io.OutputStream

/**
 * The state of the screens and the work behind them. A plain class, not AndroidX's ViewModel, since the app depends on no AndroidX library:
 * [DemoActivity] hands it to the next instance of itself, so turning the phone interrupts nothing.
 *
 * It holds the model, which is opened once, and the document. One task at a time, on [scope]'s thread; starting another stops it. It uses no
 * class of Android, so it is tested with a fake model.
 */
class ReaderViewModel(
    private val scope: CoroutineScope,
    private val io: CoroutineDispatcher,
    /** A private folder, its own, for the copy of the document and for indices; it is deleted in the end. */
    private val folder: File,
    /** Opens the model; asked again when it failed. */
    private val open: suspend () -> Engine,
    /** Android's thermal status. */
    private val thermal: () -> Int? = { null },
) {
    private val _uiState = MutableStateFlow(ReaderUiState())
    private var source: DocumentSource? = null
    private var document: Document? = null

    /** What is asked refers to what was asked before. */
    private var chat: DocumentChat? = null
    private var job: Job? = null
    private var copies = 0

    /** What the screens show. */
    val uiState: StateFlow<ReaderUiState> get() = _uiState

    init {
        folder.mkdirs()
    }

    /** Reads another document; the questions about the one before go with it. */
    fun read(next: DocumentSource) {
        source = next
        start {
            val before = _uiState.value.document?.copy
            document?.close() // and its chat
            document = null
            chat = null
            _uiState.update { it.copy(document = OpenDocument(next.title, next.sample), summary = null, turns = emptyList()) }
            before?.delete()
            attempt({ phase, problem -> updateDocument { it.copy(phase = phase, problem = problem) } }) { readCopyOf(next) }
        }
    }

    /** Reads the document once more, as after a failure. */
    fun readAgain() {
        source?.let(::read)
    }

    fun summarise(request: SummaryRequest) {
        val document = document ?: return
        start {
            _uiState.update { it.copy(summary = Turn(question = null, focus = request.focus)) }
            val events = document.summarize {
                length = request.length
                style = request.style
                focus = request.focus
                verbatim = request.focus != null // a focus is for the document's own sentences, as they are chosen from all of it
                reading = if (request.thorough && request.focus == null) Reading.Notes else Reading.Recall
            }
            collect(events) { change -> _uiState.update { it.copy(summary = it.summary?.let(change)) } }
        }
    }

    /** Asks [question], which may refer to those before; where the document does not say, what is nearest to it is shown. */
    fun ask(question: String, thorough: Boolean) {
        val document = document ?: return
        val chat = chat ?: return
        begin(Turn(question)) {
            val events = chat.ask(question) { reading = if (thorough) Reading.RecallAll else Reading.Recall }
            val answer = collect(events, ::updateTurn)
            if (answer?.found == false) showNearest(document, answer.resolvedQuestion ?: question)
        }
    }

    /** Searches for [words], without the model. */
    fun search(words: String) {
        val document = document ?: return
        begin(Turn(words)) {
            attempt({ phase, problem -> updateTurn { it.copy(phase = phase, problem = problem) } }) {
                val found = document.search(words)
                updateTurn { it.copy(passages = found) }
            }
        }
    }

    /** Measures documents of about so many tokens, one after the other. */
    fun measure(lengths: List<Int>) = start {
        _uiState.update { it.copy(sweep = Sweep(phase = Phase.Working, lengths = lengths.size)) }
        attempt({ phase, problem -> updateSweep { it.copy(phase = phase, problem = problem, progress = null) } }) {
            val engine = engine()
            Benchmark(engine.model, engine.info, folder, io, thermal).run(
                lengths,
                onProgress = { now -> updateSweep { it.copy(progress = now) } },
                onPoint = { point -> updateSweep { it.copy(points = it.points + point, progress = null) } },
            )
        }
    }

    /** Stops what is under way; what came so far stays to be seen. */
    fun stop() {
        job?.cancel()
    }

    /** Lets go of the graph's memory, when the phone runs short of it. */
    fun trim() {
        _uiState.value.engine?.model?.trim()
    }

    /** The end: nothing is shown any more. */
    fun close() {
        val last = job
        job = null
        scope.launch {
            last?.cancelAndJoin()
            _uiState.value.engine?.model?.close() // and its documents
            document = null
            chat = null
            withContext(io) { folder.deleteRecursively() }
        }
    }

    private fun start(block: suspend () -> Unit) {
        val before = job
        job = scope.launch {
            before?.cancelAndJoin()
            block()
        }
    }

    private fun begin(turn: Turn, block: suspend () -> Unit) = start {
        _uiState.update { it.copy(turns = listOf(turn) + it.turns) }
        block()
    }

    private suspend fun readCopyOf(source: DocumentSource) {
        val copy = folder.resolve("document-${copies++}${source.ending}")
        updateDocument { it.copy(copy = copy) }
        withContext(io) {
            source.open().use { input -> copy.outputStream().use { output -> input.copyTo(output) { ensureActive() } } }
        }
        val started = System.nanoTime()
        val read = engine().model.read(TextSource.file(copy), { indexDir = folder }) { now -> updateDocument { it.copy(progress = now) } }
        document = read
        chat = read.chat()
        updateDocument { it.copy(millis = (System.nanoTime() - started) / 1e6) }
        val (paragraphs, heading) = withContext(io) {
            val paragraphs = Paragraphs.of(textOf(read))
            paragraphs to paragraphs[0].takeIf { it.heading == 1 }?.text
        }
        updateDocument { it.copy(paragraphs = paragraphs, heading = heading) }
    }

    /** The document's text in a file, to show any part of it: what quotes count in. */
    private suspend fun textOf(document: Document): File {
        val file = folder.resolve(TEXT)
        file.bufferedWriter().use { writer ->
            var end = 0
            while (true) {
                val part = document.text(end, end + PART)
                if (part.isEmpty()) break
                writer.write(part)
                end += part.length
            }
        }
        return file
    }

    private suspend fun engine(): Engine {
        _uiState.value.engine?.let { return it }
        try {
            return open().also { engine -> _uiState.update { it.copy(engine = engine, engineProblem = null) } }
        } catch (failure: Exception) {
            if (failure !is CancellationException) _uiState.update { it.copy(engineProblem = failure) }
            throw failure
        }
    }

    private suspend fun showNearest(document: Document, question: String) {
        val nearest = document.search(question) { limit = NEAREST }
        updateTurn { it.copy(passages = nearest) }
    }

    /** Shows an answer as it comes; null where it failed. */
    private suspend fun collect(events: Flow<AnswerEvent>, change: ((Turn) -> Turn) -> Unit): Answer? {
        var answer: Answer? = null
        attempt({ phase, problem -> change { it.copy(phase = phase, problem = problem) } }) {
            events.collect { event ->
                change {
                    when (event) {
                        is AnswerEvent.Progress -> it.copy(progress = event)
                        is AnswerEvent.TextDelta -> it.copy(text = it.text + event.delta)
                        is AnswerEvent.Done -> it.copy(answer = event.answer)
                    }
                }
                if (event is AnswerEvent.Done) answer = event.answer
            }
        }
        return answer
    }

    /** Runs [block] and says how it ended. */
    private suspend fun attempt(ended: (Phase, Throwable?) -> Unit, block: suspend () -> Unit) {
        try {
            block()
            ended(Phase.Done, null)
        } catch (stop: CancellationException) {
            ended(Phase.Stopped, null)
            throw stop
        } catch (failure: Exception) {
            ended(Phase.Failed, failure)
        }
    }

    private fun updateDocument(change: (OpenDocument) -> OpenDocument) = _uiState.update { it.copy(document = it.document?.let(change)) }

    private fun updateTurn(change: (Turn) -> Turn) = _uiState.update { state ->
        state.copy(turns = listOf(change(state.turns.first())) + state.turns.drop(1))
    }

    private fun updateSweep(change: (Sweep) -> Sweep) = _uiState.update { it.copy(sweep = change(it.sweep)) }
}

/** The name of the file that holds the text of the open document. */
private const val TEXT = "text"

/** Passages that are shown where a question has no answer. */
private const val NEAREST = 3

/** UTF-16 units that are fetched at once. */
private const val PART = 1 shl 20

private fun InputStream.copyTo(output: OutputStream, beforeEach: () -> Unit) {
    val buffer = ByteArray(64 * 1024)
    while (true) {
        beforeEach()
        val count = read(buffer)
        if (count < 0) break
        output.write(buffer, 0, count)
    }
}
