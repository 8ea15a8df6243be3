package dev.edgeinfinite

import dev.edgeinfinite.internal.Native
import dev.edgeinfinite.internal.NativeException
import dev.edgeinfinite.internal.NativeLibrary
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** A conversation, turn by turn. */
class ChatTest {
    private val turns = listOf("gora tan ve", "lu wilde 🐟?", "de fi go lu men nor ra")

    @Test
    fun `a turn goes on from those before`() = runTest {
        Tiny.open().use { model ->
            val said = model.chat().use { chat -> turns.map { chat.send(it).await() } }
            assertEquals(turns, said.map { it.question })
            val alone = turns.map { turn -> model.chat().use { it.send(turn).await() } }
            assertEquals(alone.first().text, said.first().text)
            assertNotEquals(alone.map { it.text }, said.map { it.text })
            assertTrue(said.all { it.quotes.isEmpty() && it.coverage.isEmpty() && it.usage.generatedTokens > 0 })
        }
    }

    @Test
    fun `text that adds up, then one end`() = runTest {
        Tiny.open().use { model ->
            val events = model.chat().use { it.send(turns.first()).toList() }
            val answer = (events.last() as AnswerEvent.Done).answer
            assertEquals(1, events.count { it is AnswerEvent.Done })
            assertEquals(answer.text, events.filterIsInstance<AnswerEvent.TextDelta>().joinToString("") { it.delta })
        }
    }

    @Test
    fun `a turn that was cancelled or left was never said`() = runTest {
        Tiny.open().use { model ->
            val expected = model.chat().use { chat -> turns.map { chat.send(it).await().text } }
            model.chat().use { chat ->
                val said = turns.map { turn ->
                    chat.send("never mind").take(2).collect()
                    launch { chat.send("never mind").collect { coroutineContext.job.cancel() } }.join()
                    chat.send(turn).await().text
                }
                assertEquals(expected, said)
            }
        }
    }

    @Test
    fun `two at once take turns, first come first served`() = runTest {
        Tiny.open().use { model ->
            val expected = model.chat().use { chat -> turns.map { chat.send(it).await().text } }
            model.chat().use { chat ->
                val order = mutableListOf<String?>()
                val said = turns.map { turn ->
                    async(start = CoroutineStart.UNDISPATCHED) {
                        chat.send(turn).onEach { if (it is AnswerEvent.Done) order += it.answer.question }.await().text
                    }
                }
                assertEquals(expected, said.awaitAll())
                assertEquals(turns, order)
            }
        }
    }

    @Test
    fun `a turn within a turn is refused, not waited for`() = runTest {
        Tiny.open().use { model ->
            model.chat().use { chat ->
                val failure = runCatching { chat.send("gora").collect { chat.send("lu").collect() } }.exceptionOrNull()
                assertEquals(IllegalStateException::class, failure!!::class)
                chat.send("gora").await()
            }
        }
    }

    @Test
    fun `the engine itself does one turn at a time`() {
        val model = NativeLibrary.natives.open(Tiny.dir.path.utf8(), "{}".utf8())
        val chat = Native.chat(model)
        val first = Native.send(chat, "gora".utf8(), "{}".utf8())
        assertEquals("call.busy", assertThrows<NativeException> { Native.send(chat, "lu".utf8(), "{}".utf8()) }.code)
        Native.close(first)
        Native.close(Native.send(chat, "lu".utf8(), "{}".utf8()))
        Native.close(model)
    }

    @Test
    fun `closed before or between two runs it says so`() = runTest {
        Tiny.open().use { model ->
            val chat = model.chat()
            var events = 0
            val waiting = async { runCatching { chat.send("lu").collect() }.exceptionOrNull() }
            val failure = runCatching { chat.send("gora").collect { if (++events == 2) chat.close() } }.exceptionOrNull()
            for (end in listOf(failure, waiting.await())) assertInstanceOf(ClosedException::class.java, end)
            assertEquals(2, events)
            assertThrows<ClosedException> { chat.send("gora").collect() }
            repeat(2) { chat.close() }
        }
    }

    @Test
    fun `what cannot be said`() = runTest {
        Tiny.open().use { model ->
            model.chat().use { chat ->
                for (empty in listOf("", " \n")) assertThrows<IllegalArgumentException> { chat.send(empty).await() }
                assertEquals(2, chat.send("gora") { maxOutputTokens = 2 }.await().usage.generatedTokens)
            }
        }
    }

    @Test
    fun `a model that was not made for it`() = runTest {
        EdgeInfinite.open(Tiny.repository.resolve("models/demo")).use { model ->
            assertEquals("model.no_chat", assertThrows<ModelException> { model.chat() }.code)
        }
    }
}
