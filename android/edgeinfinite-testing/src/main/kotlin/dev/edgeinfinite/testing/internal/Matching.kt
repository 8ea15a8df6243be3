package dev.edgeinfinite.testing.internal

import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.Passage
import dev.edgeinfinite.Quote
import dev.edgeinfinite.Span
import dev.edgeinfinite.Statement
import dev.edgeinfinite.Support

// What a fake finds: by whole words, small or large, line by line. The engine finds other forms of a word and misspelt ones too.

/** A word: letters and digits. */
private val word = Regex("""[\p{L}\p{N}]+""")

/** A sentence of a text, without the mark of a list item before it. */
private val sentence = Regex("""(?<=^|\s)(?![-*•#\s])[^\n]+?(?:[.!?]+(?=\s|$)|(?=\n|$))""")

/** Most bytes of what is searched for, and of a text that is compared. */
private const val MOST_QUESTION = 1 shl 14
private const val MOST_TEXT = 1 shl 20

/** Words of a sentence from which on it counts as one that the document has too. */
private const val VERBATIM = 3

/** Share of a sentence's words that one line holds where it rests on it. */
private const val HELD = 0.75

/** The lines that hold words of [text]: those with the most of them first. */
@OptIn(EdgeInfiniteInternalApi::class)
internal fun passages(document: String, text: String): List<Passage> {
    checkQuestion(text)
    val asked = word.findAll(text).map { it.value }.distinctBy(String::lowercase).toList()
    val found = lines(document).mapNotNull { line ->
        val matches = word.findAll(line.value).filter { own -> asked.any { it.equals(own.value, ignoreCase = true) } }.toList()
        val held = asked.filter { one -> matches.any { it.value.equals(one, ignoreCase = true) } }
        val whole = Span(line.range.first, line.range.last + 1)
        Passage(
            start = whole.start,
            end = whole.end,
            text = line.value,
            headings = emptyList(),
            context = emptyList(),
            place = null,
            sentence = whole,
            score = held.size.toDouble() / asked.size,
            words = held,
            matches = matches.map { Span(whole.start + it.range.first, whole.start + it.range.last + 1) },
            document = null,
        ).takeIf { held.isNotEmpty() }
    }
    return found.sortedByDescending { it.score }.toList()
}

/** The sentences of [text]: those that stand in the document, those whose words stand in one line of it, and others. */
@OptIn(EdgeInfiniteInternalApi::class)
internal fun statements(document: String, text: String, question: String?): List<Statement> {
    require(text.toByteArray().size <= MOST_TEXT) { "found a text of more than $MOST_TEXT bytes, the most that are compared at once" }
    question?.let(::checkQuestion)
    val asked = folded(question.orEmpty())
    return sentence.findAll(text).map { said ->
        val (start, end) = said.range.first to said.range.last + 1
        val at = document.indexOf(said.value, ignoreCase = true)
        val verbatim = at >= 0 && word.findAll(said.value).count() >= VERBATIM
        val place = if (verbatim) at until at + said.value.length else line(document, folded(said.value) - asked)
        val quote = place?.let {
            Quote(
                it.first, it.last + 1,
                document.substring(
                    it,
                ),
                emptyList(), start, end, place = null, verbatim = verbatim, document = null,
            )
        }
        val support = when {
            verbatim -> Support.Verbatim
            quote != null -> Support.Reworded
            else -> Support.None
        }
        Statement(start, end, said.value, support, listOfNotNull(quote))
    }.toList()
}

/** Where the first line stands that holds enough of some words. */
private fun line(document: String, wanted: Set<String>): IntRange? = lines(document).firstOrNull { line ->
    wanted.isNotEmpty() && wanted.count { it in folded(line.value) } >= HELD * wanted.size
}?.range

private fun lines(document: String) = Regex("""\S[^\n]*""").findAll(document)

private fun folded(text: String): Set<String> = word.findAll(text).map { it.value.lowercase() }.toSet()

private fun checkQuestion(text: String) {
    require(text.isNotBlank()) { "found a question without words, expected some" }
    require(text.toByteArray().size <= MOST_QUESTION) { "found a question of more than $MOST_QUESTION bytes, the most that are looked for" }
}
