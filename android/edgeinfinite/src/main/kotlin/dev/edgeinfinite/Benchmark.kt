package dev.edgeinfinite

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import org.json.JSONArray
import org.json.JSONObject
import java.io.File
import java.io.Writer

/**
 * Measures what a document's length costs: documents of growing length are written, read, and asked for the code that is hidden in the
 * middle of each.
 *
 * ```
 * val report = Benchmark(model, EdgeInfinite.inspect(modelDir), cacheDir).run()
 * share(report.json())
 * ```
 */
@OptIn(EdgeInfiniteInternalApi::class)
public class Benchmark @JvmOverloads constructor(
    private val model: Model,
    /** What the model's folder says of itself. */
    private val info: ModelInfo,
    /** A private folder, for one document at a time and its index; both are deleted. */
    private val folder: File,
    /** Where the documents are written. */
    private val io: CoroutineDispatcher = Dispatchers.IO,
    /** Android's `PowerManager.currentThermalStatus`, asked after each document; null where it is not known. */
    private val thermalStatus: () -> Int? = { null },
) {
    /**
     * Reads documents of about [lengths] tokens each, which should ascend, since the most memory that a process ever held never falls. A
     * short one goes before them, and is not counted: a model's first question pays for loading its graph. [onProgress] and [onPoint] are
     * called in the caller's context; cancelling stops at once.
     *
     * @throws IllegalArgumentException when [lengths] are none, or one is less than 1
     * @throws StorageException when the index cannot be written
     * @throws java.io.IOException when the document cannot be written
     * @throws ClosedException when the model was closed
     */
    public suspend fun run(
        lengths: List<Int> = LENGTHS,
        onProgress: suspend (AnswerEvent.Progress) -> Unit = {},
        onPoint: suspend (BenchmarkPoint) -> Unit = {},
    ): BenchmarkReport {
        require(lengths.isNotEmpty() && lengths.all { it >= 1 }) { "found lengths $lengths, expected one or more, each 1 or more" }
        measure(WARM_UP) {}
        val points = lengths.map { tokens -> measure(tokens, onProgress).also { onPoint(it) } }
        return BenchmarkReport(info, model.execution, points)
    }

    private suspend fun measure(tokens: Int, onProgress: suspend (AnswerEvent.Progress) -> Unit): BenchmarkPoint {
        val file = withContext(io) {
            File.createTempFile("benchmark-", ".text", folder).also { file ->
                file.bufferedWriter().use { writeLog(it, CHARACTERS_PER_TOKEN * tokens) }
            }
        }
        try {
            val options: ReadOptions.() -> Unit = {
                reading = Reading.Recall
                indexDir = folder
            }
            val started = System.nanoTime()
            return model.read(TextSource.file(file), options, onProgress).use { document ->
                val readMs = (System.nanoTime() - started) / 1e6
                val answer = document.ask(QUESTION) { reading = Reading.Recall }.await()
                BenchmarkPoint(
                    documentTokens = answer.usage.documentTokens,
                    readMs = readMs,
                    ttftMs = answer.usage.ttftMs,
                    stateBytes = answer.usage.stateBytes,
                    indexBytes = answer.usage.indexBytes,
                    peakRssBytes = answer.usage.peakRssBytes,
                    found = CODE in answer.text,
                    thermalStatus = thermalStatus(),
                )
            }
        } finally {
            file.delete()
        }
    }

    /** Lengths to measure. */
    public companion object {
        /** 2,000 to 512,000 tokens, each four times the one before. */
        @JvmField
        public val LENGTHS: List<Int> = listOf(2_000, 8_000, 32_000, 128_000, 512_000)
    }
}

/** What one length cost. */
public class BenchmarkPoint @EdgeInfiniteInternalApi public constructor(
    /** Tokens of the document. */
    public val documentTokens: Long,
    /** Milliseconds of reading it. */
    public val readMs: Double,
    /** Milliseconds from the question to the first token of the answer. */
    public val ttftMs: Double,
    /** Bytes of the document's state. */
    public val stateBytes: Long,
    /** Bytes of its index on disk. */
    public val indexBytes: Long,
    /** The most memory, in bytes, that the process ever held. */
    public val peakRssBytes: Long,
    /** Whether the answer held the code. */
    public val found: Boolean,
    /** Android's thermal status afterwards, 0 (none) to 6; null where it is not known. */
    public val thermalStatus: Int?,
) {
    private val all get() = listOf(documentTokens, readMs, ttftMs, stateBytes, indexBytes, peakRssBytes, found, thermalStatus)

    override fun equals(other: Any?): Boolean = other is BenchmarkPoint && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String =
        "BenchmarkPoint($documentTokens tokens, read in $readMs ms, TTFT $ttftMs ms, found=$found, thermalStatus=$thermalStatus)"

    internal fun json() = JSONObject()
        .put("document_tokens", documentTokens)
        .put("read_ms", readMs)
        .put("ttft_ms", ttftMs)
        .put("state_bytes", stateBytes)
        .put("index_bytes", indexBytes)
        .put("peak_rss_bytes", peakRssBytes)
        .put("found", found)
        .put("thermal_status", thermalStatus ?: JSONObject.NULL)
}

/** What was measured, and with what. */
public class BenchmarkReport(
    /** The model. */
    public val model: ModelInfo,
    /** Where it ran. */
    public val execution: ExecutionReport,
    /** One for each length. */
    public val points: List<BenchmarkPoint>,
) {
    /** The report for others to read, as docs/on-a-phone.md tells; [device] is what a number depends on beside it: maker, model, chip. */
    @JvmOverloads
    public fun json(device: Map<String, Any> = emptyMap()): String = JSONObject()
        .put("format", 1)
        .put("engine", EdgeInfinite.version)
        .put("model", JSONObject().put("name", model.name).put("version", model.version))
        .put("execution", execution.json())
        .put("device", JSONObject(device))
        .put("points", JSONArray(points.map { it.json() }))
        .toString(2)

    private val all get() = listOf(model, execution, points)

    override fun equals(other: Any?): Boolean = other is BenchmarkReport && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "BenchmarkReport(${model.name} ${model.version}, $execution, $points)"
}

private fun ExecutionReport.json() = JSONObject()
    .put("accelerator", accelerator.name)
    .put("precision", precision)
    .put("threads", threads)
    .put("requested", JSONArray(requested.map { it.name }))
    .put("skipped", JSONArray(skipped.map { JSONObject().put("accelerator", it.accelerator.name).put("reason", it.reason) }))

private const val WARM_UP = 500
private const val CHARACTERS_PER_TOKEN = 4
private const val CODE = "4711"
private const val QUESTION = "Which code opens the north gate?"
private const val HIDDEN = "The code $CODE opens the north gate."
private const val ENTRIES = 7
private val BIRDS = listOf("guillemots", "razorbills", "kittiwakes", "puffins", "fulmars", "terns", "oystercatchers", "eiders", "gannets")
private val PLACES = listOf("long beach", "old jetty", "south cliff", "chapel ruin", "sheep pen", "west sound", "signal hill")
private val WINDS = listOf("light and from the west", "strong at noon", "hardly felt", "cold and from the north", "gone by evening")
private val BOATS = listOf("stayed in the shed", "went out twice", "came back with rope", "was painted blue")

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
