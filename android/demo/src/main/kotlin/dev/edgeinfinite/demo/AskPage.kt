package dev.edgeinfinite.demo

import android.view.View
import android.view.inputmethod.EditorInfo
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.RadioGroup

/** Asks and searches the document or the shelf on the state, as often as one likes: it was read once. */
class AskPage(private val view: View, private val screen: Screen) {
    private val subject = Subject(view.findViewById(R.id.ask_subject), screen)
    private val question = view.findViewById<EditText>(R.id.question)
    private val go = view.findViewById<View>(R.id.ask)
    private val stop = view.findViewById<View>(R.id.ask_stop)
    private val suggestions = view.findViewById<LinearLayout>(R.id.suggestions)
    private val turns = view.findViewById<LinearLayout>(R.id.turns)

    /** A card for each turn, the oldest first: cards stay with their turn. */
    private val cards = mutableListOf<TurnCard>()
    private var ofShelf = false

    init {
        question.setHorizontallyScrolling(false) // a line of its own for the keyboard's key, several for the eye
        question.maxLines = 4
        question.setOnEditorActionListener { _, action, _ -> (action == EditorInfo.IME_ACTION_GO).also { if (it) ask() } }
        go.setOnClickListener { ask() }
        stop.setOnClickListener { screen.viewModel.stop() }
        for (words in view.resources.getStringArray(R.array.questions)) {
            val suggestion = suggestions.inflate(R.layout.suggestion) as Button
            suggestion.text = words
            suggestion.setOnClickListener {
                question.setText(words)
                ask()
            }
            suggestions.addView(suggestion)
        }
    }

    fun show(state: ReaderUiState) {
        subject.show(state)
        question.setHint(if (state.ofShelf) R.string.question_hint_shelf else R.string.question_hint)
        go.shown(!state.asking)
        go.isEnabled = state.chosenReady
        stop.shown(state.asking)
        val sample = state.document?.sample == true && state.document.phase == Phase.Done
        suggestions.shown(sample && state.turns.isEmpty() && !state.ofShelf)
        if (state.ofShelf) {
            show(state.shelf.turns, ofShelf = true, title = null)
        } else {
            show(state.turns, ofShelf = false, title = state.document?.heading)
        }
    }

    private fun show(shown: List<Turn>, ofShelf: Boolean, title: String?) {
        if (shown.size < cards.size || ofShelf != this.ofShelf) {
            turns.removeAllViews()
            cards.clear()
            this.ofShelf = ofShelf
        }
        while (cards.size < shown.size) {
            val card = turns.inflate(R.layout.turn)
            turns.addView(card, 0)
            cards += TurnCard(card, screen.viewModel::show)
        }
        cards.zip(shown.asReversed()).forEach { (card, turn) -> card.show(turn, title) }
    }

    private fun ask() {
        val words = question.text.trim().toString()
        if (words.isEmpty() || !go.isEnabled) return
        view.hideKeyboard()
        val asked = screen.viewModel.chosen
        when (val chosen = view.findViewById<RadioGroup>(R.id.ask_reading).checkedRadioButtonId) {
            R.id.ask_search -> asked.search(words)
            else -> asked.ask(words, thorough = chosen == R.id.ask_thorough)
        }
        question.text.clear() // it stands over its answer
    }
}
