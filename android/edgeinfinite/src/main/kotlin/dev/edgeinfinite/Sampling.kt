package dev.edgeinfinite

import org.json.JSONArray
import org.json.JSONObject

/**
 * How the tokens of an answer in a model's own words are chosen; as it is by default, the likeliest each time. Names, order and values are
 * those of Hugging Face's `transformers`. What a model quotes, and what is held to the document, is the likeliest each time.
 *
 *     document.ask("Tell me more") { sampling.temperature = 0.7f; sampling.topP = 0.9f; sampling.seed = 7 }
 */
public class Sampling {
    /** Divides the logits, 0.001 to 100; at 0, the default, only [repetitionPenalty], [noRepeatNgramSize] and [stop] also count. */
    public var temperature: Float = 0f
        set(value) {
            require(value == 0f || value in 1e-3f..100f) { "found temperature = $value, expected 0, or 0.001 to 100" }
            field = value
        }

    /** Only so many of the likeliest tokens; 0, the default, for all. */
    public var topK: Int = 0
        set(value) {
            require(value >= 0) { "found topK = $value, expected 0 or more" }
            field = value
        }

    /** Only the likeliest tokens that together have this probability, more than 0 and at most 1, the default, for all. */
    public var topP: Float = 1f
        set(value) {
            require(value > 0f && value <= 1f) { "found topP = $value, expected more than 0 and at most 1" }
            field = value
        }

    /** Only tokens at least this times as likely as the likeliest, 0 to 1; 0, the default, for all. */
    public var minP: Float = 0f
        set(value) {
            require(value in 0f..1f) { "found minP = $value, expected 0 to 1" }
            field = value
        }

    /** Makes tokens that were read or said lately less likely where it is above 1; more than 0, at most 100. Null, the default: what the model says. */
    public var repetitionPenalty: Float? = null
        set(value) {
            val means = value == null || (value > 0f && value <= 100f)
            require(means) { "found repetitionPenalty = $value, expected more than 0 and at most 100" }
            field = value
        }

    /** No run of so many tokens is said twice in an answer; 0: any may be. Null, the default: what the model says. */
    public var noRepeatNgramSize: Int? = null
        set(value) {
            require(value == null || value >= 0) { "found noRepeatNgramSize = $value, expected 0 or more" }
            field = value
        }

    /** The same seed, 0 or more, gives the same answer; 0 by default. */
    public var seed: Long = 0
        set(value) {
            require(value >= 0) { "found seed = $value, expected 0 or more" }
            field = value
        }

    /** Texts that end the answer and are no part of it, none of them empty; none by default. */
    public var stop: List<String> = emptyList()
        set(value) {
            require(value.none(String::isEmpty)) { "found an empty text in stop, expected some" }
            field = value.toList()
        }

    /** Null where everything is as by default. */
    internal fun json(): JSONObject? = JSONObject()
        .putOpt("temperature", temperature.toDouble().takeIf { temperature != 0f })
        .putOpt("top_k", topK.takeIf { it != 0 })
        .putOpt("top_p", topP.toDouble().takeIf { topP != 1f })
        .putOpt("min_p", minP.toDouble().takeIf { minP != 0f })
        .putOpt("repetition_penalty", repetitionPenalty?.toDouble())
        .putOpt("no_repeat_ngram_size", noRepeatNgramSize)
        .putOpt("seed", seed.takeIf { it != 0L })
        .putOpt("stop", stop.takeIf { it.isNotEmpty() }?.let(::JSONArray))
        .takeIf { it.length() > 0 }
}
