package dev.edgeinfinite.demo

import dev.edgeinfinite.TextException
import dev.edgeinfinite.testing.FakeAnswer
import dev.edgeinfinite.testing.FakeCall
import dev.edgeinfinite.testing.FakeModel
import dev.edgeinfinite.testing.FakeScript
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.advanceUntilIdle
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import java.io.IOException

/** The app's work without a screen, without Android, without native code. */
@OptIn(ExperimentalCoroutinesApi::class) // advanceTimeBy and its like
class WorkTest : PhoneTest() {
    @get:Rule
    val temporary = TemporaryFolder()

    private val model = FakeModel().apply {
        answer("Who signed?", "Gora signed it.")
        answer(null, "Gora signed it.")
    }
    private val text = "Gora signed it. It was in May. ".repeat(20)

    private fun TestScope.work(open: suspend () -> Engine = { Engine(model, model.info, "1.0") }) =
        Work(this, StandardTestDispatcher(testScheduler), temporary.root.resolve("work"), open)

    private fun source(text: String, title: String = "Report") = Source(title) { text.byteInputStream() }

    private val Work.now get() = state.value

    @Test
    fun `reads, summarises and answers`() = runTest {
        val work = work()
        work.read(source(text))
        assertFalse(work.now.ready)
        advanceUntilIdle()
        assertTrue(work.now.ready)
        assertEquals(text.trim(), work.now.paper!!.paragraphs!![0].text)

        work.summarise(Wanted(sentences = 3, paragraph = true, thorough = false))
        advanceUntilIdle()
        assertEquals(Phase.Done, work.now.summary!!.phase)
        assertEquals("Gora signed it.", work.now.summary!!.text)
        assertEquals(3, model.calls.filterIsInstance<FakeCall.Summarize>().single().options.length)

        for (question in listOf("Who signed?", "Who sang?")) work.ask(question, thorough = false).also { advanceUntilIdle() }
        assertEquals(listOf("Who sang?", "Who signed?"), work.now.turns.map { it.question })
        assertEquals(listOf(false, true), work.now.turns.map { it.answer!!.found })
    }

    @Test
    fun `stopping keeps what came so far, and the document`() = runTest {
        model.pace = { delay(100) }
        val work = work()
        work.read(source(text))
        advanceUntilIdle()
        work.ask("Who signed?", thorough = false)
        advanceTimeBy(350)
        work.stop()
        advanceUntilIdle()
        val turn = work.now.turns.single()
        assertEquals(Phase.Stopped, turn.phase)
        assertTrue(turn.text, turn.text.startsWith("Gora") && turn.text.length < 15)
        assertNull(turn.answer)
        work.ask("Who signed?", thorough = false)
        advanceUntilIdle()
        assertEquals(Phase.Done, work.now.turns.first().phase)
    }

    @Test
    fun `another document takes the place of the one under way`() = runTest {
        model.pace = { delay(100) }
        val work = work()
        work.read(source(text, "First"))
        advanceTimeBy(150)
        val first = work.now.paper!!.copy!!
        work.read(source(text, "Second"))
        advanceUntilIdle()
        assertEquals("Second" to Phase.Done, work.now.paper!!.run { title to phase })
        assertFalse("the copy of the first", first.exists())
        assertEquals(1, model.openChildren)
        work.ask("Who signed?", thorough = false)
        advanceUntilIdle()
        work.read(source(text, "Third"))
        advanceUntilIdle()
        assertTrue(work.now.turns.isEmpty())
        assertEquals(1, model.openChildren)
    }

    @Test
    fun `a failure is shown, and what comes next works`() = runTest {
        val work = work()
        model.fail<FakeCall.Read>(TextException("text.encoding", "found a PDF"))
        work.read(source(text))
        advanceUntilIdle()
        assertEquals(Phase.Failed, work.now.paper!!.phase)
        assertEquals(R.string.problem_text_encoding, problem(work.now.paper!!.problem!!))
        assertFalse(work.now.ready)
        work.readAgain()
        advanceUntilIdle()
        assertTrue(work.now.ready)

        model.answer("Who signed?", FakeAnswer("Gora").apply { failure = IllegalArgumentException("too long") })
        work.ask("Who signed?", thorough = true)
        advanceUntilIdle()
        assertEquals(R.string.problem_question, problem(work.now.turns.single().problem!!, argument = R.string.problem_question))
        work.read(Source("Gone") { throw IOException("gone") })
        advanceUntilIdle()
        assertEquals(R.string.problem_unreadable, problem(work.now.paper!!.problem!!))
    }

    @Test
    fun `the model is opened once, and again after a failure`() = runTest {
        var opened = 0
        val work = work {
            if (opened++ == 0) throw UnsatisfiedLinkError("no library")
            Engine(model, model.info, "1.0")
        }
        work.read(source(text))
        advanceUntilIdle()
        assertTrue(work.now.engineProblem is LinkageError)
        repeat(2) { work.readAgain().also { advanceUntilIdle() } }
        assertEquals(2, opened)
        assertNull(work.now.engineProblem)
    }

    @Test
    fun `measures each length, and stops between or within`() = runTest {
        model.script = FakeScript { _, document -> FakeAnswer(document.lines().first { "4711" in it }) }
        val work = work()
        work.measure(listOf(1_000, 4_000))
        advanceUntilIdle()
        assertEquals(Phase.Done, work.now.sweep.phase)
        assertEquals(2, work.now.sweep.points.size)
        assertTrue(work.now.sweep.points.all { it.found })
        assertEquals("every document of it is closed", 0, model.openChildren)

        model.pace = { delay(100) }
        work.measure(listOf(1_000, 4_000))
        advanceTimeBy(250)
        work.stop()
        advanceUntilIdle()
        assertEquals(Phase.Stopped, work.now.sweep.phase)
        assertEquals(0, model.openChildren)
    }

    @Test
    fun `the end closes the model and deletes the document`() = runTest {
        val work = work()
        val waiting = CompletableDeferred<Unit>()
        work.read(source(text))
        advanceUntilIdle()
        model.pace = { waiting.await() }
        work.ask("Who signed?", thorough = false)
        runCurrent()
        work.close()
        advanceUntilIdle()
        assertTrue(model.isClosed)
        assertFalse(temporary.root.resolve("work").exists())
    }
}
