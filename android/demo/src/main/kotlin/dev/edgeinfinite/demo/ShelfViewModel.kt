package dev.edgeinfinite.demo

import dev.edgeinfinite.Document
import dev.edgeinfinite.DocumentChat
import dev.edgeinfinite.Reading
import dev.edgeinfinite.Shelf
import dev.edgeinfinite.ShelfDocument
import dev.edgeinfinite.ShelfException
import dev.edgeinfinite.ShelfFilter
import dev.edgeinfinite.TextSource
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import java.io.File
import java.time.LocalDate

/** The name by which a document's metadata tell the day on which it was added. */
const val ADDED = "added"

/**
 * The shelf's part of the state, and the work behind it. Adding, summarising and asking are tasks like those of [ReaderViewModel]; what takes a
 * moment is done beside them.
 */
class ShelfViewModel(
    private val uiState: MutableStateFlow<ReaderUiState>,
    private val tasks: Tasks,
    private val scope: CoroutineScope,
    private val io: CoroutineDispatcher,
    /** Where the documents are kept. */
    private val folder: File,
    /** A private folder for copies and for the text that is shown. */
    private val work: File,
    /** The model, which is opened with the first call. */
    private val engine: suspend () -> Engine,
) : Askable {
    private val summaries = Turns { change -> update { it.copy(summary = change(listOfNotNull(it.summary)).first()) } }
    private val turns = Turns { change -> update { it.copy(turns = change(it.turns)) } }
    private val opening = Mutex()
    private var shelf: Shelf? = null
    private var showing: Job? = null

    /** The documents that were asked last, and the chat with them. */
    private var chat: Pair<List<ShelfDocument>, DocumentChat>? = null

    private val now get() = uiState.value.shelf

    /** Opens the shelf; once more after a failure. */
    fun open() {
        beside { opened() }
    }

    /** Adds documents, one after another; those that cannot be are told, and the others come to the shelf. */
    fun add(sources: List<DocumentSource>) = tasks.start {
        update { it.copy(additions = emptyList(), problem = null) }
        for (source in sources) add(source)
    }

    /** Adds the open document, out of the app's copy of it. */
    fun addOpen() {
        val open = uiState.value.document ?: return
        val copy = open.copy ?: return
        add(listOf(DocumentSource(open.title) { copy.inputStream() }))
    }

    /** Ticks a document, to summarise and ask it and no others that are not ticked; or takes the tick away. */
    fun tick(id: String) = update { it.copy(ticked = if (id in it.ticked) it.ticked - id else it.ticked + id) }

    /** Asks whether the document of that id is to be removed; null takes the question back. */
    fun askToRemove(id: String?) = update { it.copy(removing = id) }

    /** Removes the document whose removal was asked about. */
    fun remove() {
        val shelf = shelf ?: return
        val id = now.removing ?: return
        update { it.copy(removing = null) }
        beside {
            shelf.remove(id)
            list(shelf)
        }
    }

    /** Summarises the documents that are ticked, or all, in their own sentences. */
    override fun summarise(request: SummaryRequest) {
        val shelf = shelf ?: return
        val turn = Turn(question = null, focus = request.focus, documents = now.asked.size)
        val events = shelf.summarize(filter()) {
            length = request.length
            style = request.style
            focus = request.focus
        }
        begin { summaries.summarise(turn, events) }
    }

    /** Asks the documents that are ticked, or all; [question] may refer to those before that were asked of the same documents. */
    override fun ask(question: String, thorough: Boolean) {
        val shelf = shelf ?: return
        val asked = now.asked
        val filter = filter()
        val events = flow {
            emitAll(chat(shelf, asked, filter).ask(question) { reading = if (thorough) Reading.RecallAll else Reading.Recall })
        }
        begin { turns.ask(Turn(question, documents = asked.size), events) { shelf.search(it, filter) { limit = NEAREST } } }
    }

    override fun search(words: String) {
        val shelf = shelf ?: return
        val turn = Turn(words, documents = now.asked.size)
        val filter = filter()
        begin { turns.search(turn) { shelf.search(words, filter) } }
    }

    /** A document by itself; one whose file is damaged is marked. */
    suspend fun document(id: String): Document = try {
        opened().document(id)
    } catch (failure: ShelfException) {
        update { it.copy(damaged = it.damaged + id) }
        throw failure
    }

    /** Shows a document over the pages, with a mark. */
    fun show(id: String, mark: IntRange) {
        showing?.cancel()
        showing = beside {
            val title = now.documents?.find { it.id == id }?.title.orEmpty()
            val paragraphs = document(id).use { withContext(io) { it.paragraphs(work.resolve(TEXT)) } }
            uiState.update { it.copy(shown = ShownDocument(title, paragraphs, mark)) }
        }
    }

    private suspend fun opened(): Shelf = opening.withLock {
        shelf ?: engine().model.shelf(folder).also {
            shelf = it
            list(it)
        }
    }

    private suspend fun add(source: DocumentSource) {
        update { it.copy(additions = it.additions + Addition(source.title)) }
        attempt({ phase, problem -> updateAddition { it.copy(phase = phase, problem = problem) } }) {
            val copy = work.resolve("addition${source.ending}")
            try {
                val shelf = opened()
                val id = withContext(io) { source.copyTo(copy) }
                val held = now.documents.orEmpty().any { it.id == id }
                updateAddition { it.copy(held = held) }
                if (!held) put(shelf, id, source.title, copy)
            } finally {
                copy.delete()
            }
        }
        update { it.copy(additions = it.additions.filter { one -> one.phase != Phase.Done || one.held }) }
    }

    private suspend fun put(shelf: Shelf, id: String, name: String, file: File) {
        shelf.add(
            id,
            TextSource.file(file),
            {
                title = name.take(TITLE)
                metadata = mapOf(ADDED to LocalDate.now().toString())
            },
        ) { progress -> updateAddition { it.copy(progress = progress) } }
        list(shelf)
    }

    private suspend fun list(shelf: Shelf) {
        val documents = shelf.list().asReversed()
        val ids = documents.map { it.id }.toSet()
        update { it.copy(documents = documents, ticked = it.ticked intersect ids, damaged = it.damaged intersect ids) }
    }

    /** The chat with the documents that are [asked]: a new one, where others were asked before. */
    private suspend fun chat(shelf: Shelf, asked: List<ShelfDocument>, filter: ShelfFilter): DocumentChat {
        chat?.let { (before, chat) -> if (before == asked) return chat else chat.close() }
        chat = null
        return shelf.chat(filter).also { chat = asked to it }
    }

    /** Runs [block], which returns what it failed with; where a file of the shelf is damaged, finds whose it is. */
    private fun begin(block: suspend () -> Exception?) = tasks.start {
        update { it.copy(problem = null) }
        if (block() is ShelfException) findDamaged()
    }

    private suspend fun findDamaged() {
        for (document in now.documents.orEmpty()) {
            try {
                document(document.id).close()
            } catch (_: ShelfException) {
                continue // it is marked
            }
        }
    }

    private fun filter() = if (now.ticked.isEmpty()) ShelfFilter.All else ShelfFilter(ids = now.ticked)

    /** Runs what takes no turn of the tasks; a failure is told. */
    private fun beside(block: suspend () -> Unit): Job = scope.launch {
        attempt({ _, problem -> update { it.copy(problem = problem) } }, block)
    }

    private fun update(change: (ShelfUiState) -> ShelfUiState) = uiState.update { it.copy(shelf = change(it.shelf)) }

    private fun updateAddition(change: (Addition) -> Addition) = update {
        it.copy(additions = it.additions.dropLast(1) + change(it.additions.last()))
    }

    private companion object {
        /** UTF-16 units of a title; the engine takes 1,024 bytes. */
        const val TITLE = 256

        /** The name of the file that holds the text of the document that is shown. */
        const val TEXT = "shelf-text"
    }
}
