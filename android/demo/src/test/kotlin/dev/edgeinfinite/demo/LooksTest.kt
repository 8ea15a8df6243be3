package dev.edgeinfinite.demo

import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

/** Large letters, small phones, fingers and screen readers. */
@Config(application = QuickApp::class)
class LooksTest : PhoneTest() {
    private val tabs = listOf(R.id.tab_summarise, R.id.tab_ask, R.id.tab_shelf, R.id.tab_benchmark, R.id.tab_about)

    /** The app with something on each page. */
    private fun used(block: (Phone) -> Unit) = Phone().use { phone ->
        phone.fill()
        phone.fillShelf()
        block(phone)
    }

    @Test
    fun `no text is cut with letters half as large again on a narrow phone`() {
        RuntimeEnvironment.setQualifiers("w360dp-h640dp-port-xhdpi")
        RuntimeEnvironment.setFontScale(1.5f)
        used { phone ->
            for (tab in tabs) {
                phone.tap(tab)
                phone.layOut()
                for (text in phone.shown().filterIsInstance<TextView>().filter { it.text.isNotEmpty() }) {
                    val layout = text.layout ?: throw AssertionError("not laid out: ${text.text}")
                    val room = text.height - text.compoundPaddingTop - text.compoundPaddingBottom
                    assertTrue("cut below: ${text.text}", layout.height <= room + 1)
                    for (line in 0 until layout.lineCount) {
                        assertTrue("cut at its side: ${text.text}", layout.getLineMax(line) <= text.width + 1)
                        assertEquals("cut short: ${text.text}", 0, layout.getEllipsisCount(line))
                    }
                    val parent = text.parent as View
                    val inside = text.left >= 0 && text.right <= parent.width && text.bottom <= parent.height
                    assertTrue("beyond its parent: ${text.text}", inside)
                }
            }
        }
    }

    @Test
    fun `what can be tapped is large enough and has a name`() = used { phone ->
        val least = (48 * phone.activity.resources.displayMetrics.density).toInt()
        for (tab in tabs) {
            phone.tap(tab)
            phone.layOut()
            for (view in phone.shown().filter { it.isClickable && it.hasOnClickListeners() }) {
                assertTrue("${name(view)}: ${view.width} x ${view.height}", view.width >= least && view.height >= least)
                assertTrue("nameless: $view", name(view).isNotBlank())
            }
            assertTrue("a heading", phone.shown().any { it.isAccessibilityHeading })
            assertTrue("the tab", phone.view<View>(tab).isSelected)
        }
    }

    @Test
    fun `keeps clear of the system's bars, and makes room for the keyboard`() = Phone().use { phone ->
        phone.inset(top = 24, bottom = 20)
        val density = phone.activity.resources.displayMetrics.density
        assertEquals((24 * density).toInt(), phone.view<View>(R.id.root).paddingTop)
        assertEquals((20 * density).toInt(), phone.view<View>(R.id.tabs).paddingBottom)
        phone.inset(keyboard = 300)
        assertEquals((300 * density).toInt(), phone.view<View>(R.id.root).paddingBottom)
        assertEquals(View.GONE, phone.view<View>(R.id.tabs).visibility)
        phone.inset()
        assertEquals(View.VISIBLE, phone.view<View>(R.id.tabs).visibility)
    }

    @Test
    fun `back goes from the document to its page, to the first page, and out`() = Phone().use { phone ->
        phone.untilRead()
        phone.tap(R.id.tab_ask)
        phone.tap(R.id.card_show)
        assertTrue(phone.view<View>(R.id.page_document).isShown)
        phone.back()
        assertTrue(phone.view<View>(R.id.page_ask).isShown)
        phone.back()
        assertTrue(phone.view<View>(R.id.page_summarise).isShown)
        phone.back()
        assertTrue(phone.activity.isFinishing)
    }

    private fun name(view: View): String = view.contentDescription?.toString() ?: when (view) {
        is TextView -> view.text.toString()
        is ViewGroup -> (0 until view.childCount).joinToString { name(view.getChildAt(it)) }
        else -> ""
    }
}
