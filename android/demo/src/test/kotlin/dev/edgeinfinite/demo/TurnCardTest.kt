package dev.edgeinfinite.demo

import android.graphics.Typeface
import android.text.Spanned
import android.text.style.StyleSpan
import android.widget.LinearLayout
import android.widget.TextView
import dev.edgeinfinite.Answer
import dev.edgeinfinite.TextSource
import dev.edgeinfinite.await
import dev.edgeinfinite.testing.FakeAnswer
import dev.edgeinfinite.testing.FakeModel
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** A card by itself, of answers that the app's own model does not give. */
class TurnCardTest : PhoneTest() {
    private val text = "The rent is\nforty crowns. It is due in May."

    private fun answer(said: FakeAnswer): Answer = runBlocking {
        val model = FakeModel().apply { answer("How much is the rent?", said) }
        model.read(TextSource.of(text)).use { it.ask("How much is the rent?").await() }
    }

    /** What is in bold in the quotes of a card that shows an answer. */
    private fun bold(phone: Phone, answer: Answer): List<String> {
        val card = LinearLayout(phone.activity).inflate(R.layout.turn)
        TurnCard(card) { _, _ -> }.show(Turn(answer.question, phase = Phase.Done, answer = answer), title = null)
        val quotes = phone.shown(card).filter { it.id == R.id.quote_text }.map { (it as TextView).text }.toList()
        assertEquals(answer.quotes.size, quotes.size)
        return quotes.filterIsInstance<Spanned>().flatMap { words ->
            val spans = words.getSpans(0, words.length, StyleSpan::class.java).filter { it.style == Typeface.BOLD }
            spans.map { words.substring(words.getSpanStart(it), words.getSpanEnd(it)) }
        }
    }

    @Test
    fun `the words that answer by themselves are in bold in their quote`() = Phone().use { phone ->
        val said = FakeAnswer("The rent is\nforty crowns.").apply { quotes = listOf("The rent is\nforty crowns.", "It is due in May.") }
        assertEquals(emptyList<String>(), bold(phone, answer(said)))
        said.shortAnswer = "forty crowns"
        assertEquals(listOf("forty crowns"), bold(phone, answer(said)))
        said.shortAnswer = "is\nforty"
        assertTrue(bold(phone, answer(said)) == listOf("is forty"))
    }
}
