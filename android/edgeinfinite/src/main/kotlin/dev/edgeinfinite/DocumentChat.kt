package dev.edgeinfinite

import kotlinx.coroutines.flow.Flow

/**
 * Questions to one document, or to those of a [Shelf], of which a later one may refer to those before it: "When is the boiler serviced?", "And who pays for it?".
 *
 * A question that refers to others is put in full by rules over words before the document is asked; no model runs for that, and
 * [Answer.resolvedQuestion] is what was asked. English is taken apart; in other languages a follow-up is asked together with the question
 * before.
 *
 * It remembers the last four questions and their first quotes, in memory alone: [Document.save] does not save it. What it is asked and what it
 * answers is otherwise the same as of [Document.ask] or [Shelf.ask], and other questions do not see it.
 */
@SubclassOptInRequired(EdgeInfiniteInternalApi::class)
public interface DocumentChat : AutoCloseable {
    /**
     * Answers [question], in full where it refers to those before: [Answer.question] is [question], [Answer.resolvedQuestion] what was
     * asked.
     *
     * The flow is cold: every collector asks once. Collectors take turns, first come first served: one that comes while another is at work
     * waits for its end. A collector that is cancelled or leaves before [AnswerEvent.Done] leaves the chat as it was before its turn.
     *
     * The flow throws what that of [Document.ask] or [Shelf.ask] throws, [IllegalStateException] when it is collected within the collector of another
     * turn of this chat, which could only wait for itself, and [ClosedException] when the chat, its document, its shelf or its model was closed.
     */
    public fun ask(question: String, options: AskOptions.() -> Unit = {}): Flow<AnswerEvent>

    /** Ends the chat and its answer, even in the midst of a run. Closing twice does nothing. */
    override fun close()
}
