package dev.edgeinfinite

/** A document on a [Shelf], as the shelf lists it. */
public class ShelfDocument @EdgeInfiniteInternalApi public constructor(
    /** By which the app knows it. */
    public val id: String,
    /** It leads the headings of quotes; without one given, the name of its file, or else [id]. */
    public val title: String,
    /** The app's own, by which a [ShelfFilter] chooses. */
    public val metadata: Map<String, String>,
    /** The name of the file that it was, without folders; null of a text or a stream. */
    public val name: String?,
    /** SHA-256 of the file's bytes, in hexadecimal. */
    public val sha256: String,
    /** Bytes of its text, in UTF-8. */
    public val bytes: Long,
    /** UTF-16 units of its text. */
    public val length: Int,
    /** Tokens of its text, as the model counts them that was open when it was added. */
    public val tokens: Long,
    /** Passages that it was cut into. */
    public val passages: Int,
    /** The code of its language, ISO 639-1. */
    public val language: String,
) {
    private val all get() = listOf(id, title, metadata, name, sha256, bytes, length, tokens, passages, language)

    override fun equals(other: Any?): Boolean = other is ShelfDocument && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "ShelfDocument($bytes bytes, $passages passages)"
}
