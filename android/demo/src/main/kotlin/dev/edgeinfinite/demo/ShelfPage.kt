package dev.edgeinfinite.demo

import android.content.Context
import android.view.View
import android.view.ViewGroup
import android.widget.BaseAdapter
import android.widget.LinearLayout
import android.widget.ListView
import android.widget.ProgressBar
import android.widget.TextView
import dev.edgeinfinite.ShelfDocument

/** The documents that stay on the phone, however many: only those in sight are views. */
class ShelfPage(private val view: View, private val screen: Screen) {
    private val list = view.findViewById<ListView>(R.id.page_shelf)
    private val head = list.inflate(R.layout.shelf_head)
    private val title = head.findViewById<TextView>(R.id.shelf_title)
    private val note = head.findViewById<TextView>(R.id.shelf_note)
    private val additions = head.findViewById<LinearLayout>(R.id.shelf_additions)
    private val add = head.findViewById<View>(R.id.shelf_add)
    private val addOpen = head.findViewById<View>(R.id.shelf_add_open)
    private val stop = head.findViewById<View>(R.id.shelf_stop)
    private val again = head.findViewById<View>(R.id.shelf_again)
    private val ask = head.findViewById<View>(R.id.shelf_ask)
    private val rows = Rows()

    /** What the rows show. */
    private var shelf = ShelfUiState()

    init {
        list.addHeaderView(head, null, false)
        list.adapter = rows
        add.setOnClickListener { screen.chooseForShelf() }
        addOpen.setOnClickListener { screen.viewModel.shelf.addOpen() }
        stop.setOnClickListener { screen.viewModel.stop() }
        again.setOnClickListener { openAgain() }
        ask.setOnClickListener {
            screen.viewModel.choose(shelf = true)
            screen.turnTo(R.id.tab_ask)
        }
    }

    fun show(state: ReaderUiState) {
        val shelf = state.shelf
        val open = shelf.documents != null
        val failure = if (state.engine == null) state.engineProblem else shelf.problem
        title.say(if (open) view.context.asked(shelf) else view.context.getString(R.string.shelf_closed))
        note.say(note(shelf, failure))
        note.setTextColor(view.context.getColor(if (failure == null) R.color.ink_soft else R.color.warn))
        add.shown(open)
        add.isEnabled = !state.busy
        addOpen.shown(open && state.document.canBeAdded(shelf))
        addOpen.isEnabled = !state.busy
        stop.shown(shelf.adding)
        again.shown(!open && failure != null && !state.busy)
        ask.shown(!shelf.documents.isNullOrEmpty())
        showAdditions(shelf.additions)
        if (shelf.rows() == this.shelf.rows()) return
        this.shelf = shelf
        rows.notifyDataSetChanged()
    }

    private fun openAgain() {
        val viewModel = screen.viewModel
        if (viewModel.uiState.value.engine == null) viewModel.readAgain() else viewModel.shelf.open()
    }

    private fun note(shelf: ShelfUiState, failure: Throwable?): String = when {
        failure != null -> view.context.getString(problem(failure, argument = R.string.problem_shelf_gone))
        shelf.documents == null -> view.context.getString(R.string.card_opening)
        shelf.documents.isEmpty() -> view.context.getString(R.string.shelf_empty)
        shelf.ticked.isEmpty() -> view.context.getString(R.string.shelf_how)
        else -> view.context.getString(R.string.shelf_how_ticked)
    }

    private fun showAdditions(shown: List<Addition>) {
        while (additions.childCount > shown.size) additions.removeViewAt(additions.childCount - 1)
        while (additions.childCount < shown.size) additions.addView(additions.inflate(R.layout.shelf_addition))
        shown.forEachIndexed { index, addition -> additions.getChildAt(index).show(addition) }
    }

    private fun View.show(addition: Addition) {
        findViewById<TextView>(R.id.addition_title).say(addition.title)
        val words = findViewById<TextView>(R.id.addition_words)
        words.say(words(addition))
        words.setTextColor(context.getColor(if (addition.problem == null) R.color.ink_soft else R.color.warn))
        val bar = findViewById<ProgressBar>(R.id.addition_bar)
        bar.shown(addition.phase == Phase.Working)
        bar.isIndeterminate = addition.progress == null
        bar.progress = addition.progress?.percent ?: 0
    }

    private fun View.words(addition: Addition): String = when {
        addition.problem != null -> context.getString(problem(addition.problem, argument = R.string.problem_text_large))
        addition.held -> context.getString(R.string.addition_held)
        addition.phase == Phase.Stopped -> context.getString(R.string.stopped)
        addition.progress != null -> context.getString(R.string.card_reading, addition.progress.sentence(context))
        else -> context.getString(R.string.card_copying)
    }

    /** A row for each document. */
    private inner class Rows : BaseAdapter() {
        override fun getCount() = shelf.documents.orEmpty().size

        override fun getItem(position: Int): ShelfDocument = shelf.documents.orEmpty()[position]

        override fun getItemId(position: Int) = position.toLong()

        override fun areAllItemsEnabled() = false

        override fun isEnabled(position: Int) = false

        override fun getView(position: Int, old: View?, parent: ViewGroup): View {
            val row = old ?: parent.inflate(R.layout.shelf_row).apply { tag = ShelfRow(this, screen) }
            (row.tag as ShelfRow).show(getItem(position), shelf)
            return row
        }
    }
}

/** How many documents are asked, in words. */
fun Context.asked(shelf: ShelfUiState): String {
    val all = shelf.documents.orEmpty().size
    if (all == 0) return getString(R.string.shelf_none)
    val counted = resources.getQuantityString(R.plurals.documents, all, all)
    return if (shelf.ticked.isEmpty()) counted else getString(R.string.shelf_ticked, shelf.ticked.size, counted)
}

/** What the rows show of it. */
private fun ShelfUiState.rows() = listOf(documents, ticked, removing, damaged)

/** It was read out of a copy of the app's, and is not on the shelf. */
private fun OpenDocument?.canBeAdded(shelf: ShelfUiState) =
    this?.phase == Phase.Done && copy != null && shelf.documents.orEmpty().none { it.id == id }
