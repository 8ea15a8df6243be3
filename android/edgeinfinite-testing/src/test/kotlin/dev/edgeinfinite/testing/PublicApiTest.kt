package dev.edgeinfinite.testing

import org.jetbrains.kotlin.abi.tools.AbiFilters
import org.jetbrains.kotlin.abi.tools.AbiToolsFactory
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import java.io.File
import java.util.ServiceLoader

/** The public API is what api/ says: a change of it is a diff to be reviewed. What may change in any version is not in it. */
class PublicApiTest {
    @ParameterizedTest
    @ValueSource(strings = ["edgeinfinite", "edgeinfinite-testing"])
    fun `the public API is the committed one`(module: String) {
        val classes = File("../$module/target/classes").walk().filter { it.extension == "class" }.toList()
        val tools = ServiceLoader.load(AbiToolsFactory::class.java).single().get()
        val hidden = AbiFilters(emptySet(), emptySet(), emptySet(), setOf("dev.edgeinfinite.EdgeInfiniteInternalApi"))
        val found = buildString { tools.printJvmDump(this, classes, hidden) }
        val committed = File("../$module/api/$module.api")
        if (System.getProperty("api.update").toBoolean()) committed.writeText(found)
        assertEquals(committed.readText(), found, "run once with -Dapi.update=true and review the diff")
    }
}
