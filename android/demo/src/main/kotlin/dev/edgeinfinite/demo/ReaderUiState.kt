package dev.edgeinfinite.demo

import dev.edgeinfinite.Answer
import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.BenchmarkPoint
import dev.edgeinfinite.Model
import dev.edgeinfinite.ModelInfo
import dev.edgeinfinite.Passage
import dev.edgeinfinite.SummaryStyle
import java.io.File

/** All that the screens show, at one moment; a plain class. [ReaderViewModel] makes a new one for every change. */
data class ReaderUiState(
    val engine: Engine? = null,
    val engineProblem: Throwable? = null,
    val document: OpenDocument? = null,
    val summary: Turn? = null,
    /** What was asked and searched for so far, the newest first. */
    val turns: List<Turn> = emptyList(),
    val sweep: Sweep = Sweep(),
    val shelf: ShelfUiState = ShelfUiState(),
    /** Whether the person chose to summarise and ask the shelf, and not the open document. */
    val shelfChosen: Boolean = false,
    /** The document that is shown over the pages; null for none. */
    val shown: ShownDocument? = null,
) {
    val reading: Boolean get() = document?.phase == Phase.Working
    val summarising: Boolean get() = summary?.phase == Phase.Working || shelf.summarising
    val asking: Boolean get() = turns.firstOrNull()?.phase == Phase.Working || shelf.asking
    val measuring: Boolean get() = sweep.phase == Phase.Working

    /** Something is under way; there is one thing at a time. */
    val busy: Boolean get() = reading || summarising || asking || measuring || shelf.adding

    /** The document can be summarised and asked. */
    val ready: Boolean get() = document?.phase == Phase.Done && !busy

    /** The shelf is summarised and asked; an empty one is not. */
    val ofShelf: Boolean get() = shelfChosen && !shelf.documents.isNullOrEmpty()

    /** What was chosen can be summarised and asked. */
    val chosenReady: Boolean get() = if (ofShelf) !busy else ready
}

enum class Phase { Working, Done, Stopped, Failed }

/** An open model, what it says of itself, and the version of the engine behind it. */
class Engine(val model: Model, val info: ModelInfo, val version: String)

/** The open document. */
data class OpenDocument(
    val title: String,
    val sample: Boolean,
    val phase: Phase = Phase.Working,
    /** The app's own copy of it; null until it is there, and of a document of the shelf. */
    val copy: File? = null,
    /** By which the shelf knows it; null until all of it was copied. */
    val id: String? = null,
    val bytes: Long = 0,
    /** The paragraphs of its text; null until it was read. */
    val paragraphs: Paragraphs? = null,
    /** The title in the document itself, if it begins with one. */
    val heading: String? = null,
    val progress: AnswerEvent.Progress? = null,
    val millis: Double = 0.0,
    val problem: Throwable? = null,
)

/** A document over the pages; [mark], in its UTF-16 units, is marked and brought into sight where it is not empty. */
class ShownDocument(val title: String, val paragraphs: Paragraphs, val mark: IntRange)

/** A question, words that were searched for, or without them a summary; and what became of it. */
data class Turn(
    val question: String?,
    /** What a summary is to be about; null for the whole document. */
    val focus: String? = null,
    /** How many documents of the shelf are asked; null where the open one is. */
    val documents: Int? = null,
    val phase: Phase = Phase.Working,
    val progress: AnswerEvent.Progress? = null,
    val text: String = "",
    val answer: Answer? = null,
    /** The passages that match: what a search found, or what is nearest to a question without an answer; null before. */
    val passages: List<Passage>? = null,
    val problem: Throwable? = null,
)

/** The benchmark: documents of growing length. */
data class Sweep(
    /** Null before it was ever started. */
    val phase: Phase? = null,
    val lengths: Int = 0,
    val progress: AnswerEvent.Progress? = null,
    val points: List<BenchmarkPoint> = emptyList(),
    val problem: Throwable? = null,
)

/** How a summary is to be made; [thorough] reads page by page for it, [focus] is what it is to be about. */
class SummaryRequest(val length: Int, val style: SummaryStyle, val thorough: Boolean, val focus: String? = null)
