package dev.edgeinfinite.demo

import android.content.Context
import android.graphics.Typeface
import android.text.SpannableString
import android.text.Spanned
import android.text.TextPaint
import android.text.format.DateUtils
import android.text.method.LinkMovementMethod
import android.text.style.ClickableSpan
import android.text.style.ForegroundColorSpan
import android.text.style.StyleSpan
import android.view.View
import android.widget.LinearLayout
import android.widget.ProgressBar
import android.widget.TextView
import dev.edgeinfinite.Answer
import dev.edgeinfinite.Passage
import dev.edgeinfinite.Place
import dev.edgeinfinite.Quote

/**
 * A question, a search or a summary: its progress, its words as they come, then its quotes or passages, which can be tapped, and what it cost.
 * [onTap] is given the place of what was tapped: the document by its id, null for the open one, and the UTF-16 units in it.
 */
class TurnCard(private val view: View, private val onTap: (String?, IntRange) -> Unit) {
    private val question = view.findViewById<TextView>(R.id.turn_question)
    private val asked = view.findViewById<TextView>(R.id.turn_asked)
    private val progress = view.findViewById<View>(R.id.turn_progress)
    private val bar = view.findViewById<ProgressBar>(R.id.turn_bar)
    private val status = view.findViewById<TextView>(R.id.turn_status)
    private val note = view.findViewById<TextView>(R.id.turn_note)
    private val stream = view.findViewById<TextView>(R.id.turn_stream)
    private val pieces = view.findViewById<LinearLayout>(R.id.turn_pieces)
    private val nearest = view.findViewById<View>(R.id.turn_nearest)
    private val passages = view.findViewById<LinearLayout>(R.id.turn_passages)
    private val cost = view.findViewById<View>(R.id.turn_cost)
    private val coverage = view.findViewById<View>(R.id.turn_coverage)
    private var shown: Turn? = null

    /** Shows [turn], which is about a document whose own title is [title]. */
    fun show(turn: Turn?, title: String?) {
        view.shown(turn != null)
        if (turn == null || turn === shown) return
        val answer = turn.answer
        question.say(turn.title(view.context))
        val context = turn.context()
        asked.shown(context.isNotEmpty())
        asked.say(context)
        showProgress(turn)
        showNote(turn)
        stream.shown(answer == null && turn.text.isNotEmpty())
        stream.say(turn.text.replace(HEADING_MARKS, ""))
        if (answer !== shown?.answer || shown == null) {
            pieces.removeAllViews()
            if (answer != null && answer.found) addPieces(answer, title)
            pieces.shown(answer != null && answer.found)
            cost.shown(answer != null)
            if (answer != null) showCost(answer)
        }
        if (turn.passages !== shown?.passages || shown == null) showPassages(turn)
        shown = turn
    }

    /** How the question was asked, and of which documents. */
    private fun Turn.context(): String {
        val resolved = answer?.resolvedQuestion?.let { view.context.getString(R.string.resolved, it) }
        val of = documents?.let { view.resources.getQuantityString(R.plurals.asked_of, it, it) }
        return listOfNotNull(resolved, of).joinToString("\n")
    }

    private fun showProgress(turn: Turn) {
        val now = turn.progress
        progress.shown(turn.phase == Phase.Working)
        bar.shown(turn.text.isEmpty()) // nobody knows how much will be written
        bar.isIndeterminate = now == null
        bar.progress = now?.percent ?: 0
        val words = when {
            turn.text.isNotEmpty() -> view.context.getString(R.string.writing)
            now != null -> now.sentence(view.context)
            else -> view.context.getString(R.string.starting)
        }
        status.say(words)
    }

    private fun showNote(turn: Turn) {
        val problem = turn.problem
        val words = when {
            problem != null -> problem(problem, argument = R.string.problem_question)
            turn.phase == Phase.Stopped -> R.string.stopped
            turn.answer?.found == false -> notFound(turn)
            turn.answer == null && turn.passages?.isEmpty() == true -> R.string.no_passages
            else -> null
        }
        note.shown(words != null)
        note.setTextColor(view.context.getColor(if (problem == null) R.color.ink else R.color.warn))
        if (words != null) note.say(view.context.getString(words))
    }

    private fun notFound(turn: Turn) = when {
        turn.question == null && turn.documents != null -> R.string.not_found_focus_shelf
        turn.question == null -> R.string.not_found_focus
        turn.documents != null -> R.string.not_found_shelf
        else -> R.string.not_found
    }

    private fun addPieces(answer: Answer, title: String?) {
        if (answer.isParagraph()) return addParagraph(answer)
        var end = 0
        var told = title
        var section = emptyList<String>()
        for (quote in answer.quotes) {
            val said = if (quote.verbatim) quote.answerStart else quote.answerEnd
            val words = answer.text.substring(end, maxOf(end, said)).trim()
            if (words == quote.headings.firstOrNull()) {
                addTitle(words)
                told = words
                section = emptyList()
            } else {
                addWords(words)
            }
            val headings = if (quote.headings.firstOrNull() == told) quote.headings.drop(1) else quote.headings
            if (quote.isHeading()) {
                addSection(headings)
                section = headings
            } else {
                addQuote(quote, answer.shortAnswer, headings.takeIf { it != section }.orEmpty())
            }
            end = maxOf(end, quote.answerEnd)
        }
        addWords(answer.text.substring(end))
    }

    /** The title of a document of the shelf, over its part of a summary. */
    private fun addTitle(words: String) {
        val title = pieces.inflate(R.layout.piece_title) as TextView
        title.text = words
        pieces.addView(title)
    }

    /** A heading of the document, over the sentences that stand under it. */
    private fun addSection(headings: List<String>) {
        if (headings.isEmpty()) return // the title, which the document's card shows
        val section = pieces.inflate(R.layout.section) as TextView
        section.text = headings.joinToString(" › ")
        pieces.addView(section)
    }

    /** The model's own words, which no quote covers. */
    private fun addWords(words: String) {
        if (words.isBlank()) return
        val text = pieces.inflate(R.layout.words) as TextView
        text.text = words.trim()
        pieces.addView(text)
    }

    /** A quote; [short], the words that answer by themselves, is in bold where they stand in it. */
    private fun addQuote(quote: Quote, short: Quote?, headings: List<String>) {
        val label = view.context.getString(R.string.quote_label, quote.text.oneLine())
        val inside = short != null && short.start >= quote.start && short.end <= quote.end
        val words = if (inside) bold(quote, short.start - quote.start, short.end - quote.start) else quote.text.oneLine()
        val titled = quote.document != null && headings.firstOrNull() == quote.headings.first()
        val above = view.context.above(titled, quote.place, headings)
        pieces.addPiece(above, words, label) { onTap(quote.document, quote.start..<quote.end) }
    }

    private fun bold(quote: Quote, start: Int, end: Int): CharSequence = SpannableString(quote.text.replace(WHITE_SPACE, " ")).apply {
        setSpan(StyleSpan(Typeface.BOLD), start, end, Spanned.SPAN_EXCLUSIVE_EXCLUSIVE)
    }

    private fun showPassages(turn: Turn) {
        val found = turn.passages.orEmpty()
        nearest.shown(found.isNotEmpty() && turn.answer != null)
        passages.shown(found.isNotEmpty())
        passages.removeAllViews()
        for (passage in found) {
            val label = view.context.getString(R.string.passage_label, passage.text.oneLine())
            val above = view.context.above(passage.document != null, passage.place, passage.headings)
            val sentence = passage.sentence.start..<passage.sentence.end
            passages.addPiece(above, marked(passage), label) { onTap(passage.document, sentence) }
        }
    }

    /** A passage: its best sentence in ink, what stands around it softer, the words that match in bold. */
    private fun marked(passage: Passage): CharSequence {
        val words = SpannableString(passage.text.replace(WHITE_SPACE, " ")) // one unit for one, so that places stay right
        val place = { unit: Int -> (unit - passage.start).coerceIn(0, words.length) }
        val (from, to) = place(passage.sentence.start) to place(passage.sentence.end)
        val soft = view.context.getColor(R.color.ink_soft)
        for (around in listOf(0..<from, to..<words.length)) {
            if (!around.isEmpty()) words.setSpan(ForegroundColorSpan(soft), around.first, around.last + 1, Spanned.SPAN_EXCLUSIVE_EXCLUSIVE)
        }
        for (match in passage.matches) {
            words.setSpan(StyleSpan(Typeface.BOLD), place(match.start), place(match.end), Spanned.SPAN_EXCLUSIVE_EXCLUSIVE)
        }
        return words
    }

    /** Words of the document under where they stand. */
    private fun LinearLayout.addPiece(above: List<String>, words: CharSequence, label: String, onClick: () -> Unit) {
        val piece = inflate(R.layout.quote)
        val caption = piece.findViewById<TextView>(R.id.quote_headings)
        caption.shown(above.isNotEmpty())
        caption.text = above.joinToString(" › ")
        piece.findViewById<TextView>(R.id.quote_text).text = words
        piece.contentDescription = label
        piece.setOnClickListener { onClick() }
        addView(piece)
    }

    /** One running text; each of its sentences can be tapped. */
    private fun addParagraph(answer: Answer) {
        val words = SpannableString(answer.text)
        for (quote in answer.quotes) {
            val link = object : ClickableSpan() {
                override fun onClick(widget: View) = onTap(quote.document, quote.start..<quote.end)

                override fun updateDrawState(paint: TextPaint) = Unit // it looks like the text that it is
            }
            words.setSpan(link, quote.answerStart, quote.answerEnd, Spanned.SPAN_EXCLUSIVE_EXCLUSIVE)
        }
        val text = pieces.inflate(R.layout.words) as TextView
        text.text = words
        text.movementMethod = LinkMovementMethod.getInstance()
        pieces.addView(text)
    }

    private fun showCost(answer: Answer) {
        val usage = answer.usage
        coverage.shown(answer.coverage.isNotEmpty()) // a shelf has none
        view.findViewById<CoverageView>(R.id.turn_coverage_strip).show(answer)
        view.findViewById<TextView>(R.id.turn_coverage_text).text =
            view.context.getString(R.string.coverage, percent(answer.share()))
        val speed = usage.decodeTokensPerSecond?.let { R.string.speed to decimal(it) } // null when the answer is quoted whole
        val figures = listOf(
            R.string.first_word to millis(usage.ttftMs),
            speed ?: (R.string.prompt to count(usage.promptTokens)),
            R.string.memory to bytes(usage.peakRssBytes),
            R.string.state to bytes(usage.stateBytes),
        )
        view.findViewById<LinearLayout>(R.id.turn_figures).showFigures(figures)
    }
}

private val WHITE_SPACE = Regex("""\s""")
private val HEADING_MARKS = Regex("^#+ +", RegexOption.MULTILINE)

private fun Turn.title(context: Context): String =
    question ?: focus?.let { context.getString(R.string.summary_about, it) } ?: context.getString(R.string.summary)

/** Where something stands: in which document, if its title leads the headings, at which place of it, under which headings. */
private fun Context.above(titled: Boolean, place: Place?, headings: List<String>): List<String> {
    val title = if (titled) 1 else 0
    return headings.take(title) + listOfNotNull(place?.let(::words)) + headings.drop(title)
}

/** A place in a file, for people. */
private fun Context.words(place: Place): String = when (place.kind) {
    Place.Kind.Page -> getString(R.string.place_page, place.number)
    Place.Kind.Slide -> getString(R.string.place_slide, place.number)
    Place.Kind.Sheet -> getString(R.string.place_sheet, place.number)
    Place.Kind.Chapter -> getString(R.string.place_chapter, place.number)
    Place.Kind.Message -> getString(R.string.place_message, place.number)
    Place.Kind.Second -> DateUtils.formatElapsedTime(place.number.toLong())
}

/** A heading stands under itself. */
private fun Quote.isHeading() = headings.lastOrNull() == text.trimStart('#').oneLine()

private fun Answer.isParagraph() = quotes.size > 1 && '\n' !in text

private fun String.oneLine() = trim().replace(Regex("""\s+"""), " ")
