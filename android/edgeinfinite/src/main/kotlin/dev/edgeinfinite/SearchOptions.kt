package dev.edgeinfinite

import dev.edgeinfinite.internal.bytes
import org.json.JSONObject

/** Most passages that are given at once. */
private const val MOST = 100

/** Which of the passages that match are wanted. */
public class SearchOptions {
    /** The most passages, 1 to 100; 10 by default. */
    public var limit: Int = 10
        set(value) {
            require(value in 1..MOST) { "found limit = $value, expected 1 to $MOST" }
            field = value
        }

    /** How many passages before them are left out: those that were seen; 0 by default. */
    public var offset: Int = 0
        set(value) {
            require(value >= 0) { "found offset = $value, expected 0 or more" }
            field = value
        }

    internal fun json(): ByteArray = JSONObject().put("limit", limit).put("offset", offset).bytes()
}
