package dev.edgeinfinite

import kotlinx.coroutines.flow.Flow
import java.io.File

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
     * nothing is lost. It ends with [AnswerEvent.Done]. Cancelling the collector stops the engine before its next graph run.
     *
     * The flow throws [IllegalArgumentException] when [question] is empty or longer than the model's limit,
     * [IllegalStateException] when the document was not read for the reading that [options] name, and [ClosedException] when the
     * document or its model was closed.
     */
    public fun ask(question: String, options: AskOptions.() -> Unit = {}): Flow<AnswerEvent>

    /**
     * Summarises the document. A flow like that of [ask]. By [Reading.Recall] the summary is made of the document's own sentences, and the
     * model is not run, save one that writes in its own words and is not [SummaryOptions.verbatim]. By another reading it fails with
     * `model.no_generator` where the model is a reader alone.
     */
    public fun summarize(options: SummaryOptions.() -> Unit = {}): Flow<AnswerEvent>

    /**
     * The document's text from [start] to [end], for showing it and for highlighting quotes and coverage: those count in this text. Of a
     * PDF, a web page and the like it is what was extracted; of a text it is the text itself. [end] is cut at the text's end, and a
     * character that one of them cuts in two is in it whole.
     *
     * @throws IllegalArgumentException when [start] is negative or after [end], or when more than 4,194,304 UTF-16 units would come: show a long
     * document part by part
     * @throws TextException when a file of text was written to meanwhile
     * @throws ClosedException when the document or its model was closed
     */
    public suspend fun text(start: Int = 0, end: Int = Int.MAX_VALUE): String

    /**
     * Writes all that was read to [file], which only this app can read: a few megabytes, whatever the length, and the index, about as
     * large as the text at most. [Model.restore] reads it back; the text itself is not in it, and has to be kept.
     *
     * [file] holds the whole of it or what it held before; its folder has to be there. Questions under way go on afterwards. Cancelling
     * leaves [file] as it was, unless it came too late; so does closing the document meanwhile.
     *
     * @throws StorageException when [file] cannot be written
     * @throws ClosedException when the document or its model was closed
     */
    public suspend fun save(file: File)

    /** Ends the document, its events and a [save], even in the midst of a run. Closing twice does nothing. */
    override fun close()
}
