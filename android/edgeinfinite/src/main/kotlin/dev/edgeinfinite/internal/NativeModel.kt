package dev.edgeinfinite.internal

import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.Chat
import dev.edgeinfinite.Document
import dev.edgeinfinite.EdgeInfiniteException
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.ExecutionReport
import dev.edgeinfinite.Model
import dev.edgeinfinite.ReadOptions
import dev.edgeinfinite.Shelf
import dev.edgeinfinite.SummaryOptions
import dev.edgeinfinite.TextSource
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withContext
import java.io.File

/** A model behind a handle. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class NativeModel(private val queue: NativeQueue, private val handle: Long) : Model {
    override val execution: ExecutionReport = Native.execution(handle).executionReport()

    override suspend fun read(
        source: TextSource,
        options: ReadOptions.() -> Unit,
        onProgress: suspend (AnswerEvent.Progress) -> Unit,
    ): Document = read(source, ReadOptions().apply(options), onProgress)

    override fun summarize(source: TextSource, options: SummaryOptions.() -> Unit): Flow<AnswerEvent> {
        val chosen = SummaryOptions().apply(options)
        val asChosen = ReadOptions().apply { reading = chosen.reading }
        return flow { read(source, asChosen) { emit(it) }.use { emitAll(it.summarize(chosen)) } }
    }

    override suspend fun restore(file: File, source: TextSource): Document {
        val saved = file.absolutePath.utf8()
        val document = queue.createHandle { Native.restore(handle, source.bytes(), source.path(), saved) }
        return try {
            ready(document) {}
        } catch (failure: Throwable) {
            Native.close(document)
            throw failure
        }
    }

    override suspend fun shelf(dir: File): Shelf = NativeShelf(queue, queue.createHandle { Native.shelf(handle, dir.absolutePath.utf8()) })

    override suspend fun chat(): Chat = NativeChat(queue, queue.createHandle { Native.chat(handle) })

    override fun trim() = try {
        Native.trim(handle)
    } catch (failure: NativeException) {
        throw failure.public()
    }

    override fun close() = Native.close(handle)

    private suspend fun read(source: TextSource, options: ReadOptions, onProgress: suspend (AnswerEvent.Progress) -> Unit): NativeDocument {
        val document = queue.createHandle { Native.document(handle, source.bytes(), source.path(), options.json()) }
        return try {
            ready(document, onProgress)
        } catch (failure: Throwable) {
            if (failure !is EdgeInfiniteException) options.resume?.let { leaveCheckpoint(document, it) }
            Native.close(document)
            throw failure
        }
    }

    /** Steps to the end. */
    private suspend fun ready(document: Long, onProgress: suspend (AnswerEvent.Progress) -> Unit): NativeDocument {
        while (true) onProgress(queue.runOn(document, Native::step)?.progress() ?: break)
        return NativeDocument(queue, document)
    }

    /** What ended the reading is more than what ends this. */
    private suspend fun leaveCheckpoint(document: Long, file: File) {
        withContext(NonCancellable) { runCatching { queue.runOn(document) { Native.save(it, file.absolutePath.utf8()) } } }
    }
}
