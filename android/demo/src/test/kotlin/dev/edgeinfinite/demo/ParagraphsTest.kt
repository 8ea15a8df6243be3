package dev.edgeinfinite.demo

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import kotlin.random.Random

/** Places in the table are places in the string. */
class ParagraphsTest : PhoneTest() {
    @get:Rule
    val temporary = TemporaryFolder()

    private fun of(text: String) = Paragraphs.of(temporary.newFile().apply { writeText(text) })

    @Test
    fun `headings, points and paragraphs`() {
        val paragraphs = of("\uFEFF# Gates\n\nThe code\nopens it.\n## Keys\n- one\n- two\r\n\r\n\n  Lost.\n\n")
        val shown = List(paragraphs.size) { paragraphs[it] }
        assertEquals(listOf("Gates", "The code opens it.", "Keys", "- one", "- two", "Lost."), shown.map { it.text })
        assertEquals(listOf(1, 0, 2, 0, 0, 0), shown.map { it.heading })
    }

    @Test
    fun `an empty text`() {
        assertEquals("", of("")[0].text)
        assertEquals(1, of("\n \n").size)
    }

    @Test
    fun `every character is where the string has it`() {
        val random = Random(7)
        val pieces = listOf("a", "The wind", " ", " ", "\n", "\n\n", "\r\n", "# ", "é", "字", "🙂", "\uFEFF", "- ", "    ", "x".repeat(400))
        repeat(300) {
            val text = buildString { repeat(random.nextInt(1, 200)) { append(pieces.random(random)) } }
            val paragraphs = of(text)
            assertEquals(text.length.toLong(), paragraphs.length)
            val shown = List(paragraphs.size) { paragraphs[it] }
            for ((index, paragraph) in shown.withIndex()) {
                val there = text.substring(paragraph.start, paragraph.start + paragraph.text.length)
                assertEquals(there.replace(Regex("[\r\n]"), " "), paragraph.text.replace("\n", " "))
                if (paragraph.text.isNotEmpty()) assertEquals(index, paragraphs.at(paragraph.start))
                assertTrue("${paragraph.text.length}", paragraph.text.length <= 3001)
            }
            val letters = text.filter { it.isLetter() || it.isSurrogate() }
            assertEquals("nothing is left out", letters, shown.joinToString("") { it.text }.filter { it.isLetter() || it.isSurrogate() })
        }
    }
}
