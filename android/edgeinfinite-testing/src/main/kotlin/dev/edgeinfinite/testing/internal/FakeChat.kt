package dev.edgeinfinite.testing.internal

import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.Chat
import dev.edgeinfinite.ChatOptions
import dev.edgeinfinite.EdgeInfiniteInternalApi
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
internal class FakeChat(private val engine: FakeEngine, private val lifetime: Lifetime) : Chat {
    private val turn = Mutex()

    override fun send(message: String, options: ChatOptions.() -> Unit): Flow<AnswerEvent> {
        val chosen = ChatOptions().apply(options)
        return flow {
            val collector = currentCoroutineContext().job
            check(!turn.holdsLock(collector)) { "found a turn within a turn of the same chat, expected the first to end before" }
            turn.withLock(collector) {
                emitAll(engine.events(FakeCall.Send(message, chosen), lifetime, message, reading = null, content = null))
            }
        }
    }

    override fun close() {
        lifetime.close()
    }
}
