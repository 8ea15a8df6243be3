package dev.edgeinfinite

import dev.edgeinfinite.internal.bytes
import org.json.JSONArray
import org.json.JSONObject

/** Which documents of a [Shelf] are meant: those that pass all that is given. */
public class ShelfFilter @JvmOverloads constructor(
    /** Only those whose metadata have each of these pairs; none by default. */
    public val metadata: Map<String, String> = emptyMap(),
    /** Only documents of these ids; an id that is not on the shelf names none. Null, the default, for any. */
    public val ids: Collection<String>? = null,
) {
    internal fun json(): ByteArray = JSONObject().put("metadata", JSONObject(metadata)).putOpt("ids", ids?.let(::JSONArray)).bytes()

    override fun equals(other: Any?): Boolean = other is ShelfFilter && metadata == other.metadata && ids?.toSet() == other.ids?.toSet()

    override fun hashCode(): Int = 31 * metadata.hashCode() + ids?.toSet().hashCode()

    override fun toString(): String = "ShelfFilter(${metadata.size} pairs, ${ids?.size ?: "any"} ids)"

    /** Filters that need no values. */
    public companion object {
        /** All documents. */
        @JvmField
        public val All: ShelfFilter = ShelfFilter()
    }
}
