package dev.edgeinfinite

import dev.edgeinfinite.internal.extractedField
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.math.BigDecimal
import java.time.LocalDate

/** Counts, lists and values by fields, and an instruction for one answer. */
@OptIn(EdgeInfiniteInternalApi::class)
class ExtractTest {
    private val demo = Tiny.dir.resolveSibling("demo")
    private val text = "# Lease 🙂\n\nThe rent is 1,840.50 euros a month. The lease begins on 1 April 2024.\n\n" +
        "## Keys\n\n- front door\n- cellar\n\nTenant: Ada Lund\nPets: no\nLandlord: Ben Ode\n"

    private val fields = listOf(
        Field("rent", FieldType.Amount),
        Field("begins", FieldType.Date, "When does the lease begin?"),
        Field("keys", FieldType.List),
        Field("zeppelins", FieldType.Number, "How many zeppelins fly over Rosario?"),
    )

    private fun withDocument(block: suspend (Document) -> Unit) = runTest {
        EdgeInfinite.open(demo).use { model -> model.read(TextSource.of(text)).use { block(it) } }
    }

    @Test
    fun `values come one after another with their words`() = withDocument { document ->
        val found = document.extract(fields).toList()
        assertEquals(fields.map { it.name }, found.map { it.name })
        val values = listOf(
            FieldValue.Amount(BigDecimal("1840.5"), "EUR"),
            FieldValue.Date(LocalDate.of(2024, 4, 1)),
            FieldValue.Texts(listOf("front door", "cellar")),
            null,
        )
        assertEquals(values, found.map { it.value })
        assertEquals(listOf(null, null, null, MissingValue.NotFound), found.map { it.missing })
        assertEquals("1,840.50 euros", found[0].words!!.text)
        for (quote in found.flatMap {
            it.quotes + listOfNotNull(it.words)
        }) {
            assertEquals(quote.text, text.substring(quote.start, quote.end))
        }
        assertEquals(found.take(1), document.extract(fields).take(1).toList())
        assertEquals(found, EdgeInfiniteBlocking.extract(document, fields))
    }

    @Test
    fun `fields that cannot be asked for are refused`() = withDocument { document ->
        val one = Field("due", FieldType.Date)
        for (wrong in listOf(emptyList(), listOf(one, one), List(101) { Field("f$it") }, listOf(Field("due", question = " ")))) {
            assertThrows<IllegalArgumentException> { document.extract(wrong).collect() }
        }
        document.close()
        assertThrows<ClosedException> { document.extract(fields).collect() }
    }

    @Test
    fun `what is counted has its number`() = withDocument { document ->
        val counted = document.ask("How many keys are there?").await()
        assertEquals(2L, counted.count)
        assertEquals(listOf("- front door", "- cellar"), counted.quotes.map { it.text })
        assertEquals(0L, counted.usage.graphRuns)
        assertNull(document.ask("How much is the rent?").await().count)
    }

    @Test
    fun `an instruction is refused by a model that quotes`() = withDocument { document ->
        val refused = assertThrows<IllegalArgumentException> {
            document.ask("How much is the rent?") { instruction = "Answer in German." }.await()
        }
        assertTrue("instruction: found a model that quotes sentences" in refused.message!!)
        assertThrows<IllegalArgumentException> { document.summarize { instruction = " " } }
    }

    @Test
    fun `a free model reads an instruction`() = runTest {
        Tiny.open("large").use { model ->
            model.read(TextSource.of("gora lu men ve la."), { reading = Reading.Recall }).use { document ->
                val plain = document.ask("gora lu?").await()
                val so = document.ask("gora lu?") { instruction = "Answer in German." }.await()
                assertTrue(so.usage.promptTokens > plain.usage.promptTokens)
            }
        }
    }

    @Test
    fun `a value is read by its name`() {
        val none = """{"type":"field","field":{"name":"due","type":"yes_no","question":"Is it?","value":VALUE,"missing":MISSING,
            "quotes":[],"words":null,"found_confidence":0.5}}"""
        val codes = listOf("not_found", "no_value", "several_values", "ambiguous", "incomplete")
        for ((code, missing) in codes.zip(MissingValue.entries)) {
            assertEquals(missing, none.replace("VALUE", "null").replace("MISSING", "\"$code\"").utf8().extractedField()!!.missing)
        }
        val yes = none.replace("VALUE", "true").replace("MISSING", "null").utf8().extractedField()!!
        assertEquals(FieldValue.YesNo(true), yes.value)
        val number = none.replace("yes_no", "number").replace("VALUE", "1200.0").replace("MISSING", "null")
        assertEquals(FieldValue.Number(BigDecimal("1200")), number.utf8().extractedField()!!.value)
        assertNull("""{"type":"progress","fields_done":1,"fields_total":2,"seconds_left":null}""".utf8().extractedField())
    }
}
