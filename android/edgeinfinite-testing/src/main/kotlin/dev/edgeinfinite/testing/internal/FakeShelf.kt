package dev.edgeinfinite.testing.internal

import dev.edgeinfinite.Answer
import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.AskOptions
import dev.edgeinfinite.Document
import dev.edgeinfinite.DocumentChat
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.Passage
import dev.edgeinfinite.Quote
import dev.edgeinfinite.ReadOptions
import dev.edgeinfinite.Reading
import dev.edgeinfinite.SearchOptions
import dev.edgeinfinite.Shelf
import dev.edgeinfinite.ShelfDocument
import dev.edgeinfinite.ShelfException
import dev.edgeinfinite.ShelfFilter
import dev.edgeinfinite.ShelfOptions
import dev.edgeinfinite.SummaryOptions
import dev.edgeinfinite.TextSource
import dev.edgeinfinite.testing.FakeCall
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.map
import java.util.concurrent.atomic.AtomicReference

/** Most bytes of an id. */
private const val ID = 256

/** Between two documents that are asked together: no text holds it. */
private const val BETWEEN = "\n\u0000\n"

/** What stands on a shelf, and who has it open. */
internal class FakeShelfContent {
    val documents = LinkedHashMap<String, Pair<ShelfDocument, Content>>()
    val owner = AtomicReference<Lifetime>()
}

/** A shelf in memory. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class FakeShelf(private val engine: FakeEngine, private val lifetime: Lifetime, private val content: FakeShelfContent) : Shelf {
    init {
        val before = content.owner.get()
        if (before?.isClosed == false || !content.owner.compareAndSet(before, lifetime)) {
            lifetime.close()
            throw ShelfException("shelf.locked", "found the shelf open already, expected it closed")
        }
    }

    override suspend fun add(
        id: String,
        source: TextSource,
        options: ShelfOptions.() -> Unit,
        onProgress: suspend (AnswerEvent.Progress) -> Unit,
    ): ShelfDocument {
        val chosen = ShelfOptions().apply(options)
        engine.begin(FakeCall.ShelfAdd(id, source, chosen), lifetime)
        require(id.isNotEmpty() && id.toByteArray().size <= ID) { "found an id of ${id.toByteArray().size} bytes, expected 1 to $ID" }
        require(id !in content.documents) { "found a document of that id on the shelf, expected none: replace it" }
        return put(id, source, chosen, onProgress)
    }

    override suspend fun replace(
        id: String,
        source: TextSource,
        options: ShelfOptions.() -> Unit,
        onProgress: suspend (AnswerEvent.Progress) -> Unit,
    ): ShelfDocument {
        val chosen = ShelfOptions().apply(options)
        engine.begin(FakeCall.ShelfReplace(id, source, chosen), lifetime)
        find(id)
        return put(id, source, chosen, onProgress)
    }

    override suspend fun remove(id: String) {
        engine.begin(FakeCall.ShelfRemove(id), lifetime)
        find(id)
        content.documents.remove(id)
    }

    override suspend fun list(filter: ShelfFilter): List<ShelfDocument> {
        engine.begin(FakeCall.ShelfList(filter), lifetime)
        return passing(filter).map { it.first }
    }

    override suspend fun document(id: String): Document {
        engine.begin(FakeCall.ShelfDocument(id), lifetime)
        return FakeDocument(engine, Lifetime(lifetime), find(id).second)
    }

    override fun ask(question: String, filter: ShelfFilter, options: AskOptions.() -> Unit): Flow<AnswerEvent> {
        val chosen = AskOptions().apply(options)
        return events(FakeCall.ShelfAsk(question, filter, chosen), question, filter, chosen.reading)
    }

    override suspend fun chat(filter: ShelfFilter): DocumentChat {
        engine.begin(FakeCall.ShelfChat(filter), lifetime)
        val own = Lifetime(lifetime)
        return FakeDocumentChat(own) { events(it, it.question, filter, it.options.reading, lifetime = own) }
    }

    override fun summarize(filter: ShelfFilter, options: SummaryOptions.() -> Unit): Flow<AnswerEvent> {
        val chosen = SummaryOptions().apply(options)
        return events(FakeCall.ShelfSummarize(filter, chosen), question = null, filter, chosen.reading, chosen.focus)
    }

    override suspend fun search(text: String, filter: ShelfFilter, options: SearchOptions.() -> Unit): List<Passage> {
        val chosen = SearchOptions().apply(options)
        engine.begin(FakeCall.ShelfSearch(text, filter, chosen), lifetime)
        val found = passing(filter).flatMap { (document, held) -> passages(held.document, text).map { it.of(document) } }
        return found.sortedByDescending { it.score }.drop(chosen.offset).take(chosen.limit)
    }

    override fun close() {
        lifetime.close()
    }

    private suspend fun put(
        id: String,
        source: TextSource,
        options: ShelfOptions,
        onProgress: suspend (AnswerEvent.Progress) -> Unit,
    ): ShelfDocument {
        val read = reading(engine, lifetime, source, ReadOptions(), onProgress)
        val name = source.file?.name
        val about = ShelfDocument(
            id = id,
            title = options.title ?: name ?: id,
            metadata = options.metadata.toMap(),
            name = name,
            sha256 = sha256(read.document),
            bytes = read.document.toByteArray().size.toLong(),
            length = read.document.length,
            tokens = read.total,
            passages = read.document.lines().count(String::isNotBlank),
            language = "en",
        )
        content.documents[id] = about to read
        return about
    }

    private fun find(id: String) = requireNotNull(content.documents[id]) { "found no document of that id on the shelf" }

    private fun passing(filter: ShelfFilter) = content.documents.values.filter { (document, _) ->
        filter.ids?.contains(document.id) != false && filter.metadata.all { (key, value) -> document.metadata[key] == value }
    }

    /** Asks the documents as one text; each quote is told of the document that it stands in. */
    private fun events(
        call: FakeCall,
        question: String?,
        filter: ShelfFilter,
        reading: Reading?,
        focus: String? = null,
        lifetime: Lifetime = this.lifetime,
    ): Flow<AnswerEvent> = flow {
        val chosen = passing(filter)
        require(chosen.isNotEmpty()) { "found no document on the shelf that passes the filter, expected one" }
        require(reading == null || reading == Reading.Recall || reading == Reading.RecallAll) {
            "found $reading, expected Recall of a shelf"
        }
        val together = Content(chosen.joinToString(BETWEEN) { it.second.document }, reading = null, done = 0)
        val events = engine.events(call, lifetime, question, reading, together, focus)
        emitAll(events.map { if (it is AnswerEvent.Done) AnswerEvent.Done(told(it.answer, chosen)) else it })
    }

    private fun told(answer: Answer, chosen: List<Pair<ShelfDocument, Content>>): Answer {
        val starts = chosen.runningFold(0) { at, (_, held) -> at + held.document.length + BETWEEN.length }
        fun Quote.placed(): Quote {
            val number = starts.indexOfLast { it <= start }
            val about = chosen[number].first
            val shift = starts[number]
            val headings = listOf(about.title) + headings
            return Quote(start - shift, end - shift, text, headings, answerStart, answerEnd, place, verbatim, about.id)
        }
        return answer.run {
            val quotes = quotes.map { it.placed() }
            val short = shortAnswer?.placed()
            Answer(question, resolvedQuestion, text, found, confidence, refusal, quotes, short, verdict, null, emptyList(), usage)
        }
    }
}

@OptIn(EdgeInfiniteInternalApi::class)
private fun Passage.of(about: ShelfDocument) =
    Passage(start, end, text, listOf(about.title) + headings, context, place, sentence, score, words, matches, about.id)
