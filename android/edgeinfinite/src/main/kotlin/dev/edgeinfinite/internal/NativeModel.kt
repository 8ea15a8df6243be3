package dev.edgeinfinite.internal

import dev.edgeinfinite.Chat
import dev.edgeinfinite.Document
import dev.edgeinfinite.EdgeInfiniteException
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.ExecutionReport
import dev.edgeinfinite.Model
import dev.edgeinfinite.ReadOptions
import dev.edgeinfinite.Reply
import dev.edgeinfinite.SummaryOptions
import dev.edgeinfinite.Text
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withContext
import java.io.File

/** A model behind a handle. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class OpenModel(private val lane: Lane, private val handle: Long) : Model {
    override val execution: ExecutionReport = Native.execution(handle).executionReport()

    override suspend fun read(text: Text, options: ReadOptions.() -> Unit, onProgress: suspend (Reply.Progress) -> Unit): Document =
        read(text, ReadOptions().apply(options), onProgress)

    override fun summarize(text: Text, options: SummaryOptions.() -> Unit): Flow<Reply> {
        val chosen = SummaryOptions().apply(options)
        val asChosen = ReadOptions().apply { reading = chosen.reading }
        return flow { read(text, asChosen) { emit(it) }.use { emitAll(it.summarize(chosen)) } }
    }

    override suspend fun restore(file: File, text: Text): Document {
        val saved = file.absolutePath.utf8()
        return OpenDocument(lane, lane.create { Native.restore(handle, text.bytes(), text.path(), saved) })
    }

    override suspend fun chat(): Chat = OpenChat(lane, lane.create { Native.chat(handle) })

    override fun trim() = try {
        Native.trim(handle)
    } catch (failure: NativeException) {
        throw failure.public()
    }

    override fun close() = Native.close(handle)

    private suspend fun read(text: Text, options: ReadOptions, onProgress: suspend (Reply.Progress) -> Unit): OpenDocument {
        val document = lane.create { Native.document(handle, text.bytes(), text.path(), options.json()) }
        try {
            while (true) onProgress(lane.work(document, Native::step)?.progress() ?: break)
        } catch (failure: Throwable) {
            if (failure !is EdgeInfiniteException) options.resume?.let { leaveCheckpoint(document, it) }
            Native.close(document)
            throw failure
        }
        return OpenDocument(lane, document)
    }

    /** What ended the reading is more than what ends this. */
    private suspend fun leaveCheckpoint(document: Long, file: File) {
        withContext(NonCancellable) { runCatching { lane.work(document) { Native.save(it, file.absolutePath.utf8()) } } }
    }
}
