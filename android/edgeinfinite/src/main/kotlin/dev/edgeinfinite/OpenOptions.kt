package dev.edgeinfinite

import dev.edgeinfinite.internal.atLeastOne
import dev.edgeinfinite.internal.bytes
import org.json.JSONArray
import org.json.JSONObject
import java.io.File

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

    /** A private folder for the results of self-tests, so that each is run once; null, the default, for none. */
    public var selfTestCache: File? = null

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
        .putOpt("self_test_cache", selfTestCache?.path)
        .put("mapped_weights", mappedWeights)
        .bytes()
}
