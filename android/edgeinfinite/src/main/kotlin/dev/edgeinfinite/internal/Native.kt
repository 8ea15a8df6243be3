package dev.edgeinfinite.internal

/**
 * The JNI boundary: every native function of the engine (rust/jni/src/lib.rs).
 *
 * Text is UTF-8; options, answers and reports are the JSON of the command line's `--json`; a handle is a number that is
 * never used twice, and 0 is none. [next] and [step] run one graph at most, or wait some
 * tens of milliseconds for a file's text. Every function may throw [NativeException]. Handles come from
 * [NativeLibrary.natives], which loads the library.
 */
internal object Native {
    /** The engine's version. */
    @JvmStatic
    external fun version(): ByteArray

    /** Names ONNX Runtime's library; without it `ORT_DYLIB_PATH` or the system's is loaded. The first call counts. */
    @JvmStatic
    external fun useRuntime(path: ByteArray)

    /** What a model folder says of itself. */
    @JvmStatic
    external fun inspect(dir: ByteArray): ByteArray

    /** A model. */
    @JvmStatic
    external fun open(dir: ByteArray, options: ByteArray): Long

    /** Where a model runs, and why there. */
    @JvmStatic
    external fun execution(model: Long): ByteArray

    /** A document of [model], still unread: of plain [text] or of the file at [path], of any format; the other is null. */
    @JvmStatic
    external fun document(model: Long, text: ByteArray?, path: ByteArray?, options: ByteArray): Long

    /** The document that [save] wrote to the file at [saved], of [text] or of the file at [path]; the other is null. [step] makes it ready. */
    @JvmStatic
    external fun restore(model: Long, text: ByteArray?, path: ByteArray?, saved: ByteArray): Long

    /** Reads on and says how far; null when the document has been read. */
    @JvmStatic
    external fun step(document: Long): ByteArray?

    /** The text from [start] to [end], in UTF-16 units, cut at its end; whole characters. */
    @JvmStatic
    external fun text(document: Long, start: Int, end: Int): ByteArray

    /** Writes what was read so far to the file at [path], as a whole or not at all. */
    @JvmStatic
    external fun save(document: Long, path: ByteArray)

    /** The answer stream of a question. */
    @JvmStatic
    external fun ask(document: Long, question: ByteArray, options: ByteArray): Long

    /** Questions to a document of which a later one may refer to those before it. */
    @JvmStatic
    external fun documentChat(document: Long): Long

    /** The answer stream of a question in such a chat, which gives one answer at a time. */
    @JvmStatic
    external fun askInChat(chat: Long, question: ByteArray, options: ByteArray): Long

    /** The answer stream of a summary. */
    @JvmStatic
    external fun summarize(document: Long, options: ByteArray): Long

    /** The stream of values by fields, an array of them; [next] gives its events. */
    @JvmStatic
    external fun extract(document: Long, fields: ByteArray): Long

    /** The passages of a document that match [text] best: an array of them. */
    @JvmStatic
    external fun search(document: Long, text: ByteArray, options: ByteArray): ByteArray

    /** What of [text], which answers [question] if there is one, stands in a document: an array of its sentences. */
    @JvmStatic
    external fun quotes(document: Long, text: ByteArray, question: ByteArray?): ByteArray

    /** The shelf of documents in the folder at [dir], which is made where it is not there. */
    @JvmStatic
    external fun shelf(model: Long, dir: ByteArray): Long

    /** An addition to a shelf, of plain [text] or of the file at [path]: [step] until the document is there. [about] is its id, title and metadata. */
    @JvmStatic
    external fun shelfAdd(shelf: Long, text: ByteArray?, path: ByteArray?, about: ByteArray, replaces: Boolean): Long

    /** What the shelf says of a document that was added; null before the last [step]. */
    @JvmStatic
    external fun shelfAdded(adding: Long): ByteArray?

    /** Takes a document off a shelf. */
    @JvmStatic
    external fun shelfRemove(shelf: Long, id: ByteArray)

    /** The documents of a shelf that pass [filter]: an array of them. */
    @JvmStatic
    external fun shelfList(shelf: Long, filter: ByteArray): ByteArray

    /** A document of a shelf by itself, as one that was read. */
    @JvmStatic
    external fun shelfDocument(shelf: Long, id: ByteArray): Long

    /** The answer stream of a question to the documents that pass [filter]. */
    @JvmStatic
    external fun shelfAsk(shelf: Long, question: ByteArray, filter: ByteArray, options: ByteArray): Long

    /** A chat with the documents of a shelf that pass [filter]; [askInChat] asks it. */
    @JvmStatic
    external fun shelfChat(shelf: Long, filter: ByteArray): Long

    /** The answer stream of a summary of the documents that pass [filter]. */
    @JvmStatic
    external fun shelfSummarize(shelf: Long, filter: ByteArray, options: ByteArray): Long

    /** The passages of the documents that pass [filter] which match [text] best: an array of them. */
    @JvmStatic
    external fun shelfSearch(shelf: Long, text: ByteArray, filter: ByteArray, options: ByteArray): ByteArray

    /** Frees the graph's memory, unless something is at work; the next run loads it again. */
    @JvmStatic
    external fun trim(model: Long)

    /** A conversation. */
    @JvmStatic
    external fun chat(model: Long): Long

    /** The answer stream of what is said in a conversation, which gives one answer at a time. */
    @JvmStatic
    external fun send(chat: Long, text: ByteArray, options: ByteArray): Long

    /** The next event of an answer stream or of a stream of values; null after the last. */
    @JvmStatic
    external fun next(stream: Long): ByteArray?

    /**
     * Ends the graph run that is under way, from any thread; its [next], [step], [save], [search] or [quotes], or else the next one,
     * throws `cancelled` once.
     */
    @JvmStatic
    external fun cancel(handle: Long)

    /** Ends the object behind the handle, and what was made from it, even in the midst of a run. Never throws. */
    @JvmStatic
    external fun close(handle: Long)
}
