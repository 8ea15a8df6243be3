package dev.edgeinfinite.internal

import dev.edgeinfinite.Document
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.Model
import dev.edgeinfinite.ReadOptions
import dev.edgeinfinite.Reply
import dev.edgeinfinite.SummaryOptions
import dev.edgeinfinite.Text
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow

/** A model behind a handle. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class OpenModel(private val lane: Lane, private val handle: Long) : Model {
    override suspend fun read(text: Text, options: ReadOptions.() -> Unit, onProgress: suspend (Reply.Progress) -> Unit): Document {
        val chosen = ReadOptions().apply(options).json()
        val document = lane.create { Native.document(handle, text.bytes(), text.path(), chosen) }
        try {
            while (true) onProgress(lane.work(document, Native::step)?.progress() ?: break)
        } catch (failure: Throwable) {
            Native.close(document)
            throw failure
        }
        return OpenDocument(lane, document)
    }

    override fun summarize(text: Text, options: SummaryOptions.() -> Unit): Flow<Reply> = flow {
        val chosen = SummaryOptions().apply(options)
        read(text, { reading = chosen.reading }) { emit(it) }.use { emitAll(it.summarize(options)) }
    }

    override fun close() = Native.close(handle)
}
