package dev.edgeinfinite.testing

import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.Coverage
import dev.edgeinfinite.Field
import dev.edgeinfinite.FieldType
import dev.edgeinfinite.FieldValue
import dev.edgeinfinite.MissingValue
import dev.edgeinfinite.Reading
import dev.edgeinfinite.Refusal
import dev.edgeinfinite.Support
import dev.edgeinfinite.TextException
import dev.edgeinfinite.TextSource
import dev.edgeinfinite.Verdict
import dev.edgeinfinite.await
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.io.File
import java.io.IOException

/** What a test can tell the fake, and learn from it. */
class FakeModelTest {
    private val text = "Report\nGora signed it.\nIt was in May."
    private val model = FakeModel()

    @Test
    fun `an answer by question, with quotes where they stand`() = runTest {
        model.answer("Who signed, and when?", "Gora signed it.\nThat was\nIt was in May.")
        val answer = model.read(TextSource.of(text)).use { it.ask("Who signed, and when?").await() }
        assertEquals("Gora signed it.\nThat was\nIt was in May.", answer.text)
        assertEquals(listOf("Gora signed it.", "It was in May."), answer.quotes.map { text.substring(it.start, it.end) })
        val kinds = answer.coverage.map { text.substring(it.start, it.end) to it.kind }
        val expected = listOf(
            "Report\n" to Coverage.Kind.Skipped,
            "Gora signed it." to Coverage.Kind.Recalled,
            "\n" to Coverage.Kind.Skipped,
            "It was in May." to Coverage.Kind.Recalled,
        )
        assertEquals(expected, kinds)
    }

    @Test
    fun `an answer in every detail`() = runTest {
        val told = FakeAnswer("In May.").apply {
            found = true
            confidence = 0.5
            quotes = listOf("May")
            headings = listOf("Report")
            shortAnswer = "May"
            verdict = Verdict.Unclear
        }
        model.answer("When?", told)
        val answer = model.read(TextSource.of(text)).use { it.ask("When?").await() }
        val quote = answer.quotes.single()
        assertEquals("May", text.substring(quote.start, quote.end))
        assertEquals(listOf("Report"), quote.headings)
        assertEquals(quote, answer.shortAnswer)
        assertEquals(Verdict.Unclear, answer.verdict)
        assertEquals(0.5, answer.confidence)
        assertEquals(0.5, answer.foundConfidence)
        assertEquals(8, answer.usage.documentTokens)
        assertEquals(2, answer.usage.generatedTokens)
    }

    @Test
    fun `a field has the value that it was given, and else none`() = runTest {
        model.field("signed", FakeField(FieldValue.Text("Gora"), quote = "Gora signed it.").apply { words = "Gora" })
        model.field("paid", FakeField(value = null).apply { missing = MissingValue.SeveralValues })
        val fields = listOf(Field("signed"), Field("paid", FieldType.Amount), Field("due", FieldType.Date))
        val (signed, paid, due) = model.read(TextSource.of(text)).use { it.extract(fields).toList() }
        assertEquals(FieldValue.Text("Gora"), signed.value)
        assertEquals("Gora signed it.", signed.quotes.single().let { text.substring(it.start, it.end) })
        assertEquals("Gora", signed.words!!.let { text.substring(it.start, it.end) })
        assertEquals(listOf(MissingValue.SeveralValues, MissingValue.NotFound), listOf(paid.missing, due.missing))
        assertEquals("Extract(signed, paid, due)", "${model.calls.last()}")
        model.answer("How many?", FakeAnswer("2").apply { count = 2 })
        assertEquals(2L, model.read(TextSource.of(text)).ask("How many?").await().count)
    }

    @Test
    fun `it searches by whole words, and tells what stands in the document`() = runTest {
        model.read(TextSource.of(text)).use { document ->
            val found = document.search("may it was") { limit = 2 }
            assertEquals(listOf("It was in May.", "Gora signed it."), found.map { it.text })
            assertEquals(listOf("It", "was", "May"), found[0].matches.map { text.substring(it.start, it.end) })
            assertEquals(listOf("it"), found[1].words)
            assertEquals(1.0, found[0].score)
            val said = document.quotes("Gora signed it. It was in late May. Nobody knows!")
            assertEquals(listOf(Support.Verbatim, Support.Reworded, Support.None), said.map { it.support })
            assertEquals(listOf("Gora signed it.", "It was in May."), said.flatMap { it.quotes }.map { it.text })
            assertEquals(Support.Reworded, document.quotes("May", "When was it?").single().support)
        }
        assertEquals(listOf("Search(may it was)", "Quotes(May)"), model.calls.map { "$it" }.slice(listOf(1, 3)))
        model.fail<FakeCall.Search>(TextException("text.changed", "it changed"))
        model.read(TextSource.of(text)).use { document -> assertThrows<TextException> { document.search("May") } }
    }

    @Test
    fun `a follow-up in a document's chat says what was asked`() = runTest {
        model.answer("And when?", FakeAnswer("It was in May.").apply { resolvedQuestion = "When was it signed?" })
        model.read(TextSource.of(text)).use { document ->
            val answer = document.chat().use { it.ask("And when?").await() }
            assertEquals("When was it signed?", answer.resolvedQuestion)
            assertEquals("It was in May.", answer.quotes.single().text)
            assertNull(document.ask("And when?").await().resolvedQuestion)
        }
        assertEquals(listOf("Read", "DocumentChat", "AskInChat(And when?)", "Ask(And when?)"), model.calls.map { it.toString() })
    }

    @Test
    fun `by itself it finds nothing, and a summary is the first line`() = runTest {
        model.read(TextSource.of(text)).use { document ->
            val refused = document.ask("Why?").await()
            assertEquals(listOf(false, 1.0, 0.0), listOf(refused.found, refused.confidence, refused.foundConfidence))
            assertEquals(Refusal.NoAnswer, refused.refusal)
            val other = FakeAnswer("").apply {
                found = false
                refusal = Refusal.OtherLanguage
            }
            model.answer("Warum?", other)
            assertEquals(Refusal.OtherLanguage, document.ask("Warum?").await().refusal)
            assertNull(document.summarize().await().refusal)
            assertEquals("Report", document.summarize().await().text)
        }
        assertEquals("Report", model.summarize(TextSource.of(text)).await().text)
    }

    @Test
    fun `a script answers what no answer was given for`() = runTest {
        model.answer(null, "All of it.")
        model.script = FakeScript { question, document -> FakeAnswer("$question ${document.length}") }
        model.read(TextSource.of(text)).use { document ->
            assertEquals("Why? ${text.length}", document.ask("Why?").await().text)
            assertEquals("All of it.", document.summarize().await().text)
        }
        assertEquals("Hello 0", model.chat().use { it.send("Hello").await().text })
    }

    @Test
    fun `a quote that does not stand in the document is a mistake of the test`() = runTest {
        model.answer("Who?", FakeAnswer("Lu.").apply { quotes = listOf("Lu") })
        model.read(TextSource.of(text)).use { document ->
            assertThrows<IllegalArgumentException> { document.ask("Who?").await() }
        }
    }

    @Test
    fun `text comes in pieces that add up, whatever it is made of`() = runTest {
        for (said in listOf("", " ", "one", "  two  words\n", "魚のスープ", "👩🏽‍🚀 🐟\n\n\tשלום")) {
            model.answer("Say it", FakeAnswer(said))
            val events = model.chat().send("Say it").toList()
            assertEquals(said, events.filterIsInstance<AnswerEvent.TextDelta>().joinToString("") { it.delta })
            assertEquals(said, (events.last() as AnswerEvent.Done).answer.text)
        }
    }

    @Test
    fun `every call is written down with what it was given`() = runTest {
        val document = model.read(TextSource.of(text), { reading = Reading.Memory })
        val never = document.ask("Never collected")
        repeat(2) { document.ask("Who?") { maxOutputTokens = 7 }.await() }
        model.summarize(TextSource.of(text)) { verbatim = true }.await()
        model.chat().send("Hello").await()
        val expected = listOf("Read", "Ask(Who?)", "Ask(Who?)", "Read", "Summarize", "Chat", "Send(Hello)")
        assertEquals(expected, model.calls.map { it.toString() })
        assertEquals(Reading.Memory, model.calls.filterIsInstance<FakeCall.Read>().first().options.reading)
        assertEquals(7, model.calls.filterIsInstance<FakeCall.Ask>().first().options.maxOutputTokens)
        assertTrue(model.calls.filterIsInstance<FakeCall.Summarize>().single().options.verbatim)
        never.await()
        assertEquals("Ask(Never collected)", model.calls.last().toString())
    }

    @Test
    fun `a summary with a focus has an answer of its own, or the summary's`() = runTest {
        val document = model.read(TextSource.of(text))
        model.answer(null, "All of it.")
        model.answer("what I must pay", FakeAnswer("").apply { found = false })
        assertEquals("All of it.", document.summarize { focus = "birds" }.await().text)
        val refused = document.summarize { focus = "what I must pay" }.await()
        assertEquals(Refusal.NoAnswer, refused.refusal)
        assertFalse(refused.found)
        assertEquals("Summarize(what I must pay)", model.calls.last().toString())
        assertThrows<IllegalArgumentException> { document.summarize { focus = " " } }
    }

    @Test
    fun `a failure on demand comes once, to that kind of call`() = runTest {
        val failure = TextException("text.encoding", "found a PDF")
        model.fail<FakeCall.Read>(failure)
        assertSame(failure, assertThrows<TextException> { model.read(TextSource.of(text)) })
        val document = model.read(TextSource.of(text))
        val full = IOException("full")
        model.fail<FakeCall.Save>(full)
        document.ask("Who?").await()
        assertSame(full, assertThrows<IOException> { document.save(File("never")) })
    }

    @Test
    fun `an answer can break off`() = runTest {
        val failure = IllegalStateException("enough")
        model.answer("Who?", FakeAnswer("Gora and").apply { this.failure = failure })
        val document = model.read(TextSource.of(text))
        val said = StringBuilder()
        val thrown = assertThrows<IllegalStateException> {
            document.ask("Who?").collect { if (it is AnswerEvent.TextDelta) said.append(it.delta) }
        }
        assertSame(failure, thrown)
        assertEquals("Gora and", said.toString())
    }

    @Test
    @OptIn(ExperimentalCoroutinesApi::class) // currentTime, runCurrent
    fun `it is as slow as a test wants`() = runTest {
        model.answer("Who?", "Gora signed it.")
        val document = model.read(TextSource.of(text))
        model.pace = { delay(1_000) }
        val before = currentTime
        val events = document.ask("Who?").toList()
        assertEquals(1_000L * events.size, currentTime - before)

        val go = Channel<Unit>()
        model.pace = { go.receive() }
        val seen = mutableListOf<AnswerEvent>()
        val asking = launch { document.ask("Who?").collect(seen::add) }
        for (count in 1..events.size) {
            assertEquals(count - 1, seen.size)
            go.send(Unit)
            runCurrent()
            assertEquals(count, seen.size)
        }
        asking.join()
        assertEquals(events, seen)
    }

    @Test
    fun `it says of itself what a folder would`() {
        val info = FakeModel("mine").info
        assertEquals("mine", info.name)
        assertEquals(listOf(info.defaultScenario), info.scenarios.map { it.name })
        assertEquals(info, FakeModel("mine").info)
    }

    @Test
    fun `what was not closed is counted`() = runTest {
        val document = model.read(TextSource.of(text))
        val chat = model.chat()
        assertEquals(2, model.openChildren)
        document.close()
        assertEquals(1, model.openChildren)
        assertFalse(model.isClosed)
        model.close()
        assertEquals(0, model.openChildren)
        assertTrue(model.isClosed)
        chat.close()
    }
}
