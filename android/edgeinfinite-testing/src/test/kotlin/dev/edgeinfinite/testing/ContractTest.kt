package dev.edgeinfinite.testing

import dev.edgeinfinite.Accelerator
import dev.edgeinfinite.Answer
import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.ClosedException
import dev.edgeinfinite.EdgeInfinite
import dev.edgeinfinite.EdgeInfiniteException
import dev.edgeinfinite.Field
import dev.edgeinfinite.FieldType
import dev.edgeinfinite.Model
import dev.edgeinfinite.Reading
import dev.edgeinfinite.SavedDocumentException
import dev.edgeinfinite.Support
import dev.edgeinfinite.TextException
import dev.edgeinfinite.TextSource
import dev.edgeinfinite.await
import dev.edgeinfinite.text
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.job
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource
import java.io.File

/** One table of promises, kept by the engine and by its fake: so that what an app's tests see is what its users get. */
class ContractTest {
    @TempDir
    lateinit var folder: File

    enum class Kind(val open: suspend () -> Model, val other: suspend () -> Model) {
        Engine({ EdgeInfinite.open(tiny) }, { EdgeInfinite.open(tiny) { scenario = "large" } }),
        Fake({ fake("one") }, { fake("another") }),
    }

    private val words = "🐟 gora lu men ve la.\n".repeat(100)
    private val question = "gora lu?"

    @ParameterizedTest
    @EnumSource
    fun `text that adds up, then one end`(kind: Kind) = check(kind) { model ->
        model.read(TextSource.of(words)).use { document ->
            val flow = document.ask(question)
            val events = flow.toList()
            val order = events.map { it::class }.distinct() - AnswerEvent.Progress::class // there may be none, of a short prompt
            assertEquals(listOf(AnswerEvent.TextDelta::class, AnswerEvent.Done::class), order)
            val answer = (events.last() as AnswerEvent.Done).answer
            assertEquals(1, events.count { it is AnswerEvent.Done })
            assertEquals(question, answer.question)
            assertEquals(answer.text, events.filterIsInstance<AnswerEvent.TextDelta>().joinToString("") { it.delta })
            assertEquals(answer.text, flow.text().toList().joinToString(""), "cold: the same again")
            assertTrue(answer.confidence in 0.0..1.0 && answer.foundConfidence in 0.0..1.0)
            assertPlaces(answer)
        }
    }

    @ParameterizedTest
    @EnumSource
    fun `the text is there to be shown, part by part`(kind: Kind) = check(kind) { model ->
        val document = model.read(TextSource.of(words))
        assertEquals(words, document.text())
        assertEquals("🐟 gora", document.text(end = 7))
        assertEquals(listOf("🐟", "🐟", " gora"), listOf(document.text(0, 1), document.text(1, 2), document.text(2, 7)))
        assertEquals(listOf("la.\n", "", ""), listOf(words.length - 4, words.length, Int.MAX_VALUE).map { document.text(it) })
        for ((start, end) in listOf(-1 to 2, 3 to 2)) assertThrows<IllegalArgumentException> { document.text(start, end) }
        document.close()
        assertClosed { document.text() }
    }

    @ParameterizedTest
    @EnumSource
    fun `passages and statements stand where they say`(kind: Kind) = check(kind) { model ->
        val document = model.read(TextSource.of("🐟 The north gate opens with the code 4711.\nThe south gate is closed in winter.\n"))
        val text = document.text()
        val found = document.search("which code opens the north gate")
        assertTrue(found.isNotEmpty())
        for (passage in found) {
            assertEquals(passage.text, text.substring(passage.start, passage.end))
            assertTrue(passage.sentence.start >= passage.start && passage.sentence.end <= passage.end && passage.words.isNotEmpty())
            for (match in passage.matches) assertTrue(text.substring(match.start, match.end) in passage.text)
        }
        assertEquals(found.drop(1), document.search("which code opens the north gate") { offset = 1 })
        assertEquals(emptyList<Any>(), document.search("zeppelin"))
        val said = "- The south gate is closed in winter.\n- I hope this helps."
        val statements = document.quotes(said)
        assertEquals(listOf(Support.Verbatim, Support.None), statements.map { it.support })
        for (statement in statements) assertEquals(statement.text, said.substring(statement.start, statement.end))
        val quote = statements.first().quotes.single()
        assertEquals(quote.text, text.substring(quote.start, quote.end))
        assertEquals(quote.text, said.substring(quote.answerStart, quote.answerEnd))
        assertEquals(emptyList<Any>(), document.quotes(""))
        for (empty in listOf("", " \n")) assertThrows<IllegalArgumentException> { document.search(empty) }
        assertThrows<IllegalArgumentException> { document.quotes("The gate.", " ") }
        assertThrows<IllegalArgumentException> { document.quotes("x".repeat((1 shl 20) + 1)) }
        document.close()
        assertClosed { document.search("gate") }
        assertClosed { document.quotes("gate") }
    }

    @ParameterizedTest
    @EnumSource
    fun `fields come in their order and are refused where they cannot be asked for`(kind: Kind) = check(kind) { model ->
        val document = model.read(TextSource.of("Tenant: Ada Lund\nPets: no\nThe rent is 840 euros.\n"))
        val fields = listOf(Field("tenant"), Field("zeppelin", FieldType.Date, "When does the zeppelin land in Rosario?"))
        val found = document.extract(fields).toList()
        assertEquals(listOf("tenant" to FieldType.Text, "zeppelin" to FieldType.Date), found.map { it.name to it.type })
        for (field in found) assertEquals(field.value == null, field.missing != null)
        assertEquals(found, document.extract(fields).toList(), "cold: the same again")
        for (wrong in listOf(
            emptyList(),
            fields + fields,
            List(101) {
                Field("f$it")
            },
            listOf(Field(" ")),
            listOf(Field("a", question = "")),
        )) {
            assertThrows<IllegalArgumentException> { document.extract(wrong).collect() }
        }
        document.close()
        assertClosed { document.extract(fields).collect() }
    }

    @ParameterizedTest
    @EnumSource
    fun `a summary has no question`(kind: Kind) = check(kind) { model ->
        val answer = model.summarize(TextSource.of(words)).await()
        assertEquals(null, answer.question)
        assertPlaces(answer)
    }

    @ParameterizedTest
    @EnumSource
    fun `says what it runs on, also when it was closed`(kind: Kind) = check(kind) { model ->
        model.close()
        val execution = model.execution
        assertEquals(Accelerator.Cpu, execution.accelerator)
        assertEquals(listOf(Accelerator.Cpu), execution.requested)
        assertEquals(emptyList<Any>(), execution.skipped)
    }

    @ParameterizedTest
    @EnumSource
    fun `reading goes to a hundred percent`(kind: Kind) = check(kind) { model ->
        val percents = mutableListOf<Int>()
        model.read(TextSource.of(words)) { percents += it.percent }.close()
        assertEquals(percents.sorted(), percents)
        assertEquals(100, percents.last())
        assertTrue(percents.distinct().size > 2)
    }

    @ParameterizedTest
    @EnumSource
    fun `what is closed refuses with an exception of its own`(kind: Kind) = check(kind) { model ->
        val document = model.read(TextSource.of(words))
        val kept = model.read(TextSource.of("gora lu men"))
        repeat(2) { document.close() }
        assertClosed { document.ask(question).collect() }
        assertClosed { document.summarize().collect() }
        assertClosed { document.save(folder.resolve("saved")) }
        kept.ask(question).await()
        repeat(2) { model.close() }
        assertClosed { kept.ask(question).collect() }
        assertClosed { model.read(TextSource.of("gora")) }
        assertClosed { model.restore(folder.resolve("saved"), TextSource.of("gora")) }
        assertClosed { model.chat() }
        assertEquals(0, folder.list()!!.size)
    }

    @ParameterizedTest
    @EnumSource
    fun `closed at work it ends the work`(kind: Kind) = check(kind) { model ->
        val document = model.read(TextSource.of(words))
        var events = 0
        assertClosed { document.ask(question).collect { if (++events == 2) document.close() } }
        assertEquals(2, events)
        assertClosed { model.read(TextSource.of(words)) { model.close() } }
    }

    @ParameterizedTest
    @EnumSource
    fun `cancelled is not closed`(kind: Kind) = check(kind) { model ->
        val document = model.read(TextSource.of(words))
        var failure: Throwable? = null
        val asking = launch {
            failure = runCatching { document.ask(question).collect { coroutineContext.job.cancel() } }.exceptionOrNull()
        }
        asking.join()
        assertTrue(failure is CancellationException && failure !is ClosedException, "found $failure")
        document.ask(question).await()
    }

    @ParameterizedTest
    @EnumSource
    fun `a question without words, or for another reading`(kind: Kind) = check(kind) { model ->
        val document = model.read(TextSource.of(words), { reading = Reading.Recall })
        for (empty in listOf("", " \n")) assertThrows<IllegalArgumentException> { document.ask(empty).await() }
        val unread = runCatching { document.ask(question) { reading = Reading.Memory }.await() }.exceptionOrNull()
        assertEquals(IllegalStateException::class, unread!!::class)
    }

    @ParameterizedTest
    @EnumSource
    fun `no text`(kind: Kind) = check(kind) { model ->
        assertCode("text.missing") { model.read(TextSource.file(folder.resolve("absent"))) }
        assertCode("text.empty") { model.read(TextSource.of("")) }
    }

    @ParameterizedTest
    @EnumSource
    fun `saved and restored it answers the same`(kind: Kind) = check(kind) { model ->
        val saved = folder.resolve("saved")
        val text = TextSource.of(words)
        val before = model.read(text).use { document ->
            document.save(saved)
            document.ask(question).await()
        }
        val after = model.restore(saved, text).use { it.ask(question).await() }
        assertEquals(before.text, after.text)
        assertEquals(before.quotes, after.quotes)
        assertEquals(before.coverage, after.coverage)
        assertEquals(listOf("saved"), folder.list()!!.toList())
    }

    @ParameterizedTest
    @EnumSource
    fun `what cannot be restored says why`(kind: Kind) = check(kind) { model ->
        val saved = folder.resolve("saved")
        val text = TextSource.of(words)
        assertCode("state.missing") { model.restore(saved, text) }
        model.read(text).use { it.save(saved) }
        assertCode("state.document") { model.restore(saved, TextSource.of(words.replace("lu", "la"))) }
        kind.other().use { other -> assertCode("state.model") { other.restore(saved, text) } }
        val whole = saved.readBytes()
        saved.writeBytes(whole.copyOf(whole.size / 2))
        assertCode("state.damaged") { model.restore(saved, text) }
        saved.writeBytes(whole.also { it[it.size / 2] = (it[it.size / 2] + 1).toByte() })
        assertCode("state.damaged") { model.restore(saved, text) }
        saved.writeText("something else")
        assertCode("state.damaged") { model.restore(saved, text) }
    }

    @ParameterizedTest
    @EnumSource
    fun `a cancelled reading goes on where it was`(kind: Kind) = check(kind) { model ->
        val checkpoint = folder.resolve("checkpoint")
        val text = TextSource.of(words)
        val whole = mutableListOf<Long>()
        val expected = model.read(text) { whole += it.tokensDone }.use { it.ask(question).await() }
        val first = mutableListOf<Long>()
        launch {
            model.read(text, { resume = checkpoint }) {
                first += it.tokensDone
                if (first.size == whole.size / 2) coroutineContext.job.cancel()
            }
        }.join()
        assertCode("state.unfinished") { model.restore(checkpoint, text) }
        val rest = mutableListOf<Long>()
        val document = model.read(text, { resume = checkpoint }) { rest += it.tokensDone }
        assertEquals(whole, first + rest)
        assertEquals(expected.text, document.use { it.ask(question).await().text })
        model.read(text, { resume = checkpoint }) { error("nothing is left to read") }.close()
        assertEquals(expected.text, model.restore(checkpoint, text).use { it.ask(question).await().text })
        assertCode("state.document") { model.read(TextSource.of(words.drop(3)), { resume = checkpoint }) }
    }

    @ParameterizedTest
    @EnumSource
    fun `a chat takes turns`(kind: Kind) = check(kind) { model ->
        val chat = model.chat()
        chat.send("never mind").take(1).collect()
        val order = mutableListOf<String?>()
        val turns = listOf("gora", "lu", "men")
        turns.map { turn -> launch { order += chat.send(turn).await().question } }.joinAll()
        assertEquals(turns, order)
        assertThrows<IllegalArgumentException> { chat.send(" ").await() }
        val within = runCatching { chat.send("gora").collect { chat.send("lu").collect() } }.exceptionOrNull()
        assertEquals(IllegalStateException::class, within!!::class)
        assertClosed { chat.send("gora").collect { chat.close() } }
        assertClosed { chat.send("gora").collect() }
    }

    @ParameterizedTest
    @EnumSource
    fun `a document's chat takes turns`(kind: Kind) = check(kind) { model ->
        val document = model.read(TextSource.of(words))
        val chat = document.chat()
        chat.ask("gora men?").take(1).collect()
        val order = mutableListOf<String?>()
        val turns = listOf("gora lu?", "gora men?", "gora ve?")
        turns.map { turn -> launch { order += chat.ask(turn).await().question } }.joinAll()
        assertEquals(turns, order)
        assertThrows<IllegalArgumentException> { chat.ask(" ").await() }
        val within = runCatching { chat.ask(question).collect { chat.ask(question).collect() } }.exceptionOrNull()
        assertEquals(IllegalStateException::class, within!!::class)
        assertClosed { chat.ask(question).collect { chat.close() } }
        assertClosed { chat.ask(question).collect() }
        document.close()
        assertClosed { document.chat() }
    }

    private fun check(kind: Kind, promise: suspend CoroutineScope.(Model) -> Unit) = runTest {
        kind.open().use { promise(it) }
    }

    /** Quotes stand where they say; coverage is the whole text without a gap. */
    private fun assertPlaces(answer: Answer) {
        for (quote in answer.quotes) assertEquals(words.substring(quote.start, quote.end), quote.text)
        assertEquals(0, answer.coverage.first().start)
        assertEquals(words.length, answer.coverage.last().end)
        for ((one, next) in answer.coverage.zipWithNext()) assertEquals(one.end, next.start)
        assertFalse(answer.coverage.any { it.start >= it.end })
    }

    private suspend fun assertClosed(block: suspend () -> Unit) {
        val failure = runCatching { block() }.exceptionOrNull()
        assertTrue(failure is ClosedException, "found $failure")
    }

    private suspend fun assertCode(code: String, block: suspend () -> Unit) {
        val failure = runCatching { block() }.exceptionOrNull()
        assertEquals(code, (failure as? EdgeInfiniteException)?.code, "found $failure")
        val type = if (code.startsWith("text")) TextException::class else SavedDocumentException::class
        assertEquals(type, failure!!::class)
    }

    companion object {
        private val tiny = File(System.getProperty("repository"), "models/tiny")

        private fun fake(name: String) = FakeModel(name).apply {
            script = FakeScript { _, document -> FakeAnswer(document.lines().drop(2).take(2).joinToString("\n")) }
        }
    }
}
