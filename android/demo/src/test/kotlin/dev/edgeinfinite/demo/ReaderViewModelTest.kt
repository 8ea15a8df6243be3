package dev.edgeinfinite.demo

import dev.edgeinfinite.EngineMissingException
import dev.edgeinfinite.Reading
import dev.edgeinfinite.SummaryStyle
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

/** The view model without a screen, without Android, without native code. */
@OptIn(ExperimentalCoroutinesApi::class) // advanceTimeBy and its like
class ReaderViewModelTest : PhoneTest() {
    @get:Rule
    val temporary = TemporaryFolder()

    private val model = FakeModel().apply {
        answer("Who signed?", "Gora signed it.")
        answer(null, "Gora signed it.")
    }
    private val text = "Gora signed it. It was in May. ".repeat(20)

    private fun TestScope.viewModel(open: suspend () -> Engine = { Engine(model, model.info, "1.0") }) =
        ReaderViewModel(this, StandardTestDispatcher(testScheduler), temporary.root.resolve("work"), temporary.root.resolve("shelf"), open)

    private fun source(text: String, title: String = "Report") = DocumentSource(title) { text.byteInputStream() }

    private val ReaderViewModel.now get() = uiState.value

    @Test
    fun `reads, summarises and answers`() = runTest {
        val viewModel = viewModel()
        viewModel.read(source(text))
        assertFalse(viewModel.now.ready)
        advanceUntilIdle()
        assertTrue(viewModel.now.ready)
        assertEquals(text.trim(), viewModel.now.document!!.paragraphs!![0].text)

        viewModel.summarise(SummaryRequest(length = 3, style = SummaryStyle.Paragraph, thorough = false))
        advanceUntilIdle()
        assertEquals(Phase.Done, viewModel.now.summary!!.phase)
        assertEquals("Gora signed it.", viewModel.now.summary!!.text)
        assertEquals(3, model.calls.filterIsInstance<FakeCall.Summarize>().single().options.length)

        for (question in listOf("Who signed?", "Who sang?")) viewModel.ask(question, thorough = false).also { advanceUntilIdle() }
        assertEquals(listOf("Who sang?", "Who signed?"), viewModel.now.turns.map { it.question })
        assertEquals(listOf(false, true), viewModel.now.turns.map { it.answer!!.found })
    }

    @Test
    fun `a question refers to those before it, until another document is read`() = runTest {
        model.answer("And who paid?", FakeAnswer("It was in May.").apply { resolvedQuestion = "And who paid for it?" })
        val viewModel = viewModel()
        viewModel.read(source(text))
        advanceUntilIdle()
        for (question in listOf("Who signed?", "And who paid?")) viewModel.ask(question, thorough = false).also { advanceUntilIdle() }
        assertEquals("And who paid for it?", viewModel.now.turns.first().answer!!.resolvedQuestion)
        assertEquals(1, model.calls.filterIsInstance<FakeCall.DocumentChat>().size)
        viewModel.read(source(text, "Second"))
        advanceUntilIdle()
        viewModel.ask("Who signed?", thorough = false)
        advanceUntilIdle()
        assertEquals(2, model.calls.filterIsInstance<FakeCall.DocumentChat>().size)
    }

    @Test
    fun `searches, and shows what is nearest to a question without an answer`() = runTest {
        val viewModel = viewModel()
        viewModel.read(source("Gora signed it.\nIt was in May.\n"))
        advanceUntilIdle()
        viewModel.search("May")
        advanceUntilIdle()
        assertEquals(listOf("It was in May."), viewModel.now.turns.first().passages!!.map { it.text })
        viewModel.search("December")
        advanceUntilIdle()
        assertEquals(emptyList<String>(), viewModel.now.turns.first().passages!!.map { it.text })
        viewModel.ask("Who sang in May?", thorough = false)
        advanceUntilIdle()
        val turn = viewModel.now.turns.first()
        assertEquals(Phase.Done to false, turn.phase to turn.answer!!.found)
        assertEquals("It was in May.", turn.passages!!.first().text)
        assertNull(viewModel.also { it.ask("Who signed?", thorough = false) }.also { advanceUntilIdle() }.now.turns.first().passages)
    }

    @Test
    fun `a summary about something is asked for as such`() = runTest {
        model.answer("what was signed", "Gora signed it.")
        val viewModel = viewModel()
        viewModel.read(source(text))
        advanceUntilIdle()
        viewModel.summarise(SummaryRequest(length = 3, style = SummaryStyle.Bullets, thorough = true, focus = "what was signed"))
        advanceUntilIdle()
        val turn = viewModel.now.summary!!
        assertEquals("what was signed" to "Gora signed it.", turn.focus to turn.text)
        val options = model.calls.filterIsInstance<FakeCall.Summarize>().single().options
        assertEquals("what was signed" to Reading.Recall, options.focus to options.reading)
    }

    @Test
    fun `stopping keeps what came so far, and the document`() = runTest {
        model.pace = { delay(100) }
        val viewModel = viewModel()
        viewModel.read(source(text))
        advanceUntilIdle()
        viewModel.ask("Who signed?", thorough = false)
        advanceTimeBy(350)
        viewModel.stop()
        advanceUntilIdle()
        val turn = viewModel.now.turns.single()
        assertEquals(Phase.Stopped, turn.phase)
        assertTrue(turn.text, turn.text.startsWith("Gora") && turn.text.length < 15)
        assertNull(turn.answer)
        viewModel.ask("Who signed?", thorough = false)
        advanceUntilIdle()
        assertEquals(Phase.Done, viewModel.now.turns.first().phase)
    }

    @Test
    fun `another document takes the place of the one under way`() = runTest {
        model.pace = { delay(100) }
        val viewModel = viewModel()
        viewModel.read(source(text, "First"))
        advanceTimeBy(150)
        val first = viewModel.now.document!!.copy!!
        viewModel.read(source(text, "Second"))
        advanceUntilIdle()
        assertEquals("Second" to Phase.Done, viewModel.now.document!!.run { title to phase })
        assertFalse("the copy of the first", first.exists())
        assertEquals("the document and the shelf", 2, model.openChildren)
        viewModel.ask("Who signed?", thorough = false)
        advanceUntilIdle()
        viewModel.read(source(text, "Third"))
        advanceUntilIdle()
        assertTrue(viewModel.now.turns.isEmpty())
        assertEquals("the document and the shelf", 2, model.openChildren)
    }

    @Test
    fun `a failure is shown, and what comes next works`() = runTest {
        val viewModel = viewModel()
        model.fail<FakeCall.Read>(TextException("text.encoding", "found a PDF"))
        viewModel.read(source(text))
        advanceUntilIdle()
        assertEquals(Phase.Failed, viewModel.now.document!!.phase)
        assertEquals(R.string.problem_text_encoding, problem(viewModel.now.document!!.problem!!))
        assertFalse(viewModel.now.ready)
        viewModel.readAgain()
        advanceUntilIdle()
        assertTrue(viewModel.now.ready)

        model.answer("Who signed?", FakeAnswer("Gora").apply { failure = IllegalArgumentException("too long") })
        viewModel.ask("Who signed?", thorough = true)
        advanceUntilIdle()
        assertEquals(R.string.problem_question, problem(viewModel.now.turns.single().problem!!, argument = R.string.problem_question))
        viewModel.read(DocumentSource("Gone") { throw IOException("gone") })
        advanceUntilIdle()
        assertEquals(R.string.problem_unreadable, problem(viewModel.now.document!!.problem!!))
    }

    @Test
    fun `the model is opened once, and again after a failure`() = runTest {
        var opened = 0
        val viewModel = viewModel {
            if (opened++ == 0) throw EngineMissingException("engine.missing", "found no library")
            Engine(model, model.info, "1.0")
        }
        viewModel.read(source(text))
        advanceUntilIdle()
        assertTrue(viewModel.now.engineProblem is EngineMissingException)
        repeat(2) { viewModel.readAgain().also { advanceUntilIdle() } }
        assertEquals(2, opened)
        assertNull(viewModel.now.engineProblem)
    }

    @Test
    fun `measures each length, and stops between or within`() = runTest {
        model.script = FakeScript { _, document -> FakeAnswer(document.lines().first { "4711" in it }) }
        val viewModel = viewModel()
        viewModel.measure(listOf(1_000, 4_000))
        advanceUntilIdle()
        assertEquals(Phase.Done, viewModel.now.sweep.phase)
        assertEquals(2, viewModel.now.sweep.points.size)
        assertTrue(viewModel.now.sweep.points.all { it.found })
        assertEquals("every document of it is closed, and the shelf is not", 1, model.openChildren)

        model.pace = { delay(100) }
        viewModel.measure(listOf(1_000, 4_000))
        advanceTimeBy(250)
        viewModel.stop()
        advanceUntilIdle()
        assertEquals(Phase.Stopped, viewModel.now.sweep.phase)
        assertEquals(1, model.openChildren)
    }

    @Test
    fun `the end closes the model and deletes the document`() = runTest {
        val viewModel = viewModel()
        val waiting = CompletableDeferred<Unit>()
        viewModel.read(source(text))
        advanceUntilIdle()
        model.pace = { waiting.await() }
        viewModel.ask("Who signed?", thorough = false)
        runCurrent()
        viewModel.close()
        advanceUntilIdle()
        assertTrue(model.isClosed)
        assertFalse(temporary.root.resolve("work").exists())
    }
}
