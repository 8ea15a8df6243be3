package dev.edgeinfinite

/**
 * Marks what may change in any version: implementing the interfaces, making the values that the engine hands out, looking into a [TextSource].
 * Only `edgeinfinite-testing` does so; an app's tests use its `FakeModel`.
 */
@RequiresOptIn("This may change in any version: interfaces are meant to be called and values to be read; tests use edgeinfinite-testing.")
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CLASS, AnnotationTarget.CONSTRUCTOR, AnnotationTarget.PROPERTY)
public annotation class EdgeInfiniteInternalApi
