package dev.edgeinfinite

/** A stretch of the document's text, in UTF-16 units, as [Document.text] gives it. */
public class Span @EdgeInfiniteInternalApi public constructor(
    /** The first unit. */
    public val start: Int,
    /** One past the last unit. */
    public val end: Int,
) {
    override fun equals(other: Any?): Boolean = other is Span && start == other.start && end == other.end

    override fun hashCode(): Int = 31 * start + end

    override fun toString(): String = "Span($start..$end)"
}
