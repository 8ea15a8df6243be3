package dev.edgeinfinite.internal

import dev.edgeinfinite.ClosedException
import dev.edgeinfinite.EngineFault
import dev.edgeinfinite.EngineMissingException
import dev.edgeinfinite.ModelException
import dev.edgeinfinite.OnnxRuntimeException
import dev.edgeinfinite.SavedDocumentException
import dev.edgeinfinite.ShelfException
import dev.edgeinfinite.StorageException
import dev.edgeinfinite.TextException

/** The one exception that Rust throws: a code of rust/core/src/error.rs and a sentence, both UTF-8. */
internal class NativeException(code: ByteArray, message: ByteArray) : RuntimeException(message.text()) {
    val code: String = code.text()

    /** The exception that an app gets to see. */
    fun public(): Exception {
        val sentence = message.orEmpty()
        return when (code.substringBefore('.')) {
            "argument" -> IllegalArgumentException(sentence)
            "call" -> if (code == "call.closed") ClosedException(sentence) else IllegalStateException(sentence)
            "cancelled" -> ClosedException(sentence)
            "engine" -> EngineMissingException(code, sentence)
            "model" -> ModelException(code, sentence)
            "text", "document" -> TextException(code, sentence)
            "shelf" -> if (code in shelfMistakes) IllegalArgumentException(sentence) else ShelfException(code, sentence)
            "state" -> SavedDocumentException(code, sentence)
            "runtime" -> OnnxRuntimeException(code, sentence)
            "io" -> StorageException(code, sentence)
            else -> EngineFault(sentence)
        }.apply { initCause(this@NativeException) }
    }
}

/** Codes of a shelf that are the caller's mistakes. */
private val shelfMistakes = setOf("shelf.exists", "shelf.unknown", "shelf.empty")
