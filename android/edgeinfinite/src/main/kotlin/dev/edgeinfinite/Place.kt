package dev.edgeinfinite

/** A place that a file itself counts: page 3 of a PDF, chapter 2 of a book. */
public class Place @EdgeInfiniteInternalApi public constructor(
    /** What is counted. */
    public val kind: Kind,
    /** Which one, from 1; of [Kind.Second] the seconds from the start. */
    public val number: Int,
) {
    /** What a file counts. */
    public enum class Kind {
        /** A page: of a PDF by its order in the file, not by the number that is printed on it; of a text by its form feeds. */
        Page,

        /** A slide of a presentation. */
        Slide,

        /** A sheet of a workbook. */
        Sheet,

        /** A chapter of an e-book. */
        Chapter,

        /** A message of a mailbox, the newest first. */
        Message,

        /** A second of a film or a recording, by its subtitles. */
        Second,
    }

    override fun equals(other: Any?): Boolean = other is Place && kind == other.kind && number == other.number

    override fun hashCode(): Int = 31 * kind.hashCode() + number

    override fun toString(): String = "$kind $number"
}
