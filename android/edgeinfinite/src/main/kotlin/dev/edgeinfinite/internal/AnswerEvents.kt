package dev.edgeinfinite.internal

import dev.edgeinfinite.AnswerEvent
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** Pulls an answer event by event: nothing runs ahead of the collector, nothing is buffered, nothing is lost. */
internal fun NativeQueue.events(start: () -> Long): Flow<AnswerEvent> = flow {
    val stream = createHandle(start)
    try {
        while (true) emit(runOn(stream, Native::next)?.answerEvent() ?: break)
    } finally {
        Native.close(stream)
    }
}
