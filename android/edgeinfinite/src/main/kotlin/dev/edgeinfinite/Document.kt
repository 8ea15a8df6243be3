package dev.edgeinfinite

import kotlinx.coroutines.flow.Flow

/**
 * A text that has been read. Questions never see each other: each works on a copy of the same state, so several may be
 * collected at once and each gets the answer it would get alone.
 */
@SubclassOptInRequired(EdgeInfiniteInternalApi::class)
public interface Document : AutoCloseable {
    /**
     * Answers [question] from the document.
     *
     * The flow is cold: every collector starts a run of its own, nothing is computed ahead of a slow collector and
     * nothing is lost. It ends with [Reply.Done]. Cancelling the collector stops the engine before its next graph run.
     *
     * The flow throws [IllegalArgumentException] when [question] is empty or longer than the model's limit, and
     * [IllegalStateException] when the document or its model was closed.
     */
    public fun ask(question: String, options: AskOptions.() -> Unit = {}): Flow<Reply>

    /** Summarises the document. A flow like that of [ask]. */
    public fun summarize(options: SummaryOptions.() -> Unit = {}): Flow<Reply>

    /** Ends the document and its replies, even in the midst of a run. Closing twice does nothing. */
    override fun close()
}
