package dev.edgeinfinite

// Values that the engine hands out: two are equal when all they say is equal. They are no data classes, and their constructors are
// [EdgeInfiniteInternalApi], so that a version may add to them. toString() shows numbers, never text of a document or a question.

/** An answer or a summary, with what it rests on. */
public class Answer @EdgeInfiniteInternalApi public constructor(
    /** The question; null for a summary. */
    public val question: String?,
    /**
     * The question in full, as the document was asked, where it referred to those before it in a [DocumentChat]; null where it was asked as
     * it is.
     */
    public val resolvedQuestion: String?,
    /**
     * The answer: parts of the document ([quotes]), the rest the model's own words. When not [found], it is empty or says so; a reader's is
     * empty.
     */
    public val text: String,
    /** Whether the document answers the question, in the model's judgement. */
    public val found: Boolean,
    /**
     * The probability that the decision [found] is right, 0 … 1: of the answer where it was found, of the refusal where it was not. It comes
     * from the model and the matching words together, and from the answer's words too where the model answers in its own. An estimate; to
     * compare answers of several documents, use [foundConfidence].
     */
    public val confidence: Double,
    /** What it rests on that nothing was found; null where something was, for a summary without a focus and in a chat. */
    public val refusal: Refusal?,
    /** The parts of [text] that stand in the document word for word, white space aside, in the order of [text]. */
    public val quotes: List<Quote>,
    /**
     * The words of the first quote that answer by themselves, such as a name or a date, with their place; null where nothing was found, for a
     * question of yes or no, and of a model without a reader ([ModelInfo.reader]).
     */
    public val shortAnswer: Quote?,
    /**
     * What the document says to a question of yes or no; null where nothing was found, for other questions, and of a model without a
     * reader or with one that tells none.
     */
    public val verdict: Verdict?,
    /**
     * How many rows, records or items the question asks for ("How many orders are open?", "List all members"), counted over the whole
     * document without a model run; the first hundred of them, up to 64 KiB, are [quotes]. Null where nothing was counted: for every other
     * question, and where it is not sure what would be.
     */
    public val count: Long?,
    /** How every part of the document was used, in document order: from its start to its end, nothing left out. Empty in a chat. */
    public val coverage: List<Coverage>,
    /** What it cost. */
    public val usage: Usage,
) {
    /**
     * The probability that the document answers the question, 0 … 1: [confidence] where it was found, `1 - confidence` where it was not. The
     * answers of several documents are sorted by it, the best first:
     *
     * ```
     * documents.map { it.ask(question).await() }.sortedByDescending { it.foundConfidence }
     * ```
     */
    public val foundConfidence: Double get() = if (found) confidence else 1 - confidence

    private val all
        get() = listOf(question, resolvedQuestion, text, found, confidence, refusal, quotes, shortAnswer, verdict, count, coverage, usage)

    override fun equals(other: Any?): Boolean = other is Answer && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "Answer(${text.length} characters, found=$found, confidence=$confidence, quotes=$quotes, $usage)"
}
