package dev.edgeinfinite.demo

import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.view.inputmethod.InputMethodManager
import android.widget.LinearLayout
import android.widget.TextView

/** What a page asks of the activity that holds it. */
interface Screen {
    val viewModel: ReaderViewModel

    /** Lets the person choose a document. */
    fun choose()

    /** Lets the person choose documents for the shelf. */
    fun chooseForShelf()

    /** Opens the sample document. */
    fun sample()

    /** Turns to another page, by its tab. */
    fun turnTo(tab: Int)
}

fun View.shown(shown: Boolean) {
    visibility = if (shown) View.VISIBLE else View.GONE
}

/** Ends writing in a field of this page. */
fun View.hideKeyboard() {
    context.getSystemService(InputMethodManager::class.java).hideSoftInputFromWindow(windowToken, 0)
    clearFocus()
}

/** Sets a text once: the same one again would be read out again. */
fun TextView.say(words: CharSequence) {
    if (!text.contentEquals(words)) text = words
}

fun ViewGroup.inflate(layout: Int): View = LayoutInflater.from(context).inflate(layout, this, false)

/** Numbers, each with its name, two in a row. */
fun LinearLayout.showFigures(figures: List<Pair<Int, String>>) {
    removeAllViews()
    for (pair in figures.chunked(2)) {
        val row = LinearLayout(context).apply { isBaselineAligned = false }
        for ((name, value) in pair) {
            val figure = row.inflate(R.layout.figure)
            figure.findViewById<TextView>(R.id.figure_value).text = value
            figure.findViewById<TextView>(R.id.figure_name).setText(name)
            row.addView(figure)
        }
        if (pair.size == 1) row.addView(View(context), LinearLayout.LayoutParams(0, 0, 1f))
        addView(row)
    }
}
