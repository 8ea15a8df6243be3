package dev.edgeinfinite.testing.internal

import dev.edgeinfinite.Chat
import dev.edgeinfinite.ChatOptions
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.Reply
import dev.edgeinfinite.testing.FakeCall
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.job
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/** A conversation, turn by turn. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class FakeChat(private val stage: Stage, private val open: Open) : Chat {
    private val turn = Mutex()

    override fun send(text: String, options: ChatOptions.() -> Unit): Flow<Reply> {
        val chosen = ChatOptions().apply(options)
        return flow {
            val collector = currentCoroutineContext().job
            check(!turn.holdsLock(collector)) { "found a turn within a turn of the same chat, expected the first to end before" }
            turn.withLock(collector) { emitAll(stage.replies(FakeCall.Send(text, chosen), open, text, reading = null, content = null)) }
        }
    }

    override fun close() {
        open.close()
    }
}
