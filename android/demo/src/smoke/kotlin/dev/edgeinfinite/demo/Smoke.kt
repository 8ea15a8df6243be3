package dev.edgeinfinite.demo

import androidx.test.platform.app.InstrumentationRegistry
import dev.edgeinfinite.EdgeInfinite
import dev.edgeinfinite.Model
import dev.edgeinfinite.Reading
import dev.edgeinfinite.TextSource
import dev.edgeinfinite.android.installModel
import dev.edgeinfinite.android.stateFolder
import dev.edgeinfinite.await
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Assert.fail
import org.junit.Test

/** Whether the library lives: on a phone by src/androidTest, on a desk by src/test. Names without spaces, which Android knows since 11. */
abstract class Smoke {
    private val context = InstrumentationRegistry.getInstrumentation().targetContext
    private val handbook = context.assets.open("handbook.md").use { it.reader().readText() }

    private fun withModel(block: suspend (Model) -> Unit) = runBlocking {
        EdgeInfinite.open(context.installModel("demo")).use { block(it) }
    }

    @Test
    fun theModelAnswersWithAQuote() = withModel { model ->
        model.read(TextSource.of(handbook)).use { document ->
            val answer = document.ask(QUESTION).await()
            val quote = answer.quotes.first()
            assertTrue(quote.text, ANSWER in quote.text)
            assertEquals(quote.text, handbook.substring(quote.start, quote.end))
            assertTrue("${answer.usage}", answer.usage.ttftMs > 0 && answer.usage.peakRssBytes > answer.usage.stateBytes)
        }
    }

    @Test
    fun aSavedDocumentAnswersAgain() {
        val saved = context.stateFolder().resolve("smoke.state")
        try {
            withModel { model -> model.read(TextSource.of(handbook)).use { it.save(saved) } }
            withModel { model ->
                model.restore(saved, TextSource.of(handbook)).use { assertTrue(ANSWER in it.ask(QUESTION).await().text) }
            }
        } finally {
            saved.delete()
        }
    }

    @Test
    fun aCancelledReadingGoesOn() = withModel { model ->
        val checkpoint = context.stateFolder().resolve("smoke.checkpoint")
        try {
            var read = 0L
            try {
                model.read(
                    TextSource.of(handbook),
                    {
                        reading = Reading.Memory
                        resume = checkpoint
                    },
                ) { now ->
                    read = now.tokensDone
                    if (read > 0) throw CancellationException("enough")
                }
                fail("it was read to its end")
            } catch (_: CancellationException) {
                assertTrue(checkpoint.exists())
            }
            var first: Long? = null
            val onwards = model.read(
                TextSource.of(handbook),
                {
                    reading = Reading.Memory
                    resume = checkpoint
                },
            ) { now -> if (first == null) first = now.tokensDone }
            onwards.use { document ->
                assertTrue("$first after $read", first!! >= read)
                assertTrue(ANSWER in document.ask(QUESTION) { reading = Reading.Recall }.await().text)
            }
        } finally {
            checkpoint.delete()
        }
    }

    @Test
    fun aShelfKeepsItsDocuments() {
        val folder = context.noBackupFilesDir.resolve("smoke-shelf")
        try {
            withModel { model -> model.shelf(folder).use { it.add("handbook", TextSource.of(handbook)) } }
            withModel { model ->
                model.shelf(folder).use { shelf ->
                    val quote = shelf.ask(QUESTION).await().quotes.first()
                    assertEquals("handbook", quote.document)
                    assertTrue(quote.text, ANSWER in quote.text)
                }
            }
        } finally {
            folder.deleteRecursively()
        }
    }

    private companion object {
        const val QUESTION = "Which code opens the north gate?"
        const val ANSWER = "4711"
    }
}
