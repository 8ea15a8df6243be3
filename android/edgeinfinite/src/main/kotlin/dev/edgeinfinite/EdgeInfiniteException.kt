package dev.edgeinfinite

/**
 * Something outside the program is not as it has to be: a model folder, a document, a disk, the machine.
 *
 * The caller's own mistakes are [IllegalArgumentException] and [IllegalStateException], [ClosedException] among them; a defect of this
 * library is an [EngineFault]. Messages say what was found and what was expected, never text of a document or a question.
 */
public sealed class EdgeInfiniteException(
    /** Stable, for programs: `model.hash`, `text.encoding`, … All of them are in docs/errors.md. */
    public val code: String,
    message: String,
) : Exception(message)

/** The model folder is missing, damaged, or of a form that this version does not read: `model.…`. */
public class ModelException(code: String, message: String) : EdgeInfiniteException(code, message)

/** The document is missing, empty, changed meanwhile, not UTF-8, or no text at all: `text.…`. */
public class TextException(code: String, message: String) : EdgeInfiniteException(code, message)

/** ONNX Runtime's library is missing, too old, or reported an error: `runtime.…`. */
public class OnnxRuntimeException(code: String, message: String) : EdgeInfiniteException(code, message)

/** A saved document is missing, damaged, unfinished, or of another model, text or version: `state.…`. */
public class StateException(code: String, message: String) : EdgeInfiniteException(code, message)

/** A file could not be read or written: `io`. */
public class StorageException(code: String, message: String) : EdgeInfiniteException(code, message)

/**
 * What was called is closed, or was made from something that is: before the call, or while it was at work.
 *
 * Catch this one rather than [IllegalStateException]: a coroutine's `CancellationException` is an [IllegalStateException] too, on the
 * JVM, and has to pass. The library keeps the two apart: a caller that was cancelled gets that one, as it is, never wrapped; every
 * other caller of what was closed gets this one.
 */
public class ClosedException(message: String) : IllegalStateException(message)

/**
 * A defect of this library. What was being worked on refuses every further call; the app and everything else live on.
 * Please report it.
 */
public class EngineFault(message: String) : RuntimeException(message)
