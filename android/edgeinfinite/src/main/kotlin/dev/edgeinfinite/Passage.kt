package dev.edgeinfinite

/** A passage of the document that matches what was searched for, and why. Offsets are those of [Document.text]: UTF-16 units. */
public class Passage @EdgeInfiniteInternalApi public constructor(
    /** The first unit. */
    public val start: Int,
    /** One past the last unit. */
    public val end: Int,
    /** What stands there in the document, at most some 128 tokens. */
    public val text: String,
    /** The headings that it stands under, outermost first, without marks such as `#`; empty when there are none. */
    public val headings: List<String>,
    /** What it is to be read with and does not hold, outermost first: the header of its table, the words that lead its list in. */
    public val context: List<String>,
    /** The page, slide, chapter or the like that its best sentence begins on; null where the file has none. */
    public val place: Place?,
    /** The sentence, row or item in it that matches best. */
    public val sentence: Span,
    /** How well [sentence] matches: about 1 where it holds every word searched for once, above 0. For an order, not a probability. */
    public val score: Double,
    /**
     * The words searched for that stand in it, in [headings] or in [context]: as written, or where spelt nearly so as they stand there.
     * Empty where only single characters of a script without spaces match.
     */
    public val words: List<String>,
    /** Where in it words stand that were searched for, in any form, to be marked; ascending. */
    public val matches: List<Span>,
    /** The document of a [Shelf] that it stands in, by its id; null where a single document was searched. */
    public val document: String?,
) {
    /** The number of the page that its best sentence begins on, from 1; null where the file has no pages. */
    public val page: Int? get() = place?.takeIf { it.kind == Place.Kind.Page }?.number

    private val all get() = listOf(start, end, text, headings, context, place, sentence, score, words, matches, document)

    override fun equals(other: Any?): Boolean = other is Passage && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "Passage($start..$end, score=$score)"
}
