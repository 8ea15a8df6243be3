package dev.edgeinfinite.demo

import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.ShelfDocument

/** The shelf: documents that stay on the phone, and what was told and asked of them. */
data class ShelfUiState(
    /** The newest first; null until the shelf is open. */
    val documents: List<ShelfDocument>? = null,
    /** Ids of the documents that are summarised and asked; none for all. */
    val ticked: Set<String> = emptySet(),
    /** The document whose removal has to be confirmed, by its id. */
    val removing: String? = null,
    /** Ids of the documents that could not be opened when an answer failed. */
    val damaged: Set<String> = emptySet(),
    /** Documents on their way to the shelf, and those of the last call that did not come to it. */
    val additions: List<Addition> = emptyList(),
    val summary: Turn? = null,
    /** What was asked and searched for so far, the newest first. */
    val turns: List<Turn> = emptyList(),
    /** Why the shelf is not open, or what was last wanted of it was not done. */
    val problem: Throwable? = null,
) {
    val adding: Boolean get() = additions.any { it.phase == Phase.Working }
    val summarising: Boolean get() = summary?.phase == Phase.Working
    val asking: Boolean get() = turns.firstOrNull()?.phase == Phase.Working

    /** Those that are summarised and asked. */
    val asked: List<ShelfDocument> get() = documents.orEmpty().filter { ticked.isEmpty() || it.id in ticked }
}

/** A document on its way to the shelf; or what became of it, where it did not come to it. */
data class Addition(
    val title: String,
    val phase: Phase = Phase.Working,
    val progress: AnswerEvent.Progress? = null,
    /** The shelf holds it already. */
    val held: Boolean = false,
    val problem: Throwable? = null,
)
