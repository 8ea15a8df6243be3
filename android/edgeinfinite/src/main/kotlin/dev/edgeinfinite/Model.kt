package dev.edgeinfinite

import kotlinx.coroutines.flow.Flow
import java.io.File

/**
 * An opened model folder.
 *
 * Its documents share its weights and its one queue: one graph run at a time, questions take turns run by run, first
 * come first served. Open a model once and keep it as long as documents are worked on.
 */
@SubclassOptInRequired(EdgeInfiniteInternalApi::class)
public interface Model : AutoCloseable {
    /** Where its graphs run, as opening it found; which accelerators were requested and skipped, and why. */
    public val execution: ExecutionReport

    /**
     * Reads [source] to its end and returns a document that can be asked as often as you like.
     *
     * [onProgress] is called in the caller's context between two graph runs; the next run waits until it returns, so
     * suspending in it pauses the reading. Cancelling stops at once and leaves nothing behind but the checkpoint in
     * [ReadOptions.resume], if that is set.
     *
     * @throws TextException when [source] is missing, empty, of a format that is not read, encrypted, scanned without text, damaged or too large
     * @throws SavedDocumentException when [ReadOptions.resume] holds something else than a checkpoint of [source] and this model
     * @throws StorageException when the index or the checkpoint cannot be written
     * @throws IllegalArgumentException when [source] is a file of 2 GiB or more: places in it are those of a Kotlin string, which ends there
     * @throws ClosedException when this model was closed
     */
    public suspend fun read(
        source: TextSource,
        options: ReadOptions.() -> Unit = {},
        onProgress: suspend (AnswerEvent.Progress) -> Unit = {},
    ): Document

    /**
     * Reads [source] and summarises it, in one flow that keeps nothing. Cold, like [Document.summarize].
     *
     * The flow throws what [read] and [Document.summarize] throw.
     */
    public fun summarize(source: TextSource, options: SummaryOptions.() -> Unit = {}): Flow<AnswerEvent>

    /**
     * The document that [Document.save] wrote to [file]; [source] has to be the text that was read. Its bytes are compared (the text
     * of a PDF, a web page and the like is extracted again before), nothing else is done again. Questions are answered from [file] in place, so it has to stay while the document is open; saving over it is safe.
     *
     * @throws SavedDocumentException when [file] is missing, damaged, unfinished (go on with [ReadOptions.resume]), written by a newer
     * version, or of another text or model; when it was read for [Reading.Memory], also of another scenario or precision. Its code says which.
     * @throws TextException when [source] is missing or cannot be read, as of [read]
     * @throws ClosedException when this model was closed
     */
    public suspend fun restore(file: File, source: TextSource): Document

    /**
     * Opens the shelf of documents in the folder [dir], or makes one; the folder that [dir] stands in has to be there. It is this shelf's until it
     * is closed.
     *
     * @throws ShelfException when another process or another [Shelf] has it open, or the folder is no shelf, damaged, or of a newer version
     * @throws ClosedException when this model was closed
     */
    public suspend fun shelf(dir: File): Shelf

    /**
     * Begins a conversation.
     *
     * @throws ModelException `model.no_chat` when the model was not made for it, `model.no_generator` when it is a reader alone
     * @throws ClosedException when this model was closed
     */
    public suspend fun chat(): Chat

    /**
     * Lets go of the graph's memory, when the system runs short of it (`onTrimMemory`): at once, from any thread. What is at work keeps it
     * until its end, documents and chats stay as they are, and the next run loads the graph again.
     *
     * @throws ClosedException when this model was closed
     */
    public fun trim()

    /** Ends the model, its documents, its chats and their answers, even in the midst of a run. Closing twice does nothing. */
    override fun close()
}
