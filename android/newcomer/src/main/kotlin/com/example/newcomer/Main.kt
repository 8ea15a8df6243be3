package com.example.newcomer

import dev.edgeinfinite.Answer
import dev.edgeinfinite.Document
import dev.edgeinfinite.EdgeInfinite
import dev.edgeinfinite.EdgeInfiniteBlocking
import dev.edgeinfinite.ExtractedField
import dev.edgeinfinite.Field
import dev.edgeinfinite.FieldType
import dev.edgeinfinite.FieldValue
import dev.edgeinfinite.Model
import dev.edgeinfinite.ShelfFilter
import dev.edgeinfinite.SummaryStyle
import dev.edgeinfinite.Support
import dev.edgeinfinite.TextSource
import dev.edgeinfinite.await
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import java.io.File

private const val LEASE = """# Lease of Mill Street 4

## Rent

The rent is 840 euros a month. The rent is due on 3 March 2027 for the first time.
The deposit is 1,680 euros and is paid back when the flat is empty.

## Repairs

The boiler is serviced every autumn. The owner pays for the boiler.
The tenant pays for the paint of the windows. Dogs are not allowed.

## Keys

| key | opens | state |
|---|---|---|
| A1 | front door | lent |
| A2 | cellar | here |
| B7 | bicycle shed | lent |
"""

private const val NOTICE = """# Harbour notice

The harbour is closed from the first of December until the end of February.
The harbour master is Ines Bright. Boats that stay are lifted out at the cost of their owners.
"""

/** What docs/quickstart.md and docs/shelf.md tell, used once: Main MODEL READER WORK. Fails where an answer is not the sentence that says it. */
fun main(arguments: Array<String>) {
    val (demo, reader, work) = arguments.map(::File)
    runBlocking {
        EdgeInfinite.open(demo).use { model ->
            model.read(TextSource.of(LEASE)).use { lease ->
                ask(lease)
                search(lease)
                checkAnother(lease)
                chat(lease)
                count(lease)
                extract(lease)
                summarise(lease)
            }
            shelf(model, work.resolve("shelf"))
        }
        EdgeInfinite.open(reader).use { model -> model.read(TextSource.of(LEASE)).use { shortAnswer(it) } }
    }
    blocking(demo)
}

private suspend fun ask(lease: Document) {
    show("ask", lease.ask("Who pays for the paint?").await(), "The tenant pays for the paint of the windows.")
    val refused = lease.ask("Which bus stops at the airport?").await()
    expect("refused", refused.found, false)
}

private suspend fun search(lease: Document) {
    val best = lease.search("deposit") { limit = 1 }.single()
    val sentence = LEASE.substring(best.sentence.start, best.sentence.end)
    expect("search", sentence, "The deposit is 1,680 euros and is paid back when the flat is empty.")
}

private suspend fun checkAnother(lease: Document) {
    val (said, invented) = lease.quotes("The owner pays for the boiler. The flat has a garden.")
    expect("quotes", said.quotes.map { it.text }, listOf("The owner pays for the boiler."))
    expect("support", said.support to invented.support, Support.Verbatim to Support.None)
}

private suspend fun chat(lease: Document) = lease.chat().use { chat ->
    show("chat", chat.ask("When is the boiler serviced?").await(), "The boiler is serviced every autumn.")
    val next = chat.ask("And who pays for it?").await()
    expect("resolved", next.resolvedQuestion, "Who pays for the boiler?")
    show("chat", next, "The owner pays for the boiler.")
}

private suspend fun count(lease: Document) {
    val lent = lease.ask("How many keys are lent?").await()
    expect("count", lent.count, 2L)
    val all = lease.ask("List all keys.").await()
    expect("list", all.quotes.map { it.text.substring(2, 4) }, listOf("A1", "A2", "B7"))
}

private suspend fun extract(lease: Document) {
    val fields = listOf(
        Field("rent", FieldType.Amount),
        Field("due", FieldType.Date, "When is the rent due?"),
        Field("deposit", FieldType.Amount),
    )
    val (rent, due, deposit) = lease.extract(fields).toList()
    expect("rent", told(rent), "840 EUR")
    expect("due", told(due), "2027-03-03")
    expect("deposit", told(deposit), "1680 EUR")
}

private fun told(field: ExtractedField): String = when (val value = field.value) {
    is FieldValue.Amount -> "${value.number} ${value.currency}"
    is FieldValue.Date -> "${value.date}"
    else -> "none (${field.missing})"
}

private suspend fun summarise(lease: Document) {
    val short = lease.summarize {
        length = 2
        style = SummaryStyle.Paragraph
    }.await()
    expect("summary", short.quotes.size, 2)
    val dues = lease.summarize { focus = "what the tenant must pay" }.await()
    show("focus", dues, "The tenant pays for the paint of the windows.")
}

private suspend fun shelf(model: Model, folder: File) = model.shelf(folder).use { shelf ->
    if (shelf.list().none { it.id == "mill" }) {
        shelf.add("mill", TextSource.of(LEASE), {
            title = "Mill Street 4"
            metadata = mapOf("kind" to "lease")
        })
    }
    shelf.add("harbour", TextSource.of(NOTICE))
    expect("titles", shelf.list().map { it.title }, listOf("Mill Street 4", "harbour"))
    val leases = ShelfFilter(metadata = mapOf("kind" to "lease"))
    expect("filter", shelf.search("owner", leases).map { it.document }.toSet(), setOf("mill"))
    val master = shelf.ask("Who is the harbour master?").await()
    show("shelf", master, "The harbour master is Ines Bright.")
    expect("document", master.quotes.first().document, "harbour")
    shelf.chat(leases).use { chat ->
        chat.ask("When is the boiler serviced?").await()
        show("shelf's chat", chat.ask("And who pays for it?").await(), "The owner pays for the boiler.")
    }
    shelf.remove("harbour")
    expect("removed", shelf.list().map { it.id }, listOf("mill"))
}

private suspend fun shortAnswer(lease: Document) {
    val answer = lease.ask("How much is the deposit?").await()
    expect("short answer", answer.shortAnswer?.text, "1,680 euros")
}

/** As Java calls it, off the main thread. */
private fun blocking(demo: File) = EdgeInfiniteBlocking.open(demo).use { model ->
    EdgeInfiniteBlocking.read(model, TextSource.of(NOTICE)).use { notice ->
        show("blocking", EdgeInfiniteBlocking.ask(notice, "Who is the harbour master?"), "The harbour master is Ines Bright.")
    }
}

/** The answer is a quote, or several, of which one says [expected]. */
private fun show(what: String, answer: Answer, expected: String) {
    println("$what: ${answer.text}")
    check(answer.quotes.any { it.text == expected }) { "$what: found ${answer.quotes.map { it.text }}, expected $expected" }
}

private fun expect(what: String, found: Any?, expected: Any?) {
    println("$what: $found")
    check(found == expected) { "$what: found $found, expected $expected" }
}
