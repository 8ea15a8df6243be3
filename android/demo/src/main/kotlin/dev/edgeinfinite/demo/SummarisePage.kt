package dev.edgeinfinite.demo

import android.view.View
import android.view.inputmethod.EditorInfo
import android.widget.EditText
import android.widget.RadioGroup
import dev.edgeinfinite.SummaryStyle

/** Summarises the document or the shelf on the state. */
class SummarisePage(private val view: View, private val screen: Screen) {
    private val subject = Subject(view.findViewById(R.id.summarise_subject), screen)
    private val summary = TurnCard(view.findViewById(R.id.summary), screen.viewModel::show)
    private val focus = view.findViewById<EditText>(R.id.focus)
    private val readings = view.findViewById<View>(R.id.summary_readings)
    private val go = view.findViewById<View>(R.id.summarise)
    private val stop = view.findViewById<View>(R.id.summarise_stop)

    init {
        focus.setHorizontallyScrolling(false)
        focus.maxLines = 3
        focus.setOnEditorActionListener { _, action, _ -> (action == EditorInfo.IME_ACTION_GO).also { if (it) summarise() } }
        go.setOnClickListener { summarise() }
        stop.setOnClickListener { screen.viewModel.stop() }
    }

    fun show(state: ReaderUiState) {
        subject.show(state)
        focus.setHint(if (state.ofShelf) R.string.focus_hint_shelf else R.string.focus_hint)
        readings.shown(!state.ofShelf) // a shelf's summary is always of its sentences
        if (state.ofShelf) summary.show(state.shelf.summary, title = null) else summary.show(state.summary, state.document?.heading)
        go.shown(!state.summarising)
        go.isEnabled = state.chosenReady
        stop.shown(state.summarising)
    }

    private fun summarise() {
        if (!go.isEnabled) return
        view.hideKeyboard()
        screen.viewModel.chosen.summarise(request())
    }

    private fun request() = SummaryRequest(
        length = when (chosen(R.id.length)) {
            R.id.length_short -> 3
            R.id.length_long -> 12
            else -> 6
        },
        style = if (chosen(R.id.form) == R.id.form_paragraph) SummaryStyle.Paragraph else SummaryStyle.Bullets,
        thorough = chosen(R.id.summary_reading) == R.id.summary_thorough,
        focus = focus.text.trim().toString().ifEmpty { null },
    )

    private fun chosen(group: Int) = view.findViewById<RadioGroup>(group).checkedRadioButtonId
}
