package dev.edgeinfinite.demo

import android.content.Context
import android.util.AttributeSet
import android.view.View
import android.view.ViewGroup

/** Its children one beside the other, and in a new line where there is no room: buttons stay whole with large letters. */
class FlowRow(context: Context, attributes: AttributeSet?) : ViewGroup(context, attributes) {
    private val shown get() = (0 until childCount).map(::getChildAt).filter { it.visibility != View.GONE }

    override fun onMeasure(widthMeasureSpec: Int, heightMeasureSpec: Int) {
        val width = MeasureSpec.getSize(widthMeasureSpec)
        val most = MeasureSpec.makeMeasureSpec(width - paddingLeft - paddingRight, MeasureSpec.AT_MOST)
        for (child in shown) child.measure(most, MeasureSpec.makeMeasureSpec(0, MeasureSpec.UNSPECIFIED))
        val height = lines(width).sumOf { line -> line.maxOf { it.measuredHeight } } + paddingTop + paddingBottom
        setMeasuredDimension(width, resolveSize(height, heightMeasureSpec))
    }

    override fun onLayout(changed: Boolean, left: Int, top: Int, right: Int, bottom: Int) {
        val width = right - left
        var y = paddingTop
        for (line in lines(width)) {
            var x = paddingStart
            for (child in line) {
                val from = if (layoutDirection == LAYOUT_DIRECTION_RTL) width - x - child.measuredWidth else x
                child.layout(from, y, from + child.measuredWidth, y + child.measuredHeight)
                x += child.measuredWidth
            }
            y += line.maxOf { it.measuredHeight }
        }
    }

    private fun lines(width: Int): List<List<View>> {
        val lines = mutableListOf<MutableList<View>>()
        var room = 0
        for (child in shown) {
            if (lines.isEmpty() || child.measuredWidth > room) {
                lines += mutableListOf<View>()
                room = width - paddingLeft - paddingRight
            }
            lines.last() += child
            room -= child.measuredWidth
        }
        return lines
    }
}
