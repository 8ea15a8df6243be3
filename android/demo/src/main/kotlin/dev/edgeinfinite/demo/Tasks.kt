package dev.edgeinfinite.demo

import dev.edgeinfinite.Answer
import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.await
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.launch

/** One task at a time, on [scope]'s thread: another one stops that under way. */
class Tasks(private val scope: CoroutineScope) {
    private var job: Job? = null

    fun start(task: suspend () -> Unit) {
        val before = job
        job = scope.launch {
            before?.cancelAndJoin()
            task()
        }
    }

    fun stop() {
        job?.cancel()
    }
}

/** Runs [block] and says how it ended; the failure is returned too. */
suspend fun attempt(ended: (Phase, Throwable?) -> Unit, block: suspend () -> Unit): Exception? = try {
    block()
    ended(Phase.Done, null)
    null
} catch (stop: CancellationException) {
    ended(Phase.Stopped, null)
    throw stop
} catch (failure: Exception) {
    ended(Phase.Failed, failure)
    failure
}

/** Shows an answer as it comes: each event changes the turn that shows it. */
suspend fun Flow<AnswerEvent>.show(change: ((Turn) -> Turn) -> Unit): Answer = onEach { event ->
    change {
        when (event) {
            is AnswerEvent.Progress -> it.copy(progress = event)
            is AnswerEvent.TextDelta -> it.copy(text = it.text + event.delta)
            is AnswerEvent.Done -> it.copy(answer = event.answer)
        }
    }
}.await()
