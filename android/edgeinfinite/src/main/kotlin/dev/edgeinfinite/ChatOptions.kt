package dev.edgeinfinite

import dev.edgeinfinite.internal.answerOptions
import dev.edgeinfinite.internal.atLeastOne
import dev.edgeinfinite.internal.bytes

/** How a chat is answered. */
public class ChatOptions {
    /** The most tokens of the answer, 1 or more; null, the default, for the model's limit, which is also the most. */
    public var maxOutputTokens: Int? = null
        set(value) {
            field = value.atLeastOne("maxOutputTokens")
        }

    /** How the tokens of the answer are chosen. */
    public val sampling: Sampling = Sampling()

    internal fun json(): ByteArray =
        answerOptions(reading = null, maxOutputTokens, recallPrompts = null, verbatim = false, instruction = null, sampling).bytes()
}
