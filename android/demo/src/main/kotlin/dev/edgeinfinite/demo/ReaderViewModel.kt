package dev.edgeinfinite.demo

import dev.edgeinfinite.Benchmark
import dev.edgeinfinite.Document
import dev.edgeinfinite.DocumentChat
import dev.edgeinfinite.Reading
import dev.edgeinfinite.ShelfDocument
import dev.edgeinfinite.TextSource
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.withContext
import java.io.File

/**
 * The state of the screens and the work behind them. A plain class, not AndroidX's ViewModel, since the app depends on no AndroidX library:
 * [DemoActivity] hands it to the next instance of itself, so turning the phone interrupts nothing.
 *
 * It holds the model, which is opened once, and the document. One task at a time, on [scope]'s thread; starting another stops it. It uses no
 * class of Android, so it is tested with a fake model.
 */
class ReaderViewModel(
    scope: CoroutineScope,
    private val io: CoroutineDispatcher,
    /** A private folder, its own, for the copy of the document and for indices; it is deleted in the end. */
    private val folder: File,
    /** The folder of the shelf, which stays. */
    shelfFolder: File,
    /** Opens the model; asked again when it failed. */
    private val open: suspend () -> Engine,
    /** Android's thermal status. */
    private val thermal: () -> Int? = { null },
) : Askable {
    private val _uiState = MutableStateFlow(ReaderUiState())
    private val tasks = Tasks(scope)
    private val summaries = Turns { change -> _uiState.update { it.copy(summary = change(listOfNotNull(it.summary)).first()) } }
    private val turns = Turns { change -> _uiState.update { it.copy(turns = change(it.turns)) } }
    private var document: Document? = null

    /** What is asked refers to what was asked before. */
    private var chat: DocumentChat? = null

    /** Reads the document once more. */
    private var again: () -> Unit = {}
    private var copies = 0

    /** The documents that stay on the phone. */
    val shelf = ShelfViewModel(_uiState, tasks, scope, io, shelfFolder, folder, ::engine)

    /** What is summarised and asked. */
    val chosen: Askable get() = if (_uiState.value.ofShelf) shelf else this

    /** What the screens show. */
    val uiState: StateFlow<ReaderUiState> get() = _uiState

    init {
        folder.mkdirs()
    }

    /** Reads another document; the questions about the one before go with it. */
    fun read(next: DocumentSource) {
        again = { read(next) }
        begin(OpenDocument(next.title, next.sample)) { readCopyOf(next) }
    }

    /** Opens a document of the shelf, as [read] does. */
    fun read(next: ShelfDocument) {
        again = { read(next) }
        begin(OpenDocument(next.title, sample = false, id = next.id, bytes = next.bytes)) { timed { shelf.document(next.id) } }
    }

    /** Reads the document once more, as after a failure. */
    fun readAgain() = again()

    /** Shows the open document, or one of the shelf by its id, over the pages. */
    fun show(id: String? = null, mark: IntRange = 0..<0) {
        if (id != null) return shelf.show(id, mark)
        val open = _uiState.value.document ?: return
        val paragraphs = open.paragraphs ?: return
        _uiState.update { it.copy(shown = ShownDocument(open.title, paragraphs, mark)) }
    }

    /** Shows the pages again. */
    fun hide() = _uiState.update { it.copy(shown = null) }

    /** From now on the shelf is summarised and asked, or else the open document. */
    fun choose(shelf: Boolean) = _uiState.update { it.copy(shelfChosen = shelf) }

    override fun summarise(request: SummaryRequest) {
        val document = document ?: return
        val events = document.summarize {
            length = request.length
            style = request.style
            focus = request.focus
            verbatim = request.focus != null // a focus is for the document's own sentences, as they are chosen from all of it
            reading = if (request.thorough && request.focus == null) Reading.Notes else Reading.Recall
        }
        tasks.start { summaries.summarise(Turn(question = null, focus = request.focus), events) }
    }

    /** Asks [question], which may refer to those before. */
    override fun ask(question: String, thorough: Boolean) {
        val document = document ?: return
        val chat = chat ?: return
        val events = chat.ask(question) { reading = if (thorough) Reading.RecallAll else Reading.Recall }
        tasks.start { turns.ask(Turn(question), events) { document.search(it) { limit = NEAREST } } }
    }

    override fun search(words: String) {
        val document = document ?: return
        tasks.start { turns.search(Turn(words)) { document.search(words) } }
    }

    /** Measures documents of about so many tokens, one after the other. */
    fun measure(lengths: List<Int>) = tasks.start {
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
    fun stop() = tasks.stop()

    /** Lets go of the graph's memory, when the phone runs short of it. */
    fun trim() {
        _uiState.value.engine?.model?.trim()
    }

    /** The end: nothing is shown any more. */
    fun close() = tasks.start {
        _uiState.value.engine?.model?.close() // and its documents
        document = null
        chat = null
        withContext(io) { folder.deleteRecursively() }
    }

    /** Lets go of the document before, and shows the next as [read] opens it. */
    private fun begin(next: OpenDocument, read: suspend () -> Document) = tasks.start {
        val before = _uiState.value.document?.copy
        document?.close() // and its chat
        document = null
        chat = null
        _uiState.update { it.copy(document = next, summary = null, turns = emptyList(), shelfChosen = false, shown = null) }
        before?.delete()
        attempt({ phase, problem -> updateDocument { it.copy(phase = phase, problem = problem) } }) {
            val opened = read()
            document = opened
            chat = opened.chat()
            val (paragraphs, heading) = withContext(io) {
                val paragraphs = opened.paragraphs(folder.resolve(TEXT))
                paragraphs to paragraphs[0].takeIf { it.heading == 1 }?.text
            }
            updateDocument { it.copy(paragraphs = paragraphs, heading = heading) }
        }
    }

    private suspend fun readCopyOf(source: DocumentSource): Document {
        val copy = folder.resolve("document-${copies++}${source.ending}")
        updateDocument { it.copy(copy = copy) }
        val id = withContext(io) { source.copyTo(copy) }
        updateDocument { it.copy(id = id, bytes = copy.length()) }
        return timed {
            engine().model.read(TextSource.file(copy), { indexDir = folder }) { now -> updateDocument { it.copy(progress = now) } }
        }
    }

    private suspend fun timed(read: suspend () -> Document): Document {
        val started = System.nanoTime()
        val document = read()
        updateDocument { it.copy(millis = (System.nanoTime() - started) / 1e6) }
        return document
    }

    private suspend fun engine(): Engine {
        _uiState.value.engine?.let { return it }
        try {
            val engine = open()
            _uiState.update { it.copy(engine = engine, engineProblem = null) }
            shelf.open()
            return engine
        } catch (failure: Exception) {
            if (failure !is CancellationException) _uiState.update { it.copy(engineProblem = failure) }
            throw failure
        }
    }

    private fun updateDocument(change: (OpenDocument) -> OpenDocument) = _uiState.update { it.copy(document = it.document?.let(change)) }

    private fun updateSweep(change: (Sweep) -> Sweep) = _uiState.update { it.copy(sweep = change(it.sweep)) }
}

/** The name of the file that holds the text of the open document. */
private const val TEXT = "text"
