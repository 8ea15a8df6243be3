package dev.edgeinfinite.internal

/** A native that panics; in development builds of rust/jni only. */
internal object Defect {
    init {
        NativeLibrary.natives // loads it
    }

    @JvmStatic
    external fun happen(handle: Long)
}
