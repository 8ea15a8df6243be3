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

/**
 * The engine's native library is missing, or is not one for this processor: `engine.missing`. On a phone: one whose ABI the AAR does not
 * hold, or an app that was packed without it. The message says what was searched and what is expected.
 */
public class EngineMissingException(code: String, message: String) : EdgeInfiniteException(code, message)

/** The model folder is missing, damaged, or of a form that this version does not read: `model.…`. */
public class ModelException(code: String, message: String) : EdgeInfiniteException(code, message)

/**
 * The document is missing, empty or changed meanwhile: `text.…`; or it is of a format that is not read, encrypted, scanned without text,
 * damaged, or larger than the limits: `document.…`.
 */
public class TextException(code: String, message: String) : EdgeInfiniteException(code, message)

/** ONNX Runtime's library is missing, too old, or reported an error: `runtime.…`. */
public class OnnxRuntimeException(code: String, message: String) : EdgeInfiniteException(code, message)

/** A saved document is missing, damaged, unfinished, or of another model, text or version: `state.…`. */
public class SavedDocumentException(code: String, message: String) : EdgeInfiniteException(code, message)

/**
 * A shelf's folder is open in another process or as another [Shelf], is no shelf, damaged, or of a newer version, or a document of it was
 * removed while it was read: `shelf.…`.
 */
public class ShelfException(code: String, message: String) : EdgeInfiniteException(code, message)

/** A file could not be read or written: `io`. */
public class StorageException(code: String, message: String) : EdgeInfiniteException(code, message)
