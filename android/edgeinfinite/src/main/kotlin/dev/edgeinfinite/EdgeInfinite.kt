package dev.edgeinfinite

import dev.edgeinfinite.internal.Lane
import dev.edgeinfinite.internal.Native
import dev.edgeinfinite.internal.OpenModel
import dev.edgeinfinite.internal.modelInfo
import dev.edgeinfinite.internal.text
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.runBlocking
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.util.function.Consumer

/**
 * The entrance: opens a model folder, which then reads, summarises and questions documents of any length.
 *
 * ```
 * EdgeInfinite.open(modelDir).use { model ->
 *     model.read(Text.file(report)).use { document ->
 *         val answer = document.ask("Who signed, and when?").await()
 *     }
 * }
 * ```
 *
 * Every suspending call may be made from the main thread. Nothing runs before the first call, nothing is sent anywhere.
 * Java has the `…Blocking` functions; they are not for the main thread, and interrupting their thread cancels them.
 *
 * On a desktop JVM the system property `edgeinfinite.library` names the engine's library (else `java.library.path` is searched) and
 * `edgeinfinite.onnxruntime` that of ONNX Runtime (else `ORT_DYLIB_PATH`, else the system's); `org.json`, which Android has, must be on
 * the class path.
 */
public object EdgeInfinite {
    /** The version of the native engine, such as `0.1.0`. */
    @JvmStatic
    public val version: String get() = Native.version().text()

    /**
     * Opens the model folder [dir]: checks every file against `model.json` and loads the graph.
     *
     * @throws ModelException when the folder or a file of it is missing, damaged, or of a version this library cannot read
     * @throws OnnxRuntimeException when ONNX Runtime's library is missing or refuses the graph
     * @throws IllegalArgumentException when [options] name a scenario or accelerator that the model does not have
     */
    public suspend fun open(dir: File, options: OpenOptions.() -> Unit = {}): Model {
        val lane = Lane()
        val chosen = OpenOptions().apply(options).json()
        return OpenModel(lane, lane.create { Native.open(dir.absolutePath.utf8(), chosen) })
    }

    /**
     * Reads what the model folder [dir] says of itself, without loading or checking its large files.
     *
     * @throws ModelException when there is no `model.json` in [dir], or not one that this library can read
     */
    public suspend fun inspect(dir: File): ModelInfo = Lane(Dispatchers.IO).run { Native.inspect(dir.absolutePath.utf8()) }.modelInfo()

    /** [open] for Java; `options` may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun openBlocking(dir: File, options: Consumer<OpenOptions> = Consumer {}): Model = runBlocking { open(dir, options::accept) }

    /** [inspect] for Java. */
    @JvmStatic
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun inspectBlocking(dir: File): ModelInfo = runBlocking { inspect(dir) }

    /** [Text.spool] for Java. */
    @JvmStatic
    @Throws(IOException::class, InterruptedException::class)
    public fun spoolBlocking(stream: InputStream, dir: File): Text = runBlocking { Text.spool(stream, dir) }

    /** [Model.read] for Java; `options` and `onProgress` may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun readBlocking(
        model: Model,
        text: Text,
        options: Consumer<ReadOptions> = Consumer {},
        onProgress: Consumer<Reply.Progress> = Consumer {},
    ): Document = runBlocking { model.read(text, options::accept) { onProgress.accept(it) } }

    /** [Model.restore] for Java. */
    @JvmStatic
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun restoreBlocking(model: Model, file: File, text: Text): Document = runBlocking { model.restore(file, text) }

    /** [Document.save] for Java. */
    @JvmStatic
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun saveBlocking(document: Document, file: File): Unit = runBlocking { document.save(file) }

    /** [Document.ask] for Java: waits for the whole answer; `options` and `onReply` (each part as it comes) may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun askBlocking(
        document: Document,
        question: String,
        options: Consumer<AskOptions> = Consumer {},
        onReply: Consumer<Reply> = Consumer {},
    ): Answer = runBlocking { document.ask(question, options::accept).onEach(onReply::accept).await() }

    /** [Document.summarize] for Java: waits for the whole summary; `options` and `onReply` may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun summarizeBlocking(
        document: Document,
        options: Consumer<SummaryOptions> = Consumer {},
        onReply: Consumer<Reply> = Consumer {},
    ): Answer = runBlocking { document.summarize(options::accept).onEach(onReply::accept).await() }

    /** [Model.summarize] for Java: reads, and waits for the whole summary; `options` and `onReply` may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun summarizeBlocking(
        model: Model,
        text: Text,
        options: Consumer<SummaryOptions> = Consumer {},
        onReply: Consumer<Reply> = Consumer {},
    ): Answer = runBlocking { model.summarize(text, options::accept).onEach(onReply::accept).await() }

    /** [Model.chat] for Java. */
    @JvmStatic
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun chatBlocking(model: Model): Chat = runBlocking { model.chat() }

    /** [Chat.send] for Java: waits for the whole reply; `options` and `onReply` may be left out. */
    @JvmStatic
    @JvmOverloads
    @Throws(EdgeInfiniteException::class, InterruptedException::class)
    public fun sendBlocking(
        chat: Chat,
        text: String,
        options: Consumer<ChatOptions> = Consumer {},
        onReply: Consumer<Reply> = Consumer {},
    ): Answer = runBlocking { chat.send(text, options::accept).onEach(onReply::accept).await() }
}
