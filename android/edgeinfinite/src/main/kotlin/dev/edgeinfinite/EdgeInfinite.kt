package dev.edgeinfinite

import dev.edgeinfinite.internal.NativeLibrary
import dev.edgeinfinite.internal.NativeModel
import dev.edgeinfinite.internal.NativeQueue
import dev.edgeinfinite.internal.modelInfo
import dev.edgeinfinite.internal.text
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.Dispatchers
import java.io.File

/**
 * The entry point: opens a model folder, which then reads, summarises and questions documents of any length.
 *
 * ```
 * EdgeInfinite.open(modelDir).use { model ->
 *     model.read(TextSource.file(report)).use { document ->
 *         val answer = document.ask("Who signed, and when?").await()
 *     }
 * }
 * ```
 *
 * Every suspending call may be made from the main thread. Nothing runs before the first call, nothing is sent anywhere. Java has
 * [EdgeInfiniteBlocking].
 *
 * The engine's native library is loaded with the first call. On Android it is the one in the AAR. On a desktop JVM the system property
 * `edgeinfinite.library` names it (else `java.library.path` is searched) and `edgeinfinite.onnxruntime` names ONNX Runtime's (else
 * `ORT_DYLIB_PATH`, else the system's); `org.json`, which Android has, must be on the class path.
 */
public object EdgeInfinite {
    /**
     * The version of the native engine, such as `0.1.0`.
     *
     * @throws EngineMissingException when the engine's native library cannot be loaded
     */
    @JvmStatic
    public val version: String
        @Throws(EngineMissingException::class)
        get() = NativeLibrary.natives.version().text()

    /**
     * Opens the model folder [dir]: checks every file against `model.json` and loads the graph.
     *
     * @throws ModelException when the folder or a file of it is missing, damaged, or of a version this library cannot read
     * @throws EngineMissingException when the engine's native library cannot be loaded
     * @throws OnnxRuntimeException when ONNX Runtime's library is missing or refuses the graph
     * @throws IllegalArgumentException when [options] name a scenario or accelerator that the model does not have
     */
    public suspend fun open(dir: File, options: OpenOptions.() -> Unit = {}): Model {
        val queue = NativeQueue()
        val chosen = OpenOptions().apply(options).json()
        return NativeModel(queue, queue.createHandle { NativeLibrary.natives.open(dir.absolutePath.utf8(), chosen) })
    }

    /**
     * Reads what the model folder [dir] says of itself, without loading or checking its large files.
     *
     * @throws ModelException when there is no `model.json` in [dir], or not one that this library can read
     * @throws EngineMissingException when the engine's native library cannot be loaded
     */
    public suspend fun inspect(dir: File): ModelInfo =
        NativeQueue(Dispatchers.IO).run { NativeLibrary.natives.inspect(dir.absolutePath.utf8()) }.modelInfo()
}
