package dev.edgeinfinite

import dev.edgeinfinite.internal.answerOptions
import dev.edgeinfinite.internal.atLeastOne
import dev.edgeinfinite.internal.bytes

/** The form of a summary. */
public enum class SummaryStyle {
    /** A line for each sentence and for each heading above one; nothing marks the lines, and each of them is a quote. */
    Bullets,

    /** One running text without headings. */
    Paragraph,
}

/** How a document is summarised. */
public class SummaryOptions {
    /**
     * The most sentences, from all over the document, 1 or more; null, the default, for as many as are usual for its length. Of a summary
     * that is made of the document's sentences; one in a model's own words is as long as [maxOutputTokens] says.
     */
    public var length: Int? = null
        set(value) {
            field = value.atLeastOne("length")
        }

    /**
     * What the summary is to be about, such as "what I must pay"; null, the default, for the whole document. Of a summary by
     * [Reading.Recall] that is made of the document's sentences: of a model that quotes, of a reader, or [verbatim]; any other is refused
     * with `argument.options`. Where nothing in the document bears on it, [Answer.found] is false and [Answer.refusal] says why.
     */
    public var focus: String? = null
        set(value) {
            require(value == null || value.isNotBlank()) { "found a focus without words, expected what the summary is to be about" }
            field = value
        }

    /** The form of a summary of a model that quotes; another one chooses its own. [SummaryStyle.Bullets] by default. */
    public var style: SummaryStyle = SummaryStyle.Bullets

    /** The reading to summarise from; null, the default, for what the document was read for. */
    public var reading: Reading? = null

    /** The most tokens of the summary, 1 or more; null, the default, for the model's limit, which is also the most. */
    public var maxOutputTokens: Int? = null
        set(value) {
            field = value.atLeastOne("maxOutputTokens")
        }

    /** Whether the summary is held to what stands in the document, as [AskOptions.verbatim] says; false by default. */
    public var verbatim: Boolean = false

    /**
     * How a model that writes in its own words is to summarise this time, such as "Write in German."; null, the default, for
     * as its folder says. A model that quotes and a reader alone are refused it with `argument.options`, and so is [verbatim] beside it.
     */
    public var instruction: String? = null
        set(value) {
            require(value == null || value.isNotBlank()) { "found an instruction without words, expected how to summarise" }
            field = value
        }

    /** How the tokens of a summary in the model's own words are chosen. */
    public val sampling: Sampling = Sampling()

    internal fun json(): ByteArray = answerOptions(reading, maxOutputTokens, recallPrompts = null, verbatim, instruction, sampling)
        .putOpt("length", length)
        .putOpt("focus", focus)
        .put("style", style.name.lowercase())
        .bytes()
}
