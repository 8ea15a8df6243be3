package dev.edgeinfinite.internal

import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.AskOptions
import dev.edgeinfinite.DocumentChat
import dev.edgeinfinite.EdgeInfiniteInternalApi
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.job
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/** A chat with a document or a shelf behind a handle. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class NativeDocumentChat(private val queue: NativeQueue, private val handle: Long) : DocumentChat {
    /** Fair, and held by the job of the collector whose turn it is. */
    private val turn = Mutex()

    override fun ask(question: String, options: AskOptions.() -> Unit): Flow<AnswerEvent> {
        val chosen = AskOptions().apply(options).json()
        return flow {
            val collector = currentCoroutineContext().job
            check(!turn.holdsLock(collector)) { "found a turn within a turn of the same chat, expected the first to end before" }
            turn.withLock(collector) { emitAll(queue.events { Native.askInChat(handle, question.utf8(), chosen) }) }
        }
    }

    override fun close() = Native.close(handle)
}
