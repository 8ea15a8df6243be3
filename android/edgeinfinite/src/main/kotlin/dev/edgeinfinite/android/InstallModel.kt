@file:JvmName("Models")

package dev.edgeinfinite.android

import android.content.Context
import dev.edgeinfinite.EdgeInfiniteException
import dev.edgeinfinite.ModelException
import dev.edgeinfinite.StorageException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import org.json.JSONException
import org.json.JSONObject
import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.io.InputStream
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardOpenOption.READ
import java.security.MessageDigest

/**
 * Copies the model folder [asset] out of the app's assets, once, and returns where it is: the folder for
 * [dev.edgeinfinite.EdgeInfinite.open].
 *
 * ```
 * val model = EdgeInfinite.open(context.installModel("demo")) // src/main/assets/demo/model.json, …
 * ```
 *
 * What is copied are `model.json` and the files that it names, each compared with the SHA-256 there, into a folder named after
 * `model.json`'s own, in [Context.getNoBackupFilesDir]. So a second call finds it there and copies nothing, and an update of the app that
 * brings another model installs that one and deletes the old. The folder is there as a whole or not at all, whenever the app is killed;
 * cancelling leaves nothing behind. For the time of the copying both need their place on the disk.
 *
 * One model is installed at a time. May be called from the main thread.
 *
 * @throws ModelException when [asset] is no folder of the app's assets with a `model.json` (`model.missing`), that cannot be read
 * (`model.format`), or a file of it is missing (`model.missing`) or another one than `model.json` says (`model.hash`)
 * @throws StorageException when it cannot be written, such as for want of space
 */
public suspend fun Context.installModel(asset: String): File = withContext(Dispatchers.IO) {
    installing.withLock { Installation(this@installModel, asset).run { folder(this@withContext) } }
}

/** [installModel] for Java; not for the main thread. */
@Throws(EdgeInfiniteException::class, InterruptedException::class)
public fun installModelBlocking(context: Context, asset: String): File = runBlocking { context.installModel(asset) }

private val installing = Mutex()

private class Installation(private val context: Context, private val asset: String) {
    private class Entry(val name: String, val bytes: Long, val sha256: String)

    private val manifest = stream(MANIFEST).use { it.readBytes() }
    private val files = entries()
    private val versions = File(context.noBackupFilesDir, "edgeinfinite/models/${asset.trim('/').replace('/', '_')}")

    fun folder(scope: CoroutineScope): File {
        val folder = versions.resolve(manifest.sha256())
        if (!complete(folder)) {
            install(folder, scope)
        }
        versions.listFiles().orEmpty().filter { it != folder }.forEach { it.deleteRecursively() }
        return folder
    }

    private fun complete(folder: File) = folder.resolve(MANIFEST).length() == manifest.size.toLong() &&
        files.all { folder.resolve(it.name).length() == it.bytes }

    private fun install(folder: File, scope: CoroutineScope) {
        val part = versions.resolve("${folder.name}.part")
        try {
            if ((part.exists() && !part.deleteRecursively()) || !part.mkdirs()) throw IOException("the folder cannot be made")
            val needed = manifest.size + files.sumOf { it.bytes }
            val free = part.usableSpace
            if (free < needed) throw StorageException("io", "found $free bytes free, expected $needed for the model \"$asset\"")
            for (file in files) copy(file, part.resolve(file.name), scope)
            FileOutputStream(part.resolve(MANIFEST)).use { it.write(manifest).also { _ -> it.fd.sync() } }
            sync(part)
            folder.deleteRecursively() // one that lacks a file
            Files.move(part.toPath(), folder.toPath(), ATOMIC_MOVE)
            sync(versions)
        } catch (failure: IOException) {
            throw StorageException("io", "the model \"$asset\" cannot be written: ${failure.message}").apply { initCause(failure) }
        } finally {
            part.deleteRecursively()
        }
    }

    private fun copy(entry: Entry, to: File, scope: CoroutineScope) {
        val digest = MessageDigest.getInstance("SHA-256")
        stream(entry.name).use { input ->
            FileOutputStream(to).use { output ->
                val buffer = ByteArray(128 * 1024)
                while (true) {
                    scope.ensureActive()
                    val count = input.read(buffer)
                    if (count < 0) break
                    digest.update(buffer, 0, count)
                    output.write(buffer, 0, count)
                }
                output.fd.sync()
            }
        }
        val found = digest.digest().hex()
        if (found != entry.sha256) {
            throw ModelException("model.hash", "found SHA-256 $found for ${entry.name} of the asset \"$asset\", expected ${entry.sha256}")
        }
    }

    private fun entries(): List<Entry> = try {
        val files = JSONObject(String(manifest, Charsets.UTF_8)).getJSONObject("files")
        files.keys().asSequence().map { it.toString() }.toList().map { name ->
            if (File(name).name != name || name == MANIFEST) throw JSONException("a file \"$name\"")
            files.getJSONObject(name).run { Entry(name, getLong("bytes"), getString("sha256")) }
        }
    } catch (failure: JSONException) {
        throw ModelException("model.format", "model.json of the asset \"$asset\" cannot be read: ${failure.message}")
            .apply { initCause(failure) }
    }

    private fun stream(name: String): InputStream = try {
        context.assets.open("${asset.trim('/')}/$name")
    } catch (failure: IOException) {
        throw ModelException("model.missing", "found no $name in the asset folder \"$asset\"").apply { initCause(failure) }
    }
}

private const val MANIFEST = "model.json"

/** A folder's entries are safe on the disk only when it is synced too. Where it cannot be opened for that, it cannot be done. */
private fun sync(folder: File) {
    runCatching { FileChannel.open(folder.toPath(), READ).use { it.force(true) } }
}

private fun ByteArray.sha256(): String = MessageDigest.getInstance("SHA-256").digest(this).hex()

private fun ByteArray.hex(): String = joinToString("") { "%02x".format(it) }
