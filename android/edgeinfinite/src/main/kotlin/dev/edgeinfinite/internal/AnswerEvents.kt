package dev.edgeinfinite.internal

import dev.edgeinfinite.Reply
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** Pulls a reply event by event: nothing runs ahead of the collector, nothing is kept for it, nothing is lost. */
internal fun Lane.replies(start: () -> Long): Flow<Reply> = flow {
    val reply = create(start)
    try {
        while (true) emit(work(reply, Native::next)?.reply() ?: break)
    } finally {
        Native.close(reply)
    }
}
