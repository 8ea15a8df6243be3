package dev.edgeinfinite

import dev.edgeinfinite.internal.bytes
import dev.edgeinfinite.internal.key
import org.json.JSONObject
import java.io.File

/** How a document is read. */
public class ReadOptions {
    /**
     * What the document is read for and, unless a question says else, asked by; null, the default, for the model's own choices. Read for
     * [Reading.Memory], it can be asked by every reading; read for another, by all but that one, and it is read sooner.
     */
    public var reading: Reading? = null

    /** A private folder for the document's index and the text extracted of a file, files without names; by default the app's cache. */
    public var indexDir: File = File(System.getProperty("java.io.tmpdir").orEmpty())

    /**
     * A private file to go on from; null, the default, for none.
     *
     * If it is there, reading goes on from where it was; with the finished document in it nothing is read again. While it reads, a
     * checkpoint is left there about every ten seconds and when the reading is cancelled; in the end it holds the document as
     * [Document.save] writes it. A file of another text or model, or a damaged one, is refused with a [SavedDocumentException]; delete it to
     * start again.
     */
    public var resume: File? = null

    internal fun json(): ByteArray = JSONObject()
        .putOpt("reading", reading?.key)
        .put("index_dir", indexDir.absolutePath)
        .putOpt("resume", resume?.absolutePath)
        .bytes()
}
