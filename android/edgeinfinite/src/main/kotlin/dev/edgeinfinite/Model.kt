package dev.edgeinfinite

import kotlinx.coroutines.flow.Flow

/**
 * An opened model folder.
 *
 * Its documents share its weights and its one queue: one graph run at a time, questions take turns run by run, first
 * come first served. Open a model once and keep it as long as documents are worked on.
 */
@SubclassOptInRequired(EdgeInfiniteInternalApi::class)
public interface Model : AutoCloseable {
    /**
     * Reads [text] to its end and returns a document that can be asked as often as you like.
     *
     * [onProgress] is called in the caller's context between two graph runs; the next run waits until it returns, so
     * suspending in it pauses the reading. Cancelling stops at once and leaves nothing behind.
     *
     * @throws TextException when [text] is missing, empty, not UTF-8, or no text at all
     * @throws StorageException when the index cannot be written
     * @throws IllegalStateException when this model was closed
     */
    public suspend fun read(text: Text, options: ReadOptions.() -> Unit = {}, onProgress: suspend (Reply.Progress) -> Unit = {}): Document

    /**
     * Reads [text] and summarises it, in one flow that keeps nothing. Cold, like [Document.summarize].
     *
     * The flow throws what [read] and [Document.summarize] throw.
     */
    public fun summarize(text: Text, options: SummaryOptions.() -> Unit = {}): Flow<Reply>

    /** Ends the model, its documents and their replies, even in the midst of a run. Closing twice does nothing. */
    override fun close()
}
