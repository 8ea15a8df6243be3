package dev.edgeinfinite

import dev.edgeinfinite.internal.Native
import dev.edgeinfinite.internal.NativeException
import dev.edgeinfinite.internal.NativeLibrary
import dev.edgeinfinite.internal.text
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.runTest
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.util.concurrent.CountDownLatch
import kotlin.concurrent.thread

/** Closing is safe at any time, and what was closed says so. */
class CloseTest {
    @TempDir
    lateinit var folder: File

    private val case = Tiny.long

    @Test
    fun `closing twice does nothing`() = runTest {
        val model = Tiny.open()
        val document = model.read(TextSource.of(case.document))
        repeat(2) { document.close() }
        repeat(2) { model.close() }
    }

    @Test
    fun `a closed document refuses`() = runTest {
        Tiny.open().use { model ->
            val document = model.read(TextSource.of(case.document))
            document.close()
            assertClosed { document.ask(case.question!!).collect() }
            assertClosed { document.summarize().collect() }
            assertClosed { document.save(folder.resolve("saved")) }
        }
    }

    @Test
    fun `a closed model refuses, and so do its documents`() = runTest {
        val model = Tiny.open()
        val document = model.read(TextSource.of(case.document))
        model.close()
        assertClosed { model.read(TextSource.of(case.document)) }
        assertClosed { model.summarize(TextSource.of(case.document)).collect() }
        assertClosed { model.restore(folder.resolve("saved"), TextSource.of(case.document)) }
        assertClosed { model.chat() }
        assertClosed { document.ask(case.question!!).collect() }
    }

    @Test
    fun `closing is one thing, cancelling another, and cancelling counts when both happen`() = runBlocking(Dispatchers.Default) {
        var onSeventh: (() -> Unit)? = null
        val engine = CountedDispatcher { call -> if (call % 7 == 0) onSeventh?.invoke() }
        Tiny.openOn(engine).use { model ->
            suspend fun ending(stop: (Job, Document) -> Unit): Throwable? = coroutineScope {
                val document = model.read(TextSource.of(case.document))
                val ending = CompletableDeferred<Throwable?>()
                val asking = launch(start = CoroutineStart.LAZY) {
                    ending.complete(runCatching { document.ask(case.question!!).collect() }.exceptionOrNull())
                }
                onSeventh = { stop(asking, document) }
                asking.join()
                onSeventh = null
                document.close()
                ending.await()
            }

            assertInstanceOf(ClosedException::class.java, ending { _, document -> document.close() })
            for (both in listOf(false, true)) {
                val failure = ending { asking, document ->
                    asking.cancel(CancellationException("mine"))
                    if (both) document.close()
                }
                assertInstanceOf(CancellationException::class.java, failure)
                assertEquals("mine", failure!!.message)
            }
        }
    }

    @Test
    fun `a document closed between two runs ends its answer`() = runTest {
        Tiny.open().use { model ->
            val document = model.read(TextSource.of(case.document))
            var events = 0
            assertClosed { document.ask(case.question!!).collect { if (++events == 2) document.close() } }
            assertEquals(2, events)
        }
    }

    @Test
    fun `a document closed during a run ends its answer`() = runTest {
        var document: Document? = null
        val engine = CountedDispatcher { call -> document?.let { thread { it.close() }.takeIf { call % 2 == 0 }?.join() } }
        repeat(20) {
            Tiny.openOn(engine).use { model ->
                document = null
                document = model.read(TextSource.of(case.document))
                assertClosed { document!!.ask(case.question!!).collect() }
            }
        }
    }

    @Test
    fun `a model closed while it reads ends the reading`() = runTest {
        val model = Tiny.open()
        var reports = 0
        assertClosed { model.read(TextSource.of(case.document)) { if (++reports == 3) model.close() } }
        assertEquals(3, reports)
    }

    @Test
    fun `handles are never used twice`() {
        val model = NativeLibrary.natives.open(Tiny.dir.path.utf8(), "{}".utf8())
        val handles = List(50) { Native.document(model, "gora".utf8(), null, "{}".utf8()).also(Native::close) }
        assertEquals(handles, handles.distinct().sorted())
        Native.close(model)
        Native.close(0)
        Native.close(Long.MAX_VALUE)
        Native.cancel(handles.first())
        assertEquals("call.closed", assertThrows(NativeException::class.java) { Native.step(handles.first()) }.code)
    }

    @Test
    fun `a run that is cancelled from another thread changes nothing`() {
        val model = NativeLibrary.natives.open(Tiny.dir.path.utf8(), "{}".utf8())
        val document = Native.document(model, case.document.utf8(), null, "{}".utf8())
        val started = CountDownLatch(1)
        val canceller = thread {
            started.await()
            repeat(300) { Native.cancel(document) }
        }
        var cancelled = 0
        started.countDown()
        while (true) {
            try {
                Native.step(document) ?: break
            } catch (failure: NativeException) {
                assertEquals("cancelled", failure.code)
                cancelled++
            }
        }
        canceller.join()
        val stream = Native.ask(document, case.question!!.utf8(), "{}".utf8())
        val events = generateSequence { Native.next(stream)?.let { JSONObject(it.text()) } }.toList()
        assertEquals(case.text, events.last().getJSONObject("answer").getString("text"))
        assertTrue(cancelled > 0)
        Native.close(model)
    }

    private suspend fun assertClosed(block: suspend () -> Unit) {
        val failure = runCatching { block() }.exceptionOrNull()
        assertInstanceOf(ClosedException::class.java, failure)
    }
}
