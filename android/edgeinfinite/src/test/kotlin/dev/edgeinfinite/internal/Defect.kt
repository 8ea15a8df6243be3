package dev.edgeinfinite.internal

/** A native that panics; in development builds of rust/jni only. */
internal object Defect {
    init {
        Native.version() // loads the library
    }

    @JvmStatic
    external fun happen(handle: Long)
}
