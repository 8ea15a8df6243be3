package dev.edgeinfinite

import dev.edgeinfinite.internal.bytes
import org.json.JSONObject

/** What an app says of a document that it puts on a [Shelf]. */
public class ShelfOptions {
    /**
     * Stands above its headings wherever it is quoted, and its words count for each of its passages; null, the default, for the name of its
     * file, or else its id. At most 1,024 bytes.
     */
    public var title: String? = null

    /** The app's own, by which a [ShelfFilter] chooses; empty by default. At most 16,384 bytes together, a key not empty and at most 256. */
    public var metadata: Map<String, String> = emptyMap()

    internal fun json(id: String): ByteArray =
        JSONObject().put("id", id).putOpt("title", title).put("metadata", JSONObject(metadata)).bytes()
}
