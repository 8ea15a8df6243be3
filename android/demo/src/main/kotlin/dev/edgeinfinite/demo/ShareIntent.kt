package dev.edgeinfinite.demo

import android.content.ContentResolver
import android.content.Context
import android.content.Intent
import android.net.Uri
import android.os.Build
import android.provider.OpenableColumns
import java.io.FileNotFoundException

// Documents of other apps: chosen in the file picker, or shared by an intent.

/** The file picker's question. Any kind of file may be chosen, since many have no type of their own: what is not read is refused in words. */
fun picker(): Intent = Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("*/*")

/** The same for several documents at once. */
fun pickerOfSeveral(): Intent = picker().putExtra(Intent.EXTRA_ALLOW_MULTIPLE, true)

/** The documents that were chosen: one, or several. */
fun Context.chosen(answer: Intent): List<DocumentSource> {
    val several = answer.clipData?.let { clip -> List(clip.itemCount) { clip.getItemAt(it).uri } }
    return (several ?: listOf(answer.data)).filterNotNull().map(::source)
}

/** What another app shared, a stream or a text; null when there is nothing. */
fun Context.shared(intent: Intent): DocumentSource? {
    if (intent.action != Intent.ACTION_SEND) return null
    intent.stream()?.let { return source(it) }
    val text = intent.getCharSequenceExtra(Intent.EXTRA_TEXT)?.toString() ?: return null
    val title = intent.getStringExtra(Intent.EXTRA_SUBJECT) ?: intent.getStringExtra(Intent.EXTRA_TITLE)
    return DocumentSource(title?.takeIf { it.isNotBlank() } ?: getString(R.string.shared_title)) { text.byteInputStream() }
}

/** A document by its address: only those that other apps hand out, so that nobody makes the app open a file of its own. */
fun Context.source(uri: Uri): DocumentSource {
    val resolver = contentResolver
    return DocumentSource(resolver.name(uri) ?: getString(R.string.chosen_title)) {
        if (uri.scheme != ContentResolver.SCHEME_CONTENT) throw FileNotFoundException("expected a content address")
        resolver.openInputStream(uri) ?: throw FileNotFoundException("the app that holds it answered nothing")
    }
}

private fun ContentResolver.name(uri: Uri): String? = runCatching {
    query(uri, arrayOf(OpenableColumns.DISPLAY_NAME), null, null, null)?.use { if (it.moveToFirst()) it.getString(0) else null }
}.getOrNull()

@Suppress("DEPRECATION") // the typed one is there from Android 13 on
private fun Intent.stream(): Uri? =
    if (Build.VERSION.SDK_INT >= 33) getParcelableExtra(Intent.EXTRA_STREAM, Uri::class.java) else getParcelableExtra(Intent.EXTRA_STREAM)
