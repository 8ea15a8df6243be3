package dev.edgeinfinite

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
