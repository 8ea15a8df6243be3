package dev.edgeinfinite

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
    public val indexMs: Double,
    /** Milliseconds spent on reading the document. */
    public val readMs: Double,
    /** Milliseconds from the question to the first piece of text. */
    public val ttftMs: Double,
    /** Tokens per second that the model chose one by one; null when there were none, as in a quoted sentence. */
    public val decodeTokensPerSecond: Double?,
    /** Bytes of the model's state: the same for every length of document. */
    public val stateBytes: Long,
    /** Bytes of the index on disk: grows with the document. */
    public val indexBytes: Long,
    /** The most memory that the process has held at once, in bytes, everything included. */
    public val peakRssBytes: Long,
) {
    private val all get() = listOf(
        documentTokens,
        promptTokens,
        generatedTokens,
        graphRuns,
        indexMs,
        readMs,
        ttftMs,
        decodeTokensPerSecond,
        stateBytes,
        indexBytes,
        peakRssBytes,
    )

    override fun equals(other: Any?): Boolean = other is Usage && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String =
        "Usage($promptTokens tokens in, $generatedTokens out, ttft=$ttftMs ms, state=$stateBytes bytes, peak=$peakRssBytes bytes)"
}
