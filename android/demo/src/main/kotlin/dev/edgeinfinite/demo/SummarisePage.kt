package dev.edgeinfinite.demo

import android.view.View
import android.widget.RadioGroup

/** Summarises the document on the desk. */
class SummarisePage(private val view: View, private val stage: Stage) {
    private val paper = PaperCard(view.findViewById(R.id.summarise_paper), stage)
    private val summary = TurnCard(view.findViewById(R.id.summary), stage::show)
    private val go = view.findViewById<View>(R.id.summarise)
    private val stop = view.findViewById<View>(R.id.summarise_stop)

    init {
        go.setOnClickListener { stage.work.summarise(wanted()) }
        stop.setOnClickListener { stage.work.stop() }
    }

    fun show(desk: Desk) {
        paper.show(desk)
        summary.show(desk.summary, desk.paper?.heading)
        go.shown(!desk.summarising)
        go.isEnabled = desk.ready
        stop.shown(desk.summarising)
    }

    private fun wanted() = Wanted(
        sentences = when (chosen(R.id.length)) {
            R.id.length_short -> 3
            R.id.length_long -> 12
            else -> 6
        },
        paragraph = chosen(R.id.form) == R.id.form_paragraph,
        thorough = chosen(R.id.summary_reading) == R.id.summary_thorough,
    )

    private fun chosen(group: Int) = view.findViewById<RadioGroup>(group).checkedRadioButtonId
}
