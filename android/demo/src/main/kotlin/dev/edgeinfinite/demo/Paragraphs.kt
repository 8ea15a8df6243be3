package dev.edgeinfinite.demo

import dev.edgeinfinite.Document
import java.io.File
import java.io.RandomAccessFile

/**
 * Where a text file's paragraphs stand: a table of places, so that a screen shows any of them without holding the text, whatever its
 * length. Offsets are those of a Kotlin string, UTF-16 units, as quotes have them.
 *
 * A paragraph ends at an empty line, before and after a heading, before a point of a list, or at the first line's end after [LONG] bytes; one without
 * line ends is cut at a space, or else within.
 */
class Paragraphs private constructor(private val file: File, private val bytes: LongArray, private val units: LongArray) {
    /** A paragraph: the text as it is shown, and where its first character stands in the document. */
    class Paragraph(val start: Int, val text: String, val heading: Int)

    val size: Int get() = units.size - 1

    /** Length of the document in UTF-16 units. */
    val length: Long get() = units.last()

    /** The paragraph that the character at [offset] belongs to. */
    fun at(offset: Int): Int {
        val found = units.binarySearch(offset.toLong())
        return (if (found >= 0) found else -found - 2).coerceIn(0, maxOf(0, size - 1))
    }

    /** Reads a paragraph from the file; a few kilobytes at most. */
    operator fun get(index: Int): Paragraph {
        val content = ByteArray((bytes[index + 1] - bytes[index]).toInt())
        RandomAccessFile(file, "r").use {
            it.seek(bytes[index])
            it.readFully(content)
        }
        val raw = String(content, Charsets.UTF_8)
        val marks = HEADING.find(raw)
        val from = marks?.value?.length ?: raw.indexOfFirst { !it.isWhitespace() && it != '\uFEFF' }.coerceAtLeast(0)
        val text = raw.substring(from).trimEnd()
        return Paragraph(
            start = units[index].toInt() + from,
            text = text.replace(LINE_END, " "),
            heading = marks?.groupValues?.get(1)?.length ?: 0,
        )
    }

    companion object {
        private const val LONG = 1000
        private const val LONGEST = 3000
        private val HEADING = Regex("""^[\s\uFEFF]*(#{1,6})[ \t]+""")

        /** A line's end, one unit for one, so that places stay right; before an indented line, it is kept. */
        private val LINE_END = Regex("""\n(?=\S)|\r""")

        /** Goes once through [file]. */
        fun of(file: File): Paragraphs {
            val table = Table()
            val buffer = ByteArray(64 * 1024)
            file.inputStream().use { input ->
                while (true) {
                    val count = input.read(buffer)
                    if (count < 0) break
                    for (index in 0 until count) table.add(buffer[index].toInt())
                }
            }
            return table.end(file)
        }

        private class Table {
            private var bytes = LongArray(256)
            private var units = LongArray(256)
            private var size = 1
            private var byte = 0L
            private var unit = 0L
            private var lineStart = true
            private var content = false
            private var heading = false

            /** A paragraph may only begin where a character does. */
            fun add(value: Int) {
                val first = (value and 0xC0) != 0x80
                if (first) {
                    val long = byte - bytes[size - 1]
                    val empty = lineStart && value == '\n'.code
                    val mark = lineStart && (value == '#'.code || value == '-'.code || value == '*'.code)
                    when {
                        !content -> Unit
                        empty || mark || (lineStart && (heading || long >= LONG)) -> cut()
                        long >= LONGEST || (long >= 2 * LONG && value == ' '.code) -> cut()
                    }
                    if (lineStart && value == '#'.code) heading = true
                    unit += if ((value and 0xF8) == 0xF0) 2 else 1
                    lineStart = value == '\n'.code || (lineStart && value == '\r'.code)
                    if (value > ' '.code || value < 0) content = true
                }
                byte++
            }

            fun end(file: File): Paragraphs {
                if (content || size == 1) cut()
                bytes[size - 1] = byte
                units[size - 1] = unit
                return Paragraphs(file, bytes.copyOf(size), units.copyOf(size))
            }

            private fun cut() {
                if (size == bytes.size) {
                    bytes = bytes.copyOf(2 * size)
                    units = units.copyOf(2 * size)
                }
                bytes[size] = byte
                units[size] = unit
                size++
                content = false
                heading = false
            }
        }
    }
}

/** UTF-16 units that are fetched at once. */
private const val PART = 1 shl 20

/** Writes the document's text, which quotes count in, to [file], to show any part of it. */
suspend fun Document.paragraphs(file: File): Paragraphs {
    file.bufferedWriter().use { writer ->
        var end = 0
        while (true) {
            val part = text(end, end + PART)
            if (part.isEmpty()) break
            writer.write(part)
            end += part.length
        }
    }
    return Paragraphs.of(file)
}
