package dev.edgeinfinite.demo

import android.graphics.Bitmap
import android.view.View
import android.widget.EditText
import android.widget.ScrollView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

/** Draws every page into target/screens, to be looked at; scripts/app.sh screens keeps some of them in docs/. */
@Config(application = QuickApp::class)
class ScreensTest : PhoneTest() {
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
        Phone().use { phone ->
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

            phone.tap(phone.quotes().last())
            phone.picture("$look-document")
            assertTrue(phone.marked().isNotEmpty())
            phone.back()

            phone.tap(R.id.tab_benchmark)
            phone.picture("$look-benchmark")
            phone.pictureOf(R.id.page_benchmark, "$look-benchmark-points", below = R.id.curve_memory)
            phone.tap(R.id.tab_about)
            phone.picture("$look-about")
        }
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
