package dev.edgeinfinite.internal

import dev.edgeinfinite.Field
import dev.edgeinfinite.FieldType
import dev.edgeinfinite.Reading
import dev.edgeinfinite.Sampling
import org.json.JSONArray
import org.json.JSONObject

// Writes the options that the engine reads: the keys of rust/core, null for a default.

/** Its name in JSON. */
internal val Reading.key: String get() = if (this == Reading.RecallAll) "recall_all" else name.lowercase()

/** What the options of questions, summaries and chats have in common. */
internal fun answerOptions(
    reading: Reading?,
    maxOutputTokens: Int?,
    recallPrompts: Int?,
    verbatim: Boolean,
    instruction: String?,
    sampling: Sampling,
): JSONObject = JSONObject()
    .putOpt("reading", reading?.key)
    .putOpt("max_output_tokens", maxOutputTokens)
    .putOpt("recall_prompts", recallPrompts)
    .putOpt("verbatim", true.takeIf { verbatim })
    .putOpt("instruction", instruction)
    .putOpt("sampling", sampling.json())

/** The fields of a call, in order. */
internal fun List<Field>.json(): ByteArray {
    val fields = map { JSONObject().put("name", it.name).put("type", it.type.key).putOpt("question", it.question) }
    return JSONArray(fields).toString().utf8()
}

/** Its name in JSON. */
internal val FieldType.key: String get() = if (this == FieldType.YesNo) "yes_no" else name.lowercase()

internal fun JSONObject.bytes(): ByteArray = toString().utf8()

internal fun Int?.atLeastOne(name: String): Int? = also { require(it == null || it >= 1) { "found $name = $it, expected 1 or more" } }
