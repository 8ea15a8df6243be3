package dev.edgeinfinite.testing

import dev.edgeinfinite.EdgeInfiniteBlocking
import dev.edgeinfinite.TextSource
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.io.File

/** The fake works where the engine, and even Android's org.json, is not there. */
class NoNativeCodeTest {
    @Test
    fun `a program without the engine`() {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val classes = System.getProperty("java.class.path").split(File.pathSeparator).filterNot { "android-json" in it }
        val process = ProcessBuilder(java, "-cp", classes.joinToString(File.pathSeparator), Program::class.java.name)
            .redirectErrorStream(true)
            .start()
        assertEquals("Gora signed it.", process.inputStream.bufferedReader().readText())
    }

    object Program {
        @JvmStatic
        fun main(arguments: Array<String>) {
            val model = FakeModel().apply { answer("Who?", "Gora signed it.") }
            val document = EdgeInfiniteBlocking.read(model, TextSource.of("Gora signed it. It was in May."))
            print(EdgeInfiniteBlocking.ask(document, "Who?", { it.verbatim = true }).quotes.single().text)
        }
    }
}
