package dev.edgeinfinite.testing.internal

import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.EdgeInfiniteException
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.ReadOptions
import dev.edgeinfinite.Reading
import dev.edgeinfinite.SavedDocumentException
import dev.edgeinfinite.StorageException
import dev.edgeinfinite.TextException
import dev.edgeinfinite.TextSource
import java.io.File
import java.io.IOException
import java.nio.file.Files
import java.nio.file.StandardCopyOption
import java.security.MessageDigest

/** Most UTF-16 units of a text that is given at once. */
private const val SHOWN = 1 shl 22

/** Words between two reports. */
private const val STEP = 100L

/** The first line of a saved document. */
private const val MAGIC = "edgeinfinite-testing 1"

/** The content of a document: its text, and how far it has been read. */
internal class Content(val document: String, val reading: Reading?, var done: Long) {
    val total: Long = words(document)

    /** Only what was read for the memory reading has a memory. */
    fun checkRead(asked: Reading?) {
        val unread = asked == Reading.Memory && reading != null && reading != Reading.Memory
        check(!unread) { "found a document read for $reading, expected one read for $asked" }
    }

    /** Whole characters, as the engine gives them. */
    fun text(start: Int, end: Int): String {
        require(start >= 0) { "found a place of $start, expected 0 or more" }
        require(start <= end) { "found a range from $start to $end, expected one that ends where it begins or after" }
        val last = minOf(end, document.length)
        if (start >= last) return ""
        require(last - start <= SHOWN) { "found a range of more than $SHOWN UTF-16 units, the most that are given at once" }
        return document.substring(start - half(start), last + half(last))
    }

    /** 1 in the middle of a surrogate pair. */
    private fun half(at: Int): Int =
        if (at in 1 until document.length && document[at].isLowSurrogate() && document[at - 1].isHighSurrogate()) 1 else 0

    /** As [saved] reads it. */
    fun save(file: File, model: String) {
        val lines = listOf(MAGIC, model, sha256(document), reading?.name.orEmpty(), "$done").joinToString("\n")
        try {
            val beside = Files.createTempFile(file.absoluteFile.parentFile!!.toPath(), "edgeinfinite-", ".saved")
            try {
                Files.write(beside, "$lines\n${sha256(lines)}\n".toByteArray())
                Files.move(beside, file.toPath(), StandardCopyOption.ATOMIC_MOVE)
            } finally {
                Files.deleteIfExists(beside)
            }
        } catch (failure: IOException) {
            throw StorageException("io", "saving to $file: ${failure.javaClass.simpleName}")
        }
    }
}

/** Reads as the engine does: from the start or from where [ReadOptions.resume] says, and leaves there what it has. */
internal suspend fun reading(
    engine: FakeEngine,
    lifetime: Lifetime,
    source: TextSource,
    options: ReadOptions,
    onProgress: suspend (AnswerEvent.Progress) -> Unit,
): Content {
    val resume = options.resume
    val content = if (resume?.exists() == true) saved(resume, engine.name, source) else Content(contents(source), options.reading, done = 0)
    try {
        while (content.done < content.total) {
            engine.pace(lifetime)
            content.done = minOf(content.done + STEP, content.total)
            onProgress(progress(content))
            lifetime.check()
        }
        resume?.let { content.save(it, engine.name) }
    } catch (failure: Throwable) {
        if (resume != null && failure !is EdgeInfiniteException && !lifetime.isClosed) runCatching { content.save(resume, engine.name) }
        throw failure
    }
    return content
}

/** What [Content.save] wrote of a document that had been read. */
internal fun restored(file: File, model: String, source: TextSource): Content = saved(file, model, source).also {
    if (it.done < it.total) throw SavedDocumentException("state.unfinished", "$file: found ${it.done} of ${it.total} words read")
}

private fun saved(file: File, model: String, source: TextSource): Content {
    if (!file.exists()) throw SavedDocumentException("state.missing", "$file: there is no such file")
    val lines = file.readText().split("\n")
    val inside = lines.dropLast(2)
    if (inside.size != 5 || inside[0] != MAGIC || sha256(inside.joinToString("\n")) != lines[5]) {
        throw SavedDocumentException("state.damaged", "$file: found something else, expected what a FakeModel saved")
    }
    if (inside[1] != model) throw SavedDocumentException("state.model", "$file: found a document of model ${inside[1]}, expected $model")
    val document = contents(source)
    if (inside[2] != sha256(document)) throw SavedDocumentException("state.document", "$file: found a document of another text")
    return Content(document, inside[3].ifEmpty { null }?.let(Reading::valueOf), inside[4].toLong())
}

@OptIn(EdgeInfiniteInternalApi::class)
private fun contents(source: TextSource): String {
    val file = source.file
    if (file?.isFile == false) throw TextException("text.missing", "$file: there is no such file")
    val document = source.string ?: file!!.readText()
    if (document.isBlank()) throw TextException("text.empty", "the document is empty, expected text")
    return document
}

@OptIn(EdgeInfiniteInternalApi::class)
private fun progress(content: Content) = AnswerEvent.Progress(
    tokensDone = content.done,
    tokensTotal = content.total,
    secondsLeft = if (content.done <
        content.total
    ) {
        null
    } else {
        0.0
    },
)

internal fun sha256(text: String): String =
    MessageDigest.getInstance("SHA-256").digest(text.toByteArray()).joinToString("") { "%02x".format(it) }
