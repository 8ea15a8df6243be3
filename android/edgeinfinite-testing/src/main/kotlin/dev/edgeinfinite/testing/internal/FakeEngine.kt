package dev.edgeinfinite.testing.internal

import dev.edgeinfinite.Answer
import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.Coverage
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.ExtractedField
import dev.edgeinfinite.Field
import dev.edgeinfinite.Quote
import dev.edgeinfinite.Reading
import dev.edgeinfinite.Usage
import dev.edgeinfinite.testing.FakeAnswer
import dev.edgeinfinite.testing.FakeCall
import dev.edgeinfinite.testing.FakeField
import dev.edgeinfinite.testing.FakeModel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import java.io.File
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList

/** The answers and failures that a model was given, and the calls that were made. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class FakeEngine(private val model: FakeModel) {
    private val calls = CopyOnWriteArrayList<FakeCall>()

    /** By question, which is empty for a summary. */
    private val answers = ConcurrentHashMap<String, FakeAnswer>()
    private val fields = ConcurrentHashMap<String, FakeField>()
    private val failures = ConcurrentHashMap<Class<out FakeCall>, Exception>()

    private val shelves = ConcurrentHashMap<String, FakeShelfContent>()

    val name: String get() = model.name

    /** What the shelf of a folder holds. */
    fun shelf(dir: File): FakeShelfContent = shelves.getOrPut(dir.absolutePath) { FakeShelfContent() }

    fun calls(): List<FakeCall> = calls.toList()

    fun answer(question: String?, answer: FakeAnswer) {
        answers[question.orEmpty()] = answer
    }

    fun field(name: String, value: FakeField) {
        fields[name] = value
    }

    fun fail(call: Class<out FakeCall>, failure: Exception) {
        failures[call] = failure
    }

    /** Writes a call down; throws what it was told to, or that it is closed. */
    fun begin(call: FakeCall, lifetime: Lifetime) {
        calls += call
        lifetime.check()
        failures.remove(call.javaClass)?.let { throw it }
    }

    /** Waits before an event or a progress. */
    suspend fun pace(lifetime: Lifetime) {
        model.pace()
        lifetime.check()
    }

    /** The events of an answer to [question], null for a summary, which may have a [focus], about [content], null in a chat. */
    fun events(
        call: FakeCall,
        lifetime: Lifetime,
        question: String?,
        reading: Reading?,
        content: Content?,
        focus: String? = null,
    ): Flow<AnswerEvent> = flow {
        begin(call, lifetime)
        content?.checkRead(reading)
        require(question == null || question.isNotBlank()) { "found a question without words, expected some" }
        val document = content?.document.orEmpty()
        val said = answers[question ?: focus.orEmpty()] ?: answers[question.orEmpty()] ?: model.script.answer(question, document)
        pace(lifetime)
        emit(AnswerEvent.Progress(tokensDone = 0, tokensTotal = words(question.orEmpty()), secondsLeft = null))
        for (piece in pieces.findAll(said.text)) {
            pace(lifetime)
            emit(AnswerEvent.TextDelta(piece.value))
        }
        pace(lifetime)
        said.failure?.let { throw it }
        emit(AnswerEvent.Done(answer(question, focus, said, document, said.resolvedQuestion.takeIf { call is FakeCall.AskInChat })))
    }

    /** The values of [wanted] in [content], one after another. */
    fun extracted(wanted: List<Field>, lifetime: Lifetime, content: Content): Flow<ExtractedField> = flow {
        begin(FakeCall.Extract(wanted), lifetime)
        require(wanted.isNotEmpty()) { "found no fields, expected 1 to $MOST_FIELDS" }
        require(wanted.size <= MOST_FIELDS) { "found ${wanted.size} fields, expected at most $MOST_FIELDS" }
        require(wanted.all { it.name.isNotBlank() }) { "found a name without words, expected some" }
        require(wanted.distinctBy { it.name }.size == wanted.size) { "found a name twice, expected each once" }
        require(wanted.all { it.question?.isNotBlank() != false }) { "found a question without words, expected some" }
        for (field in wanted) {
            pace(lifetime)
            emit(extracted(field, content.document))
        }
    }

    private fun extracted(field: Field, document: String): ExtractedField {
        val said = fields[field.name] ?: FakeField(value = null)
        val quoted = said.quote?.let { quote(it, FakeAnswer(""), document, after = 0) }
        return ExtractedField(
            name = field.name,
            type = field.type,
            question = field.question ?: "What is the ${field.name.replace('_', ' ')}?",
            value = said.value,
            missing = said.missing.takeIf { said.value == null },
            quotes = listOfNotNull(quoted),
            words = said.words?.let { quote(it, FakeAnswer(""), document, after = quoted?.start ?: 0) },
            foundConfidence = said.foundConfidence ?: if (said.value != null) 1.0 else 0.0,
        )
    }

    private fun answer(question: String?, focus: String?, said: FakeAnswer, document: String, resolved: String?): Answer {
        val quoted = said.quotes ?: said.text.lines().filter { it.isNotBlank() && it in document }
        val quotes = quoted.map { quote(it, said, document, after = 0) }
        return Answer(
            question = question,
            resolvedQuestion = resolved,
            text = said.text,
            found = said.found,
            confidence = said.confidence,
            refusal = said.refusal.takeIf { (question ?: focus) != null && document.isNotEmpty() && !said.found },
            quotes = quotes,
            shortAnswer = said.shortAnswer?.let { quote(it, said, document, after = quotes.firstOrNull()?.start ?: 0) },
            verdict = said.verdict,
            count = said.count,
            coverage = coverage(quotes, document),
            usage = usage(question, said, document),
        )
    }

    /** Where [words] stand first in the document, [after] there on, and in what is said; all of that rests on words that it does not repeat. */
    private fun quote(words: String, said: FakeAnswer, document: String, after: Int): Quote {
        val start = document.indexOf(words, after)
        require(start >= 0) { "found a quote of ${words.length} characters that does not stand in the document" }
        val place = said.text.indexOf(words)
        val (from, to) = if (place >= 0) place to place + words.length else 0 to said.text.length
        return Quote(start, start + words.length, words, said.headings, from, to, said.place, verbatim = place >= 0, document = null)
    }

    /** What is quoted was recalled, the rest skipped. */
    private fun coverage(quotes: List<Quote>, document: String): List<Coverage> {
        val coverage = mutableListOf<Coverage>()
        var at = 0
        for (quote in quotes.sortedBy { it.start }) {
            if (quote.start > at) coverage += Coverage(at, quote.start, Coverage.Kind.Skipped)
            if (quote.end > at) coverage += Coverage(maxOf(at, quote.start), quote.end, Coverage.Kind.Recalled)
            at = maxOf(at, quote.end)
        }
        if (at < document.length) coverage += Coverage(at, document.length, Coverage.Kind.Skipped)
        return coverage
    }

    private fun usage(question: String?, said: FakeAnswer, document: String) = Usage(
        documentTokens = words(document),
        promptTokens = words(question.orEmpty()),
        generatedTokens = words(said.text),
        graphRuns = 0,
        indexMs = 0.0,
        readMs = 0.0,
        ttftMs = 0.0,
        decodeTokensPerSecond = null,
        stateBytes = 0,
        indexBytes = 0,
        peakRssBytes = 0,
    )
}

/** Most fields of a call. */
private const val MOST_FIELDS = 100

/** A word and the white space after it: all of them are the text. */
private val pieces = Regex("""^\s+|\S+\s*""")

/** A word counts as a token. */
internal fun words(text: String): Long = Regex("""\S+""").findAll(text).count().toLong()
