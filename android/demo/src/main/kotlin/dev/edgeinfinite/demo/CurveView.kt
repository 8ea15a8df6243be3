package dev.edgeinfinite.demo

import android.content.Context
import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.Path
import android.graphics.Typeface
import android.util.AttributeSet
import android.util.TypedValue
import android.view.View
import dev.edgeinfinite.BenchmarkPoint
import kotlin.math.ceil
import kotlin.math.ln
import kotlin.math.pow

/** A number against the length of the document: lengths by their logarithm, the number from zero, so that flat looks flat. */
class CurveView(context: Context, attributes: AttributeSet?) : View(context, attributes) {
    private class Dot(val tokens: Long, val value: Double)

    private val paint = Paint(Paint.ANTI_ALIAS_FLAG)
    private val path = Path()
    private var dots = emptyList<Dot>()
    private var format: (Double) -> String = ::decimal

    private fun dp(value: Float) = value * resources.displayMetrics.density

    /** Shows [value] of each point, written by [format]; [name] says what it is. */
    fun show(name: String, points: List<BenchmarkPoint>, format: (Double) -> String, value: (BenchmarkPoint) -> Double) {
        dots = points.map { Dot(it.documentTokens, value(it)) }
        this.format = format
        val told = dots.joinToString { resources.getString(R.string.curve_point, count(it.tokens), format(it.value)) }
        contentDescription = resources.getString(R.string.curve_label, name, told)
        invalidate()
    }

    override fun onMeasure(widthMeasureSpec: Int, heightMeasureSpec: Int) {
        val height = dp(HEIGHT) + 3 * line()
        setMeasuredDimension(MeasureSpec.getSize(widthMeasureSpec), resolveSize(ceil(height).toInt(), heightMeasureSpec))
    }

    override fun onDraw(canvas: Canvas) {
        if (dots.isEmpty()) return
        val highest = ceiling(dots.maxOf { it.value })
        val ticks = listOf(0.0, highest / 2, highest)
        small()
        val left = ticks.maxOf { paint.measureText(format(it)) } + dp(8f)
        val plot = Plot(left, line() + dp(6f), width - dp(8f), height - 2 * line() - dp(8f), highest)
        drawTicks(canvas, plot, ticks)
        drawLengths(canvas, plot)
        drawCurve(canvas, plot)
    }

    private inner class Plot(val left: Float, val top: Float, val right: Float, val bottom: Float, val highest: Double) {
        private val shortest = ln(dots.first().tokens.toDouble())
        private val longest = ln(dots.last().tokens.toDouble())

        fun x(dot: Dot): Float {
            val share = if (longest == shortest) 0.5 else (ln(dot.tokens.toDouble()) - shortest) / (longest - shortest)
            val inset = dp(16f)
            return left + inset + ((right - left - 2 * inset) * share).toFloat()
        }

        fun y(value: Double): Float = bottom - ((bottom - top) * value / highest).toFloat()
    }

    private fun drawTicks(canvas: Canvas, plot: Plot, ticks: List<Double>) {
        for (tick in ticks) {
            val y = plot.y(tick)
            paint.color = context.getColor(R.color.line)
            paint.strokeWidth = dp(1f)
            canvas.drawLine(plot.left, y, plot.right, y, paint)
            small()
            paint.textAlign = Paint.Align.RIGHT
            canvas.drawText(format(tick), plot.left - dp(8f), y + paint.textSize * 0.35f, paint)
        }
    }

    private fun drawLengths(canvas: Canvas, plot: Plot) {
        small()
        paint.textAlign = Paint.Align.CENTER
        var free = Float.NEGATIVE_INFINITY
        for (dot in dots) {
            val text = short(dot.tokens)
            val half = paint.measureText(text) / 2
            if (plot.x(dot) - half < free) continue
            canvas.drawText(text, plot.x(dot), plot.bottom + line(), paint)
            free = plot.x(dot) + half + dp(8f)
        }
        canvas.drawText(resources.getString(R.string.curve_axis), (plot.left + plot.right) / 2, plot.bottom + 2 * line(), paint)
    }

    private fun drawCurve(canvas: Canvas, plot: Plot) {
        path.reset()
        dots.forEachIndexed { index, dot ->
            if (index == 0) path.moveTo(plot.x(dot), plot.y(dot.value)) else path.lineTo(plot.x(dot), plot.y(dot.value))
        }
        paint.color = context.getColor(R.color.accent)
        paint.style = Paint.Style.STROKE
        paint.strokeWidth = dp(2.5f)
        paint.strokeJoin = Paint.Join.ROUND
        canvas.drawPath(path, paint)
        paint.style = Paint.Style.FILL
        for (dot in dots) canvas.drawCircle(plot.x(dot), plot.y(dot.value), dp(4f), paint)

        val last = dots.last()
        small()
        paint.color = context.getColor(R.color.ink)
        paint.typeface = Typeface.create("sans-serif-medium", Typeface.NORMAL)
        paint.textAlign = Paint.Align.RIGHT
        canvas.drawText(format(last.value), plot.x(last) + dp(8f), plot.y(last.value) - dp(10f), paint)
        paint.typeface = Typeface.DEFAULT
    }

    private fun small() {
        paint.style = Paint.Style.FILL
        paint.color = context.getColor(R.color.ink_soft)
        paint.textSize = TypedValue.applyDimension(TypedValue.COMPLEX_UNIT_SP, LETTERS, resources.displayMetrics)
    }

    private fun line(): Float = TypedValue.applyDimension(TypedValue.COMPLEX_UNIT_SP, LETTERS, resources.displayMetrics) * 1.5f

    /** The next of 1, 2, 4, 5, 10, 20, … with a fifth of room above [value]. */
    private fun ceiling(value: Double): Double {
        val wanted = maxOf(value * 1.2, 1e-9)
        val power = 10.0.pow(kotlin.math.floor(kotlin.math.log10(wanted)))
        return listOf(1.0, 2.0, 4.0, 5.0, 10.0).map { it * power }.first { it >= wanted }
    }

    private companion object {
        const val HEIGHT = 130f
        const val LETTERS = 12f
    }
}
