package dev.edgeinfinite

import org.jetbrains.kotlin.abi.tools.AbiFilters
import org.jetbrains.kotlin.abi.tools.AbiToolsFactory
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.io.File
import java.util.ServiceLoader

/** The public API is what api/edgeinfinite.api says: a change of it is a diff to be reviewed. */
class PublicApiTest {
    @Test
    fun `the public API is the committed one`() {
        val classes = File("target/classes").walk().filter { it.extension == "class" }.toList()
        val tools = ServiceLoader.load(AbiToolsFactory::class.java).single().get()
        val found = buildString { tools.printJvmDump(this, classes, AbiFilters.EMPTY) }
        val committed = File("api/edgeinfinite.api")
        if (System.getProperty("api.update").toBoolean()) committed.writeText(found)
        assertEquals(committed.readText(), found, "run once with -Dapi.update=true and review the diff")
    }
}
