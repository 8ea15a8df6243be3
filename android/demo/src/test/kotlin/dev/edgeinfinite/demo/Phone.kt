package dev.edgeinfinite.demo

import android.app.Activity
import android.content.ClipData
import android.content.Intent
import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Insets
import android.net.Uri
import android.os.Looper
import android.text.Spanned
import android.text.style.BackgroundColorSpan
import android.view.View
import android.view.ViewGroup
import android.view.WindowInsets
import android.widget.CheckBox
import android.widget.EditText
import android.widget.ListView
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import java.io.File
import java.io.InputStream

/**
 * A test on a phone of Robolectric's. One configuration for all of them, since the native library can be loaded once in a process; tests
 * that need no phone have it too, since Android's classes outside of it are mere shells.
 */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], qualifiers = "w411dp-h891dp-port-xhdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
abstract class PhoneTest

/** A phone with the app on it: what its person sees and taps. */
class Phone(intent: Intent? = null) : AutoCloseable {
    private val controller: ActivityController<DemoActivity> = Robolectric.buildActivity(DemoActivity::class.java, intent).setup()
    val activity: DemoActivity get() = controller.get()
    private val root: ViewGroup get() = view(R.id.root)

    /** The view of that id: the one on the screen, where several pages have one. */
    @Suppress("UNCHECKED_CAST") // as Android's own
    fun <V : View> view(id: Int): V = shown(activity.window.decorView).find { it.id == id } as V? ?: activity.findViewById(id)

    /** The texts on the screen, from top to bottom. */
    fun texts(): List<String> = shown(root).filterIsInstance<TextView>().map { it.text.toString() }.filter { it.isNotEmpty() }.toList()

    /** Every view that can be seen, if need be after scrolling. */
    fun shown(from: View = root): Sequence<View> = when {
        from.visibility != View.VISIBLE -> emptySequence()
        from is ViewGroup -> sequenceOf<View>(from) + (0 until from.childCount).asSequence().flatMap { shown(from.getChildAt(it)) }
        else -> sequenceOf(from)
    }

    fun string(id: Int, vararg arguments: Any): String = activity.getString(id, *arguments)

    /** Taps what can be seen and tapped. */
    fun tap(view: View) {
        assertTrue("found a view that is not on the screen", view.isShown)
        assertTrue("found a view that cannot be tapped", view.isEnabled && view.isClickable)
        view.performClick()
        idle()
    }

    fun tap(id: Int) = tap(view<View>(id))

    fun idle() = shadowOf(Looper.getMainLooper()).idle()

    /** Waits for what the screen has to show; the engine works meanwhile. */
    fun until(what: String, condition: () -> Boolean) {
        val end = System.nanoTime() + PATIENCE
        while (true) {
            idle()
            if (condition()) return
            if (System.nanoTime() > end) throw AssertionError("$what: never seen. The screen says: ${texts()}")
            Thread.sleep(2)
        }
    }

    /** Waits until the screen shows [text]. */
    fun until(text: String) {
        until(text) { texts().any { text in it } }
    }

    fun untilRead() = until("the document is read") { activity.viewModel.uiState.value.ready }

    fun untilAnswered(questions: Int) = until("answers to $questions questions") {
        activity.viewModel.uiState.value.turns.let { it.size == questions && it.first().phase == Phase.Done }
    }

    /** Turns the phone, or changes what else its configuration says. */
    fun turn(qualifiers: String) {
        RuntimeEnvironment.setQualifiers(qualifiers)
        controller.configurationChange(activity.application.resources.configuration).visible()
        idle()
    }

    /** Chooses a document: the app's picker is answered with [stream] under that name. */
    fun choose(name: String, stream: InputStream) {
        tap(R.id.card_choose)
        val asked = shadowOf(activity).nextStartedActivityForResult
        assertEquals(Intent.ACTION_OPEN_DOCUMENT, asked.intent.action)
        val uri = Uri.parse("content://documents/$name")
        shadowOf(activity.contentResolver).registerInputStream(uri, stream)
        shadowOf(activity).receiveResult(asked.intent, Activity.RESULT_OK, Intent().setData(uri))
    }

    /** Chooses files for the shelf, by their names and texts, as [choose] does. */
    fun shelve(vararg files: Pair<String, String>) {
        Robolectric.buildContentProvider(NamingProvider::class.java).create("documents")
        tap(R.id.shelf_add)
        val asked = shadowOf(activity).nextStartedActivityForResult
        assertTrue(asked.intent.getBooleanExtra(Intent.EXTRA_ALLOW_MULTIPLE, false))
        val uris = files.map { (name, text) ->
            val uri = Uri.parse("content://documents/$name")
            shadowOf(activity.contentResolver).registerInputStream(uri, text.byteInputStream())
            uri
        }
        val clip = ClipData.newRawUri(null, uris.first())
        for (uri in uris.drop(1)) clip.addItem(ClipData.Item(uri))
        shadowOf(activity).receiveResult(asked.intent, Activity.RESULT_OK, Intent().apply { clipData = clip })
    }

    /** Waits until the shelf holds documents of these titles, the newest first, and nothing is added any more. */
    fun untilShelved(vararg titles: String) {
        until("a shelf of ${titles.toList()}") {
            activity.viewModel.uiState.value.shelf.run { !adding && documents?.map { it.title } == titles.toList() }
        }
        layOut()
    }

    /** A part of the row of the shelf's document of that title, which is brought into sight. */
    fun row(title: String, id: Int): View {
        val position = activity.viewModel.uiState.value.shelf.documents!!.indexOfFirst { it.title == title }
        view<ListView>(R.id.page_shelf).setSelection(position + 1) // after the head
        layOut()
        val box = shown().filterIsInstance<CheckBox>().first { it.text.toString() == title }
        return (box.parent as View).findViewById(id)
    }

    /** Asks the shelf, on the page for it, and waits for what becomes of it. */
    fun askShelf(question: String): Turn {
        val before = activity.viewModel.uiState.value.shelf.turns.size
        view<EditText>(R.id.question).setText(question)
        tap(R.id.ask)
        until("an answer to $question") {
            activity.viewModel.uiState.value.shelf.turns.run { size > before && first().phase != Phase.Working }
        }
        layOut()
        return activity.viewModel.uiState.value.shelf.turns.first()
    }

    /** Another app shares something while this one is open. */
    fun newIntent(intent: Intent) {
        controller.newIntent(intent)
        idle()
    }

    fun back() {
        @Suppress("DEPRECATION")
        activity.onBackPressed()
        idle()
    }

    /** Puts something on each page: a summary, an answer, a benchmark. */
    fun fill() {
        untilRead()
        tap(R.id.tab_summarise)
        tap(R.id.summarise)
        until("a summary") { quotes().isNotEmpty() }
        tap(R.id.tab_ask)
        view<EditText>(R.id.question).setText("Which code opens the north gate?")
        tap(R.id.ask)
        until("an answer") { quotes().isNotEmpty() }
        tap(R.id.tab_benchmark)
        tap(R.id.measure)
        until(string(R.string.measured))
        tap(R.id.tab_summarise)
    }

    /** Puts the open document and two more on the shelf, one of them ticked, and asks it. */
    fun fillShelf() {
        tap(R.id.tab_shelf)
        tap(R.id.shelf_add_open)
        untilShelved(string(R.string.sample_title))
        shelve("Mill Street 4.md" to MILL, "empty.txt" to "", "Notice.txt" to NOTICE)
        untilShelved("Notice.txt", "Mill Street 4.md", string(R.string.sample_title))
        tap(row("Mill Street 4.md", R.id.row_title))
        tap(R.id.shelf_ask)
        view<EditText>(R.id.question).setText("How much is the rent?")
        tap(R.id.ask)
        until("an answer of the shelf") { quotes().isNotEmpty() }
        tap(R.id.tab_summarise)
        tap(R.id.summarise)
        until("a summary of the shelf") { activity.viewModel.uiState.value.shelf.summary?.phase == Phase.Done }
    }

    /** Cards of questions or summaries on the page that is shown, and in them the quotes. */
    fun quotes(): List<View> = shown().filter { it.id == R.id.quote }.toList()

    /** What is marked in the document, as far as it is in sight. */
    fun marked(): String {
        val list = view<ListView>(R.id.document_list)
        return shown(list).filterIsInstance<TextView>().filter { it.top < list.height && it.bottom > 0 }.map { row ->
            val text = row.text as? Spanned ?: return@map ""
            val mark = text.getSpans(0, text.length, BackgroundColorSpan::class.java).singleOrNull() ?: return@map ""
            text.subSequence(text.getSpanStart(mark), text.getSpanEnd(mark)).toString()
        }.filter { it.isNotEmpty() }.joinToString(" ")
    }

    /** The bars of a phone with a gesture bar, or with the keyboard up. */
    fun inset(top: Int = 24, bottom: Int = 20, keyboard: Int = 0) {
        val density = activity.resources.displayMetrics.density
        fun pixels(dp: Int) = (dp * density).toInt()
        val insets = WindowInsets.Builder()
            .setInsets(WindowInsets.Type.statusBars(), Insets.of(0, pixels(top), 0, 0))
            .setInsets(WindowInsets.Type.navigationBars(), Insets.of(0, 0, 0, pixels(bottom)))
            .setInsets(WindowInsets.Type.ime(), Insets.of(0, 0, 0, pixels(keyboard)))
            .build()
        root.dispatchApplyWindowInsets(insets)
        layOut()
    }

    fun layOut() {
        idle()
        val window = activity.window.decorView
        window.measure(
            View.MeasureSpec.makeMeasureSpec(window.width, View.MeasureSpec.EXACTLY),
            View.MeasureSpec.makeMeasureSpec(window.height, View.MeasureSpec.EXACTLY),
        )
        window.layout(0, 0, window.width, window.height)
        idle()
    }

    /** What the screen shows now, as target/screens/[name].png of the repository. */
    fun picture(name: String): Bitmap {
        layOut()
        val window = activity.window.decorView
        val bitmap = Bitmap.createBitmap(window.width, window.height, Bitmap.Config.ARGB_8888)
        window.draw(Canvas(bitmap))
        val file = File(System.getProperty("repository"), "target/screens/$name.png")
        file.parentFile!!.mkdirs()
        file.outputStream().use { bitmap.compress(Bitmap.CompressFormat.PNG, 100, it) }
        return bitmap
    }

    override fun close() {
        controller.close()
        idle()
    }

    private companion object {
        const val PATIENCE = 300_000_000_000
    }
}

/** A lease, for the shelf. */
const val MILL = """# Lease of Mill Street 4

## Rent

The rent is forty crowns a month. It is due on the third day of each month.

## Repairs

The tenant pays for the paint of the windows. The owner repairs the roof and the boiler.
"""

/** A notice, for the shelf. */
const val NOTICE = """The harbour of Port Ellard is closed from the first of December until the end of February.

The harbour master is Ines Bright. Boats that stay in the water are lifted out at the owner's cost.
"""
