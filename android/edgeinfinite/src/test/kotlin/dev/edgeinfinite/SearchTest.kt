package dev.edgeinfinite

import dev.edgeinfinite.internal.passages
import dev.edgeinfinite.internal.statements
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.io.File

/** Passages and quotes without a graph run, of both kinds of model folders. */
class SearchTest {
    private val text = "# Gates 🙂\n\nThe north gate opens with the code 4711. The south gate is closed.\n\n" +
        "# Fees\n\nThe fourth night costs 47 crowns.\n"
    private val folders = listOf(Tiny.dir, Tiny.dir.resolveSibling("tiny-reader"))

    private fun withDocument(dir: File = folders[1], block: suspend (Document) -> Unit) = runTest {
        EdgeInfinite.open(dir).use { model ->
            model.read(TextSource.of(text), { reading = Reading.Recall }).use { block(it) }
        }
    }

    private fun Span.text() = text.substring(start, end)

    @Test
    fun `a passage has its place, its best sentence and the words that match`() {
        for (dir in folders) {
            withDocument(dir) { document ->
                val best = document.search("Which code opens the north gate?").first()
                assertEquals(best.text, text.substring(best.start, best.end))
                assertEquals("The north gate opens with the code 4711.", best.sentence.text())
                assertTrue(best.matches.map { it.text() }.containsAll(listOf("north", "gate", "opens", "code")), "$best")
                assertEquals(listOf("code", "opens", "north", "gate"), best.words)
                assertTrue(best.score > 0 && best.context.isEmpty() && best.place == null && best.page == null)
            }
        }
    }

    @Test
    fun `pages follow each other`() = withDocument { document ->
        val all = document.search("gate code night crowns")
        assertEquals(2, all.size)
        assertEquals(listOf("Fees", "Gates 🙂"), all.flatMap { it.headings }.sorted())
        val pages = (0..2).map { page ->
            document.search("gate code night crowns") {
                limit = 1
                offset = page
            }
        }
        assertEquals(all.map { listOf(it) } + listOf(emptyList()), pages)
        assertEquals(emptyList<Passage>(), document.search("zeppelin"))
    }

    @Test
    fun `what another model wrote is told from the document's words`() = withDocument { document ->
        val said = "🙂 Sure!\n- The north gate opens with the code 4711. [1]\n- A fourth night costs 47 crowns.\n" +
            "- The fourth night costs 49 crowns."
        val found = document.quotes(said)
        assertEquals(listOf(Support.None, Support.Verbatim, Support.Reworded, Support.None), found.map { it.support })
        for (statement in found) {
            assertEquals(statement.text, said.substring(statement.start, statement.end))
            assertEquals(statement.support == Support.None, statement.quotes.isEmpty())
            for (quote in statement.quotes) assertEquals(quote.text, text.substring(quote.start, quote.end))
        }
        val quote = found[1].quotes.single()
        assertTrue(quote.verbatim && quote.headings == listOf("Gates 🙂"))
        assertEquals(quote.text, said.substring(quote.answerStart, quote.answerEnd))
        assertFalse(found[2].quotes.last().verbatim)
        assertEquals(Support.None, document.quotes("4711").single().support)
        assertEquals(Support.Reworded, document.quotes("4711", "Which code opens the north gate?").single().support)
        assertEquals(emptyList<Statement>(), document.quotes(""))
    }

    @Test
    fun `what cannot be looked for is refused`() = withDocument { document ->
        for (empty in listOf("", " \n")) assertThrows<IllegalArgumentException> { document.search(empty) }
        assertThrows<IllegalArgumentException> { document.search("gate ".repeat(4000)) }
        for (wrong in listOf(0, -1, 101)) assertThrows<IllegalArgumentException> { document.search("gate") { limit = wrong } }
        assertThrows<IllegalArgumentException> { document.search("gate") { offset = -1 } }
        assertThrows<IllegalArgumentException> { document.quotes("x".repeat((1 shl 20) + 1)) }
        assertThrows<IllegalArgumentException> { document.quotes("The gate.", " ") }
        document.close()
        assertThrows<ClosedException> { document.search("gate") }
        assertThrows<ClosedException> { document.quotes("gate") }
    }

    @Test
    fun `records are read by their names`() {
        val span = """{"start":0,"end":9,"start_utf16":3,"end_utf16":5}"""
        val passage = """[{"start":9,"end":99,"start_utf16":1,"end_utf16":7,"text":"a row","headings":["h"],"context":["Name,Age"],
            "place":{"kind":"page","number":3},"page":3,"sentence":$span,"score":0.5,"words":["row"],"matches":[$span]}]"""
        val read = passage.utf8().passages().single()
        assertEquals(listOf(1, 7, 3), listOf(read.start, read.end, read.page))
        assertEquals(listOf(listOf("Name,Age"), listOf("row")), listOf(read.context, read.words))
        assertEquals(read.sentence, read.matches.single())
        assertEquals("Span(3..5)", "${read.sentence}")
        for ((name, support) in listOf("verbatim", "reworded", "partial", "none").zip(Support.entries)) {
            val statement = """[{"start":0,"end":9,"start_utf16":0,"end_utf16":9,"text":"words","support":"$name","quotes":[]}]"""
            assertEquals(support, statement.utf8().statements().single().support)
        }
        assertNull(passage.replace("\"place\":{\"kind\":\"page\",\"number\":3}", "\"place\":null").utf8().passages().single().page)
    }
}
