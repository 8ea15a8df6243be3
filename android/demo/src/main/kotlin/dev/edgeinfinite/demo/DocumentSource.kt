package dev.edgeinfinite.demo

import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import java.io.File
import java.io.InputStream
import java.security.MessageDigest

/** Where a document comes from. */
class DocumentSource(val title: String, val sample: Boolean = false, val open: () -> InputStream) {
    /** The end of its name, which tells the format where the bytes do not. */
    val ending: String get() = ENDING.find(title)?.value ?: ".txt"

    /** Copies it to [file], and returns the SHA-256 of its bytes in hexadecimal: the id by which the shelf knows it. */
    suspend fun copyTo(file: File): String {
        val digest = MessageDigest.getInstance("SHA-256")
        val buffer = ByteArray(64 * 1024)
        open().use { input ->
            file.outputStream().use { output ->
                while (true) {
                    currentCoroutineContext().ensureActive()
                    val count = input.read(buffer)
                    if (count < 0) break
                    digest.update(buffer, 0, count)
                    output.write(buffer, 0, count)
                }
            }
        }
        return digest.digest().joinToString("") { "%02x".format(it) }
    }

    private companion object {
        val ENDING = Regex("""\.[A-Za-z0-9]{1,8}$""")
    }
}
