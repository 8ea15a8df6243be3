package dev.edgeinfinite.demo

import android.graphics.Typeface
import android.os.Build
import android.text.SpannableString
import android.text.Spanned
import android.text.style.BackgroundColorSpan
import android.util.TypedValue
import android.view.View
import android.view.ViewGroup
import android.widget.BaseAdapter
import android.widget.ListView
import android.widget.TextView

/** The document itself, of any length: only the paragraphs in sight are in memory. A quote that was tapped is marked where it stands. */
class DocumentPage(private val view: View, onBack: () -> Unit) {
    private val title = view.findViewById<TextView>(R.id.document_title)
    private val list = view.findViewById<ListView>(R.id.document_list)
    private var shown: ShownDocument? = null
    private val mark get() = shown?.mark ?: 0..<0

    val isOpen: Boolean get() = shown != null

    init {
        view.findViewById<View>(R.id.document_back).setOnClickListener { onBack() }
    }

    /** Shows [document]; null for none. */
    fun show(document: ShownDocument?) {
        if (document === shown) return
        shown = document
        view.shown(document != null)
        title.text = document?.title
        list.adapter = document?.let { Rows(it.paragraphs) }
        if (document != null && !document.mark.isEmpty()) bringIntoSight(document.paragraphs)
    }

    /** What lies below the last line, the system's bar, is part of the list. */
    fun inset(bottom: Int) {
        list.setPadding(0, 0, 0, bottom + view.resources.getDimensionPixelSize(R.dimen.space_8))
    }

    private fun bringIntoSight(paragraphs: Paragraphs) {
        val row = paragraphs.at(mark.first)
        list.setSelection(row)
        list.post {
            // once it is laid out: the marked line of it, a third from the top
            val text = list.getChildAt(row - list.firstVisiblePosition) as? TextView ?: return@post
            val offset = (mark.first - paragraphs[row].start).coerceIn(0, text.length())
            val line = text.layout?.let { it.getLineTop(it.getLineForOffset(offset)) } ?: 0
            list.setSelectionFromTop(row, list.height / 3 - line)
        }
    }

    private inner class Rows(private val paragraphs: Paragraphs) : BaseAdapter() {
        override fun getCount() = paragraphs.size

        override fun getItem(position: Int) = paragraphs[position]

        override fun getItemId(position: Int) = position.toLong()

        override fun areAllItemsEnabled() = false

        override fun isEnabled(position: Int) = false

        override fun getView(position: Int, old: View?, parent: ViewGroup): View {
            val paragraph = paragraphs[position]
            val row = old as TextView? ?: parent.inflate(R.layout.paragraph) as TextView
            row.text = marked(paragraph)
            row.setTextSize(TypedValue.COMPLEX_UNIT_SP, LETTERS.getOrElse(paragraph.heading) { BODY })
            row.setTypeface(Typeface.SERIF, if (paragraph.heading > 0) Typeface.BOLD else Typeface.NORMAL)
            if (Build.VERSION.SDK_INT >= 28) row.isAccessibilityHeading = paragraph.heading > 0
            return row
        }

        private fun marked(paragraph: Paragraphs.Paragraph): CharSequence {
            val length = paragraph.text.length
            val from = (mark.first - paragraph.start).coerceIn(0, length)
            val to = (mark.last + 1 - paragraph.start).coerceIn(0, length)
            if (from >= to) return paragraph.text
            return SpannableString(paragraph.text).apply {
                setSpan(BackgroundColorSpan(view.context.getColor(R.color.mark)), from, to, Spanned.SPAN_EXCLUSIVE_EXCLUSIVE)
            }
        }
    }

    private companion object {
        const val BODY = 17f

        /** Sizes of text, headings of the first level, and of the second. */
        val LETTERS = listOf(BODY, 24f, 20f)
    }
}
