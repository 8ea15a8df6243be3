package dev.edgeinfinite.demo

import android.content.Context
import dev.edgeinfinite.AnswerEvent
import java.text.NumberFormat
import kotlin.math.roundToInt
import kotlin.math.roundToLong

// Numbers as a person reads them, in the phone's language.

fun count(value: Long): String = NumberFormat.getIntegerInstance().format(value)

fun decimal(value: Double): String = NumberFormat.getNumberInstance().apply {
    maximumFractionDigits = if (value < 10) 1 else 0
}.format(value)

fun bytes(value: Long): String = when {
    value >= 1_000_000_000 -> "${decimal(value / 1e9)} GB"
    value >= 1_000_000 -> "${decimal(value / 1e6)} MB"
    value >= 1_000 -> "${decimal(value / 1e3)} kB"
    else -> "${count(value)} B"
}

fun millis(value: Double): String = when {
    value < 999.5 -> "${count(value.roundToLong())} ms"
    value < 60_000 -> "${decimal(value / 1e3)} s"
    else -> "${count((value / 60_000).toLong())} min ${count((value / 1000).toLong() % 60)} s"
}

/** A count on an axis, where there is little room: 2k, 512k, 1M. */
fun short(value: Long): String = when {
    value >= 1_000_000 -> "${decimal(value / 1e6)}M"
    value >= 1_000 -> "${(value / 1e3).roundToInt()}k"
    else -> count(value)
}

fun percent(share: Double): String = NumberFormat.getPercentInstance().apply {
    maximumFractionDigits = if (share < 0.1) 1 else 0
}.format(share)

fun AnswerEvent.Progress.sentence(context: Context): String {
    val left = secondsLeft
    return if (left == null || left < 1) {
        context.getString(R.string.progress, count(tokensDone), count(tokensTotal))
    } else {
        context.getString(R.string.progress_left, count(tokensDone), count(tokensTotal), millis(left * 1e3))
    }
}
