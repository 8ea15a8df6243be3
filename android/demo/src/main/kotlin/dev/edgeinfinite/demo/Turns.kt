package dev.edgeinfinite.demo

import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.Passage
import kotlinx.coroutines.flow.Flow

/** Passages that are shown where a question has no answer. */
const val NEAREST = 3

/** What can be summarised, asked and searched: the open document, or the shelf. */
interface Askable {
    /** Summarises it; where nothing in it bears on the focus, that is told. */
    fun summarise(request: SummaryRequest)

    /** Asks [question]; where the text does not say, what is nearest to it is shown. */
    fun ask(question: String, thorough: Boolean)

    /** Searches for [words], without the model. */
    fun search(words: String)
}

/** Works on the newest of the turns that [update] changes on the state. Each function returns what it failed with; null for nothing. */
class Turns(private val update: ((List<Turn>) -> List<Turn>) -> Unit) {
    /** Shows the summary that comes as [events]. */
    suspend fun summarise(turn: Turn, events: Flow<AnswerEvent>) = begin(turn) { events.show(::change) }

    /** Shows the answer that comes as [events]; where nothing is found, what [nearest] finds for the question as it was asked. */
    suspend fun ask(turn: Turn, events: Flow<AnswerEvent>, nearest: suspend (String) -> List<Passage>) = begin(turn) {
        val answer = events.show(::change)
        if (!answer.found) {
            val passages = nearest((answer.resolvedQuestion ?: answer.question).orEmpty())
            change { it.copy(passages = passages) }
        }
    }

    /** Shows what [find] finds. */
    suspend fun search(turn: Turn, find: suspend () -> List<Passage>) = begin(turn) {
        val passages = find()
        change { it.copy(passages = passages) }
    }

    private suspend fun begin(turn: Turn, block: suspend () -> Unit): Exception? {
        update { listOf(turn) + it }
        return attempt({ phase, problem -> change { it.copy(phase = phase, problem = problem) } }, block)
    }

    private fun change(change: (Turn) -> Turn) = update { listOf(change(it.first())) + it.drop(1) }
}
