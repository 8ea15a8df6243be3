package dev.edgeinfinite.demo

import android.view.View
import android.widget.EditText
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.RuntimeEnvironment

/** A shelf of two leases of the same words, with the engine behind it: follow-up questions and summaries. */
class ShelfOfLeasesTest : PhoneTest() {
    private val app get() = RuntimeEnvironment.getApplication()
    private val lane = "Mill Lane 4.md"
    private val quay = "Quay Road 9.md"

    /** The shelf's page, with two leases of the same words on it. */
    private fun Phone.withTwoLeases() {
        untilRead()
        tap(R.id.tab_shelf)
        untilShelved()
        shelve(lane to LANE, quay to QUAY)
        untilShelved(quay, lane)
    }

    private fun Phone.summarise(): Turn {
        val before = activity.viewModel.uiState.value.shelf.summary
        tap(R.id.summarise)
        until("a summary") { activity.viewModel.uiState.value.shelf.summary.run { this !== before && this?.phase != Phase.Working } }
        layOut()
        return activity.viewModel.uiState.value.shelf.summary!!
    }

    /** Asks who pays, and looks whose sentence is quoted. */
    private fun Phone.followUp(title: String, words: String): Turn {
        val turn = askShelf("And who pays for it?")
        val quote = turn.answer!!.quotes.first()
        assertEquals(title to words, quote.headings.first() to quote.text)
        return turn
    }

    @Test
    fun `a follow-up is asked in full, of the document that was asked about`() = Phone().use { phone ->
        phone.withTwoLeases()
        phone.tap(R.id.shelf_ask)
        for ((title, name, payer) in listOf(Triple(quay, "Quay Road 9", "owner"), Triple(lane, "Mill Lane 4", "tenant"))) {
            phone.askShelf("When is the boiler of $name serviced?")
            val resolved = phone.followUp(title, "The $payer pays for the service of the boiler.").answer!!.resolvedQuestion
            assertEquals("Who pays for the boiler of $name?", resolved)
            assertTrue("${phone.texts()}", phone.texts().any { phone.string(R.string.resolved, resolved!!) in it })
        }
    }

    @Test
    fun `other ticks and other documents begin a new chat`() = Phone().use { phone ->
        phone.withTwoLeases()
        phone.tap(R.id.shelf_ask)
        phone.askShelf("When is the boiler of Quay Road 9 serviced?")
        phone.tap(R.id.shelf_card_choose)
        phone.tap(phone.row(lane, R.id.row_title))
        phone.tap(R.id.tab_ask)
        assertNull(phone.followUp(lane, "The tenant pays for the service of the boiler.").answer!!.resolvedQuestion)

        phone.askShelf("When is the boiler of Mill Lane 4 serviced?")
        phone.tap(R.id.tab_shelf)
        phone.tap(phone.row(lane, R.id.row_title))
        phone.tap(phone.row(lane, R.id.row_remove))
        phone.tap(phone.row(lane, R.id.row_sure))
        phone.untilShelved(quay)
        phone.tap(R.id.tab_ask)
        assertNull(phone.followUp(quay, "The owner pays for the service of the boiler.").answer!!.resolvedQuestion)
    }

    @Test
    fun `summarises all or those that are ticked, and shows a sentence where it stands`() = Phone().use { phone ->
        phone.withTwoLeases()
        phone.tap(R.id.tab_summarise)
        phone.tap(R.id.subject_shelf)
        assertFalse("there is one way", phone.view<View>(R.id.summary_reading).isShown)
        val all = phone.summarise().answer!!
        assertEquals(setOf(lane, quay), all.quotes.map { it.headings.first() }.toSet())
        val texts = phone.texts()
        val asked = app.resources.getQuantityString(R.plurals.asked_of, 2, 2)
        for (shown in listOf(lane, quay, asked)) assertTrue("$shown: $texts", shown in texts)

        val last = all.quotes.last()
        assertEquals(last.text, QUAY.substring(last.start, last.end))
        phone.tap(phone.quotes().last())
        phone.until("the document") { phone.view<View>(R.id.page_document).isShown }
        phone.layOut()
        assertEquals(last.text, phone.marked())
        assertTrue("${phone.texts()}", quay in phone.texts())
        phone.back()

        phone.tap(R.id.shelf_card_choose)
        phone.tap(phone.row(lane, R.id.row_title))
        phone.tap(R.id.tab_summarise)
        assertEquals(setOf(lane), phone.summarise().answer!!.quotes.map { it.headings.first() }.toSet())
    }

    @Test
    fun `a summary of the shelf has the length, the form and the focus that were chosen`() = Phone().use { phone ->
        phone.withTwoLeases()
        phone.tap(R.id.tab_summarise)
        phone.tap(R.id.subject_shelf)
        phone.tap(R.id.form_paragraph)
        phone.tap(R.id.length_short)
        val short = phone.summarise().answer!!
        assertEquals(short.text, 3, short.quotes.size)
        assertFalse(short.text, '\n' in short.text)
        assertTrue("${phone.texts()}", short.text in phone.texts())

        phone.tap(R.id.form_points)
        phone.view<EditText>(R.id.focus).setText("the boiler")
        val focused = phone.summarise().answer!!
        assertEquals(setOf(lane, quay), focused.quotes.map { it.headings.first() }.toSet())
        assertTrue(focused.text, focused.quotes.all { "oiler" in it.text })
        assertTrue("${phone.texts()}", phone.string(R.string.summary_about, "the boiler") in phone.texts())

        phone.view<EditText>(R.id.focus).setText("volcanoes")
        assertFalse(phone.summarise().answer!!.found)
        assertTrue("${phone.texts()}", phone.string(R.string.not_found_focus_shelf) in phone.texts())
        assertEquals(emptyList<View>(), phone.quotes())
    }

    @Test
    fun `the document and the shelf are summarised side by side, and what is opened is shown`() = Phone().use { phone ->
        phone.withTwoLeases()
        phone.tap(R.id.tab_summarise)
        phone.tap(R.id.subject_shelf)
        phone.summarise()
        phone.tap(R.id.subject_document)
        assertEquals("not summarised yet", emptyList<View>(), phone.quotes())
        phone.tap(R.id.summarise)
        phone.until("a summary of the document") { phone.quotes().isNotEmpty() }
        assertFalse("${phone.texts()}", quay in phone.texts())
        phone.tap(R.id.subject_shelf)
        assertTrue("${phone.texts()}", quay in phone.texts())

        phone.tap(R.id.tab_shelf)
        phone.tap(phone.row(lane, R.id.row_open))
        phone.untilRead()
        assertTrue("${phone.texts()}", lane in phone.texts())
        assertFalse("${phone.texts()}", quay in phone.texts())
    }
}

private const val QUAY = """# Lease of Quay Road 9

## Rent

The rent of Quay Road 9 is sixty crowns a month.

## Boiler

The boiler of Quay Road 9 is serviced in October. The owner pays for the service of the boiler.
"""

private const val LANE = """# Lease of Mill Lane 4

## Rent

The rent of Mill Lane 4 is forty crowns a month.

## Boiler

The boiler of Mill Lane 4 is serviced in May. The tenant pays for the service of the boiler.
"""
