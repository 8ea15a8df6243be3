package dev.edgeinfinite.testing.internal

import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.AskOptions
import dev.edgeinfinite.DocumentChat
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.testing.FakeCall
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.job
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/** Questions to a document, turn by turn. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class FakeDocumentChat(private val engine: FakeEngine, private val lifetime: Lifetime, private val content: Content) :
    DocumentChat {
    private val turn = Mutex()

    override fun ask(question: String, options: AskOptions.() -> Unit): Flow<AnswerEvent> {
        val chosen = AskOptions().apply(options)
        return flow {
            val collector = currentCoroutineContext().job
            check(!turn.holdsLock(collector)) { "found a turn within a turn of the same chat, expected the first to end before" }
            turn.withLock(collector) {
                emitAll(engine.events(FakeCall.AskInChat(question, chosen), lifetime, question, chosen.reading, content))
            }
        }
    }

    override fun close() {
        lifetime.close()
    }
}
