package dev.edgeinfinite.demo

import android.view.View
import android.widget.CheckBox
import android.widget.TextView
import dev.edgeinfinite.ShelfDocument
import java.time.LocalDate
import java.time.format.DateTimeFormatter
import java.time.format.FormatStyle

/** A document of the shelf: ticked or not, opened, removed after a question. */
class ShelfRow(private val view: View, screen: Screen) {
    private val title = view.findViewById<CheckBox>(R.id.row_title)
    private val facts = view.findViewById<TextView>(R.id.row_facts)
    private val open = view.findViewById<View>(R.id.row_open)
    private val remove = view.findViewById<View>(R.id.row_remove)
    private val sure = view.findViewById<View>(R.id.row_sure)
    private val keep = view.findViewById<View>(R.id.row_keep)
    private var document: ShelfDocument? = null

    init {
        val shelf = screen.viewModel.shelf
        title.setOnClickListener { document?.let { shelf.tick(it.id) } }
        open.setOnClickListener {
            document?.let { screen.viewModel.read(it) }
            screen.turnTo(R.id.tab_summarise)
        }
        remove.setOnClickListener { shelf.askToRemove(document?.id) }
        sure.setOnClickListener { shelf.remove() }
        keep.setOnClickListener { shelf.askToRemove(null) }
    }

    fun show(document: ShelfDocument, shelf: ShelfUiState) {
        this.document = document
        val asked = shelf.removing == document.id
        val damaged = document.id in shelf.damaged
        title.text = document.title
        title.isChecked = document.id in shelf.ticked
        title.jumpDrawablesToCurrentState()
        facts.text = words(document, asked, damaged)
        facts.setTextColor(view.context.getColor(if (damaged || asked) R.color.warn else R.color.ink_soft))
        open.shown(!asked && !damaged)
        remove.shown(!asked)
        sure.shown(asked)
        keep.shown(asked)
    }

    private fun words(document: ShelfDocument, asked: Boolean, damaged: Boolean): String = when {
        asked -> view.context.getString(R.string.row_remove_sure)
        damaged -> view.context.getString(R.string.row_damaged)
        else -> listOfNotNull(bytes(document.bytes), document.metadata[ADDED]?.let(::day)).joinToString(" · ")
    }

    private fun day(iso: String): String = DateTimeFormatter.ofLocalizedDate(FormatStyle.MEDIUM).format(LocalDate.parse(iso))
}
