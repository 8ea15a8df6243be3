package dev.edgeinfinite.demo

import android.view.View
import android.widget.TextView

/** The documents of the shelf that are summarised and asked, as the pages for it show them. */
class ShelfCard(private val view: View, screen: Screen) {
    private val title = view.findViewById<TextView>(R.id.shelf_card_title)
    private val names = view.findViewById<TextView>(R.id.shelf_card_names)
    private val problem = view.findViewById<TextView>(R.id.shelf_card_problem)

    init {
        view.findViewById<View>(R.id.shelf_card_choose).setOnClickListener { screen.turnTo(R.id.tab_shelf) }
    }

    fun show(shelf: ShelfUiState) {
        title.say(view.context.asked(shelf))
        names.say(shelf.asked.joinToString(" · ", limit = NAMES) { it.title })
        problem.shown(shelf.problem != null)
        shelf.problem?.let { problem.say(view.context.getString(problem(it, argument = R.string.problem_shelf_gone))) }
    }

    private companion object {
        /** Titles that are shown, of however many. */
        const val NAMES = 5
    }
}
