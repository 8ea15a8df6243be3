package dev.edgeinfinite

/** A sentence of the document that an answer repeats or rests on. Offsets are those of a Kotlin string, as [Document.text] gives it: UTF-16 units. */
public class Quote @EdgeInfiniteInternalApi public constructor(
    /** The first unit. */
    public val start: Int,
    /** One past the last unit. */
    public val end: Int,
    /** What stands there in the document. */
    public val text: String,
    /** The headings that it stands under, outermost first, without marks such as `#`; empty when there are none. */
    public val headings: List<String>,
    /** The first unit in [Answer.text] of what repeats it or rests on it. What no quote covers there is the model's own words alone. */
    public val answerStart: Int,
    /** One past the last unit of that in [Answer.text]. */
    public val answerEnd: Int,
    /** The page, slide, chapter or the like that it begins on; null where the file has none. */
    public val place: Place?,
    /** Whether the answer repeats it word for word; else its words hold what the answer says in others. */
    public val verbatim: Boolean,
    /** The document of a [Shelf] that it stands in, by its id; null where a single document was asked. */
    public val document: String?,
) {
    /** The number of the page that it begins on, from 1; null where the file has no pages. */
    public val page: Int? get() = place?.takeIf { it.kind == Place.Kind.Page }?.number

    private val all get() = listOf(start, end, text, headings, answerStart, answerEnd, place, verbatim, document)

    override fun equals(other: Any?): Boolean = other is Quote && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "Quote($start..$end)"
}
