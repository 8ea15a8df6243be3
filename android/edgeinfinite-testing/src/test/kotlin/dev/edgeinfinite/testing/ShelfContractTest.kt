package dev.edgeinfinite.testing

import dev.edgeinfinite.Answer
import dev.edgeinfinite.ClosedException
import dev.edgeinfinite.EdgeInfinite
import dev.edgeinfinite.EdgeInfiniteBlocking
import dev.edgeinfinite.Model
import dev.edgeinfinite.Reading
import dev.edgeinfinite.Shelf
import dev.edgeinfinite.ShelfException
import dev.edgeinfinite.ShelfFilter
import dev.edgeinfinite.TextException
import dev.edgeinfinite.TextSource
import dev.edgeinfinite.await
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource
import java.io.File

/** What a shelf promises, kept by the engine and by its fake. */
class ShelfContractTest {
    @TempDir
    lateinit var folder: File

    enum class Kind(val open: suspend () -> Model) {
        Engine({ EdgeInfinite.open(File(System.getProperty("repository"), "models/tiny-reader")) }),
        Fake({ FakeModel().apply { answer("Who pays for the paint?", "The tenant pays for the paint.") } }),
    }

    private val mill = "The rent is forty crowns.\nThe tenant pays for the paint.\n"
    private val harbour = "🐟 The harbour is closed in winter.\nThe owner pays for the boat.\n"
    private val question = "Who pays for the paint?"
    private val leases = ShelfFilter(mapOf("kind" to "lease"))

    private val dir get() = folder.resolve("shelf")

    private suspend fun Shelf.fill() {
        add("mill", TextSource.of(mill), {
            title = "Mill Street 4"
            metadata = mapOf("kind" to "lease", "year" to "2024")
        })
        add("harbour", TextSource.of(harbour), { metadata = mapOf("kind" to "notice") })
    }

    @ParameterizedTest
    @EnumSource
    fun `what was added is listed, also when it is opened again`(kind: Kind) = check(kind) { model ->
        model.shelf(dir).use { shelf ->
            assertEquals(emptyList<Any>(), shelf.list())
            shelf.fill()
        }
        model.shelf(dir).use { shelf ->
            val (one, two) = shelf.list()
            assertEquals(
                listOf("mill", "Mill Street 4", mapOf("kind" to "lease", "year" to "2024")),
                listOf(one.id, one.title, one.metadata),
            )
            assertEquals(listOf("harbour", "harbour"), listOf(two.id, two.title))
            assertEquals(mill.length to harbour.length, one.length to two.length)
            assertEquals(harbour.toByteArray().size.toLong(), two.bytes)
            assertTrue(one.tokens > 0 && one.passages > 0 && one.sha256.length == 64 && one.name == null, "$one")
            assertEquals(listOf("mill"), shelf.list(leases).map { it.id })
            assertEquals(listOf("harbour"), shelf.list(ShelfFilter(ids = setOf("harbour", "nothing"))).map { it.id })
            assertEquals(emptyList<Any>(), shelf.list(ShelfFilter(mapOf("kind" to "lease", "year" to "1999"))))
        }
    }

    @ParameterizedTest
    @EnumSource
    fun `add, replace and remove say what they expect`(kind: Kind) = check(kind) { model ->
        model.shelf(dir).use { shelf ->
            shelf.fill()
            assertThrows<IllegalArgumentException> { shelf.add("mill", TextSource.of(harbour)) }
            assertThrows<IllegalArgumentException> { shelf.add("", TextSource.of(harbour)) }
            assertThrows<IllegalArgumentException> { shelf.replace("quay", TextSource.of(harbour)) }
            assertThrows<IllegalArgumentException> { shelf.remove("quay") }
            assertThrows<IllegalArgumentException> { shelf.document("quay") }
            assertThrows<TextException> { shelf.add("empty", TextSource.of(" \n")) }
            assertThrows<TextException> { shelf.replace("mill", TextSource.of(" \n")) }
            assertEquals(listOf("mill", "harbour"), shelf.list().map { it.id })
            assertEquals(mill, shelf.document("mill").use { it.text() })
            assertEquals("Mill", shelf.replace("mill", TextSource.of(harbour), { title = "Mill" }).title)
            assertEquals(harbour, shelf.document("mill").use { it.text() })
            shelf.remove("mill")
            assertEquals(listOf("harbour"), shelf.list().map { it.id })
        }
    }

    @ParameterizedTest
    @EnumSource
    fun `passages and quotes name their document`(kind: Kind) = check(kind) { model ->
        model.shelf(dir).use { shelf ->
            shelf.fill()
            val best = shelf.search("rent crowns").first()
            assertEquals("mill" to "Mill Street 4", best.document to best.headings.first())
            assertEquals(best.text, mill.substring(best.start, best.end))
            assertEquals(setOf("mill", "harbour"), shelf.search("pays").map { it.document }.toSet())
            assertEquals(setOf("harbour"), shelf.search("pays", ShelfFilter(ids = listOf("harbour"))).map { it.document }.toSet())
            assertEquals(1, shelf.search("pays") { limit = 1 }.size)
            assertPlaces(shelf.ask(question).await())
            assertPlaces(shelf.ask(question, leases).await().also { answer -> assertTrue(answer.quotes.all { it.document == "mill" }) })
            assertPlaces(shelf.summarize { length = 2 }.await())
            assertThrows<IllegalArgumentException> { shelf.ask(question, ShelfFilter(ids = emptyList())).await() }
            assertThrows<IllegalArgumentException> { shelf.ask(" ").await() }
            assertThrows<IllegalArgumentException> { shelf.ask(question) { reading = Reading.Memory }.await() }
            assertThrows<IllegalArgumentException> { shelf.search(" ") }
            assertEquals(shelf.list(), EdgeInfiniteBlocking.list(shelf))
        }
    }

    @ParameterizedTest
    @EnumSource
    fun `a chat asks the documents that pass its filter, and ends with the shelf`(kind: Kind) = check(kind) { model ->
        val shelf = model.shelf(dir)
        shelf.fill()
        val chat = shelf.chat(leases)
        for (asked in listOf(question, "And for the boat?")) {
            val answer = chat.ask(asked).await().also(::assertPlaces)
            assertEquals(asked, answer.question)
            assertTrue(answer.quotes.all { it.document == "mill" }, "${answer.quotes}")
        }
        assertThrows<IllegalArgumentException> { shelf.chat(ShelfFilter(ids = emptyList())).ask(question).await() }
        assertThrows<IllegalArgumentException> { chat.ask(question) { reading = Reading.Memory }.await() }
        EdgeInfiniteBlocking.chat(shelf).use { assertPlaces(EdgeInfiniteBlocking.ask(it, question)) }
        shelf.close()
        assertThrows<ClosedException> { chat.ask(question).await() }
    }

    @ParameterizedTest
    @EnumSource
    fun `one has it open, and closing ends what came from it`(kind: Kind) = check(kind) { model ->
        val shelf = model.shelf(dir)
        shelf.fill()
        val failure = assertThrows<ShelfException> { model.shelf(dir) }
        assertEquals("shelf.locked", failure.code)
        val document = shelf.document("mill")
        shelf.close()
        for (call in listOf<suspend () -> Any>({ shelf.list() }, { shelf.ask(question).await() }, { document.text() })) {
            val found = runCatching { call() }.exceptionOrNull()
            assertTrue(found is ClosedException, "found $found")
        }
        model.shelf(dir).close()
    }

    @ParameterizedTest
    @EnumSource
    fun `a cancelled addition leaves nothing`(kind: Kind) = check(kind) { model ->
        model.shelf(dir).use { shelf ->
            launch { shelf.add("long", TextSource.of(mill.repeat(20_000))) { coroutineContext.job.cancel() } }.join()
            assertEquals(emptyList<Any>(), shelf.list())
            shelf.fill()
            assertEquals(2, shelf.list().size)
        }
    }

    private fun check(kind: Kind, promise: suspend CoroutineScope.(Model) -> Unit) = runTest {
        kind.open().use { promise(it) }
    }

    private fun assertPlaces(answer: Answer) {
        val texts = mapOf("mill" to mill, "harbour" to harbour)
        for (quote in answer.quotes) assertEquals(texts.getValue(quote.document!!).substring(quote.start, quote.end), quote.text)
        assertEquals(emptyList<Any>(), answer.coverage)
    }
}
