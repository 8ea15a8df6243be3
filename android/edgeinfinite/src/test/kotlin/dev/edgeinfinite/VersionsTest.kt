package dev.edgeinfinite

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

/** Every version stands in gradle/libs.versions.toml; Maven's copy and Rust's number agree with it. */
class VersionsTest {
    private val gradle = Tiny.repository.resolve("gradle/libs.versions.toml").readText()
        .substringAfter("[versions]").substringBefore("\n[")
        .let { versions -> Regex("""(?m)^([\w-]+) = "([^"]+)"""").findAll(versions).associate { it.groupValues[1] to it.groupValues[2] } }

    @Test
    fun `Maven builds with Gradle's versions`() {
        val maven = Regex("""<([\w-]+)\.version>([^<]+)</""").findAll(File("../pom.xml").readText())
            .associate { it.groupValues[1] to it.groupValues[2] }
        assertTrue(maven.size >= 6)
        assertEquals(gradle.filterKeys(maven::containsKey), maven)
    }

    @Test
    fun `one version for Kotlin, Maven and Rust`() {
        val pom = Regex("<version>([^<]+)</version>")
        for (file in listOf("../pom.xml", "pom.xml", "../edgeinfinite-testing/pom.xml", "../demo/pom.xml", "../newcomer/pom.xml")) {
            assertEquals(gradle["edgeinfinite"], pom.find(File(file).readText())!!.groupValues[1], file)
        }
        assertEquals(gradle["edgeinfinite"], EdgeInfinite.version)
    }

    @Test
    fun `what the documents name is what there is`() {
        fun names(file: String, what: String) = assertTrue(what in Tiny.repository.resolve(file).readText(), "$file: $what")
        names("docs/quickstart.md", "\"dev.edgeinfinite:edgeinfinite:${gradle["edgeinfinite"]}\"")
        names("docs/on-a-phone.md", "onnxruntime-android-${gradle["onnxruntime"]}.aar")
        names("scripts/pyproject.toml", "\"onnxruntime==${gradle["onnxruntime"]}\"")
    }
}
