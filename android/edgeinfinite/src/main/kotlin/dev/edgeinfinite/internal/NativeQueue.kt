package dev.edgeinfinite.internal

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.job
import kotlinx.coroutines.withContext
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit

/** The queue of one model: native calls, one at a time, in the order they came, never on the caller's thread. */
internal class NativeQueue(private val dispatcher: CoroutineDispatcher = dedicatedThread()) {
    /** Runs a native call. */
    suspend fun <T> run(native: CoroutineScope.() -> T): T = withContext(dispatcher) {
        try {
            native()
        } catch (failure: NativeException) {
            ensureActive() // a run that ended because its caller was cancelled ends in silence
            throw failure.public()
        }
    }

    /** Runs a native call that works on [handle]; when the caller is cancelled, the graph run under way ends at once. */
    suspend fun <T> runOn(handle: Long, native: (Long) -> T): T = run {
        val watch = Job(parent = coroutineContext.job)
        watch.invokeOnCompletion { cause -> if (cause != null) Native.cancel(handle) }
        try {
            var result = runCatching { native(handle) }
            while ((result.exceptionOrNull() as? NativeException)?.code == "cancelled") {
                ensureActive() // or else it was closed, as the next try will say, or an earlier caller was cancelled too late
                result = runCatching { native(handle) }
            }
            result.getOrThrow()
        } finally {
            watch.complete()
        }
    }

    /** Runs a native call that makes a handle; when the caller is cancelled meanwhile, the handle is closed again. */
    suspend fun createHandle(native: () -> Long): Long {
        var handle = 0L
        try {
            return run { native().also { handle = it } }
        } catch (failure: Throwable) {
            if (handle != 0L) Native.close(handle)
            throw failure
        }
    }
}

/**
 * One daemon thread, which ends after ten idle seconds. Not one of the app's: ONNX Runtime leaves its caller's thread flushing denormals to
 * zero.
 */
internal fun dedicatedThread(): CoroutineDispatcher {
    val threads = ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, LinkedBlockingQueue()) { work ->
        Thread(work, "edgeinfinite").apply { isDaemon = true }
    }
    threads.allowCoreThreadTimeOut(true)
    return threads.asCoroutineDispatcher()
}
