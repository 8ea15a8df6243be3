package dev.edgeinfinite

import kotlinx.coroutines.flow.Flow

/**
 * A conversation with a model, without a document: what was said stays in sight or in the memory of fixed size, so it may go on for as
 * long as you like.
 */
@SubclassOptInRequired(EdgeInfiniteInternalApi::class)
public interface Chat : AutoCloseable {
    /**
     * Says [message], of any length, and answers it: [Answer.question] is [message]; there are no quotes and no coverage.
     *
     * The flow is cold: every collector says [message] once. Collectors take turns, first come first served: one that comes while another
     * is at work waits for its end. A collector that is cancelled or leaves before [AnswerEvent.Done] leaves the conversation as it was
     * before its turn.
     *
     * The flow throws [IllegalArgumentException] when [message] is empty, [IllegalStateException] when it is collected within the collector
     * of another turn of this chat, which could only wait for itself, and [ClosedException] when the chat or its model was closed.
     */
    public fun send(message: String, options: ChatOptions.() -> Unit = {}): Flow<AnswerEvent>

    /** Ends the chat and its answer, even in the midst of a run. Closing twice does nothing. */
    override fun close()
}
