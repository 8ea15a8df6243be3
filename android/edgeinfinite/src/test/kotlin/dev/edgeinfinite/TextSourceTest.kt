package dev.edgeinfinite

import dev.edgeinfinite.internal.text
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import java.io.ByteArrayInputStream
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.nio.file.Files
import java.nio.file.attribute.PosixFilePermissions

/** Every character crosses the JNI boundary whole, and every offset is one of Kotlin's. */
class TextSourceTest {
    @TempDir
    lateinit var folder: File

    @ParameterizedTest
    @ValueSource(
        strings = [
            "The wanted sentence is plain.",
            "The wanted soup has 🐟 and 👩🏽‍🚀 in it.",
            "The wanted 魚のスープ is here, 𠮷野家 too.",
            "The wanted \u0000 is a character like any other.",
            "The wanted שלום עולם stands from right to left.",
            "The wanted e\u0301 is two characters.",
            "The wanted \uD83D is half a pair, so is \uDC1F here.",
        ],
    )
    fun `a quote stands where it says`(sentence: String) = runTest {
        val before = "🐟 gora lu men ve la. \uDC00 Another sentence with 魚 goes before.\n"
        val after = "\nOne more 👩🏽‍🚀 comes after."
        val whole = before + sentence + after
        val held = TextSource.of(whole)
        val spooled = TextSource.spool(ByteArrayInputStream(whole.utf8()), folder)
        EdgeInfinite.open(Tiny.citing(folder.resolve("model"))).use { model ->
            for (text in listOf(held, spooled)) {
                // A spooled copy is gone by now, and can still be quoted.
                text.use { model.read(it) }.use { document ->
                    val events = document.ask("wanted").toList()
                    val answer = (events.last() as AnswerEvent.Done).answer
                    val quote = answer.quotes.single()
                    assertEquals(sentence, whole.substring(quote.start, quote.end))
                    assertEquals(sentence.utf8().text(), quote.text)
                    assertEquals(answer.text, events.filterIsInstance<AnswerEvent.TextDelta>().joinToString("") { it.delta })
                    assertTrue(answer.found)
                    assertEquals(whole, answer.coverage.joinToString("") { whole.substring(it.start, it.end) })
                    assertTrue(answer.coverage.any { it.kind == Coverage.Kind.Recalled && quote.start in it.start until it.end })
                }
            }
        }
    }

    @Test
    fun `a byte order mark is skipped and counted`() = runTest {
        val whole = "\uFEFFThe wanted sentence. Another one."
        EdgeInfinite.open(Tiny.citing(folder.resolve("model"))).use { model ->
            model.read(TextSource.of(whole)).use { document ->
                val answer = document.ask("wanted").await()
                val quote = answer.quotes.single()
                assertEquals("The wanted sentence.", whole.substring(quote.start, quote.end))
                assertEquals(whole.length, answer.coverage.last().end)
            }
        }
    }

    @Test
    fun `lone surrogates become U+FFFD, never a question mark`() {
        assertArrayEquals("a\uFFFDb\uFFFD\uFFFD🐟\uFFFD".toByteArray(), "a\uD800b\uDC00\uD800🐟\uD83D".utf8())
        assertEquals("", "".utf8().text())
        assertArrayEquals(byteArrayOf(0), "\u0000".utf8(), "not the C0 80 of modified UTF-8")
        assertArrayEquals("🐟".toByteArray(), "🐟".utf8(), "not the six bytes of modified UTF-8")
    }

    @Test
    fun `names of files and questions may hold any character`() = runTest {
        val model = Tiny.dir.copyRecursively(folder.resolve("模型 🐟 שלום")).let { folder.resolve("模型 🐟 שלום") }
        val text = folder.resolve("é 🐟.txt").apply { writeText("gora lu men") }
        EdgeInfinite.open(model).use {
            it.read(TextSource.file(text)).use { document ->
                val question = "魚 🐟 \u0000 \uD83D?"
                assertEquals(question.utf8().text(), document.ask(question).await().question)
            }
        }
    }

    @Test
    fun `the same text from a string, a file and a stream gets the same answer`() = runTest {
        val case = Tiny.golden.first { it.name == "default: emoji, CJK, NUL, right to left" }
        val file = folder.resolve("text").apply { writeText(case.document) }
        val stream = ByteArrayInputStream(case.document.toByteArray())
        Tiny.open().use { model ->
            for (text in listOf(TextSource.of(case.document), TextSource.file(file), TextSource.spool(stream, folder))) {
                text.use { model.read(it) }.use { assertEquals(case.text, it.ask(case.question!!).await().text) }
            }
        }
        assertTrue(file.exists(), "only a private copy is deleted")
    }

    @Test
    fun `a spooled copy is private, and gone when it is closed`() = runTest {
        val spool = folder.resolve("spool").apply { mkdir() }
        val text = TextSource.spool(ByteArrayInputStream("gora lu men".toByteArray()), spool)
        val copy = spool.listFiles()!!.single()
        assertEquals("gora lu men", copy.readText())
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(copy.toPath())))
        repeat(2) { text.close() }
        assertEquals(0, spool.listFiles()!!.size)
    }

    @Test
    fun `a copy that fails or is cancelled leaves nothing behind`() = runTest {
        val broken = object : InputStream() {
            override fun read(): Int = throw IOException("gone")
        }
        assertThrows<IOException> { TextSource.spool(broken, folder) }
        assertThrows<IOException> { TextSource.spool(ByteArrayInputStream(ByteArray(1)), folder.resolve("absent")) }
        var job = launch { }
        val endless = object : InputStream() {
            override fun read(): Int = 'a'.code

            override fun read(into: ByteArray): Int = into.size.also { job.cancel() }
        }
        job = launch { TextSource.spool(endless, folder) }
        job.join()
        assertTrue(job.isCancelled)
        assertEquals(0, folder.listFiles()!!.size)
    }
}
