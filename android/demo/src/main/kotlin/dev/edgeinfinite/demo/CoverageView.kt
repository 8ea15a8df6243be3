package dev.edgeinfinite.demo

import android.content.Context
import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.Path
import android.util.AttributeSet
import android.view.View
import dev.edgeinfinite.Answer
import dev.edgeinfinite.Coverage

/** The document as a strip, from its start to its end: what was before the model for an answer, and where the quotes are. */
class CoverageView(context: Context, attributes: AttributeSet?) : View(context, attributes) {
    private val paint = Paint(Paint.ANTI_ALIAS_FLAG)
    private val outline = Path()
    private var answer: Answer? = null

    fun show(answer: Answer) {
        this.answer = answer
        contentDescription = resources.getString(R.string.coverage, percent(answer.share()))
        invalidate()
    }

    override fun onDraw(canvas: Canvas) {
        val answer = answer ?: return
        val length = answer.coverage.lastOrNull()?.end ?: return
        outline.reset()
        outline.addRoundRect(0f, 0f, width.toFloat(), height.toFloat(), height / 2f, height / 2f, Path.Direction.CW)
        canvas.clipPath(outline)
        canvas.drawColor(context.getColor(R.color.line))
        for (part in answer.coverage) {
            if (part.kind != Coverage.Kind.Skipped) draw(canvas, part.start, part.end, length, R.color.accent_half)
        }
        for (quote in answer.quotes) draw(canvas, quote.start, quote.end, length, R.color.accent)
    }

    private fun draw(canvas: Canvas, start: Int, end: Int, length: Int, color: Int) {
        val from = width * (start.toFloat() / length)
        val to = width * (end.toFloat() / length)
        paint.color = context.getColor(color)
        canvas.drawRect(from, 0f, maxOf(to, from + 2 * resources.displayMetrics.density), height.toFloat(), paint)
    }
}

/** How much of the document was before the model, 0 … 1. */
fun Answer.share(): Double {
    val length = coverage.lastOrNull()?.end ?: return 0.0
    return coverage.filter { it.kind != Coverage.Kind.Skipped }.sumOf { it.end - it.start }.toDouble() / length
}
