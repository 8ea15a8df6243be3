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
     * Begins a chat: questions of which a later one may refer to those before it, such as "And who pays for it?". It runs no graph of its own and
     * works with every model; it ends with the document.
     *
     * @throws ClosedException when the document or its model was closed
     */
    public suspend fun chat(): DocumentChat

    /**
     * Summarises the document. A flow like that of [ask]. By [Reading.Recall] the summary is made of the document's own sentences, and the
     * model is not run, save one that writes in its own words and is not [SummaryOptions.verbatim]. By another reading it fails with
     * `model.no_generator` where the model is a reader alone.
     */
    public fun summarize(options: SummaryOptions.() -> Unit = {}): Flow<AnswerEvent>

    /**
     * Values of the document by [fields], one after another, in their order: each with the words that it stands in, or with why there is none.
     * Each field is asked as a question, and the one value of its type is read out of what is quoted: numbers and amounts in the forms of the
     * document's language, dates as days.
     *
     * A cold flow, as that of [ask]; cancelling the collector stops the engine before its next graph run. It throws
     * [IllegalArgumentException] for no fields, more than 100, names that are empty or not distinct, and a question longer than the model's
     * limit; [ClosedException] when the document or its model was closed.
     */
    public fun extract(fields: List<Field>): Flow<ExtractedField>

    /**
     * The passages that match [text], words or a question, best first, each with its place and the words that match. No graph runs. Empty
     * where no word of it stands in the document, nor one that is spelt nearly so. The order is that in which an answer by
     * [Reading.Recall] reads them.
     *
     * For a search field, for what is nearest to a question without an answer, and for another language model to answer from. With
     * [SearchOptions.offset] the next ones follow.
     *
     * @throws IllegalArgumentException when [text] has no words or more than 16,384 bytes
     * @throws TextException when a file of text was written to meanwhile
     * @throws ClosedException when the document or its model was closed
     */
    public suspend fun search(text: String, options: SearchOptions.() -> Unit = {}): List<Passage>

    /**
     * What of [text], such as an answer of another language model, stands in the document: each of its sentences, with what supports it. No
     * graph runs. [question] is what [text] answers, null if that is not known: what a sentence takes from it has to stand nowhere else.
     *
     * It compares words. A sentence is [Support.Reworded] when one or two sentences of the document hold three quarters of its words, every
     * number and name in it, and negate as it does. Empty for an empty text.
     *
     * @throws IllegalArgumentException when [text] has more than 1,048,576 bytes, or [question] no words or more than 16,384 bytes
     * @throws TextException when a file of text was written to meanwhile
     * @throws ClosedException when the document or its model was closed
     */
    public suspend fun quotes(text: String, question: String? = null): List<Statement>

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

    /** Ends the document, its chats, its events and a [save], even in the midst of a run. Closing twice does nothing. */
    override fun close()
}
