package dev.edgeinfinite

import dev.edgeinfinite.internal.answerOptions
import dev.edgeinfinite.internal.atLeastOne
import dev.edgeinfinite.internal.bytes

/** How a question is answered. */
public class AskOptions {
    /** The reading to answer from; null, the default, for what the document was read for. */
    public var reading: Reading? = null

    /** The most tokens of the answer, 1 or more; null, the default, for the model's limit, which is also the most. */
    public var maxOutputTokens: Int? = null
        set(value) {
            field = value.atLeastOne("maxOutputTokens")
        }

    /** The most prompts of [Reading.Recall], 1 or more; null, the default, for the model's number. */
    public var recallPrompts: Int? = null
        set(value) {
            field = value.atLeastOne("recallPrompts")
        }

    /**
     * Whether the answer is held to what stands in the document, so that each line of it is a quote; false by default. A model that quotes
     * by itself ([ModelInfo.citing]) is held to it anyway, save for what it answers out of its memory in its own words. Where a reader
     * stands beside a model that writes, the sentences that it chose by [Reading.Recall] are the answer then, and the model is not run.
     */
    public var verbatim: Boolean = false

    /**
     * How a model that writes in its own words is to answer this time, such as "Answer in German, in one sentence."; null, the default, for
     * as its folder says. A model that quotes and a reader alone are refused it with `argument.options`, and so is [verbatim] beside it.
     */
    public var instruction: String? = null
        set(value) {
            require(value == null || value.isNotBlank()) { "found an instruction without words, expected how to answer" }
            field = value
        }

    /** How the tokens of an answer in the model's own words are chosen. */
    public val sampling: Sampling = Sampling()

    internal fun json(): ByteArray = answerOptions(reading, maxOutputTokens, recallPrompts, verbatim, instruction, sampling).bytes()
}
