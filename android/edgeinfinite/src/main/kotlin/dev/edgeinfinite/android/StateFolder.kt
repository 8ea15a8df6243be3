@file:JvmName("States")

package dev.edgeinfinite.android

import android.content.Context
import dev.edgeinfinite.StorageException
import java.io.File

/**
 * A folder for what [dev.edgeinfinite.Document.save] and [dev.edgeinfinite.ReadOptions.resume] write: private to the app, deleted with it,
 * and never uploaded by Auto Backup, which would take `filesDir`'s. It is made when it is not there.
 *
 * ```
 * document.save(context.stateFolder().resolve("report.state"))
 * ```
 *
 * @throws StorageException when it cannot be made
 */
public fun Context.stateFolder(): File {
    val folder = File(noBackupFilesDir, "edgeinfinite/states")
    if (!folder.isDirectory && !folder.mkdirs() && !folder.isDirectory) {
        throw StorageException("io", "the folder for saved documents cannot be made")
    }
    return folder
}
