package dev.edgeinfinite

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

/** What the readings and their options make of a document. */
class ReadingTest {
    @TempDir
    lateinit var folder: File

    private val report = "# Report\n\nGora signed it in May.\n\n## Costs\n\n### Bridges\n\nThe bridge cost 4,711 crowns. Lu men ve la.\n"

    @Test
    fun `a quote knows the headings that it stands under`() = runTest {
        EdgeInfinite.open(Tiny.citing(folder.resolve("model"))).use { model ->
            model.read(TextSource.of(report)).use { document ->
                val answer = document.ask("bridge crowns").await()
                val cost = answer.quotes.single()
                assertEquals(answer.text, answer.text.substring(cost.answerStart, cost.answerEnd))
                assertEquals("The bridge cost 4,711 crowns.", cost.text)
                assertEquals(listOf("Report", "Costs", "Bridges"), cost.headings)
                assertEquals(listOf("Report"), document.ask("Gora signed").await().quotes.single().headings)
            }
        }
    }

    @Test
    fun `recall looks on in more prompts, or in all of the document`() = runTest {
        val text = (1..400).joinToString(" ") { "Gora number $it signed it." }
        EdgeInfinite.open(Tiny.citing(folder.resolve("model"), foundThreshold = 1_000_000)).use { model ->
            model.read(TextSource.of(text)).use { document ->
                suspend fun seen(options: AskOptions.() -> Unit): Int {
                    val answer = document.ask("Gora signed", options).await()
                    assertFalse(answer.found)
                    return answer.coverage.filter { it.kind == Coverage.Kind.Recalled }.sumOf { it.end - it.start }
                }
                val one = seen { recallPrompts = 1 }
                val two = seen { recallPrompts = 2 }
                val all = seen { reading = Reading.RecallAll }
                assertTrue(one in 1 until two && two < all, "$one, $two, $all")
                assertEquals(text.length, all)
            }
        }
    }

    @Test
    fun `a sure refusal sorts behind an answer`() = runTest {
        suspend fun answer(name: String, foundThreshold: Int): Answer =
            EdgeInfinite.open(Tiny.citing(folder.resolve(name), foundThreshold)).use { model ->
                model.read(TextSource.of(report)).use { it.ask("Gora signed").await() }
            }
        val found = answer("finds", foundThreshold = -100)
        val refused = answer("refuses", foundThreshold = 1_000_000)
        assertEquals(listOf(true, false), listOf(found.found, refused.found))
        assertTrue(refused.confidence > 0.9, "sure of the refusal: ${refused.confidence}")
        assertEquals(listOf(found.confidence, 1 - refused.confidence), listOf(found.foundConfidence, refused.foundConfidence))
        assertEquals(listOf(found, refused), listOf(refused, found).sortedByDescending { it.foundConfidence })
    }

    @Test
    fun `notes see the whole document`() = runTest {
        Tiny.open("large").use { model ->
            val answer = model.summarize(TextSource.of(Tiny.long.document)) { reading = Reading.Notes }.await()
            assertFalse(answer.coverage.any { it.kind == Coverage.Kind.Skipped })
        }
    }

    @Test
    fun `held to the document, an answer is made of quotes`() = runTest {
        Tiny.open().use { model ->
            val text = "Gora signed it in May. The bridge cost crowns. Lu men ve la. "
            model.read(TextSource.of(text)).use { document ->
                for (reading in listOf(Reading.Memory, Reading.Recall)) {
                    for (verbatim in listOf(false, true)) {
                        val answer = document.ask("gora?") {
                            this.reading = reading
                            this.verbatim = verbatim
                        }.await()
                        val quoted = answer.quotes.joinToString("\n") { text.substring(it.start, it.end) }
                        assertEquals(verbatim, answer.text == quoted, answer.text)
                    }
                }
            }
        }
    }

    @Test
    fun `a summary has the length and the form that was asked for`() = runTest {
        EdgeInfinite.open(Tiny.citing(folder.resolve("model"))).use { model ->
            model.read(TextSource.of(report.repeat(4))).use { document ->
                val short = document.summarize { length = 1 }.await()
                assertEquals(1, short.quotes.count { it.headings.lastOrNull() != it.text })
                val running = document.summarize { style = SummaryStyle.Paragraph }.await()
                assertFalse('\n' in running.text || running.quotes.any { it.headings.lastOrNull() == it.text })
                assertThrows(IllegalArgumentException::class.java) { document.summarize { length = 0 } }
            }
        }
    }

    @Test
    fun `a summary is about its focus, or is refused`() = runTest {
        val lease = "# Lease\n\nPets are not allowed.\n\n# Rent\n\nThe rent is 940 euros a month.\n\n# Keys\n\nThere are two keys.\n"
        EdgeInfinite.open(Tiny.repository.resolve("models/demo")).use { model ->
            model.read(TextSource.of(lease)).use { document ->
                val dues = document.summarize { focus = "what rent I must pay" }.await()
                assertTrue(dues.found && dues.refusal == null && "940 euros" in dues.text && "Pets" !in dues.text, dues.text)
                assertEquals(listOf("Lease", "Rent", "The rent is 940 euros a month."), dues.quotes.map { it.text })
                val none = document.summarize { focus = "chess openings" }.await()
                assertEquals(Refusal.NoWords, none.refusal)
                assertTrue(!none.found && none.text.isEmpty() && none.quotes.isEmpty())
                val notes = document.summarize {
                    focus = "rent"
                    reading = Reading.Notes
                }
                val refused = runCatching { notes.await() }.exceptionOrNull()
                assertTrue(refused is IllegalArgumentException && "memory or notes" in refused.message!!, "$refused")
                assertThrows(IllegalArgumentException::class.java) { document.summarize { focus = "" } }
            }
        }
    }

    @Test
    fun `a trimmed model answers as before`() = runTest {
        Tiny.open().use { model ->
            model.read(TextSource.of("Gora signed it in May.")).use { document ->
                val before = document.ask("Who?").await()
                model.trim()
                assertEquals(before.text, document.ask("Who?").await().text)
            }
            model.close()
            assertThrows(ClosedException::class.java) { model.trim() }
        }
    }
}
