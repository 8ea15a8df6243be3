package dev.edgeinfinite.testing

import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.Document
import dev.edgeinfinite.EdgeInfiniteException
import dev.edgeinfinite.Model
import dev.edgeinfinite.TextException
import dev.edgeinfinite.TextSource
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.advanceUntilIdle
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** How an app's view model is tested with the fake: no weights, no native code, no waiting. */
@OptIn(ExperimentalCoroutinesApi::class) // advanceTimeBy and its like
class ViewModelTest {
    /** As it might stand in an app, where [scope] is `viewModelScope` and [open] is `{ EdgeInfinite.open(folder) }`. */
    class ReportViewModel(private val scope: CoroutineScope, private val open: suspend () -> Model) {
        sealed interface Screen {
            data object Empty : Screen
            data class Reading(val percent: Int) : Screen
            data object Ready : Screen
            data class Answering(val text: String) : Screen
            data class Answered(val text: String, val highlights: List<IntRange>) : Screen
            data class Failed(val code: String) : Screen
        }

        val screen = MutableStateFlow<Screen>(Screen.Empty)
        private var model: Model? = null
        private var document: Document? = null
        private var work: Job? = null

        fun read(source: TextSource) = work {
            val model = model ?: open().also { model = it }
            document?.close()
            document = model.read(source) { screen.value = Screen.Reading(it.percent) }
            screen.value = Screen.Ready
        }

        fun ask(question: String) = work {
            var text = ""
            document!!.ask(question).collect { event ->
                screen.value = when (event) {
                    is AnswerEvent.Progress -> Screen.Answering(text)
                    is AnswerEvent.TextDelta -> Screen.Answering(event.delta.let { text += it }.let { text })
                    is AnswerEvent.Done -> Screen.Answered(event.answer.text, event.answer.quotes.map { it.start until it.end })
                }
            }
        }

        fun stop() {
            work?.cancel()
            screen.value = if (document == null) Screen.Empty else Screen.Ready
        }

        fun clear() {
            work?.cancel()
            model?.close() // and its documents
        }

        private fun work(block: suspend () -> Unit) {
            work?.cancel()
            work = scope.launch {
                try {
                    block()
                } catch (failure: EdgeInfiniteException) {
                    screen.value = Screen.Failed(failure.code)
                }
            }
        }
    }

    private val report = "Gora signed it. " + "It was in May. ".repeat(100)
    private val model = FakeModel().apply {
        answer("Who signed?", "Gora signed it.")
        pace = { delay(100) }
    }

    @Test
    fun `reads, answers, highlights`() = runTest {
        val view = ReportViewModel(this) { model }
        view.read(TextSource.of(report))
        advanceTimeBy(101)
        assertEquals(ReportViewModel.Screen.Reading(percent = 24), view.screen.value)
        advanceUntilIdle()
        assertEquals(ReportViewModel.Screen.Ready, view.screen.value)

        view.ask("Who signed?")
        advanceTimeBy(301)
        assertEquals(ReportViewModel.Screen.Answering("Gora signed "), view.screen.value)
        advanceUntilIdle()
        assertEquals(ReportViewModel.Screen.Answered("Gora signed it.", listOf(0 until 15)), view.screen.value)
    }

    @Test
    fun `stops in the midst of an answer and asks again`() = runTest {
        val view = ReportViewModel(this) { model }
        view.read(TextSource.of(report))
        advanceUntilIdle()
        view.ask("Who signed?")
        advanceTimeBy(201)
        view.stop()
        advanceUntilIdle()
        assertEquals(ReportViewModel.Screen.Ready, view.screen.value)
        view.ask("Who signed?")
        advanceUntilIdle()
        assertTrue(view.screen.value is ReportViewModel.Screen.Answered)
    }

    @Test
    fun `says what is wrong`() = runTest {
        val view = ReportViewModel(this) { model }
        model.fail<FakeCall.Read>(TextException("text.encoding", "found a PDF"))
        view.read(TextSource.of(report))
        advanceUntilIdle()
        assertEquals(ReportViewModel.Screen.Failed("text.encoding"), view.screen.value)
    }

    @Test
    fun `closes what it opened`() = runTest {
        val view = ReportViewModel(this) { model }
        repeat(2) {
            view.read(TextSource.of(report))
            advanceUntilIdle()
        }
        assertEquals(1, model.openChildren, "the first document was closed")
        view.read(TextSource.of(report))
        runCurrent()
        view.clear()
        advanceUntilIdle()
        assertTrue(model.isClosed)
        assertEquals(0, model.openChildren)
    }
}
