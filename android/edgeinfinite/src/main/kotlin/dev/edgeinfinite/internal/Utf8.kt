package dev.edgeinfinite.internal

import java.nio.CharBuffer
import java.nio.charset.CodingErrorAction

private val replacement = "\uFFFD".toByteArray()

/** UTF-8, with U+FFFD for each lone surrogate: both are one UTF-16 unit, so offsets stay right. (`toByteArray` writes `?`.) */
internal fun String.utf8(): ByteArray {
    val encoder = Charsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPLACE).replaceWith(replacement)
    val encoded = encoder.encode(CharBuffer.wrap(this))
    return ByteArray(encoded.remaining()).also(encoded::get)
}

/** The text of UTF-8 bytes. */
internal fun ByteArray.text(): String = String(this, Charsets.UTF_8)
