package dev.edgeinfinite

import dev.edgeinfinite.internal.answerEvent
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** A folder that holds a reader alone: it answers questions, and nothing else. */
@OptIn(EdgeInfiniteInternalApi::class)
class ReaderTest {
    private val dir = Tiny.dir.resolveSibling("tiny-reader")
    private val text = "# Lease\n\nThe lease of the house was signed by Ada Brown in June 1904. Rent is due in May."

    @Test
    fun `a question is answered with a sentence and its words`() = runTest {
        EdgeInfinite.open(dir).use { model ->
            assertEquals("fp32", model.execution.precision)
            model.read(TextSource.of(text)).use { document ->
                val answer = document.ask("Who signed the lease?").await()
                assertTrue(answer.found)
                assertEquals("The lease of the house was signed by Ada Brown in June 1904.", answer.quotes.first().text)
                val short = answer.shortAnswer!!
                assertEquals(short.text, text.substring(short.start, short.end))
                assertEquals(short.text, answer.text.substring(short.answerStart, short.answerEnd))
                assertNull(answer.verdict)
                assertNull(document.ask("Was it signed by Ada Brown in June?").await().shortAnswer)
            }
        }
    }

    @Test
    fun `it refuses what takes a language model`() = runTest {
        EdgeInfinite.open(dir).use { model ->
            model.read(TextSource.of(text)).use { document ->
                assertEquals(0, document.summarize().await().usage.graphRuns)
                assertTrue("Ada Brown" in document.summarize { length = 2 }.await().text)
                val refused = assertThrows<ModelException> { document.summarize { reading = Reading.Notes }.await() }
                assertEquals("model.no_generator", refused.code)
            }
            assertEquals("model.no_generator", assertThrows<ModelException> { model.chat() }.code)
        }
    }

    @Test
    fun `inspect tells a reader from a language model`() = runTest {
        val alone = EdgeInfinite.inspect(dir)
        assertFalse(alone.generator)
        assertEquals("reader.onnx", alone.reader!!.file)
        assertEquals(alone.folderBytes, alone.reader!!.bytes)
        assertTrue(alone.scenarios.isEmpty() && alone.reader!!.memory.peakBytes > alone.reader!!.memory.weightsBytes)
        val tiny = EdgeInfinite.inspect(Tiny.dir)
        assertTrue(tiny.generator && tiny.reader == null)
    }

    @Test
    fun `a verdict is read by its name`() {
        val answer = """{"type":"done","answer":{"question":"Is it?","text":"It is.","found":true,"confidence":1,"quotes":[],
            "short_answer":null,"verdict":"unclear","coverage":[],"usage":{"document_tokens":1,"prompt_tokens":1,"generated_tokens":0,
            "graph_runs":1,"index_ms":0,"read_ms":0,"ttft_ms":0,"decode_tokens_per_second":null,"state_bytes":0,"index_bytes":0,
            "peak_rss_bytes":0}}}"""
        assertEquals(Verdict.Unclear, (answer.utf8().answerEvent() as AnswerEvent.Done).answer.verdict)
        val codes = mapOf(
            "other_language" to Refusal.OtherLanguage,
            "no_words" to Refusal.NoWords,
            "no_answer" to Refusal.NoAnswer,
            "unsupported" to Refusal.Unsupported,
        )
        for ((code, refusal) in codes) {
            val refused = answer.replace("\"found\":true", "\"found\":false,\"refusal\":\"$code\"")
            assertEquals(refusal, (refused.utf8().answerEvent() as AnswerEvent.Done).answer.refusal)
        }
    }

    @Test
    fun `a refusal says what it rests on`() = runTest {
        EdgeInfinite.open(Tiny.dir.resolveSibling("demo")).use { model ->
            model.read(TextSource.of(text)).use { document ->
                assertEquals(Refusal.OtherLanguage, document.ask("Wer hat denn die Schlüssel vom Rathaus?").await().refusal)
                assertEquals(Refusal.NoWords, document.ask("How many pancakes did they bake?").await().refusal)
                assertNull(document.ask("Who signed the lease?").await().refusal)
            }
        }
    }
}
