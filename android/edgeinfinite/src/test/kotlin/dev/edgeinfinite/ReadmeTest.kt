package dev.edgeinfinite

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream

/** README.md's lines do what they say, as they stand there, with the model and the document that it names. */
class ReadmeTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `the lines print what stands below them`() = runTest {
        val handbook = Tiny.repository.resolve("android/demo/src/main/assets/handbook.md")
        val model = Tiny.repository.resolve("models/demo")
        val stateFile = folder.resolve("state")
        val bar = Bar()
        val printed = printed { readme(model, handbook, stateFile, bar) }
        assertEquals(shown(), printed.trimEnd())
        assertEquals(100, bar.progress)
        EdgeInfinite.open(model).use { opened ->
            opened.restore(stateFile, TextSource.file(handbook)).use { document ->
                assertEquals("The code 4711 opens the north gate.", document.ask("Which code opens the north gate?").await().text)
            }
        }
    }

    /** README.md's block of text. */
    private fun shown(): String = Tiny.repository.resolve("README.md").readText().substringAfter("```text\n").substringBefore("\n```")

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
