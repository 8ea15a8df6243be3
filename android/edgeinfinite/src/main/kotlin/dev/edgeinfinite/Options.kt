package dev.edgeinfinite

import dev.edgeinfinite.internal.utf8
import org.json.JSONArray
import org.json.JSONObject

/** How a document is brought before the model. */
public enum class Reading {
    /** The whole document, segment by segment, into a memory of fixed size: the gist. */
    Memory,

    /** The few passages that match the question: exact facts. */
    Recall,
}

/** Where graphs run. */
public enum class Accelerator {
    /** The neural processor, through ONNX Runtime's QNN provider. */
    Npu,

    /** Android's neural networks API. */
    Nnapi,

    /** The processor, through XNNPACK. */
    Xnnpack,

    /** The processor, through ONNX Runtime's own kernels. Always there. */
    Cpu,
}

/** How a model is opened. */
public class OpenOptions {
    /** A scenario of the model, by name; null for the model's default. See [ModelInfo.scenarios]. */
    public var scenario: String? = null

    /** Threads of a graph run; null for the scenario's number. */
    public var threads: Int? = null

    /** Accelerators to use, first choice first; empty for the model's own order. */
    public var accelerators: List<Accelerator> = emptyList()

    internal fun json(): ByteArray = JSONObject()
        .putOpt("scenario", scenario)
        .putOpt("threads", threads)
        .putOpt("accelerators", accelerators.takeIf { it.isNotEmpty() }?.let { JSONArray(it.map(Accelerator::name)) })
        .toString().utf8()
}

/** How a document is read. */
public class ReadOptions {
    /** The reading to prepare for; null for what the model's answers and summaries need. */
    public var reading: Reading? = null

    /** A scenario of the model, by name; null for the one it was opened with. */
    public var scenario: String? = null

    internal fun json(): ByteArray =
        JSONObject().putOpt("reading", reading?.key).putOpt("scenario", scenario).toString().utf8()
}

/** How a question is answered. */
public class AskOptions {
    /** The reading to answer from; null for the model's default. */
    public var reading: Reading? = null

    /** The most tokens of the answer; null for the model's limit. */
    public var maxOutputTokens: Int? = null

    internal fun json(): ByteArray = replyOptions(reading, maxOutputTokens)
}

/** How a document is summarised. */
public class SummaryOptions {
    /** The reading to summarise from; null for the model's default. */
    public var reading: Reading? = null

    /** The most tokens of the summary; null for the model's limit. */
    public var maxOutputTokens: Int? = null

    internal fun json(): ByteArray = replyOptions(reading, maxOutputTokens)
}

private val Reading.key: String get() = name.lowercase()

private fun replyOptions(reading: Reading?, maxOutputTokens: Int?): ByteArray =
    JSONObject().putOpt("reading", reading?.key).putOpt("max_tokens", maxOutputTokens).toString().utf8()
