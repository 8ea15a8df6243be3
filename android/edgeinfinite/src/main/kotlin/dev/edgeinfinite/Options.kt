package dev.edgeinfinite

import dev.edgeinfinite.internal.utf8
import org.json.JSONArray
import org.json.JSONObject
import java.io.File

/** How a document is brought before the model. All of them take any length in constant memory. */
public enum class Reading {
    /** The whole document, segment by segment, into a memory of fixed size: the gist. The only one that a document has to be read for. */
    Memory,

    /** The passages that match the question best: exact facts, soonest. Prompt by prompt, up to a number, until one holds the answer. */
    Recall,

    /** Like [Recall], but up to the document's end: *not in the document* then means all of it, and takes time that grows with it. */
    RecallAll,

    /** A note of a few sentences for each part, then notes of the notes until they fit: summaries of the whole. */
    Notes,
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
    /** A scenario of the model, by name; null, the default, for the model's own. See [ModelInfo.scenarios]; another name is refused. */
    public var scenario: String? = null

    /** Threads of a graph run, 1 or more; null, the default, for the scenario's number. */
    public var threads: Int? = null
        set(value) {
            field = value.atLeastOne("threads")
        }

    /**
     * Accelerators to use, first choice first; empty, the default, for [Accelerator.Cpu]. The first that the model has a graph for, that
     * loads and that computes what the model's self-test expects is taken, which [Model.execution] tells; when none does, opening is refused.
     */
    public var accelerators: List<Accelerator> = emptyList()

    /** The processor, as `Build.SOC_MODEL` names it: which of a model's graphs for an NPU is its own; null, the default, for none. */
    public var soc: String? = null

    /** The NPU's plugin for ONNX Runtime, `libonnxruntime_providers_qnn.so`; null, the default, for the one among the app's libraries. */
    public var npuLibrary: File? = null

    /** A private folder where the verdicts of self-tests are kept, so that each is made once; null, the default, for none. */
    public var verdicts: File? = null

    /**
     * Whether large weights stay in their file, mapped into memory where the system can drop and read them again, and are computed with
     * as they lie there; false, the default, packs them into the process's own memory, and a word takes half the time. On the CPU.
     */
    public var mappedWeights: Boolean = false

    internal fun json(): ByteArray = JSONObject()
        .putOpt("scenario", scenario)
        .putOpt("threads", threads)
        .putOpt("accelerators", accelerators.takeIf { it.isNotEmpty() }?.let { JSONArray(it.map(Accelerator::name)) })
        .putOpt("soc", soc)
        .putOpt("npu_library", npuLibrary?.path)
        .putOpt("verdicts", verdicts?.path)
        .put("mapped_weights", mappedWeights)
        .toString().utf8()
}

/** How a document is read. */
public class ReadOptions {
    /**
     * What the document is read for and, unless a question says else, asked by; null, the default, for the model's own choices. Read for
     * [Reading.Memory], it can be asked by every reading; read for another, by all but that one, and it is read sooner.
     */
    public var reading: Reading? = null

    /** A private folder for the document's index, a file without a name; by default the app's cache. */
    public var folder: File = File(System.getProperty("java.io.tmpdir").orEmpty())

    /**
     * A private file to go on from; null, the default, for none.
     *
     * If it is there, reading goes on from where it was; with the finished document in it nothing is read again. While it reads, a
     * checkpoint is left there about every ten seconds and when the reading is cancelled; in the end it holds the document as
     * [Document.save] writes it. A file of another text or model, or a damaged one, is refused with a [StateException]; delete it to
     * start again.
     */
    public var resume: File? = null

    internal fun json(): ByteArray = JSONObject()
        .putOpt("reading", reading?.key)
        .put("folder", folder.absolutePath)
        .putOpt("resume", resume?.absolutePath)
        .toString().utf8()
}

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
     * by itself ([ModelInfo.citing]) is held to it anyway, save for what it answers out of its memory in its own words.
     */
    public var verbatim: Boolean = false

    /** How the tokens of an answer in the model's own words are chosen. */
    public val sampling: Sampling = Sampling()

    internal fun json(): ByteArray = replyOptions(reading, maxOutputTokens, recallPrompts, verbatim, sampling).bytes()
}

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
     * The most sentences, from all over the document, 1 or more; null, the default, for as many as the model chooses. Of a model that
     * quotes ([ModelInfo.citing]); another one's length is [maxOutputTokens].
     */
    public var length: Int? = null
        set(value) {
            field = value.atLeastOne("length")
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

    /** How the tokens of a summary in the model's own words are chosen. */
    public val sampling: Sampling = Sampling()

    internal fun json(): ByteArray = replyOptions(reading, maxOutputTokens, recallPrompts = null, verbatim, sampling)
        .putOpt("sentences", length)
        .putOpt("paragraph", true.takeIf { style == SummaryStyle.Paragraph })
        .bytes()
}

/** How a chat is answered. */
public class ChatOptions {
    /** The most tokens of the reply, 1 or more; null, the default, for the model's limit, which is also the most. */
    public var maxOutputTokens: Int? = null
        set(value) {
            field = value.atLeastOne("maxOutputTokens")
        }

    /** How the tokens of the reply are chosen. */
    public val sampling: Sampling = Sampling()

    internal fun json(): ByteArray = replyOptions(reading = null, maxOutputTokens, recallPrompts = null, verbatim = false, sampling).bytes()
}

private val Reading.key: String get() = if (this == Reading.RecallAll) "recall" else name.lowercase()

private fun replyOptions(
    reading: Reading?,
    maxOutputTokens: Int?,
    recallPrompts: Int?,
    verbatim: Boolean,
    sampling: Sampling,
): JSONObject = JSONObject()
    .putOpt("reading", reading?.key)
    .putOpt("max_tokens", maxOutputTokens)
    .putOpt("recall_prompts", recallPrompts)
    .putOpt("recall_all", true.takeIf { reading == Reading.RecallAll })
    .putOpt("verbatim", true.takeIf { verbatim })
    .putOpt("sampling", sampling.json())

private fun JSONObject.bytes(): ByteArray = toString().utf8()

private fun Int?.atLeastOne(name: String): Int? = also { require(it == null || it >= 1) { "found $name = $it, expected 1 or more" } }
