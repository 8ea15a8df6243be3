package dev.edgeinfinite

import dev.edgeinfinite.internal.Native
import dev.edgeinfinite.internal.NativeException
import dev.edgeinfinite.internal.NativeLibrary
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource
import java.io.ByteArrayInputStream
import java.io.File
import java.nio.file.Files
import java.nio.file.attribute.PosixFilePermissions

/** A document in a file: what it says is what it said, at any moment there is the whole of it or what was there before. */
class SaveTest {
    @TempDir
    lateinit var folder: File

    private val case = Tiny.long
    private val text = TextSource.of(case.document)
    private val saved get() = folder.resolve("saved")

    @ParameterizedTest
    @EnumSource
    fun `restored it answers the same, by every reading`(reading: Reading) = runTest {
        suspend fun answers(document: Document): List<List<Any?>> {
            val answer = document.ask(case.question!!) { this.reading = reading }.await()
            val summary = document.summarize { this.reading = reading }.await()
            return listOf(essence(answer), essence(summary))
        }
        Tiny.open("large").use { model ->
            // which holds two notes
            val before = model.read(text, { this.reading = Reading.Memory }).use { document ->
                document.save(saved)
                answers(document)
            }
            model.restore(saved, text).use { assertEquals(before, answers(it)) }
        }
    }

    @Test
    fun `restored it quotes the same`() = runTest {
        val dirs = listOf(Tiny.citing(folder.resolve("citing")), Tiny.repository.resolve("models/demo"))
        val part = "# Report\n\nGora signed it in May. It was raining.\n\n## Costs\n\nThe bridge cost 4,711 crowns. Nobody paid.\n"
        val report = part.repeat(3)
        val stream = ByteArrayInputStream(report.toByteArray())
        val question = "What did the bridge cost?"
        for (dir in dirs) {
            EdgeInfinite.open(dir).use { model ->
                TextSource.spool(stream.apply { reset() }, folder).use { text ->
                    val before = model.read(text).use { document ->
                        document.save(saved)
                        document.ask(question).await()
                    }
                    val after = model.restore(saved, text).use { it.ask(question).await() }
                    assertEquals(essence(before), essence(after))
                    for (quote in after.quotes) assertEquals(quote.text, report.substring(quote.start, quote.end))
                    assertTrue(after.quotes.isNotEmpty() || !after.found)
                }
            }
        }
    }

    @Test
    fun `it is private, and the only file`() = runTest {
        Tiny.open().use { model -> model.read(text).use { document -> repeat(2) { document.save(saved) } } }
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(saved.toPath())))
        assertEquals(listOf(saved), folder.listFiles()!!.toList())
    }

    @Test
    fun `a restored document may be saved over the file that it stands in`() = runTest {
        Tiny.open().use { model ->
            model.read(text).use { it.save(saved) }
            model.restore(saved, text).use { document ->
                document.save(saved)
                assertEquals(case.text, document.ask(case.question!!).await().text)
            }
            assertEquals(case.text, model.restore(saved, text).use { it.ask(case.question!!).await().text })
        }
    }

    @Test
    fun `wherever a file was damaged it is refused`() = runTest {
        Tiny.open().use { model ->
            model.read(text).use { it.save(saved) }
            val whole = saved.readBytes()
            for (length in listOf(0, 1, 31, 32, 100, whole.size / 2, whole.size - 1)) refuses(model, whole.copyOf(length), "state.damaged")
            refuses(model, whole + 0, "state.damaged")
            for (at in whole.indices step whole.size / 50) refuses(model, whole.changed(at), "state.damaged")
            refuses(model, "something else".toByteArray(), "state.damaged")
        }
    }

    @Test
    fun `what was saved of another model, of other sizes, of another text`() = runTest {
        Tiny.open().use { model -> model.read(text).use { it.save(saved) } }
        val whole = saved.readBytes()
        Tiny.open("large").use { refuses(it, whole, "state.model") }
        EdgeInfinite.open(Tiny.citing(folder.resolve("citing"))).use { refuses(it, whole, "state.model") }
        Tiny.open().use { model ->
            val sameLength = case.document.replaceFirst(case.document.first { it in 'a'..'y' }, 'z')
            refuses(model, whole, "state.document", TextSource.of(sameLength))
            refuses(model, whole, "state.document", TextSource.of(case.document + "."))
            assertThrows<TextException> { model.restore(saved, TextSource.file(folder.resolve("absent"))) }
        }
    }

    @Test
    fun `a file of a newer version is named as such`() = runTest {
        Tiny.open().use { model ->
            model.read(text).use { it.save(saved) }
            val whole = saved.readBytes()
            val version = whole[8]
            whole[8] = (version + 1).toByte()
            whole[12] = whole[8].toInt().inv().toByte()
            refuses(model, whole, "state.version")
        }
    }

    @Test
    fun `where it cannot be saved`() = runTest {
        val file = folder.resolve("text").apply { writeText(case.document) }
        Tiny.open().use { model ->
            model.read(TextSource.file(file)).use { document ->
                for (wrong in listOf(folder.resolve("absent/saved"), folder)) {
                    assertEquals("io", assertThrows<StorageException> { document.save(wrong) }.code)
                }
                assertThrows<IllegalArgumentException> { document.save(file) }
                assertEquals(case.document, file.readText())
                assertEquals(case.text, document.ask(case.question!!).await().text)
            }
        }
    }

    @Test
    fun `questions go on while it is saved`() = runTest {
        Tiny.open().use { model ->
            model.read(text).use { document ->
                val asking = List(2) { async { document.ask(case.question!!).await().text } }
                repeat(5) { document.save(saved) }
                for (answer in asking) assertEquals(case.text, answer.await())
            }
        }
    }

    @Test
    fun `a save that was cancelled at once leaves nothing`() {
        val model = NativeLibrary.natives.open(Tiny.dir.path.utf8(), "{}".utf8())
        val document = Native.document(model, case.document.utf8(), null, "{}".utf8())
        Native.cancel(document)
        assertEquals("cancelled", assertThrows<NativeException> { Native.save(document, saved.path.utf8()) }.code)
        assertEquals(0, folder.list()!!.size)
        Native.close(model)
    }

    @Test
    fun `cancelled at any moment there is the old file or the new, and none beside it`() = stoppedAtAnyMoment { _, saving ->
        saving.cancelAndJoin()
    }

    @Test
    fun `closed at any moment there is the old file or the new, and none beside it`() = stoppedAtAnyMoment { document, saving ->
        withContext(Dispatchers.IO) { document.close() }
        saving.join()
    }

    private fun stoppedAtAnyMoment(stop: suspend (Document, Job) -> Unit) = runBlocking {
        val long = TextSource.of("gora lu men ve la. ".repeat(40_000)) // its index takes some milliseconds to write
        Tiny.open().use { model ->
            model.read(long, { reading = Reading.Recall }).use { it.save(saved) }
            repeat(20) { round ->
                val document = model.restore(saved, long)
                val started = CompletableDeferred<Unit>()
                val failure = CompletableDeferred<Throwable?>()
                val saving = launch {
                    started.complete(Unit)
                    failure.complete(runCatching { document.save(saved) }.exceptionOrNull())
                }
                started.await()
                delay(round / 4L)
                stop(document, saving)
                val ending = failure.await()
                assertTrue(ending == null || ending is CancellationException || ending is ClosedException, "found $ending")
                document.close()
                assertEquals(listOf(saved), folder.listFiles()!!.toList())
            }
            model.restore(saved, long).use { assertEquals("lu?", it.ask("lu?").await().question) }
        }
    }

    private fun ByteArray.changed(at: Int) = copyOf().also { it[at] = (it[at] + 1).toByte() }

    private suspend fun refuses(model: Model, bytes: ByteArray, code: String, text: TextSource = this.text) {
        saved.writeBytes(bytes)
        val failure = assertThrows<SavedDocumentException> { model.restore(saved, text).close() }
        assertEquals(code, failure.code, failure.message)
        assertTrue(saved.path in failure.message!!, failure.message)
    }

    /** All but what it cost. */
    private fun essence(answer: Answer) = with(answer) { listOf(question, text, found, confidence, quotes, coverage, usage.promptTokens) }
}
