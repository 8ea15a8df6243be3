package dev.edgeinfinite

import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Follow-up questions to a document. */
class DocumentChatTest {
    private val text = "# Lease\n\nThe boiler is serviced every September by the firm Halberg. " +
        "The landlord bears the cost of servicing the boiler. " +
        "The rent is due on the third working day. Cats may be kept without asking."

    private suspend fun asking(check: suspend (Document) -> Unit) {
        EdgeInfinite.open(Tiny.repository.resolve("models/demo")).use { model -> model.read(TextSource.of(text)).use { check(it) } }
    }

    @Test
    fun `a follow-up is put in full, and a question of its own is not`() = runTest {
        asking { document ->
            val turns = document.chat().use { chat ->
                listOf("When is the boiler serviced?", "And who pays for it?", "When is the rent due?").map { chat.ask(it).await() }
            }
            assertEquals(listOf(null, "Who pays for the boiler?", null), turns.map { it.resolvedQuestion })
            assertEquals("And who pays for it?", turns[1].question)
            assertTrue("third working day" in turns[2].text, turns[2].text)
            val alone = document.ask("And who pays for it?").await()
            assertNull(alone.resolvedQuestion)
        }
    }

    @Test
    fun `a turn that was left was never asked`() = runTest {
        asking { document ->
            document.chat().use { chat ->
                chat.ask("When is the boiler serviced?").await()
                chat.ask("May cats be kept?").take(1).collect()
                assertEquals("By whom is the boiler serviced?", chat.ask("By whom?").await().resolvedQuestion)
            }
        }
    }

    @Test
    fun `a turn within a turn is refused, not waited for`() = runTest {
        asking { document ->
            val chat = document.chat()
            val failure = runCatching { chat.ask("When?").collect { chat.ask("Who?").collect() } }.exceptionOrNull()
            assertEquals(IllegalStateException::class, failure!!::class)
            assertThrows<IllegalArgumentException> { chat.ask(" ").await() }
            repeat(2) { chat.close() }
            assertThrows<ClosedException> { chat.ask("When?").await() }
        }
    }

    @Test
    fun `it ends with its document`() = runTest {
        asking { document ->
            val chat = document.chat()
            document.close()
            assertThrows<ClosedException> { chat.ask("When?").await() }
            assertThrows<ClosedException> { document.chat() }
        }
    }

    @Test
    fun `blocking, for Java`() {
        EdgeInfiniteBlocking.open(Tiny.repository.resolve("models/demo")).use { model ->
            EdgeInfiniteBlocking.read(model, TextSource.of(text)).use { document ->
                EdgeInfiniteBlocking.chat(document).use { chat ->
                    EdgeInfiniteBlocking.ask(chat, "When is the boiler serviced?")
                    assertEquals("By whom is the boiler serviced?", EdgeInfiniteBlocking.ask(chat, "By whom?").resolvedQuestion)
                }
            }
        }
    }
}
