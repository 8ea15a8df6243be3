package dev.edgeinfinite

import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayInputStream
import java.io.File

/** A file of any format is a document like any other: its text can be shown, and quotes stand in it where they say. */
class FormatsTest {
    @TempDir
    lateinit var folder: File

    private val wanted = "The wanted sentence has a \u2013 in it."
    private val other = "gora lu men ve la."

    private fun html(scripts: Int = 0) =
        "<html><head>${"<script>gora(lu);</script>".repeat(scripts)}</head><body><h1>Gora</h1><p>$other</p><p>$wanted</p></body></html>"

    /** Reads [bytes] as a file and as a stream of that name. */
    private fun asked(name: String, bytes: ByteArray, check: suspend (Document, Quote) -> Unit) = runTest {
        val sources = listOf(
            TextSource.file(folder.resolve(name).apply { writeBytes(bytes) }),
            TextSource.spool(ByteArrayInputStream(bytes), folder, name),
        )
        EdgeInfinite.open(Tiny.citing(folder.resolve("model"))).use { model ->
            for (source in sources) {
                model.read(source).use { document ->
                    val answer = document.ask("wanted").await()
                    val quote = answer.quotes.single()
                    assertTrue("wanted" in quote.text)
                    assertEquals(quote.text, document.text(quote.start, quote.end))
                    assertEquals(document.text().length, answer.coverage.last().end)
                    check(document, quote)
                }
                source.close()
            }
        }
    }

    @Test
    fun `a web page`() = asked("page.html", html().toByteArray()) { document, quote ->
        assertEquals("Gora\n\n$other\n\n$wanted", document.text())
        assertEquals(wanted, quote.text)
        assertNull(quote.place)
        assertNull(quote.page)
    }

    @Test
    fun `text in UTF-16`() = asked("text.txt", "\uFEFF$other 🐟\n\n$wanted".toByteArray(Charsets.UTF_16LE)) { document, _ ->
        assertEquals("$other 🐟\n\n$wanted", document.text())
    }

    @Test
    fun `text in an older encoding`() {
        val text = "Ärger über Öl. $wanted"
        asked("text.txt", text.toByteArray(charset("windows-1252"))) { document, quote ->
            assertEquals(text, document.text())
            assertEquals(wanted, quote.text)
        }
    }

    @Test
    fun `text in UTF-8 is the text itself`() = asked("text.md", "\uFEFF# Gora\n\n$other 🐟\n\n$wanted\n".toByteArray()) { document, _ ->
        assertEquals("\uFEFF# Gora\n\n$other 🐟\n\n$wanted\n", document.text())
    }

    @Test
    fun `what real programs wrote, with the page where there are pages`() = runTest {
        EdgeInfinite.open(Tiny.citing(folder.resolve("model"))).use { model ->
            model.read(TextSource.file(fixture("reportlab-one-column.pdf"))).use { document ->
                val quote = document.ask("Berth 6 costs crowns").await().quotes.single()
                assertTrue("Berth 6" in quote.text, quote.text)
                assertEquals(2, quote.page)
                assertEquals("Page 2", quote.place.toString())
                assertEquals(quote.text, document.text(quote.start, quote.end))
            }
            model.read(TextSource.spool(fixture("pandoc.docx").inputStream(), folder)).use { document ->
                val quote = document.ask("fee fourth night").await().quotes.single()
                assertTrue("forty" in quote.text, quote.text)
                assertNull(quote.page)
                assertEquals(quote.text, document.text(quote.start, quote.end))
            }
            for ((name, code) in listOf("encrypted" to "document.encrypted", "scan" to "document.scanned")) {
                val failure = runCatching { model.read(TextSource.file(fixture("reportlab-$name.pdf"))) }.exceptionOrNull()
                assertEquals(code, (failure as? TextException)?.code, "found $failure")
            }
        }
    }

    private fun fixture(name: String) = Tiny.repository.resolve("rust/documents/tests/fixtures/$name")

    @Test
    fun `a saved web page is compared by its text`() = runTest {
        val page = TextSource.file(folder.resolve("page.html").apply { writeText(html()) })
        val same = TextSource.file(folder.resolve("same.html").apply { writeText(html(scripts = 3)) })
        val another = TextSource.file(folder.resolve("other.html").apply { writeText(html().replace("lu", "la")) })
        val saved = folder.resolve("saved")
        EdgeInfinite.open(Tiny.citing(folder.resolve("model"))).use { model ->
            val before = model.read(page).use { document ->
                document.save(saved)
                document.ask("wanted").await()
            }
            for (source in listOf(page, same)) {
                val after = model.restore(saved, source).use { it.ask("wanted").await() }
                assertEquals(before.quotes, after.quotes)
            }
            val failure = runCatching { model.restore(saved, another) }.exceptionOrNull()
            assertEquals("state.document", (failure as? SavedDocumentException)?.code, "found $failure")
        }
    }

    @Test
    fun `a long extraction says how far it is and can be cancelled`() = runTest {
        val page = TextSource.file(folder.resolve("page.html").apply { writeText(html(scripts = 1_500_000)) })
        Tiny.open().use { model ->
            val progress = mutableListOf<AnswerEvent.Progress>()
            val reading = launch {
                model.read(page) {
                    progress += it
                    coroutineContext[kotlinx.coroutines.Job]!!.cancel()
                }
            }
            reading.join()
            assertTrue(reading.isCancelled)
            assertTrue(progress.single().tokensTotal > 1_000_000, "found $progress, expected a guess by the file's bytes")
            assertEquals("Gora\n\n$other\n\n$wanted", model.read(page).use { it.text() })
        }
    }
}
