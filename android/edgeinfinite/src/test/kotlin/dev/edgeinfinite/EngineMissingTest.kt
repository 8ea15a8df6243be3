package dev.edgeinfinite

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

/** A program without the engine's native library gets one exception with a code, at every call, and no error of the JVM's. */
class EngineMissingTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `no library in the path`() {
        for (message in messages("java.library.path" to folder)) {
            assertTrue("libedgeinfinite" in message && folder.path in message, message)
            assertTrue("edgeinfinite.library" in message, "the remedy: $message")
        }
    }

    @Test
    fun `no library where the property says`() {
        val absent = folder.resolve("absent.so")
        for (message in messages("edgeinfinite.library" to absent)) assertTrue(absent.path in message, message)
    }

    @Test
    fun `a library for another processor`() {
        val other = folder.resolve("libedgeinfinite.so").apply { writeBytes(header(machine = 0xF3)) } // RISC-V
        for (message in messages("edgeinfinite.library" to other)) assertTrue(System.getProperty("os.arch") in message, message)
    }

    /** What each call of [Program] says, in a process of its own: a library is loaded once in each. */
    private fun messages(property: Pair<String, File>): List<String> {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val options = listOf("-cp", System.getProperty("java.class.path"), "-D${property.first}=${property.second}")
        val quiet = "-XX:+DisplayVMOutputToStderr" // the JVM's own warnings
        val process = ProcessBuilder(listOf(java, quiet) + options + Program::class.java.name)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start()
        val lines = process.inputStream.bufferedReader().readLines()
        assertEquals(List(CALLS.size) { "EngineMissingException engine.missing" }, lines.map { it.substringBefore(": ") }, "$lines")
        return lines.map { it.substringAfter(": ") }
    }

    /** The first bytes of a library for Linux. */
    private fun header(machine: Int): ByteArray = ByteArray(64).also {
        byteArrayOf(0x7F, 'E'.code.toByte(), 'L'.code.toByte(), 'F'.code.toByte(), 2, 1, 1).copyInto(it)
        it[16] = 3 // a shared object
        it[18] = machine.toByte()
        it[20] = 1
    }

    object Program {
        @JvmStatic
        fun main(arguments: Array<String>) {
            for (call in CALLS) {
                val failure = runCatching { runBlocking { call() } }.exceptionOrNull()
                val code = (failure as? EdgeInfiniteException)?.code
                println("${failure?.javaClass?.simpleName} $code: ${failure?.message?.replace('\n', ' ')}")
            }
        }
    }

    private companion object {
        val MODEL = File("model")

        /** Each call that comes before there is a model; the first one again, since a failure must not change what comes after it. */
        val CALLS: List<suspend () -> Any> = listOf(
            { EdgeInfinite.open(MODEL) },
            { EdgeInfinite.inspect(MODEL) },
            { EdgeInfinite.version },
            { EdgeInfiniteBlocking.open(MODEL) },
            { EdgeInfinite.open(MODEL) },
        )
    }
}
