package dev.edgeinfinite

import dev.edgeinfinite.internal.utf8
import org.json.JSONArray
import org.json.JSONObject
import java.io.File

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
    /** What the document is read for; null for the model's default. With [Reading.Memory] it can be asked by recall, too. */
    public var reading: Reading? = null

    /** A private folder for the document's index, a file without a name; the app's cache unless said. */
    public var folder: File = File(System.getProperty("java.io.tmpdir").orEmpty())

    internal fun json(): ByteArray = JSONObject().putOpt("reading", reading?.key).put("folder", folder.absolutePath).toString().utf8()
}

/** How a question is answered. */
public class AskOptions {
    /** The reading to answer from; null for what the document was read for. */
    public var reading: Reading? = null

    /** The most tokens of the answer; null for the model's limit. */
    public var maxOutputTokens: Int? = null

    internal fun json(): ByteArray = replyOptions(reading, maxOutputTokens)
}

/** How a document is summarised. */
public class SummaryOptions {
    /** The reading to summarise from; null for what the document was read for. */
    public var reading: Reading? = null

    /** The most tokens of the summary; null for the model's limit. */
    public var maxOutputTokens: Int? = null

    internal fun json(): ByteArray = replyOptions(reading, maxOutputTokens)
}

private val Reading.key: String get() = name.lowercase()

private fun replyOptions(reading: Reading?, maxOutputTokens: Int?): ByteArray =
    JSONObject().putOpt("reading", reading?.key).putOpt("max_tokens", maxOutputTokens).toString().utf8()
