package dev.edgeinfinite

import dev.edgeinfinite.internal.threadOfItsOwn
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Runnable
import java.util.concurrent.atomic.AtomicInteger
import kotlin.coroutines.CoroutineContext

/**
 * Counts what reaches the engine: every native call that can run the graph is one dispatch, and runs it once at most.
 * [onCall] is called on the engine's thread just before a call, with its number.
 */
class CountedDispatcher(private val onCall: (Int) -> Unit = {}) : CoroutineDispatcher() {
    private val lane = threadOfItsOwn()
    private val count = AtomicInteger()

    val calls: Int get() = count.get()

    override fun dispatch(context: CoroutineContext, block: Runnable) {
        lane.dispatch(context) {
            onCall(count.incrementAndGet())
            block.run()
        }
    }
}
