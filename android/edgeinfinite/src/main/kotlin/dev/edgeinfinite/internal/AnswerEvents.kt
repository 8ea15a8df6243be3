package dev.edgeinfinite.internal

import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.ExtractedField
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** Pulls an answer event by event: nothing runs ahead of the collector, nothing is buffered, nothing is lost. */
internal fun NativeQueue.events(start: () -> Long): Flow<AnswerEvent> = pulled(start) { it.answerEvent() }

/** Pulls values field by field, in the same way. */
internal fun NativeQueue.fields(start: () -> Long): Flow<ExtractedField> = pulled(start) { it.extractedField() }

/** What [read] makes of each event of a stream, where it makes anything of it. */
private fun <T : Any> NativeQueue.pulled(start: () -> Long, read: (ByteArray) -> T?): Flow<T> = flow {
    val stream = createHandle(start)
    try {
        while (true) read(runOn(stream, Native::next) ?: break)?.let { emit(it) }
    } finally {
        Native.close(stream)
    }
}
