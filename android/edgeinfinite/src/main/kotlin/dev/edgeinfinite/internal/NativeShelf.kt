package dev.edgeinfinite.internal

import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.AskOptions
import dev.edgeinfinite.Document
import dev.edgeinfinite.DocumentChat
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.Passage
import dev.edgeinfinite.SearchOptions
import dev.edgeinfinite.Shelf
import dev.edgeinfinite.ShelfDocument
import dev.edgeinfinite.ShelfFilter
import dev.edgeinfinite.ShelfOptions
import dev.edgeinfinite.SummaryOptions
import dev.edgeinfinite.TextSource
import kotlinx.coroutines.flow.Flow

/** A shelf behind a handle. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class NativeShelf(private val queue: NativeQueue, private val handle: Long) : Shelf {
    override suspend fun add(
        id: String,
        source: TextSource,
        options: ShelfOptions.() -> Unit,
        onProgress: suspend (AnswerEvent.Progress) -> Unit,
    ): ShelfDocument = put(source, ShelfOptions().apply(options).json(id), replaces = false, onProgress)

    override suspend fun replace(
        id: String,
        source: TextSource,
        options: ShelfOptions.() -> Unit,
        onProgress: suspend (AnswerEvent.Progress) -> Unit,
    ): ShelfDocument = put(source, ShelfOptions().apply(options).json(id), replaces = true, onProgress)

    override suspend fun remove(id: String) = queue.run { Native.shelfRemove(handle, id.utf8()) }

    override suspend fun list(filter: ShelfFilter): List<ShelfDocument> =
        queue.run { Native.shelfList(handle, filter.json()) }.shelfDocuments()

    override suspend fun document(id: String): Document =
        NativeDocument(queue, queue.createHandle { Native.shelfDocument(handle, id.utf8()) })

    override fun ask(question: String, filter: ShelfFilter, options: AskOptions.() -> Unit): Flow<AnswerEvent> {
        val chosen = AskOptions().apply(options).json()
        return queue.events { Native.shelfAsk(handle, question.utf8(), filter.json(), chosen) }
    }

    override suspend fun chat(filter: ShelfFilter): DocumentChat =
        NativeDocumentChat(queue, queue.createHandle { Native.shelfChat(handle, filter.json()) })

    override fun summarize(filter: ShelfFilter, options: SummaryOptions.() -> Unit): Flow<AnswerEvent> {
        val chosen = SummaryOptions().apply(options).json()
        return queue.events { Native.shelfSummarize(handle, filter.json(), chosen) }
    }

    override suspend fun search(text: String, filter: ShelfFilter, options: SearchOptions.() -> Unit): List<Passage> {
        val chosen = SearchOptions().apply(options).json()
        return queue.runOn(handle) { Native.shelfSearch(it, text.utf8(), filter.json(), chosen) }.passages()
    }

    override fun close() = Native.close(handle)

    private suspend fun put(
        source: TextSource,
        about: ByteArray,
        replaces: Boolean,
        onProgress: suspend (AnswerEvent.Progress) -> Unit,
    ): ShelfDocument {
        val adding = queue.createHandle { Native.shelfAdd(handle, source.bytes(), source.path(), about, replaces) }
        try {
            while (true) onProgress(queue.runOn(adding, Native::step)?.progress() ?: break)
            return queue.run { checkNotNull(Native.shelfAdded(adding)) }.shelfDocument()
        } finally {
            Native.close(adding) // what was not added to its end leaves nothing
        }
    }
}
