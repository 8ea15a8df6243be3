package dev.edgeinfinite

/**
 * What was called is closed, or was made from something that is: before the call, or while it was at work.
 *
 * Catch this one rather than [IllegalStateException]: a coroutine's `CancellationException` is an [IllegalStateException] too, on the
 * JVM, and has to pass. The library keeps the two apart: a caller that was cancelled gets that one, as it is, never wrapped; every
 * other caller of what was closed gets this one.
 */
public class ClosedException(message: String) : IllegalStateException(message)
