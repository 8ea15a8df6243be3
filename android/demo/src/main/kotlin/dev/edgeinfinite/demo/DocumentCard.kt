package dev.edgeinfinite.demo

import android.view.View
import android.widget.ProgressBar
import android.widget.TextView
import dev.edgeinfinite.TextException

/** The document on the desk, as the pages that work on it show it. */
class PaperCard(private val view: View, stage: Stage) {
    private val title = view.findViewById<TextView>(R.id.paper_title)
    private val facts = view.findViewById<TextView>(R.id.paper_facts)
    private val bar = view.findViewById<ProgressBar>(R.id.paper_bar)
    private val show = view.findViewById<View>(R.id.paper_show)
    private val again = view.findViewById<View>(R.id.paper_again)
    private val stop = view.findViewById<View>(R.id.paper_stop)
    private val choose = view.findViewById<View>(R.id.paper_choose)
    private val sample = view.findViewById<View>(R.id.paper_sample)

    init {
        show.setOnClickListener { stage.show(null) }
        again.setOnClickListener { stage.work.readAgain() }
        stop.setOnClickListener { stage.work.stop() }
        choose.setOnClickListener { stage.choose() }
        sample.setOnClickListener { stage.sample() }
    }

    fun show(desk: Desk) {
        val paper = desk.paper ?: return
        title.say(paper.title)
        facts.say(words(desk, paper))
        facts.setTextColor(view.context.getColor(if (paper.problem == null) R.color.ink_soft else R.color.warn))
        bar.shown(desk.reading)
        bar.isIndeterminate = paper.progress == null
        bar.progress = paper.progress?.percent ?: 0
        show.shown(paper.paragraphs != null && paper.problem !is TextException) // there is no text to show
        again.shown(paper.phase == Phase.Stopped || paper.phase == Phase.Failed)
        stop.shown(desk.reading)
        choose.shown(!desk.reading)
        sample.shown(!desk.reading && !paper.sample)
    }

    private fun words(desk: Desk, paper: Paper): String {
        val context = view.context
        return when (paper.phase) {
            Phase.Working -> when {
                desk.engine == null -> context.getString(R.string.paper_opening)
                paper.progress != null -> context.getString(R.string.paper_reading, paper.progress.sentence(context))
                else -> context.getString(R.string.paper_copying)
            }

            Phase.Done -> context.getString(R.string.paper_facts, bytes(paper.paragraphs?.fileBytes ?: 0), millis(paper.millis))

            Phase.Stopped -> context.getString(R.string.paper_stopped)

            Phase.Failed -> context.getString(problem(paper.problem!!, argument = R.string.problem_text_large))
        }
    }
}
