package dev.edgeinfinite

/** A sentence of a text about a document, and what of it stands there. Offsets are those of that text: UTF-16 units. */
public class Statement @EdgeInfiniteInternalApi public constructor(
    /** The first unit in the given text. */
    public val start: Int,
    /** One past the last unit. */
    public val end: Int,
    /** What stands there, without the mark of a list item before it. */
    public val text: String,
    /** What it rests on. */
    public val support: Support,
    /** What of the document it repeats or rests on; [Quote.answerStart] is a place in the given text. Empty for [Support.None]. */
    public val quotes: List<Quote>,
) {
    private val all get() = listOf(start, end, text, support, quotes)

    override fun equals(other: Any?): Boolean = other is Statement && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "Statement($start..$end, $support, quotes=$quotes)"
}

/** What a statement about a document rests on. */
public enum class Support {
    /** It stands in the document word for word, case, white space and punctuation aside. */
    Verbatim,

    /** One or two sentences of the document hold what it says, in other words. */
    Reworded,

    /** A part of it stands in the document word for word; the rest is its own words. */
    Partial,

    /** Nothing in the document: it is the text's own words. */
    None,
}
