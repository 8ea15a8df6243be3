package dev.edgeinfinite.demo

import android.view.View
import android.view.inputmethod.EditorInfo
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.RadioGroup

/** Asks and searches the document on the state, as often as one likes: it was read once. */
class AskPage(private val view: View, private val screen: Screen) {
    private val card = DocumentCard(view.findViewById(R.id.ask_card), screen)
    private val question = view.findViewById<EditText>(R.id.question)
    private val go = view.findViewById<View>(R.id.ask)
    private val stop = view.findViewById<View>(R.id.ask_stop)
    private val suggestions = view.findViewById<LinearLayout>(R.id.suggestions)
    private val turns = view.findViewById<LinearLayout>(R.id.turns)

    /** A card for each turn, the oldest first: cards stay with their turn. */
    private val cards = mutableListOf<TurnCard>()

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
        card.show(state)
        go.shown(!state.asking)
        go.isEnabled = state.ready
        stop.shown(state.asking)
        suggestions.shown(state.turns.isEmpty() && state.document?.sample == true && state.document.phase == Phase.Done)
        if (state.turns.size < cards.size) {
            turns.removeAllViews()
            cards.clear()
        }
        while (cards.size < state.turns.size) {
            val card = turns.inflate(R.layout.turn)
            turns.addView(card, 0)
            cards += TurnCard(card, screen::show)
        }
        cards.zip(state.turns.asReversed()).forEach { (card, turn) -> card.show(turn, state.document?.heading) }
    }

    private fun ask() {
        val words = question.text.trim().toString()
        if (words.isEmpty() || !go.isEnabled) return
        view.hideKeyboard()
        when (val chosen = view.findViewById<RadioGroup>(R.id.ask_reading).checkedRadioButtonId) {
            R.id.ask_search -> screen.viewModel.search(words)
            else -> screen.viewModel.ask(words, thorough = chosen == R.id.ask_thorough)
        }
        question.text.clear() // it stands over its answer
    }
}
