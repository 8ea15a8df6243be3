package dev.edgeinfinite.internal

import dev.edgeinfinite.AskOptions
import dev.edgeinfinite.Document
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.Reply
import dev.edgeinfinite.SummaryOptions
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** A document behind a handle. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class OpenDocument(private val lane: Lane, private val handle: Long) : Document {
    override fun ask(question: String, options: AskOptions.() -> Unit): Flow<Reply> {
        val chosen = AskOptions().apply(options).json()
        return replies { Native.ask(handle, question.utf8(), chosen) }
    }

    override fun summarize(options: SummaryOptions.() -> Unit): Flow<Reply> = summarize(SummaryOptions().apply(options))

    fun summarize(options: SummaryOptions): Flow<Reply> {
        val chosen = options.json()
        return replies { Native.summarize(handle, chosen) }
    }

    override fun close() = Native.close(handle)

    /** Pulls event by event: nothing runs ahead of the collector, nothing is kept for it, nothing is lost. */
    private fun replies(start: () -> Long): Flow<Reply> = flow {
        val reply = lane.create(start)
        try {
            while (true) emit(lane.work(reply, Native::next)?.reply() ?: break)
        } finally {
            Native.close(reply)
        }
    }
}
