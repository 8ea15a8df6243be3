package dev.edgeinfinite

import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.util.function.Consumer

/**
 * The suspending calls, for Java: each blocks its thread until the result is there. Not for the main thread; interrupting the thread
 * cancels the call. Each throws what the Kotlin function of its name throws.
 *
 * ```java
 * try (Model model = EdgeInfiniteBlocking.open(modelDir);
 *         Document document = EdgeInfiniteBlocking.read(model, TextSource.file(report))) {
 *     Answer answer = EdgeInfiniteBlocking.ask(document, "Who signed, and when?");
 * }
 * ```
 */
public object EdgeInfiniteBlocking {
    /** [EdgeInfinite.open]; [options] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun open(dir: File, options: Consumer<OpenOptions> = Consumer {}): Model =
        runBlocking { EdgeInfinite.open(dir, options::accept) }

    /** [EdgeInfinite.inspect]. */
    @JvmStatic
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun inspect(dir: File): ModelInfo = runBlocking { EdgeInfinite.inspect(dir) }

    /** [TextSource.spool]; [name] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(IOException::class, InterruptedException::class)
    public fun spool(stream: InputStream, dir: File, name: String? = null): TextSource = runBlocking { TextSource.spool(stream, dir, name) }

    /** [Model.read]; [options] and [onProgress] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun read(
        model: Model,
        source: TextSource,
        options: Consumer<ReadOptions> = Consumer {},
        onProgress: Consumer<AnswerEvent.Progress> = Consumer {},
    ): Document = runBlocking { model.read(source, options::accept) { onProgress.accept(it) } }

    /** [Model.restore]. */
    @JvmStatic
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun restore(model: Model, file: File, source: TextSource): Document = runBlocking { model.restore(file, source) }

    /** [Document.text]; [start] and [end] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun text(document: Document, start: Int = 0, end: Int = Int.MAX_VALUE): String = runBlocking { document.text(start, end) }

    /** [Document.save]. */
    @JvmStatic
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun save(document: Document, file: File): Unit = runBlocking { document.save(file) }

    /** [Document.search]; [options] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun search(document: Document, text: String, options: Consumer<SearchOptions> = Consumer {}): List<Passage> =
        runBlocking { document.search(text, options::accept) }

    /** [Document.extract]: returns all values; [onField], which is given each as it comes, may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun extract(document: Document, fields: List<Field>, onField: Consumer<ExtractedField> = Consumer {}): List<ExtractedField> =
        runBlocking { document.extract(fields).onEach(onField::accept).toList() }

    /** [Document.quotes]; [question] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun quotes(document: Document, text: String, question: String? = null): List<Statement> =
        runBlocking { document.quotes(text, question) }

    /** [Document.ask]: returns the whole answer; [options] and [onEvent], which is given each event as it comes, may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun ask(
        document: Document,
        question: String,
        options: Consumer<AskOptions> = Consumer {},
        onEvent: Consumer<AnswerEvent> = Consumer {},
    ): Answer = runBlocking { document.ask(question, options::accept).onEach(onEvent::accept).await() }

    /** [Document.chat]. */
    @JvmStatic
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun chat(document: Document): DocumentChat = runBlocking { document.chat() }

    /** [DocumentChat.ask]: returns the whole answer; [options] and [onEvent] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun ask(
        chat: DocumentChat,
        question: String,
        options: Consumer<AskOptions> = Consumer {},
        onEvent: Consumer<AnswerEvent> = Consumer {},
    ): Answer = runBlocking { chat.ask(question, options::accept).onEach(onEvent::accept).await() }

    /** [Document.summarize]: returns the whole summary; [options] and [onEvent] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun summarize(
        document: Document,
        options: Consumer<SummaryOptions> = Consumer {},
        onEvent: Consumer<AnswerEvent> = Consumer {},
    ): Answer = runBlocking { document.summarize(options::accept).onEach(onEvent::accept).await() }

    /** [Model.summarize]: reads, and returns the whole summary; [options] and [onEvent] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun summarize(
        model: Model,
        source: TextSource,
        options: Consumer<SummaryOptions> = Consumer {},
        onEvent: Consumer<AnswerEvent> = Consumer {},
    ): Answer = runBlocking { model.summarize(source, options::accept).onEach(onEvent::accept).await() }

    /** [Model.shelf]. */
    @JvmStatic
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun shelf(model: Model, dir: File): Shelf = runBlocking { model.shelf(dir) }

    /** [Shelf.add]; [options] and [onProgress] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun add(
        shelf: Shelf,
        id: String,
        source: TextSource,
        options: Consumer<ShelfOptions> = Consumer {},
        onProgress: Consumer<AnswerEvent.Progress> = Consumer {},
    ): ShelfDocument = runBlocking { shelf.add(id, source, options::accept) { onProgress.accept(it) } }

    /** [Shelf.replace]; [options] and [onProgress] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun replace(
        shelf: Shelf,
        id: String,
        source: TextSource,
        options: Consumer<ShelfOptions> = Consumer {},
        onProgress: Consumer<AnswerEvent.Progress> = Consumer {},
    ): ShelfDocument = runBlocking { shelf.replace(id, source, options::accept) { onProgress.accept(it) } }

    /** [Shelf.remove]. */
    @JvmStatic
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun remove(shelf: Shelf, id: String): Unit = runBlocking { shelf.remove(id) }

    /** [Shelf.list]; [filter] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun list(shelf: Shelf, filter: ShelfFilter = ShelfFilter.All): List<ShelfDocument> = runBlocking { shelf.list(filter) }

    /** [Shelf.document]. */
    @JvmStatic
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun document(shelf: Shelf, id: String): Document = runBlocking { shelf.document(id) }

    /** [Shelf.ask]: returns the whole answer; [filter], [options] and [onEvent] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun ask(
        shelf: Shelf,
        question: String,
        filter: ShelfFilter = ShelfFilter.All,
        options: Consumer<AskOptions> = Consumer {},
        onEvent: Consumer<AnswerEvent> = Consumer {},
    ): Answer = runBlocking { shelf.ask(question, filter, options::accept).onEach(onEvent::accept).await() }

    /** [Shelf.chat]; [filter] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun chat(shelf: Shelf, filter: ShelfFilter = ShelfFilter.All): DocumentChat = runBlocking { shelf.chat(filter) }

    /** [Shelf.summarize]: returns the whole summary; [filter], [options] and [onEvent] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun summarize(
        shelf: Shelf,
        filter: ShelfFilter = ShelfFilter.All,
        options: Consumer<SummaryOptions> = Consumer {},
        onEvent: Consumer<AnswerEvent> = Consumer {},
    ): Answer = runBlocking { shelf.summarize(filter, options::accept).onEach(onEvent::accept).await() }

    /** [Shelf.search]; [filter] and [options] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun search(
        shelf: Shelf,
        text: String,
        filter: ShelfFilter = ShelfFilter.All,
        options: Consumer<SearchOptions> = Consumer {},
    ): List<Passage> = runBlocking { shelf.search(text, filter, options::accept) }

    /** [Model.chat]. */
    @JvmStatic
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun chat(model: Model): Chat = runBlocking { model.chat() }

    /** [Chat.send]: returns the whole answer; [options] and [onEvent] may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun send(
        chat: Chat,
        message: String,
        options: Consumer<ChatOptions> = Consumer {},
        onEvent: Consumer<AnswerEvent> = Consumer {},
    ): Answer = runBlocking { chat.send(message, options::accept).onEach(onEvent::accept).await() }
}
