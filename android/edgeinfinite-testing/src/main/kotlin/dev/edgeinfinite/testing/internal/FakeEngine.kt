package dev.edgeinfinite.testing.internal

import dev.edgeinfinite.Answer
import dev.edgeinfinite.ClosedException
import dev.edgeinfinite.Coverage
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.Quote
import dev.edgeinfinite.Reading
import dev.edgeinfinite.Reply
import dev.edgeinfinite.Usage
import dev.edgeinfinite.testing.FakeAnswer
import dev.edgeinfinite.testing.FakeCall
import dev.edgeinfinite.testing.FakeModel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList

/** Whether a model, a document or a chat is open: as long as its parent is. */
internal class Open(private val parent: Open?) {
    private val children = CopyOnWriteArrayList<Open>()

    @Volatile
    private var closed = false

    init {
        parent?.children?.add(this)
    }

    val isClosed: Boolean get() = closed || parent?.isClosed == true

    fun children(): Int = children.count { !it.isClosed }

    fun check() {
        if (isClosed) throw ClosedException("this was closed, or what it was made from")
    }

    fun close() {
        closed = true
        parent?.children?.remove(this)
    }
}

/** What a model was told, and what was asked of it. */
@OptIn(EdgeInfiniteInternalApi::class)
internal class Stage(private val model: FakeModel) {
    private val calls = CopyOnWriteArrayList<FakeCall>()

    /** By question, which is empty for a summary. */
    private val answers = ConcurrentHashMap<String, FakeAnswer>()
    private val failures = ConcurrentHashMap<Class<out FakeCall>, Exception>()

    val name: String get() = model.name

    fun calls(): List<FakeCall> = calls.toList()

    fun answer(question: String?, answer: FakeAnswer) {
        answers[question.orEmpty()] = answer
    }

    fun fail(call: Class<out FakeCall>, failure: Exception) {
        failures[call] = failure
    }

    /** Writes a call down; throws what it was told to, or that it is closed. */
    fun begin(call: FakeCall, open: Open) {
        calls += call
        open.check()
        failures.remove(call.javaClass)?.let { throw it }
    }

    /** The moment before a reply or a progress. */
    suspend fun pace(open: Open) {
        model.pace()
        open.check()
    }

    /** A reply to [question], null for a summary, about [content], null in a chat. */
    fun replies(call: FakeCall, open: Open, question: String?, reading: Reading?, content: Content?): Flow<Reply> = flow {
        begin(call, open)
        content?.checkRead(reading)
        require(question == null || question.isNotBlank()) { "found a question without words, expected some" }
        val document = content?.document.orEmpty()
        val said = answers[question.orEmpty()] ?: model.script.answer(question, document)
        pace(open)
        emit(Reply.Progress(tokensDone = 0, tokensTotal = words(question.orEmpty()), secondsLeft = null))
        for (piece in pieces.findAll(said.text)) {
            pace(open)
            emit(Reply.Text(piece.value))
        }
        pace(open)
        said.failure?.let { throw it }
        emit(Reply.Done(answer(question, said, document)))
    }

    private fun answer(question: String?, said: FakeAnswer, document: String): Answer {
        val quoted = said.quotes ?: said.text.lines().filter { it.isNotBlank() && it in document }
        val quotes = quoted.map { quote ->
            val start = document.indexOf(quote)
            require(start >= 0) { "found a quote of ${quote.length} characters that does not stand in the document" }
            val place = said.text.indexOf(quote).coerceAtLeast(0)
            Quote(start, start + quote.length, quote, said.headings, place, place + quote.length)
        }
        return Answer(question, said.text, said.found, said.confidence, quotes, coverage(quotes, document), usage(question, said, document))
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
        indexMillis = 0.0,
        readMillis = 0.0,
        ttftMillis = 0.0,
        tokensPerSecond = null,
        stateBytes = 0,
        indexBytes = 0,
        peakBytes = 0,
    )
}

/** A word and the white space after it: all of them are the text. */
private val pieces = Regex("""^\s+|\S+\s*""")

/** A word counts as a token. */
internal fun words(text: String): Long = Regex("""\S+""").findAll(text).count().toLong()
