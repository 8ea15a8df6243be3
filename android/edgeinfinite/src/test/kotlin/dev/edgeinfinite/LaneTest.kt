package dev.edgeinfinite

import dev.edgeinfinite.internal.Lane
import dev.edgeinfinite.internal.Native
import dev.edgeinfinite.internal.NativeException
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.util.concurrent.CountDownLatch

/** What the queue of native calls promises to those who wait in it. */
class LaneTest {
    @TempDir
    lateinit var folder: File

    private val lane = Lane()

    @Test
    fun `first come, first served`() = runBlocking {
        val gate = CountDownLatch(1)
        val order = mutableListOf<Int>()
        launch(start = CoroutineStart.UNDISPATCHED) { lane.run { gate.await() } }
        repeat(10) { launch(start = CoroutineStart.UNDISPATCHED) { lane.run { order += it } } }
        gate.countDown()
        lane.run { assertEquals(List(10) { it }, order) }
    }

    @Test
    fun `what is made for a caller who has gone is closed`() = runBlocking {
        val model = Native.open(Tiny.dir.path.utf8(), "{}".utf8())
        val started = CompletableDeferred<Unit>()
        val gone = CountDownLatch(1)
        var document = 0L
        val job = launch {
            lane.create {
                started.complete(Unit)
                gone.await()
                Native.document(model, "gora".utf8(), null, "{}".utf8()).also { document = it }
            }
        }
        started.await()
        job.cancel()
        gone.countDown()
        job.join()
        assertEquals("call.closed", assertThrows<NativeException> { Native.step(document) }.code)
        Native.close(model)
    }

    @Test
    fun `cancelling reaches into a run`() = runBlocking {
        val model = Native.open(Tiny.slow(folder.resolve("slow")).path.utf8(), "{}".utf8())
        assertEquals("cancelled", codeOfRun(model) { it.cancelAndJoin() })
        Native.close(model)
    }

    @Test
    fun `closing reaches into a run`() = runBlocking {
        val model = Native.open(Tiny.slow(folder.resolve("slow")).path.utf8(), "{}".utf8())
        assertEquals("cancelled", codeOfRun(model) { Native.close(model) })
    }

    /** How a run ends that [stop] is called during. */
    private suspend fun CoroutineScope.codeOfRun(model: Long, stop: suspend (Job) -> Unit): String? {
        val document = Native.document(model, "gora lu men ".repeat(500).utf8(), null, "{}".utf8())
        Native.step(document) // takes the text in; the next step is a run
        val started = CompletableDeferred<Unit>()
        var outcome: Result<ByteArray?>? = null
        val run = launch {
            lane.work(document) {
                started.complete(Unit)
                outcome = runCatching { Native.step(it) }
            }
        }
        started.await()
        delay(20)
        stop(run)
        run.join()
        return (outcome?.exceptionOrNull() as? NativeException)?.code
    }
}
