package dev.edgeinfinite

import kotlinx.coroutines.test.runTest
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import java.io.File

/** Measuring growing lengths, with the model that ships and the finder in it: the tiny one has no room for the question. */
class BenchmarkTest {
    @TempDir
    lateinit var folder: File

    @ParameterizedTest
    @ValueSource(strings = ["demo", "finder"])
    fun `measures each length, and leaves nothing behind`(name: String) = runTest {
        val dir = Tiny.repository.resolve("models/$name")
        val progress = mutableListOf<AnswerEvent.Progress>()
        val points = mutableListOf<BenchmarkPoint>()
        val report = EdgeInfinite.open(dir).use { model ->
            Benchmark(model, EdgeInfinite.inspect(dir), folder, thermalStatus = { 3 })
                .run(listOf(500, 2_000), { progress += it }, { points += it })
        }
        assertEquals(report.points, points)
        assertEquals(2, points.size)
        assertTrue(points[0].documentTokens < points[1].documentTokens)
        assertTrue(points.all { it.readMs > 0 && it.ttftMs > 0 && it.peakRssBytes > it.stateBytes })
        assertTrue(points.all { it.found && it.thermalStatus == 3 })
        val most = EdgeInfinite.inspect(dir).scenarios.maxOf { it.stateBytes }
        // The document's and the question's, no more however long it is; a reader, which answers in the folder that ships, has none.
        val states = if (name == "finder") 1..2 * most else 0L..0L
        assertTrue(points.all { it.stateBytes in states }, "$points")
        assertEquals(points[1].documentTokens, progress.last().tokensDone)
        assertEquals(0, folder.list()!!.size)
        assertDocumented(JSONObject(report.json(mapOf("maker" to "M", "model" to "P"))))
    }

    @Test
    fun `lengths that are none`() = runTest {
        Tiny.open().use { model ->
            val benchmark = Benchmark(model, EdgeInfinite.inspect(Tiny.dir), folder)
            for (lengths in listOf(emptyList(), listOf(500, 0))) assertThrows<IllegalArgumentException> { benchmark.run(lengths) }
        }
    }

    /** Each key stands in the table of docs/on-a-phone.md. */
    private fun assertDocumented(json: JSONObject) {
        assertEquals("P", json.getJSONObject("device").getString("model"))
        assertEquals("Cpu", json.getJSONObject("execution").getString("accelerator"))
        val page = Tiny.repository.resolve("docs/on-a-phone.md").readText()
        val told = Regex("`([a-z_]+)(?:\\[])?`").findAll(page).map { it.groupValues[1] }.toSet()
        val points = json.getJSONArray("points")
        val written = json.all() + List(points.length(), points::getJSONObject).flatMap { it.all() }
        assertEquals(emptySet<String>(), written - told)
    }

    private fun JSONObject.all() = keys().asSequence().map { "$it" }.toSet()
}
