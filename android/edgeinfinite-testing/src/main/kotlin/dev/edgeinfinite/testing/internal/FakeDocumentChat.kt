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

/** Questions to a document or a shelf, turn by turn; [answers] gives the events of each. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class FakeDocumentChat(private val lifetime: Lifetime, private val answers: (FakeCall.AskInChat) -> Flow<AnswerEvent>) :
    DocumentChat {
    private val turn = Mutex()

    override fun ask(question: String, options: AskOptions.() -> Unit): Flow<AnswerEvent> {
        val chosen = AskOptions().apply(options)
        return flow {
            val collector = currentCoroutineContext().job
            check(!turn.holdsLock(collector)) { "found a turn within a turn of the same chat, expected the first to end before" }
            turn.withLock(collector) { emitAll(answers(FakeCall.AskInChat(question, chosen))) }
        }
    }

    override fun close() {
        lifetime.close()
    }
}
