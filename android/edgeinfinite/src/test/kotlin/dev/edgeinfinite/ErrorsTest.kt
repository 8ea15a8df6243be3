package dev.edgeinfinite

import dev.edgeinfinite.internal.Native
import dev.edgeinfinite.internal.NativeException
import dev.edgeinfinite.internal.NativeLibrary
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.test.runTest
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.io.RandomAccessFile

/** What is wrong has a type, a stable code, and a sentence that says what was found. */
class ErrorsTest {
    @TempDir
    lateinit var folder: File

    // The model folder.

    @Test
    fun `no folder`() = failsToOpen(folder.resolve("absent"), "model.missing", "absent")

    @Test
    fun `no model json`() = failsToOpen(folder, "model.missing", "model.json")

    @Test
    fun `a folder whose file is missing`() =
        failsToOpen(copy { it }.apply { resolve("embedding.f16").delete() }, "model.missing", "embedding.f16")

    @Test
    fun `a damaged file`() = failsToOpen(copy { it }.apply { resolve("cpu-fp32.onnx").flip(5000) }, "model.hash", "cpu-fp32.onnx")

    @Test
    fun `a file cut short`() = failsToOpen(
        copy { it }.apply { resolve("tokenizer.json").run { writeBytes(readBytes().copyOf(100)) } },
        "model.hash",
        "100 bytes",
    )

    @Test
    fun `a model json cut short`() =
        failsToOpen(copy { it }.apply { resolve("model.json").writeText("{\"format\": 1,") }, "model.format", "model.json")

    @Test
    fun `an unknown key`() = failsToOpen(copy { it.put("colour", "red") }, "model.format", "colour")

    @Test
    fun `a missing key`() = failsToOpen(copy { it.apply { remove("limits") } }, "model.format", "limits")

    @Test
    fun `another format`() = failsToOpen(copy { it.put("format", 99) }, "model.format", "99")

    @Test
    fun `inspect fails like open`() = runTest {
        val failure = assertThrows<ModelException> { EdgeInfinite.inspect(folder.resolve("absent")) }
        assertEquals("model.missing", failure.code)
    }

    // The document.

    @Test
    fun `no document`() = failsToRead(TextSource.file(folder.resolve("absent.txt")), "text.missing", "absent.txt")

    @Test
    fun `a folder is no document`() = failsToRead(TextSource.file(folder), "text.missing", "folder")

    @Test
    fun `an empty text`() = failsToRead(TextSource.of(""), "text.empty", "empty")

    @Test
    fun `an empty file`() = failsToRead(file(), "text.empty", "empty")

    @Test
    fun `nothing but white space`() = runTest {
        Tiny.open().use { model ->
            val failure = assertThrows<TextException> { model.read(TextSource.of(" \n\t\n "), { reading = Reading.Recall }) }
            assertEquals("text.empty", failure.code)
        }
    }

    @Test
    fun `a web page without text`() = failsToRead(file(*"<html><script>gora()</script></html>".toByteArray()), "text.empty", "text")

    @Test
    fun `a picture`() = failsToRead(file(-1, -40, -1, -32), "document.format", "picture")

    @Test
    fun `something binary`() = failsToRead(file(*ByteArray(100) { (it % 8).toByte() }), "document.format", "binary")

    @Test
    fun `elements within elements without end`() =
        failsToRead(file(*("<html>" + "<ul><li>".repeat(5000) + "gora").toByteArray()), "document.too_large", "nesting")

    // The caller.

    @Test
    fun `an unknown scenario`() = runTest {
        val failure = assertThrows<IllegalArgumentException> { Tiny.open("bedtime") }
        assertTrue("bedtime" in failure.message!! && "default" in failure.message!!, failure.message)
    }

    @Test
    fun `an accelerator that the model has no graph for`() = runTest {
        val open: suspend () -> Unit = { EdgeInfinite.open(Tiny.dir) { accelerators = listOf(Accelerator.Npu) } }
        assertTrue("Npu" in assertThrows<IllegalArgumentException> { open() }.message!!)
    }

    @Test
    fun `a question that is too long or no question`() = runTest {
        Tiny.open().use { model ->
            model.read(TextSource.of("gora lu men")).use { document ->
                val long = assertThrows<IllegalArgumentException> { document.ask("lu men ".repeat(10_000)).await() }
                assertTrue("256" in long.message!!, long.message)
                assertThrows<IllegalArgumentException> { document.ask("").await() }
                assertThrows<IllegalArgumentException> { document.ask(" \n").await() }
            }
        }
    }

    @Test
    fun `options out of their range`() {
        for (number in listOf(0, -1, Int.MIN_VALUE)) {
            assertThrows<IllegalArgumentException> { OpenOptions().threads = number }
            assertThrows<IllegalArgumentException> { AskOptions().maxOutputTokens = number }
            assertThrows<IllegalArgumentException> { AskOptions().recallPrompts = number }
            assertThrows<IllegalArgumentException> { SummaryOptions().maxOutputTokens = number }
            assertThrows<IllegalArgumentException> { ChatOptions().maxOutputTokens = number }
        }
    }

    @Test
    fun `a text longer than a Kotlin string can say`() = runTest {
        val file = folder.resolve("long").apply { RandomAccessFile(this, "rw").use { it.setLength(Int.MAX_VALUE + 1L) } } // sparse
        Tiny.open().use { model ->
            val failure = assertThrows<IllegalArgumentException> { model.read(TextSource.file(file)) }
            assertTrue("2147483648 bytes" in failure.message!!, failure.message)
        }
    }

    @Test
    fun `a question for another reading`() = runTest {
        Tiny.open().use { model ->
            model.read(TextSource.of("gora lu men"), { reading = Reading.Recall }).use { document ->
                val unread = runCatching { document.ask("gora?") { reading = Reading.Memory }.await() }.exceptionOrNull()
                assertEquals(IllegalStateException::class, unread!!::class)
                document.ask("gora?") { reading = Reading.Recall }.await()
            }
        }
    }

    @Test
    fun `an index that cannot be written`() = runTest {
        Tiny.open().use { model ->
            val absent = folder.resolve("absent")
            val failure = assertThrows<StorageException> { model.read(TextSource.of("gora"), { indexDir = absent }) }
            assertEquals("io", failure.code)
        }
    }

    @Test
    fun `options that Rust does not know`() {
        val model = NativeLibrary.natives.open(Tiny.dir.path.utf8(), "{}".utf8())
        for (options in listOf("""{"reading": "poem"}""", """{"colour": 1}""", "[", "")) {
            val failure = assertThrows<NativeException> { Native.document(model, "gora".utf8(), null, options.utf8()) }
            assertEquals("argument.options", failure.code)
        }
        Native.close(model)
    }

    // The machine.

    @Test
    fun `no ONNX Runtime`() {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val properties = listOf("java.class.path", "java.library.path", "edgeinfinite.library", "repository")
            .mapNotNull { name -> System.getProperty(name)?.let { "-D$name=$it" } }
        val process = ProcessBuilder(listOf(java, "-Dedgeinfinite.onnxruntime=absent.so") + properties + NoRuntime::class.java.name)
            .redirectErrorStream(true)
            .start()
        assertEquals("runtime.missing", process.inputStream.bufferedReader().readText())
    }

    /** A program of its own, as a process loads ONNX Runtime once. */
    object NoRuntime {
        @JvmStatic
        fun main(arguments: Array<String>) = try {
            EdgeInfiniteBlocking.open(Tiny.dir).close()
        } catch (failure: OnnxRuntimeException) {
            print(failure.code)
        }
    }

    // All of them.

    @Test
    fun `every code becomes the exception that docs say`() {
        val rows = Tiny.repository.resolve("docs/errors.md").readLines().filter { it.startsWith("| `") }.map { it.split(" | ") }
        assertTrue(rows.size > 20)
        for ((code, _, _, kotlin) in rows.map { row -> row.map { it.trim('|', ' ', '`') } }) {
            val failure = NativeException(code.utf8(), "found 1, expected 2".utf8()).public()
            assertEquals(kotlin.substringAfter("; ").substringBefore(' '), failure.javaClass.simpleName, code)
            if (failure is EdgeInfiniteException) assertEquals(code, failure.code)
            assertInstanceOf(NativeException::class.java, failure.cause)
        }
    }

    @Test
    fun `messages never quote the document`() = runTest {
        val secret = "confidential"
        Tiny.open().use { model ->
            val nested = "<html>" + "<ul><li>$secret".repeat(5000)
            val texts = listOf(file(*nested.toByteArray()), file(*ByteArray(100) { 1 }, *secret.toByteArray()))
            for (text in texts) {
                val failure = assertThrows<TextException> { model.read(text) }
                assertFalse(secret in failure.stackTraceToString())
            }
            model.read(TextSource.of("gora")).use { document ->
                val failure = assertThrows<IllegalArgumentException> { document.ask("$secret ".repeat(500)).await() }
                assertFalse(secret in failure.stackTraceToString())
            }
        }
    }

    private fun copy(change: (JSONObject) -> JSONObject): File = Tiny.copy(folder.resolve("model")) { change(it) }

    private fun File.flip(at: Int) = writeBytes(readBytes().also { it[at] = (it[at] + 1).toByte() })

    private fun file(vararg bytes: Byte): TextSource = TextSource.file(
        File.createTempFile("text", null, folder).apply {
            writeBytes(bytes)
        },
    )

    private fun failsToOpen(dir: File, code: String, found: String) = runTest {
        val failure = assertThrows<ModelException> { EdgeInfinite.open(dir).close() }
        assertEquals(code, failure.code)
        assertTrue(found in failure.message!!, failure.message)
    }

    private fun failsToRead(source: TextSource, code: String, found: String) = runTest {
        Tiny.open().use { model ->
            val failure = assertThrows<TextException> { model.read(source).close() }
            assertEquals(code, failure.code)
            assertTrue(found in failure.message!!, failure.message)
        }
    }
}
