package dev.edgeinfinite

import dev.edgeinfinite.internal.Native
import dev.edgeinfinite.internal.NativeLibrary
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import java.io.File

/** A reading that ended early goes on where it was. */
class ResumeTest {
    @TempDir
    lateinit var folder: File

    private val case = Tiny.long
    private val text = TextSource.of(case.document)
    private val checkpoint get() = folder.resolve("checkpoint")

    @Test
    fun `it makes no run twice and ends the same`() = runTest {
        val engine = CountedDispatcher()
        Tiny.openOn(engine).use { model ->
            var steps = 0
            val expected = model.read(text) { steps++ }.use { it.ask(case.question!!).await() }
            for (stop in listOf(1, 2, steps / 2, steps - 1)) {
                var first = 0
                launch { model.read(text, { resume = checkpoint }) { if (++first == stop) coroutineContext.job.cancel() } }.join()
                var rest = 0
                model.read(text, { resume = checkpoint }) { rest++ }.use { document ->
                    assertEquals(stop to steps, first to first + rest)
                    val answer = document.ask(case.question!!).await()
                    assertEquals(expected.text, answer.text)
                    assertEquals(expected.coverage, answer.coverage)
                    assertEquals(expected.usage.documentTokens, answer.usage.documentTokens)
                }
                assertTrue(checkpoint.delete())
            }
        }
        assertEquals(0, folder.list()!!.size)
    }

    @Test
    fun `it goes on after a callback's exception, too`() = runTest {
        Tiny.open().use { model ->
            var reports = 0
            val stop: suspend (AnswerEvent.Progress) -> Unit = { if (++reports == 5) throw NoSuchElementException("mine") }
            assertThrows<NoSuchElementException> { model.read(text, { resume = checkpoint }, stop) }
            model.read(text, { resume = checkpoint }, stop).use { assertEquals(case.text, it.ask(case.question!!).await().text) }
        }
    }

    @Test
    fun `what the process left when it was killed`() = runTest {
        val model = NativeLibrary.natives.open(Tiny.dir.path.utf8(), "{}".utf8())
        val document = Native.document(model, case.document.utf8(), null, "{}".utf8())
        repeat(9) { Native.step(document) }
        Native.save(document, checkpoint.path.utf8())
        Native.close(model)
        Tiny.open().use {
            val failure = assertThrows<SavedDocumentException> { it.restore(checkpoint, text) }
            assertEquals("state.unfinished", failure.code)
            it.read(text, { resume = checkpoint }).use { document -> assertEquals(case.text, document.ask(case.question!!).await().text) }
        }
    }

    @Test
    fun `a file that is something else is refused and stays`() = runTest {
        Tiny.open().use { model ->
            checkpoint.writeText("something else")
            assertEquals("state.damaged", assertThrows<SavedDocumentException> { model.read(text, { resume = checkpoint }) }.code)
            assertEquals("something else", checkpoint.readText())
            checkpoint.delete()
            model.read(text, { resume = checkpoint }).close()
            val other = TextSource.of(case.document + ".")
            assertEquals("state.document", assertThrows<SavedDocumentException> { model.read(other, { resume = checkpoint }) }.code)
            val byRecall: ReadOptions.() -> Unit = {
                resume = checkpoint
                reading = Reading.Recall
            }
            assertThrows<IllegalArgumentException> { model.read(text, byRecall) }
        }
    }

    @Test
    fun `without being asked it leaves nothing`() = runTest {
        Tiny.open().use { model ->
            val job = launch { model.read(text, { indexDir = folder }) { coroutineContext.job.cancel() } }
            job.join()
            assertFalse(job.isActive)
            assertEquals(0, folder.list()!!.size)
        }
    }
}
