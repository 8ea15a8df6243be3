package dev.edgeinfinite

/** An answer or a summary, with what it rests on. */
public class Answer(
    /** The question; null for a summary. */
    public val question: String?,
    /** The answer. Empty or the model's own words when not [found]. */
    public val text: String,
    /** Whether the document answers the question, in the model's judgement. */
    public val found: Boolean,
    /** The model's probability of its decision, 0 … 1. */
    public val confidence: Double,
    /** The parts of [text] that stand in the document word for word, in the order of [text]. */
    public val quotes: List<Quote>,
    /** The parts of the document that took part, in document order. */
    public val coverage: List<Coverage>,
    /** What it cost. */
    public val usage: Usage,
)

/** A part of an answer that stands in the document. Offsets are those of a Kotlin string: UTF-16 units. */
public class Quote(
    /** The first unit. */
    public val start: Int,
    /** One past the last unit. */
    public val end: Int,
    /** What stands there in the document. */
    public val text: String,
)

/** A range of the document and how it was used. Offsets are bytes of the document's UTF-8. */
public class Coverage(
    /** The first byte. */
    public val start: Long,
    /** One past the last byte. */
    public val end: Long,
    /** How it was used. */
    public val kind: Kind,
) {
    /** How a range of the document was used. */
    public enum class Kind {
        /** It stayed in sight throughout. */
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
public class Usage(
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
)
