package dev.edgeinfinite

import dev.edgeinfinite.internal.Native
import dev.edgeinfinite.internal.NativeException
import dev.edgeinfinite.internal.NativeLibrary
import dev.edgeinfinite.internal.NativeQueue
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
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.util.concurrent.CountDownLatch

/** What the queue of native calls promises to those who wait in it. */
class NativeQueueTest {
    @TempDir
    lateinit var folder: File

    private val queue = NativeQueue()

    @Test
    fun `first come, first served`() = runBlocking {
        val gate = CountDownLatch(1)
        val order = mutableListOf<Int>()
        launch(start = CoroutineStart.UNDISPATCHED) { queue.run { gate.await() } }
        repeat(10) { launch(start = CoroutineStart.UNDISPATCHED) { queue.run { order += it } } }
        gate.countDown()
        queue.run { assertEquals(List(10) { it }, order) }
    }

    @Test
    fun `what is made for a caller who has gone is closed`() = runBlocking {
        val model = NativeLibrary.natives.open(Tiny.dir.path.utf8(), "{}".utf8())
        val started = CompletableDeferred<Unit>()
        val gone = CountDownLatch(1)
        var document = 0L
        val job = launch {
            queue.createHandle {
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
        val model = NativeLibrary.natives.open(Tiny.slow(folder.resolve("slow")).path.utf8(), "{}".utf8())
        assertEquals(listOf("cancelled"), codesOfRun(model) { it.cancelAndJoin() })
        Native.close(model)
    }

    @Test
    fun `closing reaches into a run`() = runBlocking {
        val model = NativeLibrary.natives.open(Tiny.slow(folder.resolve("slow")).path.utf8(), "{}".utf8())
        assertEquals(listOf("cancelled", "call.closed"), codesOfRun(model) { Native.close(model) })
    }

    @Test
    fun `cancelled and closed inside a run it was cancelled`() = runBlocking {
        val model = NativeLibrary.natives.open(Tiny.slow(folder.resolve("slow")).path.utf8(), "{}".utf8())
        val codes = codesOfRun(model) {
            it.cancel()
            Native.close(model)
        }
        assertEquals(listOf("cancelled"), codes)
    }

    @Test
    fun `a cancellation that came too late is not the next caller's`() = runBlocking {
        val model = NativeLibrary.natives.open(Tiny.dir.path.utf8(), "{}".utf8())
        val document = Native.document(model, "gora".utf8(), null, "{}".utf8())
        Native.cancel(document)
        assertNotNull(queue.runOn(document, Native::step))
        Native.close(model)
    }

    /** How a run ends that [stop] is called during, and how tries after it end. */
    private suspend fun CoroutineScope.codesOfRun(model: Long, stop: suspend (Job) -> Unit): List<String> {
        val document = Native.document(model, "gora lu men ".repeat(500).utf8(), null, "{}".utf8())
        Native.step(document) // takes the text in; the next step is a run
        val started = CompletableDeferred<Unit>()
        val codes = mutableListOf<String>()
        val run = launch {
            try {
                queue.runOn(document) {
                    started.complete(Unit)
                    try {
                        Native.step(it)
                    } catch (failure: NativeException) {
                        codes += failure.code
                        throw failure
                    }
                }
            } catch (_: ClosedException) {
            }
        }
        started.await()
        delay(20)
        stop(run)
        run.join()
        return codes
    }
}
