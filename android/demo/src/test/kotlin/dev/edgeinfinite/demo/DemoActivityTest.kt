package dev.edgeinfinite.demo

import android.content.ComponentName
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.view.View
import android.widget.EditText
import android.widget.RadioButton
import dev.edgeinfinite.Accelerator
import dev.edgeinfinite.EngineMissingException
import dev.edgeinfinite.ModelInfo
import dev.edgeinfinite.OnnxRuntimeException
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotSame
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** The app as a person uses it, with the model that it ships and the engine behind it. */
class DemoActivityTest : PhoneTest() {
    private val handbook by lazy { RuntimeEnvironment.getApplication().assets.open("handbook.md").use { it.reader().readText() } }

    @Test
    fun `opens with its model and the sample document`() = Phone().use { phone ->
        phone.untilRead()
        val texts = phone.texts()
        assertTrue("$texts", phone.string(R.string.sample_title) in texts)
        assertTrue("$texts", texts.any { it.contains("kB · read in") })
        phone.tap(R.id.tab_about)
        val about = phone.texts()
        assertTrue("$about", about.any { it.startsWith("finder ") })
    }

    @Test
    fun `summarises, and each point is a sentence of the document that can be seen there`() = Phone().use { phone ->
        phone.untilRead()
        phone.tap(R.id.length_short)
        phone.tap(R.id.summarise)
        phone.until("a summary") { phone.quotes().isNotEmpty() }
        val answer = phone.activity.viewModel.uiState.value.summary!!.answer!!
        val (headings, sentences) = answer.quotes.partition { it.headings.lastOrNull() == it.text }
        assertEquals(sentences.size, phone.quotes().size)
        assertTrue(sentences.size in 1..3)
        val texts = phone.texts()
        for (quote in sentences) {
            val sentence = handbook.substring(quote.start, quote.end)
            assertTrue("$sentence is not in $texts", sentence in texts)
        }
        for (quote in headings) {
            val heading = handbook.substring(quote.start, quote.end)
            assertTrue("$heading is not in $texts", texts.any { it.endsWith(heading) })
        }
        for (figure in listOf(R.string.first_word, R.string.prompt, R.string.memory, R.string.state)) {
            assertTrue("$texts", phone.string(figure) in texts)
        }
        for (figure in listOf(millis(answer.usage.ttftMs), count(answer.usage.promptTokens), bytes(answer.usage.stateBytes))) {
            assertTrue("$texts", figure in texts)
        }

        val last = sentences.last()
        phone.tap(phone.quotes().last())
        phone.layOut()
        assertEquals(handbook.substring(last.start, last.end), phone.marked())
        phone.back()
        assertFalse(phone.view<View>(R.id.page_document).isShown)
        assertTrue(phone.view<View>(R.id.page_summarise).isShown)
    }

    @Test
    fun `answers a question with the sentence that tells it`() = Phone().use { phone ->
        phone.untilRead()
        phone.tap(R.id.tab_ask)
        assertTrue(phone.texts().containsAll(phone.activity.resources.getStringArray(R.array.questions).toList()))
        phone.view<EditText>(R.id.question).setText("Which code opens the north gate?")
        phone.tap(R.id.ask)
        phone.until("4711")
        phone.until("a quote") { phone.quotes().isNotEmpty() }
        phone.tap(phone.quotes().first())
        phone.layOut()
        assertTrue(phone.marked(), "4711" in phone.marked())
        phone.back()
        phone.until("4711")

        phone.view<EditText>(R.id.question).setText("When does the ferry leave?")
        phone.tap(R.id.ask)
        phone.untilAnswered(2)
        val texts = phone.texts()
        val newest = texts.lastIndexOf("When does the ferry leave?")
        assertTrue("the newest first: $texts", newest < texts.lastIndexOf("Which code opens the north gate?"))
    }

    @Test
    fun `asks on, searches, and shows what is nearest where nothing answers`() = Phone().use { phone ->
        fun ask(words: String) {
            phone.view<EditText>(R.id.question).setText(words)
            phone.tap(R.id.ask)
        }
        phone.untilRead()
        phone.tap(R.id.tab_ask)
        ask("Which code opens the north gate?")
        phone.untilAnswered(1)
        ask("And the south gate?")
        phone.untilAnswered(2)
        val asked = phone.activity.viewModel.uiState.value.turns.first().answer!!.resolvedQuestion!!
        assertTrue(asked, "south gate" in asked && "code" in asked)
        assertTrue("${phone.texts()}", phone.string(R.string.resolved, asked) in phone.texts())

        ask("Who won the chess tournament in the lighthouse?")
        phone.untilAnswered(3)
        phone.until(phone.string(R.string.nearest))
        assertTrue("${phone.texts()}", phone.string(R.string.not_found) in phone.texts())

        phone.tap(R.id.ask_search)
        ask("generator")
        phone.until("passages") { phone.activity.viewModel.uiState.value.turns.first().passages != null }
        val best = phone.activity.viewModel.uiState.value.turns.first().passages!!.first()
        phone.layOut()
        phone.tap(phone.quotes().first()) // of the newest turn
        phone.layOut()
        assertEquals(handbook.substring(best.sentence.start, best.sentence.end), phone.marked())
        phone.back()
        ask("xylophone")
        phone.until(phone.string(R.string.no_passages))
    }

    @Test
    fun `summarises what one wants to know about`() = Phone().use { phone ->
        phone.untilRead()
        phone.view<EditText>(R.id.focus).setText("the generator")
        phone.tap(R.id.summarise)
        phone.until("a summary") { phone.quotes().isNotEmpty() }
        val texts = phone.texts()
        assertTrue("$texts", phone.string(R.string.summary_about, "the generator") in texts)
        assertTrue("$texts", texts.any { "generator" in it && it in handbook })
        phone.view<EditText>(R.id.focus).setText("xylophones")
        phone.tap(R.id.summarise)
        phone.until(phone.string(R.string.not_found_focus))
    }

    @Test
    fun `stops at a tap and works on`() = Phone(shared(long())).use { phone ->
        phone.untilRead()
        phone.tap(R.id.summary_thorough)
        phone.tap(R.id.summarise)
        phone.until("progress in tokens") { phone.texts().any { Regex("""[\d,]+ of [\d,]+ tokens.*""").matches(it) } }
        assertTrue(phone.view<View>(R.id.summarise_stop).isShown)
        phone.tap(R.id.summarise_stop)
        phone.until(phone.string(R.string.stopped))
        assertEquals(Phase.Stopped, phone.activity.viewModel.uiState.value.summary!!.phase)
        assertTrue(phone.view<View>(R.id.summarise).isEnabled)

        phone.tap(R.id.tab_ask)
        phone.view<EditText>(R.id.question).setText("Which code opens the north gate?")
        phone.tap(R.id.ask)
        phone.until("4711")
    }

    @Test
    fun `turning the phone interrupts nothing`() = Phone(shared(long())).use { phone ->
        phone.untilRead()
        phone.tap(R.id.summary_thorough)
        phone.tap(R.id.summarise)
        phone.until("progress") { (phone.activity.viewModel.uiState.value.summary?.progress?.tokensDone ?: 0) > 0 }
        val before = phone.activity
        val done = before.viewModel.uiState.value.summary!!.progress!!.tokensDone
        phone.turn("w891dp-h411dp-land-xhdpi")
        assertNotSame(before, phone.activity)
        assertSame(before.viewModel, phone.activity.viewModel)
        assertTrue(phone.view<View>(R.id.summarise_stop).isShown)
        assertTrue(phone.view<RadioButton>(R.id.summary_thorough).isChecked)
        phone.until("more tokens, not again from the start") {
            val now = phone.activity.viewModel.uiState.value.summary!!
            assertTrue((now.progress?.tokensDone ?: done) >= done || now.phase == Phase.Done)
            (now.progress?.tokensDone ?: 0) > done || now.phase == Phase.Done
        }
        phone.tap(R.id.summarise_stop)
    }

    @Test
    fun `turning the phone keeps the answers, the page and the place in the document`() = Phone().use { phone ->
        phone.untilRead()
        phone.tap(R.id.tab_ask)
        phone.view<EditText>(R.id.question).setText("Which code opens the north gate?")
        phone.tap(R.id.ask)
        phone.until("a quote") { phone.quotes().isNotEmpty() }
        phone.view<EditText>(R.id.question).setText("When does")
        phone.tap(phone.quotes().first())
        phone.turn("w891dp-h411dp-land-xhdpi")
        phone.layOut()
        assertTrue(phone.view<View>(R.id.page_document).isShown)
        assertTrue(phone.marked(), "4711" in phone.marked())
        phone.back()
        assertTrue(phone.view<View>(R.id.page_ask).isShown)
        assertTrue(phone.texts().any { "4711" in it })
        assertEquals("When does", phone.view<EditText>(R.id.question).text.toString())
    }

    @Test
    fun `a chosen file that is no text is refused in words, and the next is read`() = Phone().use { phone ->
        phone.untilRead()
        phone.choose("photo.jpg", byteArrayOf(-1, -40, -1, -32).inputStream())
        phone.until(phone.string(R.string.problem_document_format))
        assertFalse(phone.view<View>(R.id.summarise).isEnabled)

        phone.choose("empty.txt", "  \n".byteInputStream())
        phone.until(phone.string(R.string.problem_text_empty))
        phone.choose("latin1.txt", "Der Schlüssel hängt hinter der Tür.".byteInputStream(Charsets.ISO_8859_1))
        phone.untilRead()
        assertEquals("Der Schlüssel hängt hinter der Tür.", phone.activity.viewModel.uiState.value.document!!.paragraphs!![0].text)
        phone.choose("note.txt", "The code 4711 opens the north gate. Mind the sheep.".byteInputStream())
        phone.untilRead()
        assertTrue(phone.view<View>(R.id.summarise).isEnabled)

        phone.tap(R.id.card_sample)
        phone.untilRead()
        assertTrue(phone.string(R.string.sample_title) in phone.texts())
    }

    @Test
    fun `a document that its app does not hand out`() {
        val own = Uri.parse("file:///data/data/own/secret")
        val mine = Intent(Intent.ACTION_SEND).setType("text/plain").putExtra(Intent.EXTRA_STREAM, own)
        Phone(mine).use { phone -> phone.until(phone.string(R.string.problem_unreadable)) }
    }

    @Test
    fun `reads what another app shares, also while it is open`() = Phone(shared("The sheep are fine.", "Gates")).use { phone ->
        phone.untilRead()
        assertTrue("Gates" in phone.texts())
        phone.newIntent(shared("The code 1234 opens the south gate.", null))
        phone.untilRead()
        assertTrue(phone.string(R.string.shared_title) in phone.texts())
        phone.tap(R.id.tab_ask)
        phone.view<EditText>(R.id.question).setText("Which code opens the south gate?")
        phone.tap(R.id.ask)
        phone.until("1234")
    }

    @Test
    @Config(application = QuickApp::class)
    fun `measures growing lengths, draws them and shares them`() = Phone().use { phone ->
        phone.untilRead()
        phone.tap(R.id.tab_benchmark)
        assertTrue(phone.texts().any { it.startsWith("Temperature") })
        phone.tap(R.id.measure)
        phone.until(phone.string(R.string.measured))
        val points = phone.activity.viewModel.uiState.value.sweep.points
        assertEquals(QuickApp.LENGTHS.size, points.size)
        assertTrue("$points", points.all { it.found })
        assertTrue("$points", points.zipWithNext().all { (a, b) -> a.documentTokens < b.documentTokens })
        assertTrue("$points", points.all { it.ttftMs > 0 && it.peakRssBytes > it.stateBytes })
        for (curve in listOf(R.id.curve_first_word, R.id.curve_memory)) {
            val told = phone.view<View>(curve).contentDescription
            for (point in points) assertTrue("$told", count(point.documentTokens) in told)
        }
        for (point in points) assertTrue(phone.string(R.string.point_title, count(point.documentTokens)) in phone.texts())

        phone.tap(R.id.share)
        val sent = shadowOf(phone.activity).nextStartedActivity.getParcelableExtra(Intent.EXTRA_INTENT, Intent::class.java)!!
        assertEquals(Intent.ACTION_SEND to "application/json", sent.action to sent.type)
        val report = JSONObject(sent.getStringExtra(Intent.EXTRA_TEXT)!!)
        assertEquals("finder", report.getJSONObject("model").getString("name"))
        assertEquals("Cpu", report.getJSONObject("execution").getString("accelerator"))
        assertEquals(34, report.getJSONObject("device").getInt("android"))
        val shared = report.getJSONArray("points")
        assertEquals(points.map { it.documentTokens }, List(shared.length()) { shared.getJSONObject(it).getLong("document_tokens") })
        assertEquals(0, shared.getJSONObject(0).getInt("thermal_status"))
    }

    @Test
    @Config(application = NpuFirstApp::class)
    fun `tells what the model runs on, and why not on what comes first`() = Phone().use { phone ->
        phone.untilRead()
        phone.tap(R.id.tab_about)
        val texts = phone.texts()
        assertTrue("$texts", phone.string(R.string.accelerator_cpu) in texts)
        val reason = phone.activity.viewModel.uiState.value.engine!!.model.execution.skipped.single().reason
        assertTrue("$texts", phone.string(R.string.model_skipped, phone.string(R.string.accelerator_npu), reason) in texts)
    }

    @Test
    @Config(application = NoRuntimeApp::class)
    fun `says in one sentence that ONNX Runtime is missing`() = Phone().use { phone ->
        phone.until(phone.string(R.string.problem_runtime_missing))
        assertFalse(phone.view<View>(R.id.summarise).isEnabled)
        phone.tap(R.id.tab_about)
        assertTrue(phone.texts().any { phone.string(R.string.problem_runtime_missing) in it })
        phone.tap(R.id.model_again)
        phone.until("asked again") { (phone.activity.application as NoRuntimeApp).asked == 2 }
    }

    @Test
    @Config(application = NoEngineApp::class)
    fun `says that the engine is missing`() = Phone().use { phone ->
        phone.until(phone.string(R.string.problem_engine_missing))
    }

    @Test
    fun `asks for no permission`() {
        val app = RuntimeEnvironment.getApplication()
        val asked = app.packageManager.getPackageInfo(app.packageName, PackageManager.GET_PERMISSIONS or PackageManager.GET_PROVIDERS)
        assertNull(asked.requestedPermissions?.toList())
        assertNull(asked.providers?.toList())
        val exported = app.packageManager.getActivityInfo(ComponentName(app, DemoActivity::class.java), 0)
        assertTrue(exported.exported)
    }

    /** A text that takes a while to be read page by page. */
    private fun long() = List(40) { handbook }.joinToString("\n\n")
}

/** What another app shares. */
fun shared(text: String, title: String? = null): Intent =
    Intent(Intent.ACTION_SEND).setType("text/plain").putExtra(Intent.EXTRA_TEXT, text).putExtra(Intent.EXTRA_SUBJECT, title)

/** The app with short documents in its benchmark. */
class QuickApp : DemoApp() {
    override val lengths = LENGTHS

    companion object {
        val LENGTHS = listOf(1_000, 4_000, 16_000)
    }
}

/** The app that asks for the NPU first, which its model has no graph for. */
class NpuFirstApp : DemoApp() {
    override fun requestedAccelerators(info: ModelInfo) = listOf(Accelerator.Npu, Accelerator.Cpu)
}

/** The app as it is when it was built without ONNX Runtime. */
class NoRuntimeApp : DemoApp() {
    var asked = 0

    override suspend fun open(): Engine {
        asked++
        throw OnnxRuntimeException("runtime.missing", "found no libonnxruntime.so")
    }
}

/** The app on a phone whose processor it holds no engine for. */
class NoEngineApp : DemoApp() {
    override suspend fun open(): Engine = throw EngineMissingException("engine.missing", "found no libedgeinfinite.so")
}
