package dev.edgeinfinite.demo

import android.graphics.Bitmap
import android.view.View
import android.widget.EditText
import android.widget.ScrollView
import dev.edgeinfinite.Accelerator
import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.AskOptions
import dev.edgeinfinite.Document
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.Model
import dev.edgeinfinite.ModelInfo
import dev.edgeinfinite.OnnxRuntimeException
import dev.edgeinfinite.ReadOptions
import dev.edgeinfinite.SummaryOptions
import dev.edgeinfinite.TextSource
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.transform
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

/** Draws every page into target/screens, to be looked at; scripts/app.sh screens keeps some of them in docs/. */
@Config(application = HeldApp::class)
class ScreensTest : PhoneTest() {
    private val app get() = RuntimeEnvironment.getApplication() as HeldApp

    @Test
    fun `by day`() = draw("light", scale = 1f)

    @Test
    fun `by night`() {
        RuntimeEnvironment.setQualifiers("+night")
        draw("dark", scale = 1f)
    }

    @Test
    fun `large letters by day`() = draw("light-large", scale = 1.5f)

    @Test
    fun `large letters by night`() {
        RuntimeEnvironment.setQualifiers("+night")
        draw("dark-large", scale = 1.5f)
    }

    @Test
    fun `on its side`() {
        RuntimeEnvironment.setQualifiers("w891dp-h411dp-land-xhdpi")
        Phone().use { phone ->
            phone.fill()
            phone.inset(top = 24, bottom = 20)
            phone.pictureOf(R.id.page_summarise, "light-wide-summary", below = R.id.summarise)
        }
    }

    private fun draw(look: String, scale: Float) {
        RuntimeEnvironment.setFontScale(scale)
        drawPages(look)
        drawShelf(look)
        drawWork(look)
        drawProblems(look)
    }

    private fun drawPages(look: String) = Phone().use { phone ->
        phone.inset()
        phone.untilRead()
        val paper = phone.activity.getColor(R.color.paper)
        val first = phone.picture("$look-summarise")
        assertEquals("the page is drawn on paper", paper, first.getPixel(4, first.height / 2))

        phone.tap(R.id.tab_ask)
        phone.picture("$look-ask")
        phone.fill()
        phone.inset()
        val summary = phone.pictureOf(R.id.page_summarise, "$look-summary", below = R.id.summarise)
        assertNotEquals("something was drawn", ink(first, paper), ink(summary, paper))

        phone.tap(R.id.tab_ask)
        phone.view<EditText>(R.id.question).setText("When does the generator run?")
        phone.tap(R.id.ask)
        phone.untilAnswered(2)
        phone.inset()
        phone.picture("$look-answer")
        phone.pictureOf(R.id.page_ask, "$look-answers", below = R.id.ask)

        phone.tap(R.id.ask_search)
        phone.view<EditText>(R.id.question).setText("the small boat")
        phone.tap(R.id.ask)
        phone.until("passages") { phone.activity.viewModel.uiState.value.turns.first().passages != null }
        phone.pictureOf(R.id.page_ask, "$look-search", below = R.id.ask)

        phone.tap(phone.quotes().last())
        phone.picture("$look-document")
        assertTrue(phone.marked().isNotEmpty())
        phone.back()

        phone.tap(R.id.tab_benchmark)
        phone.picture("$look-benchmark")
        phone.pictureOf(R.id.page_benchmark, "$look-benchmark-points", below = R.id.curve_memory)
        phone.tap(R.id.tab_about)
        phone.picture("$look-about")
        phone.pictureOf(R.id.page_about, "$look-about-model", below = R.id.model_description)
        phone.pictureOf(R.id.page_about, "$look-about-end", below = R.id.version)
    }

    /** The shelf: empty, with documents, while one is removed; and asked. */
    private fun drawShelf(look: String) = Phone().use { phone ->
        phone.inset()
        phone.untilRead()
        phone.tap(R.id.tab_shelf)
        phone.untilShelved()
        phone.picture("$look-shelf-empty")
        phone.tap(R.id.shelf_add_open)
        phone.untilShelved(phone.string(R.string.sample_title))
        phone.shelve("Mill Street 4.md" to MILL, "photo.jpg" to "\u0000\u0001\u0002", "Notice.txt" to NOTICE)
        phone.untilShelved("Notice.txt", "Mill Street 4.md", phone.string(R.string.sample_title))
        phone.tap(phone.row("Notice.txt", R.id.row_title))
        phone.tap(phone.row("Mill Street 4.md", R.id.row_title))
        phone.tap(phone.row("Notice.txt", R.id.row_remove))
        phone.picture("$look-shelf")
        phone.tap(phone.row("Notice.txt", R.id.row_keep))
        phone.tap(R.id.shelf_ask)
        phone.view<EditText>(R.id.question).setText("How much is the rent?")
        phone.tap(R.id.ask)
        phone.until("an answer of the shelf") { phone.quotes().isNotEmpty() }
        phone.picture("$look-shelf-answer")
        phone.view<EditText>(R.id.question).setText("When is it due?")
        phone.tap(R.id.ask)
        phone.until(phone.string(R.string.resolved, ""))
        phone.pictureOf(R.id.page_ask, "$look-shelf-follow-up", below = R.id.ask)
        phone.tap(R.id.tab_summarise)
        phone.tap(R.id.summarise)
        phone.until("a summary of the shelf") { phone.quotes().isNotEmpty() }
        phone.picture("$look-shelf-summarise")
        phone.pictureOf(R.id.page_summarise, "$look-shelf-summary", below = R.id.length)
    }

    /** Reading, writing, and both of them stopped. */
    private fun drawWork(look: String) {
        val handbook = app.assets.open("handbook.md").use { it.reader().readText() }
        app.holding = true
        Phone(shared(List(3_000) { handbook }.joinToString("\n\n"), "Three thousand handbooks")).use { phone ->
            phone.inset()
            phone.until("tokens and time left") { phone.activity.viewModel.uiState.value.document?.progress?.let(::holds) == true }
            phone.picture("$look-reading")
            phone.tap(R.id.card_stop)
            phone.until(phone.string(R.string.card_stopped))
            phone.picture("$look-reading-stopped")

            app.holding = false
            phone.tap(R.id.card_sample)
            phone.untilRead()
            app.holding = true
            phone.tap(R.id.summarise)
            phone.until(phone.string(R.string.writing))
            phone.pictureOf(R.id.page_summarise, "$look-writing", below = R.id.length)
            phone.tap(R.id.summarise_stop)
            phone.until(phone.string(R.string.stopped))
            phone.pictureOf(R.id.page_summarise, "$look-stopped", below = R.id.length)
        }
        app.holding = false
    }

    /** A file of a format that is not read, and a build without ONNX Runtime. */
    private fun drawProblems(look: String) {
        Phone().use { phone ->
            phone.inset()
            phone.untilRead()
            phone.choose("photo.jpg", byteArrayOf(-1, -40, -1, -32).inputStream())
            phone.until(phone.string(R.string.problem_document_format))
            phone.picture("$look-no-text")
        }
        app.failure = OnnxRuntimeException("runtime.missing", "found no libonnxruntime.so")
        Phone().use { phone ->
            phone.inset()
            phone.until(phone.string(R.string.problem_runtime_missing))
            phone.picture("$look-no-runtime")
            phone.tap(R.id.tab_about)
            phone.pictureOf(R.id.page_about, "$look-no-runtime-about", below = R.id.version)
        }
        app.failure = null
    }

    /** A picture of a page that was scrolled until the view [below] is out of sight. */
    private fun Phone.pictureOf(page: Int, name: String, below: Int): Bitmap {
        layOut()
        val scroll = view<ScrollView>(page)
        val target = view<View>(below)
        var top = target.height
        var at: View = target
        while (at !== scroll) {
            top += at.top
            at = at.parent as View
        }
        scroll.scrollTo(0, top)
        return picture(name)
    }

    private fun ink(bitmap: Bitmap, paper: Int): Int {
        val pixels = IntArray(bitmap.width * bitmap.height)
        bitmap.getPixels(pixels, 0, bitmap.width, 0, 0, bitmap.width, bitmap.height)
        return pixels.count { it != paper }
    }
}

/** The app with short documents in its benchmark, which can be held in the midst of its work, and can be without a model. */
class HeldApp : DemoApp() {
    /** Whether reading stops where [holds] says, and writing after the first words, until they are cancelled. */
    var holding = false
    var failure: Exception? = null

    override val lengths = QuickApp.LENGTHS

    override fun requestedAccelerators(info: ModelInfo) = listOf(Accelerator.Npu, Accelerator.Cpu)

    override suspend fun open(): Engine {
        failure?.let { throw it }
        val engine = super.open()
        return Engine(HeldModel(engine.model), engine.info, engine.version)
    }

    private suspend fun hold() {
        if (holding) awaitCancellation()
    }

    @OptIn(EdgeInfiniteInternalApi::class)
    private inner class HeldModel(private val model: Model) : Model by model {
        override suspend fun read(
            source: TextSource,
            options: ReadOptions.() -> Unit,
            onProgress: suspend (AnswerEvent.Progress) -> Unit,
        ): Document {
            val document = model.read(source, options) {
                onProgress(it)
                if (holding && it.percent >= HELD) if (holds(it)) hold() else delay(PAUSE) // however fast this machine reads
            }
            return HeldDocument(document)
        }
    }

    @OptIn(EdgeInfiniteInternalApi::class)
    private inner class HeldDocument(private val document: Document) : Document by document {
        override fun ask(question: String, options: AskOptions.() -> Unit) = held(document.ask(question, options))

        override fun summarize(options: SummaryOptions.() -> Unit) = held(document.summarize(options))

        private fun held(events: Flow<AnswerEvent>): Flow<AnswerEvent> = events.transform {
            emit(it)
            if (it is AnswerEvent.TextDelta) hold()
        }
    }
}

/** From how many percent of a reading on it is held. */
private const val HELD = 20

/** Milliseconds by which a reading that is to be held is slowed, until it takes long enough. */
private const val PAUSE = 500L

/** Where a reading is held: when the time left is known, and is worth telling. */
private fun holds(progress: AnswerEvent.Progress) = progress.percent >= HELD && (progress.secondsLeft ?: 0.0) >= 1
