package dev.edgeinfinite

/** Marks interfaces that are only implemented by this project: they may grow in any version. */
@RequiresOptIn("This interface may grow in any version; it is meant to be called, not implemented.")
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CLASS)
public annotation class EdgeInfiniteInternalApi
