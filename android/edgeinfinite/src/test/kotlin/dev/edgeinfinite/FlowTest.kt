package dev.edgeinfinite

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.onCompletion
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Cold, pulled, cancellable: what a collector of an answer can rely on. */
class FlowTest {
    private val case = Tiny.long

    @Test
    fun `one collector is one run`() = runTest {
        val engine = CountedDispatcher()
        Tiny.openOn(engine).use { model ->
            model.read(TextSource.of(case.document)).use { document ->
                val before = engine.calls
                val flow = document.ask(case.question!!)
                assertEquals(before, engine.calls, "nothing runs before it is collected")
                val first = flow.await()
                val once = engine.calls - before
                val second = flow.await()
                assertEquals(2 * once, engine.calls - before)
                assertEquals(first.usage.graphRuns, second.usage.graphRuns)
                assertEquals(case.text, first.text)
                assertEquals(case.text, second.text)
            }
        }
    }

    @Test
    fun `progress, then text, then the answer that the text adds up to`() = runTest {
        Tiny.open().use { model ->
            val events = model.summarize(TextSource.of(case.document)).toList()
            val kinds = events.map { it::class }.distinct()
            assertEquals(listOf(AnswerEvent.Progress::class, AnswerEvent.TextDelta::class, AnswerEvent.Done::class), kinds)
            assertEquals(1, events.count { it is AnswerEvent.Done })
            val text = events.filterIsInstance<AnswerEvent.TextDelta>().joinToString("") { it.delta }
            assertEquals((events.last() as AnswerEvent.Done).answer.text, text)
        }
    }

    @Test
    @OptIn(ExperimentalCoroutinesApi::class) // currentTime
    fun `a slow collector loses nothing and nothing runs ahead of it`() = runTest {
        val engine = CountedDispatcher()
        Tiny.openOn(engine).use { model ->
            model.read(TextSource.of(case.document)).use { document ->
                val before = engine.calls
                var seen = 1 // the call that makes the stream
                val text = StringBuilder()
                document.ask(case.question!!).onEach {
                    delay(10_000) // of virtual time
                    seen += 1
                    assertEquals(before + seen, engine.calls)
                }.text().collect(text::append)
                assertEquals(case.text, text.toString())
                assertTrue(currentTime >= 10_000)
            }
        }
    }

    @Test
    fun `a cancelled collector stops the engine before its next run`() = runTest {
        val engine = CountedDispatcher()
        Tiny.openOn(engine).use { model ->
            model.read(TextSource.of(case.document)).use { document ->
                val before = engine.calls
                var events = 0
                val job = launch {
                    document.ask(case.question!!).collect { if (++events == 3) coroutineContext.job.cancel() }
                }
                job.join()
                assertTrue(job.isCancelled)
                assertEquals(before + 1 + 3, engine.calls, "one call that makes the stream, three that pull it")
                assertEquals(case.text, document.ask(case.question!!).await().text, "nothing is left behind")
            }
        }
    }

    @Test
    fun `a collector that has enough stops the engine too`() = runTest {
        val engine = CountedDispatcher()
        Tiny.openOn(engine).use { model ->
            model.read(TextSource.of(case.document)).use { document ->
                val before = engine.calls
                document.ask(case.question!!).take(2).collect()
                assertEquals(before + 1 + 2, engine.calls)
            }
        }
    }

    @Test
    fun `a collector that throws gets its own exception back`() = runTest {
        Tiny.open().use { model ->
            model.read(TextSource.of(case.document)).use { document ->
                val thrown = runCatching { document.ask(case.question!!).collect { throw NoSuchElementException("mine") } }
                assertInstanceOf(NoSuchElementException::class.java, thrown.exceptionOrNull())
            }
        }
    }

    @Test
    fun `cancelled at any moment it ends in silence and the document stays intact`() = runBlocking(Dispatchers.Default) {
        var collector: Job? = null
        val engine = CountedDispatcher { call -> if (call % 5 == 0) collector?.cancel() }
        Tiny.openOn(engine).use { model ->
            model.read(TextSource.of(case.document)).use { document ->
                repeat(40) {
                    var failure: Throwable? = null
                    val asking = launch {
                        document.ask(case.question!!).onCompletion { failure = it }.catch { }.collect()
                    }
                    collector = asking
                    asking.join()
                    if (failure != null) assertInstanceOf(CancellationException::class.java, failure)
                }
                collector = null
                assertEquals(case.text, document.ask(case.question!!).await().text)
            }
        }
    }

    @Test
    fun `reading reports between two runs and waits for the report`() = runTest {
        val engine = CountedDispatcher()
        Tiny.openOn(engine).use { model ->
            var calls = 1 // the call that makes the document
            var last = 0L
            model.read(TextSource.of(case.document)) { progress ->
                delay(1_000) // of virtual time
                assertEquals(++calls, engine.calls)
                assertTrue(progress.tokensDone >= last && progress.tokensDone <= progress.tokensTotal)
                assertTrue(progress.percent in 0..100)
                last = progress.tokensDone
            }.close()
            assertTrue(calls > 50)
        }
    }

    @Test
    fun `cancelled reading stops the engine before its next run`() = runTest {
        val engine = CountedDispatcher()
        Tiny.openOn(engine).use { model ->
            var reports = 0
            val job = launch {
                model.read(TextSource.of(case.document)) { if (++reports == 4) coroutineContext.job.cancel() }
            }
            job.join()
            assertEquals(1 + 4, engine.calls)
            model.read(TextSource.of(case.document)).use { assertEquals(case.text, it.ask(case.question!!).await().text) }
        }
    }

    @Test
    fun `questions that take turns get the answers they get alone`() = runTest {
        val questions = Tiny.golden.mapNotNull { it.question }.distinct().take(4)
        Tiny.open().use { model ->
            model.read(TextSource.of(case.document)).use { document ->
                val alone = questions.map { document.ask(it).await().text }
                val order = mutableListOf<Int>()
                val together = questions.mapIndexed { number, question ->
                    async { document.ask(question).onEach { order += number }.await().text }
                }.awaitAll()
                assertEquals(alone, together)
                assertTrue(order.zipWithNext().count { (a, b) -> a != b } > 2 * questions.size, "they did take turns: $order")
            }
        }
    }

    @Test
    fun `two documents at once`() = runTest {
        val (one, other) = Tiny.golden.filter { it.scenario == "default" && it.question != null && it.document.length > 200 }
        Tiny.open().use { model ->
            val answers = listOf(one, other).map { case ->
                async {
                    model.read(TextSource.of(case.document)).use { it.ask(case.question!!).await().text }
                }
            }.awaitAll()
            assertEquals(listOf(one.text, other.text), answers)
        }
    }

    @Test
    fun `the engine works on a thread of its own`() = runBlocking {
        val mine = Thread.currentThread()
        val others = mutableSetOf<Thread>()
        val engine = CountedDispatcher { others += Thread.currentThread() }
        Tiny.openOn(engine).use { model ->
            model.read(TextSource.of("gora lu men")) { assertSame(mine, Thread.currentThread()) }.use { document ->
                document.summarize().collect { assertSame(mine, Thread.currentThread()) }
            }
        }
        val engines = others.single()
        assertEquals("edgeinfinite", engines.name)
        assertTrue(engines.isDaemon)
    }
}
