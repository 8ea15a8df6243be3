package dev.edgeinfinite.demo

import android.view.View
import android.widget.ProgressBar
import android.widget.TextView

/** The open document, as the pages that work on it show it. */
class DocumentCard(private val view: View, screen: Screen) {
    private val title = view.findViewById<TextView>(R.id.card_title)
    private val facts = view.findViewById<TextView>(R.id.card_facts)
    private val bar = view.findViewById<ProgressBar>(R.id.card_bar)
    private val show = view.findViewById<View>(R.id.card_show)
    private val again = view.findViewById<View>(R.id.card_again)
    private val stop = view.findViewById<View>(R.id.card_stop)
    private val choose = view.findViewById<View>(R.id.card_choose)
    private val sample = view.findViewById<View>(R.id.card_sample)

    init {
        show.setOnClickListener { screen.viewModel.show() }
        again.setOnClickListener { screen.viewModel.readAgain() }
        stop.setOnClickListener { screen.viewModel.stop() }
        choose.setOnClickListener { screen.choose() }
        sample.setOnClickListener { screen.sample() }
    }

    fun show(state: ReaderUiState) {
        val document = state.document ?: return
        title.say(document.title)
        facts.say(words(state, document))
        facts.setTextColor(view.context.getColor(if (document.problem == null) R.color.ink_soft else R.color.warn))
        bar.shown(state.reading)
        bar.isIndeterminate = document.progress == null
        bar.progress = document.progress?.percent ?: 0
        show.shown(document.paragraphs != null)
        again.shown(document.phase == Phase.Stopped || document.phase == Phase.Failed)
        stop.shown(state.reading)
        choose.shown(!state.reading)
        sample.shown(!state.reading && !document.sample)
    }

    private fun words(state: ReaderUiState, document: OpenDocument): String {
        val context = view.context
        return when (document.phase) {
            Phase.Working -> when {
                state.engine == null -> context.getString(R.string.card_opening)
                document.progress != null -> context.getString(R.string.card_reading, document.progress.sentence(context))
                else -> context.getString(R.string.card_copying)
            }

            Phase.Done -> context.getString(R.string.card_facts, bytes(document.bytes), millis(document.millis))

            Phase.Stopped -> context.getString(R.string.card_stopped)

            Phase.Failed -> context.getString(problem(document.problem!!, argument = R.string.problem_text_large))
        }
    }
}
