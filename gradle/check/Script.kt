package check

import org.gradle.api.artifacts.MinimalExternalModuleDependency
import org.gradle.api.provider.Property
import org.gradle.api.provider.Provider
import org.jetbrains.kotlin.gradle.dsl.KotlinAndroidProjectExtension
import java.io.File

// What Gradle gives a build script, as far as the scripts here use it; its Kotlin DSL is in no jar that Maven Central serves.

typealias Library = Provider<MinimalExternalModuleDependency>

abstract class BuildScript<E>(val android: E) {
    var version: Any = ""

    fun android(configure: E.() -> Unit) = android.configure()

    fun kotlin(configure: KotlinAndroidProjectExtension.() -> Unit) = kotlin.configure()

    fun dependencies(configure: Dependencies.() -> Unit) = Dependencies().configure()

    fun project(path: String) = Project(path)

    private val kotlin: KotlinAndroidProjectExtension get() = error("compiled, not run")
}

class Project(val path: String)

@Suppress("UNUSED_PARAMETER")
class Dependencies {
    fun api(what: Library) = Unit

    fun api(what: Project) = Unit

    fun implementation(what: Library) = Unit

    fun implementation(what: Project) = Unit

    fun runtimeOnly(what: Library) = Unit

    fun testImplementation(what: Library) = Unit

    fun testImplementation(what: Project) = Unit

    fun androidTestImplementation(what: Library) = Unit
}

fun file(path: String) = File(path)

fun <T : Any> Property<T>.assign(value: T) = set(value)
