package dev.edgeinfinite

import dev.edgeinfinite.internal.dedicatedThread
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Runnable
import java.util.concurrent.atomic.AtomicInteger
import kotlin.coroutines.CoroutineContext

/**
 * Counts what reaches the engine: every native call that can run the graph is one dispatch, and runs it once at most.
 * [onCall] is called on the engine's thread just before a call, with its number.
 */
class CountedDispatcher(private val onCall: (Int) -> Unit = {}) : CoroutineDispatcher() {
    private val queue = dedicatedThread()
    private val count = AtomicInteger()

    val calls: Int get() = count.get()

    override fun dispatch(context: CoroutineContext, block: Runnable) {
        queue.dispatch(context) {
            onCall(count.incrementAndGet())
            block.run()
        }
    }
}
