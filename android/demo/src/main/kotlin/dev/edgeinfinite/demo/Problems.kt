package dev.edgeinfinite.demo

import dev.edgeinfinite.EdgeInfiniteException
import java.io.IOException

/**
 * What a person is told of a failure: what happened and what to do. The messages of exceptions are for developers.
 *
 * [argument] is the sentence for a mistake of the caller's, which depends on what was called.
 */
fun problem(failure: Throwable, argument: Int = R.string.problem_defect): Int = when (failure) {
    is EdgeInfiniteException -> problem(failure.code)
    is IllegalArgumentException -> argument
    is IOException, is SecurityException -> R.string.problem_unreadable
    else -> R.string.problem_defect
}

/** The sentence for a code of docs/errors.md. */
private fun problem(code: String): Int = when (code) {
    "text.missing" -> R.string.problem_text_missing
    "text.empty" -> R.string.problem_text_empty
    "text.encoding" -> R.string.problem_text_encoding
    "text.utf8" -> R.string.problem_text_utf8
    "document.format" -> R.string.problem_document_format
    "document.encrypted" -> R.string.problem_document_encrypted
    "document.scanned" -> R.string.problem_document_scanned
    "document.damaged" -> R.string.problem_document_damaged
    "document.too_large" -> R.string.problem_document_too_large
    "text.changed" -> R.string.problem_text_changed
    "engine.missing" -> R.string.problem_engine_missing
    "model.missing" -> R.string.problem_model_missing
    "model.hash", "model.format", "model.tokenizer" -> R.string.problem_model_damaged
    "model.graph", "model.self_test", "model.no_chat", "model.no_generator" -> R.string.problem_model_graph
    "runtime.missing" -> R.string.problem_runtime_missing
    "runtime.failed" -> R.string.problem_runtime_failed
    "io" -> R.string.problem_storage
    "shelf.locked" -> R.string.problem_shelf_locked
    "shelf.damaged" -> R.string.problem_shelf_damaged
    "shelf.version" -> R.string.problem_shelf_version
    "shelf.changed" -> R.string.problem_shelf_changed
    "shelf.missing" -> R.string.problem_shelf_missing
    else -> if (code.startsWith("state.")) R.string.problem_state else R.string.problem_defect
}
