package dev.edgeinfinite.demo

import dev.edgeinfinite.ShelfException
import dev.edgeinfinite.SummaryStyle
import dev.edgeinfinite.testing.FakeAnswer
import dev.edgeinfinite.testing.FakeCall
import dev.edgeinfinite.testing.FakeModel
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.advanceUntilIdle
import kotlinx.coroutines.test.runTest
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import java.io.IOException

/** The shelf's view model without a screen, without native code: what a person cannot time. */
@OptIn(ExperimentalCoroutinesApi::class) // advanceTimeBy and its like
class ShelfViewModelTest : PhoneTest() {
    @get:Rule
    val temporary = TemporaryFolder()

    private val model = FakeModel().apply { answer("Who pays?", "The tenant pays.") }
    private val work get() = temporary.root.resolve("work")

    private fun TestScope.viewModel(): ReaderViewModel {
        val io = StandardTestDispatcher(testScheduler)
        val viewModel = ReaderViewModel(this, io, work, temporary.root.resolve("shelf"), { Engine(model, model.info, "1.0") })
        viewModel.read(source("open", "The sheep are fine."))
        advanceUntilIdle()
        return viewModel
    }

    private fun source(title: String, text: String) = DocumentSource(title) { text.byteInputStream() }

    private fun TestScope.filled() = viewModel().also {
        it.shelf.add(listOf(source("mill", "The tenant pays.\n"), source("quay", "The owner sails.\n")))
        advanceUntilIdle()
    }

    private val ReaderViewModel.now get() = uiState.value.shelf

    @Test
    fun `opens with the model, adds one after another, and leaves no copies`() = runTest {
        val viewModel = viewModel()
        assertEquals(emptyList<Any>(), viewModel.now.documents)
        viewModel.shelf.add(listOf(source("mill", "The tenant pays.\n"), source("quay", "The owner sails.\n")))
        advanceUntilIdle()
        assertEquals(listOf("quay", "mill"), viewModel.now.documents!!.map { it.title })
        assertTrue(viewModel.now.documents!!.all { it.id == it.sha256 })
        assertEquals(emptyList<Any>(), viewModel.now.additions)
        viewModel.shelf.addOpen()
        advanceUntilIdle()
        assertEquals(listOf("open", "quay", "mill"), viewModel.now.documents!!.map { it.title })
        assertEquals(viewModel.uiState.value.document!!.id, viewModel.now.documents!!.first().id)
        assertFalse(work.list()!!.any { it.startsWith("addition") })
    }

    @Test
    fun `a document twice is there once, and what fails is told`() = runTest {
        val viewModel = filled()
        val gone = DocumentSource("gone") { throw IOException("gone") }
        viewModel.shelf.add(listOf(source("again", "The tenant pays.\n"), gone, source("new", "New.\n")))
        advanceUntilIdle()
        val (again, failed) = viewModel.now.additions
        assertTrue(again.held)
        assertEquals(Phase.Failed to R.string.problem_unreadable, failed.phase to problem(failed.problem!!))
        assertEquals(listOf("new", "quay", "mill"), viewModel.now.documents!!.map { it.title })
    }

    @Test
    fun `stopping keeps what was added, and the others are not`() = runTest {
        val viewModel = viewModel()
        model.pace = { delay(100) }
        viewModel.shelf.add(listOf(source("mill", "The tenant pays.\n"), source("quay", "The owner sails.\n".repeat(2_000))))
        advanceTimeBy(1_000)
        assertTrue(viewModel.uiState.value.busy)
        viewModel.stop()
        advanceUntilIdle()
        assertEquals(listOf("mill"), viewModel.now.documents!!.map { it.title })
        assertEquals(listOf("quay" to Phase.Stopped), viewModel.now.additions.map { it.title to it.phase })
        assertFalse(viewModel.uiState.value.busy)
    }

    @Test
    fun `asks what is ticked, and shows what is nearest where nothing is found`() = runTest {
        val viewModel = filled()
        viewModel.shelf.ask("Who pays?", thorough = false)
        advanceUntilIdle()
        val turn = viewModel.now.turns.single()
        assertEquals(2, turn.documents)
        assertEquals("mill", turn.answer!!.quotes.single().headings.first())
        assertEquals("the document's turns are its own", emptyList<Any>(), viewModel.uiState.value.turns)

        val quay = viewModel.now.documents!!.first { it.title == "quay" }.id
        viewModel.shelf.tick(quay)
        viewModel.shelf.ask("Who sails?", thorough = false)
        advanceUntilIdle()
        val asked = model.calls.filterIsInstance<FakeCall.ShelfChat>().last()
        assertEquals(setOf(quay), asked.filter.ids!!.toSet())
        assertEquals(listOf("The owner sails."), viewModel.now.turns.first().passages!!.map { it.text.trim() })
        viewModel.shelf.tick(quay)
        assertEquals(emptySet<String>(), viewModel.now.ticked)
    }

    @Test
    fun `one chat for each choice of documents`() = runTest {
        val viewModel = filled()
        val (quay, mill) = viewModel.now.documents!!.map { it.id }
        fun ask() = viewModel.shelf.ask("Who pays?", thorough = false).also { advanceUntilIdle() }
        fun chats() = model.calls.filterIsInstance<FakeCall.ShelfChat>().map { it.filter.ids?.toSet() }
        repeat(2) { ask() }
        assertEquals(listOf(null), chats())
        viewModel.shelf.tick(mill)
        repeat(2) { ask() }
        viewModel.shelf.tick(quay)
        ask()
        assertEquals(listOf(null, setOf(mill), setOf(mill, quay)), chats())
        viewModel.shelf.add(listOf(source("lane", "The tenant pays for all.\n")))
        advanceUntilIdle()
        ask()
        assertEquals("what is not asked changes nothing", 3, chats().size)
        for (id in listOf(mill, quay)) viewModel.shelf.tick(id)
        ask()
        viewModel.shelf.askToRemove(quay)
        viewModel.shelf.remove()
        advanceUntilIdle()
        ask()
        assertEquals(listOf(null, setOf(mill), setOf(mill, quay), null, null), chats())
        assertEquals(Phase.Done, viewModel.now.turns.first().phase)
    }

    @Test
    fun `a summary of what is ticked can be stopped, and a damaged document is found`() = runTest {
        model.answer(null, "The tenant pays.")
        val viewModel = filled()
        val mill = viewModel.now.documents!!.first { it.title == "mill" }.id
        viewModel.shelf.tick(mill)
        viewModel.shelf.summarise(SummaryRequest(length = 3, style = SummaryStyle.Bullets, thorough = true, focus = "who pays"))
        advanceUntilIdle()
        val call = model.calls.filterIsInstance<FakeCall.ShelfSummarize>().single()
        assertEquals(listOf(mill), call.filter.ids!!.toList())
        assertEquals(Triple(3, SummaryStyle.Bullets, "who pays"), call.options.run { Triple(length, style, focus) })
        assertEquals("mill", viewModel.now.summary!!.answer!!.quotes.single().headings.first())
        assertNull("the document's summary is its own", viewModel.uiState.value.summary)

        model.pace = { delay(100) }
        viewModel.shelf.summarise(SummaryRequest(length = 3, style = SummaryStyle.Bullets, thorough = false))
        advanceTimeBy(150)
        assertTrue(viewModel.uiState.value.summarising && viewModel.uiState.value.busy)
        viewModel.stop()
        advanceUntilIdle()
        assertEquals(Phase.Stopped, viewModel.now.summary!!.phase)

        model.answer(null, FakeAnswer("").apply { failure = ShelfException("shelf.damaged", "found a changed file") })
        model.fail<FakeCall.ShelfDocument>(ShelfException("shelf.damaged", "found a changed file"))
        viewModel.shelf.summarise(SummaryRequest(length = 3, style = SummaryStyle.Bullets, thorough = false))
        advanceUntilIdle()
        assertEquals(Phase.Failed, viewModel.now.summary!!.phase)
        assertEquals("the first that could not be opened", 1, viewModel.now.damaged.size)
    }

    @Test
    fun `what is removed is ticked no more`() = runTest {
        val viewModel = filled()
        val mill = viewModel.now.documents!!.first { it.title == "mill" }.id
        viewModel.shelf.tick(mill)
        viewModel.shelf.remove()
        advanceUntilIdle()
        assertEquals("nobody was asked", 2, viewModel.now.documents!!.size)
        viewModel.shelf.askToRemove(mill)
        viewModel.shelf.remove()
        advanceUntilIdle()
        assertEquals(listOf("quay"), viewModel.now.documents!!.map { it.title })
        assertEquals(emptySet<String>() to null, viewModel.now.ticked to viewModel.now.removing)
    }

    @Test
    fun `a failure is told, and what comes next works`() = runTest {
        model.fail<FakeCall.Shelf>(ShelfException("shelf.locked", "found it open"))
        val viewModel = viewModel()
        assertNull(viewModel.now.documents)
        assertEquals(R.string.problem_shelf_locked, problem(viewModel.now.problem!!))
        viewModel.shelf.open()
        advanceUntilIdle()
        assertEquals(emptyList<Any>() to null, viewModel.now.documents to viewModel.now.problem)

        viewModel.shelf.add(listOf(source("mill", "The tenant pays.\n"), source("quay", "The owner sails.\n")))
        advanceUntilIdle()
        model.answer("Who pays?", FakeAnswer("").apply { failure = ShelfException("shelf.damaged", "found a changed file") })
        model.fail<FakeCall.ShelfDocument>(ShelfException("shelf.damaged", "found a changed file"))
        viewModel.shelf.ask("Who pays?", thorough = false)
        advanceUntilIdle()
        assertEquals(Phase.Failed, viewModel.now.turns.first().phase)
        assertEquals("the first that could not be opened", 1, viewModel.now.damaged.size)
    }

    @Test
    fun `a document is shown over the pages, and the last tap counts`() = runTest {
        val viewModel = filled()
        val (quay, mill) = viewModel.now.documents!!
        viewModel.show(quay.id, 4..<9)
        viewModel.show(mill.id, 0..<3)
        advanceUntilIdle()
        val shown = viewModel.uiState.value.shown!!
        assertEquals(Triple("mill", "The tenant pays.", 0..<3), Triple(shown.title, shown.paragraphs[0].text, shown.mark))
        viewModel.hide()
        assertNull(viewModel.uiState.value.shown)
        viewModel.show("nothing", 0..<3)
        advanceUntilIdle()
        assertEquals(R.string.problem_shelf_gone, problem(viewModel.now.problem!!, argument = R.string.problem_shelf_gone))
    }
}
