package dev.edgeinfinite

// Values that the engine hands out: two are equal when all they say is equal. They are no data classes, and their constructors are
// [EdgeInfiniteInternalApi], so that a version may add to them. toString() shows numbers, never text of a document or a question.

/** An answer or a summary, with what it rests on. */
public class Answer @EdgeInfiniteInternalApi public constructor(
    /** The question; null for a summary. */
    public val question: String?,
    /** The answer: parts of the document ([quotes]), the rest the model's own words. When not [found], it is empty or says so. */
    public val text: String,
    /** Whether the document answers the question, in the model's judgement. */
    public val found: Boolean,
    /**
     * The probability of the decision, the model and the matching words together, 0 … 1; of its words too, where it answers in its own.
     * A hint, not a promise.
     */
    public val confidence: Double,
    /** The parts of [text] that stand in the document word for word, white space aside, in the order of [text]. */
    public val quotes: List<Quote>,
    /** How every part of the document was used, in document order: from its start to its end, nothing left out. Empty in a chat. */
    public val coverage: List<Coverage>,
    /** What it cost. */
    public val usage: Usage,
) {
    private val all get() = listOf(question, text, found, confidence, quotes, coverage, usage)

    override fun equals(other: Any?): Boolean = other is Answer && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "Answer(${text.length} characters, found=$found, confidence=$confidence, quotes=$quotes, $usage)"
}

/** A part of an answer that stands in the document. Offsets are those of a Kotlin string: UTF-16 units. */
public class Quote @EdgeInfiniteInternalApi public constructor(
    /** The first unit. */
    public val start: Int,
    /** One past the last unit. */
    public val end: Int,
    /** What stands there in the document. */
    public val text: String,
    /** The headings that it stands under, outermost first, without marks such as `#`; empty when there are none. */
    public val headings: List<String>,
    /** The first unit of it in [Answer.text]. What no quote covers there is the model's own words. */
    public val answerStart: Int,
    /** One past the last unit of it in [Answer.text]. */
    public val answerEnd: Int,
) {
    private val all get() = listOf(start, end, text, headings, answerStart, answerEnd)

    override fun equals(other: Any?): Boolean = other is Quote && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "Quote($start..$end)"
}

/** A range of the document and how it was used. Offsets are those of a Kotlin string: UTF-16 units. */
public class Coverage @EdgeInfiniteInternalApi public constructor(
    /** The first unit. */
    public val start: Int,
    /** One past the last unit; the next range starts here. */
    public val end: Int,
    /** How it was used. */
    public val kind: Kind,
) {
    private val all get() = listOf(start, end, kind)

    override fun equals(other: Any?): Boolean = other is Coverage && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "Coverage($start..$end $kind)"

    /** How a range of the document was used. */
    public enum class Kind {
        /** It stayed in sight throughout; no reading pins parts of a document yet. */
        Pinned,

        /** It was in sight, word for word. */
        Exact,

        /** It went into the memory of fixed size. */
        Absorbed,

        /** It was brought back for this question, word for word. */
        Recalled,

        /** It was not used. */
        Skipped,
    }
}

/** What an answer cost. Milliseconds are of wall-clock time. */
public class Usage @EdgeInfiniteInternalApi public constructor(
    /** Tokens of the document. */
    public val documentTokens: Long,
    /** Tokens of all prompts. */
    public val promptTokens: Long,
    /** Tokens of the answer. */
    public val generatedTokens: Long,
    /** Runs of the graph made for the answer. */
    public val graphRuns: Long,
    /** Milliseconds spent on the document's index. */
    public val indexMillis: Double,
    /** Milliseconds spent on reading the document. */
    public val readMillis: Double,
    /** Milliseconds from the question to the first piece of text. */
    public val ttftMillis: Double,
    /** Tokens per second that the model chose one by one; null when there were none, as in a quoted sentence. */
    public val tokensPerSecond: Double?,
    /** Bytes of the model's state: the same for every length of document. */
    public val stateBytes: Long,
    /** Bytes of the index on disk: grows with the document. */
    public val indexBytes: Long,
    /** The most memory that the process has held at once, in bytes, everything included. */
    public val peakBytes: Long,
) {
    private val all get() = listOf(
        documentTokens,
        promptTokens,
        generatedTokens,
        graphRuns,
        indexMillis,
        readMillis,
        ttftMillis,
        tokensPerSecond,
        stateBytes,
        indexBytes,
        peakBytes,
    )

    override fun equals(other: Any?): Boolean = other is Usage && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String =
        "Usage($promptTokens tokens in, $generatedTokens out, ttft=$ttftMillis ms, state=$stateBytes bytes, peak=$peakBytes bytes)"
}
