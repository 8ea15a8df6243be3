package dev.edgeinfinite

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream

/** README.md's lines do what they say, as they stand there. */
class ReadmeTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `the lines run`() = runTest {
        val report = folder.resolve("report.txt").apply { writeText("Gora signed it. It was in May. Lu men ve la.") }
        val model = Tiny.citing(folder.resolve("model"))
        val stateFile = folder.resolve("state")
        val bar = Bar()
        val quoted = mutableListOf<String>()
        val printed = printed {
            readme(model, "Lu men. Ve la.", report, stateFile, bar) { start, end -> quoted += report.readText().substring(start, end) }
        }
        assertEquals(100, bar.progress)
        assertEquals(listOf("Gora signed it."), quoted)
        assertTrue("Lu men." in printed || "Ve la." in printed, printed)
        EdgeInfinite.open(model).use { opened ->
            opened.restore(stateFile, TextSource.file(report)).use { assertEquals("Gora signed it.", it.ask("Who signed?").await().text) }
        }
    }

    private inline fun printed(block: () -> Unit): String {
        val usual = System.out
        val bytes = ByteArrayOutputStream()
        System.setOut(PrintStream(bytes, true, "UTF-8"))
        try {
            block()
        } finally {
            System.setOut(usual)
        }
        return bytes.toString("UTF-8")
    }
}
