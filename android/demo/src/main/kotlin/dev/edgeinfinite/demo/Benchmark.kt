package dev.edgeinfinite.demo

import dev.edgeinfinite.Model
import dev.edgeinfinite.ReadOptions
import dev.edgeinfinite.Reading
import dev.edgeinfinite.Reply
import dev.edgeinfinite.Text
import dev.edgeinfinite.await
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.withContext
import org.json.JSONArray
import org.json.JSONObject
import java.io.File
import java.io.Writer

/** Measures what a document's length costs: each is written, read, and asked for the code that is hidden in its middle. */
class Benchmark(private val model: Model, private val folder: File, private val io: CoroutineDispatcher) {
    /** The first question of a model pays for loading its graph: it is asked of a short document, and not counted. */
    suspend fun warmUp() {
        measure(WARM_UP) {}
    }

    /** One document of about [tokens] tokens. */
    suspend fun measure(tokens: Int, onProgress: (Reply.Progress) -> Unit): Point {
        val file = folder.resolve("benchmark.txt")
        withContext(io) { file.bufferedWriter().use { writeLog(it, CHARACTERS_A_TOKEN * tokens) } }
        try {
            val started = System.nanoTime()
            val options: ReadOptions.() -> Unit = {
                reading = Reading.Recall
                folder = this@Benchmark.folder
            }
            return model.read(Text.file(file), options) { onProgress(it) }.use { document ->
                val readMillis = (System.nanoTime() - started) / 1e6
                val answer = document.ask(QUESTION) { reading = Reading.Recall }.await()
                Point(
                    tokens = answer.usage.documentTokens,
                    readMillis = readMillis,
                    firstWordMillis = answer.usage.ttftMillis,
                    stateBytes = answer.usage.stateBytes,
                    indexBytes = answer.usage.indexBytes,
                    peakBytes = answer.usage.peakBytes,
                    found = CODE in answer.text,
                    thermal = null,
                )
            }
        } finally {
            file.delete()
        }
    }

    companion object {
        /** About so many tokens each; ascending, since the most memory that a process ever held never falls. */
        val LENGTHS = listOf(2_000, 8_000, 32_000, 128_000, 512_000)

        private const val WARM_UP = 500
        private const val CHARACTERS_A_TOKEN = 4
        private const val CODE = "4711"
        private const val QUESTION = "Which code opens the north gate?"
        private const val HIDDEN = "The code $CODE opens the north gate."
    }

    /** A warden's log of [length] characters or a few more, the same each time; what is asked for stands in its middle. */
    private fun writeLog(to: Writer, length: Int) {
        var written = 0
        var hidden = false
        var day = 0
        while (written < length || !hidden) {
            val line = buildString {
                if (day % ENTRIES == 0) append("\n# Week ${day / ENTRIES + 1}\n\n")
                append("On day ${day + 1} the warden counted ${17 + day * 37 % 211} ${BIRDS[day % BIRDS.size]} ")
                append("at the ${PLACES[day * 5 % PLACES.size]}. ")
                append("The wind was ${WINDS[day * 3 % WINDS.size]}, and the boat ${BOATS[day * 7 % BOATS.size]}.\n")
                if (!hidden && written >= length / 2) append("$HIDDEN\n").also { hidden = true }
            }
            to.write(line)
            written += line.length
            day++
        }
    }
}

private const val ENTRIES = 7
private val BIRDS = listOf("guillemots", "razorbills", "kittiwakes", "puffins", "fulmars", "terns", "oystercatchers", "eiders", "gannets")
private val PLACES = listOf("long beach", "old jetty", "south cliff", "chapel ruin", "sheep pen", "west sound", "signal hill")
private val WINDS = listOf("light and from the west", "strong at noon", "hardly felt", "cold and from the north", "gone by evening")
private val BOATS = listOf("stayed in the shed", "went out twice", "came back with rope", "was painted blue")

/** What was measured, for others to read: docs/on-a-phone.md tells what they do with it. */
fun report(engine: Engine, points: List<Point>, device: Map<String, Any>): String = JSONObject()
    .put("format", 1)
    .put("engine", engine.version)
    .put("model", JSONObject().put("name", engine.info.name).put("version", engine.info.version))
    .put("device", JSONObject(device))
    .put("points", JSONArray(points.map { it.json() }))
    .toString(2)

private fun Point.json() = JSONObject()
    .put("document_tokens", tokens)
    .put("read_ms", readMillis)
    .put("ttft_ms", firstWordMillis)
    .put("state_bytes", stateBytes)
    .put("index_bytes", indexBytes)
    .put("peak_rss_bytes", peakBytes)
    .put("found", found)
    .put("thermal_status", thermal ?: JSONObject.NULL)
