package dev.edgeinfinite.demo

import android.view.View
import android.widget.CheckBox
import android.widget.EditText
import android.widget.TextView
import dev.edgeinfinite.Shelf
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import java.io.File
import java.io.RandomAccessFile
import java.time.LocalDate
import java.time.format.DateTimeFormatter
import java.time.format.FormatStyle

/** The shelf as a person uses it, with the engine behind it. */
class ShelfTest : PhoneTest() {
    private val app get() = RuntimeEnvironment.getApplication()
    private val folder: File get() = app.noBackupFilesDir.resolve("shelf")
    private val handbook get() = app.getString(R.string.sample_title)
    private val mill = "Mill Street 4.md"
    private val notice = "Notice.txt"

    /** The shelf's page, with a lease and a notice on it. */
    private fun Phone.withTwo() {
        untilRead()
        tap(R.id.tab_shelf)
        untilShelved()
        shelve(mill to MILL, notice to NOTICE)
        untilShelved(notice, mill)
    }

    @Test
    fun `is empty at first, and says what it is for`() = Phone().use { phone ->
        phone.untilRead()
        assertFalse("nothing to choose", phone.view<View>(R.id.subject).isShown)
        phone.tap(R.id.tab_shelf)
        phone.untilShelved()
        val texts = phone.texts()
        assertTrue("$texts", phone.string(R.string.shelf_empty) in texts)
        assertFalse(phone.view<View>(R.id.shelf_ask).isShown)
        phone.tap(R.id.tab_ask)
        assertFalse(phone.view<View>(R.id.subject).isShown)
    }

    @Test
    fun `adds the open document and files, and tells title, size and day`() = Phone().use { phone ->
        phone.withTwo()
        phone.tap(R.id.shelf_add_open)
        phone.untilShelved(handbook, notice, mill)
        assertFalse("it is there", phone.view<View>(R.id.shelf_add_open).isShown)
        val day = DateTimeFormatter.ofLocalizedDate(FormatStyle.MEDIUM).format(LocalDate.now())
        val texts = phone.texts()
        for (title in listOf(handbook, notice, mill)) assertTrue("$title: $texts", title in texts)
        assertTrue("$texts", "${bytes(NOTICE.length.toLong())} · $day" in texts)
        assertTrue("$texts", app.resources.getQuantityString(R.plurals.documents, 3, 3) in texts)
    }

    @Test
    fun `asks all, names the document of a quote, and shows it there`() = Phone().use { phone ->
        phone.withTwo()
        phone.tap(R.id.shelf_ask)
        for ((question, title, text, words) in listOf(
            listOf("How much is the rent?", mill, MILL, "forty crowns"),
            listOf("Who is the harbour master?", notice, NOTICE, "Ines Bright"),
        )) {
            val quote = phone.askShelf(question).answer!!.quotes.first()
            assertTrue(quote.text, words in quote.text)
            assertEquals(quote.text, text.substring(quote.start, quote.end))
            assertEquals(title, quote.headings.first())
            val caption = phone.quotes().first().findViewById<TextView>(R.id.quote_headings).text
            assertTrue("$caption", caption.startsWith(title))
            phone.tap(phone.quotes().first())
            phone.until("the document") { phone.view<View>(R.id.page_document).isShown }
            phone.layOut()
            assertEquals(quote.text, phone.marked())
            assertTrue("${phone.texts()}", title in phone.texts())
            phone.back()
            assertTrue(phone.view<View>(R.id.page_ask).isShown)
        }
    }

    @Test
    fun `asks and searches those that are ticked`() = Phone().use { phone ->
        phone.withTwo()
        phone.tap(phone.row(notice, R.id.row_title))
        assertTrue((phone.row(notice, R.id.row_title) as CheckBox).isChecked)
        assertFalse((phone.row(mill, R.id.row_title) as CheckBox).isChecked)
        phone.tap(R.id.shelf_ask)
        val refused = phone.askShelf("How much is the rent?")
        assertFalse("the lease is not asked", refused.answer!!.found)
        assertTrue("${phone.texts()}", phone.string(R.string.not_found_shelf) in phone.texts())
        phone.tap(R.id.ask_search)
        assertEquals(setOf(notice), phone.askShelf("owner's boats").passages!!.map { it.headings.first() }.toSet())

        phone.tap(R.id.shelf_card_choose)
        phone.tap(phone.row(notice, R.id.row_title))
        phone.tap(R.id.tab_ask)
        assertEquals(setOf(notice, mill), phone.askShelf("owner").passages!!.map { it.headings.first() }.toSet())
        assertEquals(2, phone.activity.viewModel.uiState.value.shelf.turns.first().documents)
    }

    @Test
    fun `the open document and the shelf are asked side by side`() = Phone().use { phone ->
        phone.withTwo()
        phone.tap(R.id.tab_ask)
        phone.view<EditText>(R.id.question).setText("Which code opens the north gate?")
        phone.tap(R.id.ask)
        phone.untilAnswered(1)
        phone.tap(R.id.subject_shelf)
        assertFalse("${phone.texts()}", phone.texts().any { "4711" in it })
        phone.askShelf("How much is the rent?")
        phone.turn("w891dp-h411dp-land-xhdpi")
        assertTrue("${phone.texts()}", phone.texts().any { "forty crowns" in it })
        phone.tap(R.id.subject_document)
        assertTrue("${phone.texts()}", phone.texts().any { "4711" in it })
        assertFalse("${phone.texts()}", phone.texts().any { "forty crowns" in it })
    }

    @Test
    fun `removes after a question, and a quote of what is gone says so`() = Phone().use { phone ->
        phone.withTwo()
        phone.tap(R.id.shelf_ask)
        phone.askShelf("How much is the rent?")
        phone.tap(R.id.tab_shelf)
        phone.tap(phone.row(mill, R.id.row_remove))
        phone.tap(phone.row(mill, R.id.row_keep))
        phone.untilShelved(notice, mill)
        phone.tap(phone.row(mill, R.id.row_remove))
        phone.tap(phone.row(mill, R.id.row_sure))
        phone.untilShelved(notice)
        phone.tap(R.id.tab_ask)
        phone.tap(phone.quotes().first())
        phone.until(phone.string(R.string.problem_shelf_gone))
        assertFalse(phone.view<View>(R.id.page_document).isShown)

        phone.tap(R.id.tab_shelf)
        phone.tap(phone.row(notice, R.id.row_remove))
        phone.tap(phone.row(notice, R.id.row_sure))
        phone.untilShelved()
        phone.tap(R.id.tab_ask)
        assertFalse("an empty shelf is not asked", phone.view<View>(R.id.subject).isShown)
    }

    @Test
    fun `a restart keeps the shelf`() {
        Phone().use { it.withTwo() }
        Phone().use { phone ->
            phone.untilRead()
            phone.tap(R.id.tab_shelf)
            phone.untilShelved(notice, mill)
            phone.tap(R.id.shelf_ask)
            assertTrue("forty crowns" in phone.askShelf("How much is the rent?").answer!!.text)
        }
    }

    @Test
    fun `opens a document of the shelf by itself`() = Phone().use { phone ->
        phone.withTwo()
        phone.tap(phone.row(mill, R.id.row_open))
        phone.untilRead()
        assertTrue(phone.view<View>(R.id.page_summarise).isShown)
        assertTrue("${phone.texts()}", mill in phone.texts())
        phone.tap(R.id.tab_ask)
        phone.view<EditText>(R.id.question).setText("How much is the rent?")
        phone.tap(R.id.ask)
        phone.until("forty crowns")
        phone.tap(R.id.tab_shelf)
        phone.tap(phone.row(mill, R.id.row_remove))
        phone.tap(phone.row(mill, R.id.row_sure))
        phone.untilShelved(notice)
        phone.tap(R.id.tab_summarise)
        phone.tap(R.id.summarise)
        phone.until("a summary of what is open still") { phone.quotes().isNotEmpty() }
    }

    @Test
    fun `what cannot be added is told in words, and the rest is added`() = Phone().use { phone ->
        phone.withTwo()
        phone.shelve("again.md" to MILL, "photo.jpg" to "\u0000\u0001\u0002", "empty.txt" to " \n", "new.txt" to "The sheep are fine.")
        phone.untilShelved("new.txt", notice, mill)
        val texts = phone.texts()
        for (told in listOf(R.string.addition_held, R.string.problem_text_empty)) assertTrue("$texts", phone.string(told) in texts)
        assertEquals(listOf("again.md", "photo.jpg", "empty.txt"), phone.activity.viewModel.uiState.value.shelf.additions.map { it.title })
        assertTrue("$texts", "photo.jpg" in texts)
    }

    @Test
    @Config(application = LockedApp::class)
    fun `a shelf that is open elsewhere is told, and opened when it is free`() = Phone().use { phone ->
        phone.untilRead()
        phone.tap(R.id.tab_shelf)
        phone.until(phone.string(R.string.problem_shelf_locked))
        assertFalse(phone.view<View>(R.id.shelf_add).isShown)
        (app as LockedApp).other!!.close()
        phone.tap(R.id.shelf_again)
        phone.untilShelved()
        assertTrue("${phone.texts()}", phone.string(R.string.shelf_empty) in phone.texts())
    }

    @Test
    fun `a damaged document is told, and the others are asked without it`() {
        Phone().use { it.withTwo() }
        damage(folder.resolve("documents").listFiles()!!.first { MILL.substring(0, 20) in it.readText(Charsets.ISO_8859_1) })
        Phone().use { phone ->
            phone.untilRead()
            phone.tap(R.id.tab_shelf)
            phone.untilShelved(notice, mill)
            phone.tap(R.id.shelf_ask)
            phone.askShelf("How much is the rent?")
            phone.until(phone.string(R.string.problem_shelf_damaged))
            phone.tap(R.id.tab_shelf)
            phone.until(phone.string(R.string.row_damaged))
            assertFalse(phone.row(mill, R.id.row_open).isShown)
            assertTrue(phone.row(notice, R.id.row_open).isShown)
            phone.tap(phone.row(mill, R.id.row_remove))
            phone.tap(phone.row(mill, R.id.row_sure))
            phone.untilShelved(notice)
            phone.tap(R.id.tab_ask)
            val turn = phone.askShelf("Who is the harbour master?")
            assertNull(turn.problem)
            assertTrue("Ines Bright" in turn.answer!!.text)
        }
    }

    @Test
    fun `a damaged catalogue is told, and the open document works on`() {
        Phone().use { it.withTwo() }
        damage(folder.resolve("catalogue"))
        Phone().use { phone ->
            phone.untilRead()
            phone.tap(R.id.tab_shelf)
            phone.until(phone.string(R.string.problem_shelf_damaged))
            phone.tap(R.id.tab_ask)
            assertTrue(phone.view<View>(R.id.ask).isEnabled)
        }
    }

    /** Changes a byte in the middle. */
    private fun damage(file: File) = RandomAccessFile(file, "rw").use {
        val middle = it.length() / 2
        it.seek(middle)
        val byte = it.read()
        it.seek(middle)
        it.write(byte xor 1)
    }
}

/** The app whose shelf another one has open. */
class LockedApp : DemoApp() {
    var other: Shelf? = null

    override suspend fun open(): Engine {
        val engine = super.open()
        if (other == null) other = engine.model.shelf(noBackupFilesDir.resolve("shelf"))
        return engine
    }
}
