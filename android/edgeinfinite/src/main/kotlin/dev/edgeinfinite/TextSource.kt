package dev.edgeinfinite

import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.nio.file.Files

/**
 * A document: a string, a file or the private copy of a stream.
 *
 * A string is plain text, whatever it looks like. The format of a file or a stream is told from its first bytes, and from its name where they
 * do not say: PDF, Word and other office documents, web pages, e-books, mail, tables, text in any common encoding; docs/documents.md has the
 * list and the limits.
 *
 * A file of text in UTF-8 is read by position, a piece at a time, never the whole; a byte order mark is skipped. Of any other file the text is
 * extracted once, by [Model.read] or [Model.restore], into a file without a name in [ReadOptions.indexDir] or beside the saved document.
 * Offsets count in that text, which [Document.text] gives. The file has to stay unchanged while documents of it are open.
 */
@OptIn(EdgeInfiniteInternalApi::class)
public class TextSource private constructor(
    /** The text itself; null for a file. */
    @property:EdgeInfiniteInternalApi public val string: String?,
    /** The file that holds it; null for a string. */
    @property:EdgeInfiniteInternalApi public val file: File?,
    private val spooled: Boolean,
) : AutoCloseable {
    internal fun bytes(): ByteArray? = string?.utf8()

    internal fun path(): ByteArray? = file?.also {
        require(it.length() <= Int.MAX_VALUE) { "found a file of ${it.length()} bytes, expected at most ${Int.MAX_VALUE}" }
    }?.absolutePath?.utf8()

    /** Deletes the private copy that [spool] made; does nothing for other sources. A document that has been read keeps what it needs. */
    override fun close() {
        if (spooled) file?.delete()
    }

    /** Makes text sources. */
    public companion object {
        /** The text itself. A lone surrogate counts as U+FFFD; offsets stay those of [text]. */
        @JvmStatic
        public fun of(text: String): TextSource = TextSource(string = text, file = null, spooled = false)

        /** A file of any format that is read; its name's ending tells the format where its bytes do not. */
        @JvmStatic
        public fun file(file: File): TextSource = TextSource(string = null, file = file, spooled = false)

        /**
         * Copies [stream] into a new file in [dir] that only this app can read, and that [close] deletes: the way for what
         * can only be read once, such as a `Uri`. [name] is the document's name, if it is known: its ending tells the format where the bytes
         * do not, as of Markdown. The stream is read to its end and left open. When the copying fails or is cancelled, the file is deleted.
         *
         * @throws IOException when the stream cannot be read or the file not be written
         */
        public suspend fun spool(stream: InputStream, dir: File, name: String? = null): TextSource = withContext(Dispatchers.IO) {
            val file = Files.createTempFile(dir.toPath(), "edgeinfinite-", ending(name)).toFile()
            try {
                file.outputStream().use { output ->
                    val buffer = ByteArray(64 * 1024)
                    while (true) {
                        ensureActive()
                        val count = stream.read(buffer)
                        if (count < 0) break
                        output.write(buffer, 0, count)
                    }
                }
            } catch (failure: Throwable) {
                file.delete()
                throw failure
            }
            TextSource(string = null, file = file, spooled = true)
        }

        /** The end of a name, if it is one of letters and digits. */
        private fun ending(name: String?): String =
            name?.substringAfterLast('.', "")?.takeIf { it.length in 1..8 && it.all(Char::isLetterOrDigit) }?.let { ".$it" } ?: ".text"
    }
}
