package dev.edgeinfinite.demo

import android.view.View
import android.widget.RadioGroup

/** What is summarised and asked, as the pages for it show it: the open document or the shelf, which the person chooses unless it is empty. */
class Subject(view: View, screen: Screen) {
    private val choice = view.findViewById<RadioGroup>(R.id.subject)
    private val documentView = view.findViewById<View>(R.id.subject_document_card)
    private val document = DocumentCard(documentView, screen)
    private val shelfView = view.findViewById<View>(R.id.subject_shelf_card)
    private val shelf = ShelfCard(shelfView, screen)

    init {
        view.findViewById<View>(R.id.subject_document).setOnClickListener { screen.viewModel.choose(shelf = false) }
        view.findViewById<View>(R.id.subject_shelf).setOnClickListener { screen.viewModel.choose(shelf = true) }
    }

    fun show(state: ReaderUiState) {
        choice.shown(!state.shelf.documents.isNullOrEmpty())
        choice.check(if (state.ofShelf) R.id.subject_shelf else R.id.subject_document)
        documentView.shown(!state.ofShelf)
        document.show(state)
        shelfView.shown(state.ofShelf)
        shelf.show(state.shelf)
    }
}
