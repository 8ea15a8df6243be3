@file:OptIn(EdgeInfiniteInternalApi::class)

package dev.edgeinfinite.internal

import dev.edgeinfinite.Accelerator
import dev.edgeinfinite.Answer
import dev.edgeinfinite.AnswerEvent
import dev.edgeinfinite.Coverage
import dev.edgeinfinite.EdgeInfiniteInternalApi
import dev.edgeinfinite.ExecutionReport
import dev.edgeinfinite.ExtractedField
import dev.edgeinfinite.FieldType
import dev.edgeinfinite.FieldValue
import dev.edgeinfinite.LoadedGraph
import dev.edgeinfinite.MemoryEstimate
import dev.edgeinfinite.MissingValue
import dev.edgeinfinite.ModelInfo
import dev.edgeinfinite.ModelVariant
import dev.edgeinfinite.Passage
import dev.edgeinfinite.Place
import dev.edgeinfinite.Quote
import dev.edgeinfinite.ReaderInfo
import dev.edgeinfinite.Refusal
import dev.edgeinfinite.Scenario
import dev.edgeinfinite.ShelfDocument
import dev.edgeinfinite.SkippedAccelerator
import dev.edgeinfinite.Span
import dev.edgeinfinite.Statement
import dev.edgeinfinite.Support
import dev.edgeinfinite.Usage
import dev.edgeinfinite.Verdict
import org.json.JSONArray
import org.json.JSONObject
import java.math.BigDecimal
import java.time.LocalDate

// Reads what the engine writes: the records of the command line's `--json`, described once, in Rust.

internal fun ByteArray.progress(): AnswerEvent.Progress = JSONObject(text()).progress()

internal fun ByteArray.answerEvent(): AnswerEvent {
    val event = JSONObject(text())
    return when (val type = event.getString("type")) {
        "progress" -> event.progress()
        "text_delta" -> AnswerEvent.TextDelta(event.getString("delta"))
        "done" -> AnswerEvent.Done(event.getJSONObject("answer").answer())
        else -> error("unknown event $type")
    }
}

/** The value of an event; null of one that tells how far the fields are. */
internal fun ByteArray.extractedField(): ExtractedField? {
    val event = JSONObject(text())
    return when (val type = event.getString("type")) {
        "progress" -> null
        "field" -> event.getJSONObject("field").extractedField()
        else -> error("unknown event $type")
    }
}

internal fun ByteArray.passages(): List<Passage> = JSONArray(text()).map(JSONArray::getJSONObject).map { it.passage() }

internal fun ByteArray.statements(): List<Statement> = JSONArray(text()).map(JSONArray::getJSONObject).map { it.statement() }

internal fun ByteArray.shelfDocument(): ShelfDocument = JSONObject(text()).shelfDocument()

internal fun ByteArray.shelfDocuments(): List<ShelfDocument> = JSONArray(text()).map(JSONArray::getJSONObject).map { it.shelfDocument() }

internal fun ByteArray.modelInfo(): ModelInfo = JSONObject(text()).modelInfo()

internal fun ByteArray.executionReport(): ExecutionReport = JSONObject(text()).executionReport()

private fun JSONObject.progress() = AnswerEvent.Progress(
    tokensDone = getLong("tokens_done"),
    tokensTotal = getLong("tokens_total"),
    secondsLeft = number("seconds_left"),
)

private fun JSONObject.answer() = Answer(
    question = string("question"),
    resolvedQuestion = string("resolved_question"),
    text = getString("text"),
    found = getBoolean("found"),
    confidence = getDouble("confidence"),
    refusal = string("refusal")?.let(::refusal),
    quotes = getJSONArray("quotes").map(JSONArray::getJSONObject).map { it.quote() },
    shortAnswer = optJSONObject("short_answer")?.quote(),
    verdict = string("verdict")?.let { Verdict.valueOf(it.replaceFirstChar(Char::uppercaseChar)) },
    count = if (isNull("count")) null else getLong("count"),
    coverage = getJSONArray("coverage").map(JSONArray::getJSONObject).map { it.coverage() },
    usage = getJSONObject("usage").usage(),
)

/** By its name in snake case. */
private fun refusal(code: String) = Refusal.valueOf(camel(code))

private fun camel(code: String) = code.split('_').joinToString("") { it.replaceFirstChar(Char::uppercaseChar) }

private fun JSONObject.quote() = Quote(
    start = place("start_utf16"),
    end = place("end_utf16"),
    text = getString("text"),
    headings = getJSONArray("headings").map(JSONArray::getString),
    answerStart = getJSONObject("answer").place("start_utf16"),
    answerEnd = getJSONObject("answer").place("end_utf16"),
    place = optJSONObject("place")?.filePlace(),
    verbatim = getBoolean("verbatim"),
    document = string("document"),
)

private fun JSONObject.passage() = Passage(
    start = place("start_utf16"),
    end = place("end_utf16"),
    text = getString("text"),
    headings = getJSONArray("headings").map(JSONArray::getString),
    context = getJSONArray("context").map(JSONArray::getString),
    place = optJSONObject("place")?.filePlace(),
    sentence = getJSONObject("sentence").span(),
    score = getDouble("score"),
    words = getJSONArray("words").map(JSONArray::getString),
    matches = getJSONArray("matches").map(JSONArray::getJSONObject).map { it.span() },
    document = string("document"),
)

private fun JSONObject.span() = Span(start = place("start_utf16"), end = place("end_utf16"))

private fun JSONObject.statement() = Statement(
    start = place("start_utf16"),
    end = place("end_utf16"),
    text = getString("text"),
    support = Support.valueOf(getString("support").replaceFirstChar(Char::uppercaseChar)),
    quotes = getJSONArray("quotes").map(JSONArray::getJSONObject).map { it.quote() },
)

private fun JSONObject.shelfDocument() = ShelfDocument(
    id = getString("id"),
    title = getString("title"),
    metadata = getJSONObject("metadata").run { keys().asSequence().map { "$it" }.associateWith { getString(it) } },
    name = string("name"),
    sha256 = getString("sha256"),
    bytes = getLong("bytes"),
    length = place("utf16_length"),
    tokens = getLong("tokens"),
    passages = getInt("passages"),
    language = getString("language"),
)

private fun JSONObject.extractedField(): ExtractedField {
    val type = FieldType.entries.first { it.key == getString("type") }
    return ExtractedField(
        name = getString("name"),
        type = type,
        question = getString("question"),
        value = if (isNull("value")) null else fieldValue(type),
        missing = string("missing")?.let { MissingValue.valueOf(camel(it)) },
        quotes = getJSONArray("quotes").map(JSONArray::getJSONObject).map { it.quote() },
        words = optJSONObject("words")?.quote(),
        foundConfidence = getDouble("found_confidence"),
    )
}

private fun JSONObject.fieldValue(type: FieldType): FieldValue = when (type) {
    FieldType.Text -> FieldValue.Text(getString("value"))
    FieldType.Number -> FieldValue.Number(decimal("value"))
    FieldType.Amount -> getJSONObject("value").run { FieldValue.Amount(decimal("amount"), getString("currency")) }
    FieldType.Date -> FieldValue.Date(LocalDate.parse(getString("value")))
    FieldType.YesNo -> FieldValue.YesNo(getBoolean("value"))
    FieldType.List -> FieldValue.Texts(getJSONArray("value").map(JSONArray::getString))
}

/** The shortest decimal of a double, which is that of the document: it has at most 15 digits. */
private fun JSONObject.decimal(key: String): BigDecimal = BigDecimal.valueOf(getDouble(key)).stripTrailingZeros().let {
    if (it.scale() < 0) it.setScale(0) else it
}

private fun JSONObject.filePlace() = Place(
    kind = Place.Kind.valueOf(getString("kind").replaceFirstChar(Char::uppercaseChar)),
    number = getInt("number"),
)

private fun JSONObject.coverage() = Coverage(
    start = place("start_utf16"),
    end = place("end_utf16"),
    kind = Coverage.Kind.valueOf(getString("kind").replaceFirstChar(Char::uppercaseChar)),
)

private fun JSONObject.usage() = Usage(
    documentTokens = getLong("document_tokens"),
    promptTokens = getLong("prompt_tokens"),
    generatedTokens = getLong("generated_tokens"),
    graphRuns = getLong("graph_runs"),
    indexMs = getDouble("index_ms"),
    readMs = getDouble("read_ms"),
    ttftMs = getDouble("ttft_ms"),
    decodeTokensPerSecond = number("decode_tokens_per_second"),
    stateBytes = getLong("state_bytes"),
    indexBytes = getLong("index_bytes"),
    peakRssBytes = getLong("peak_rss_bytes"),
)

private fun JSONObject.modelInfo() = ModelInfo(
    name = getString("name"),
    version = getString("version"),
    description = getString("description"),
    licence = getString("licence"),
    family = getString("family"),
    parameters = getLong("parameters"),
    gateParameters = getLong("gate_parameters"),
    layers = getInt("layers"),
    hidden = getInt("hidden"),
    vocabulary = getInt("vocabulary"),
    folderBytes = getLong("folder_bytes"),
    citing = getBoolean("citing"),
    maxQuestionTokens = getInt("max_question_tokens"),
    maxOutputTokens = getInt("max_output_tokens"),
    accelerators = getJSONArray("accelerators").map(JSONArray::getString).mapNotNull(::accelerator),
    variants = getJSONArray("variants").map(JSONArray::getJSONObject).map { it.variant() },
    scenarios = getJSONArray("scenarios").map(JSONArray::getJSONObject).map { it.scenario() },
    defaultScenario = getString("default_scenario"),
    generator = getBoolean("generator"),
    reader = optJSONObject("reader")?.readerInfo(),
)

private fun JSONObject.readerInfo() = ReaderInfo(
    file = getString("file"),
    precision = getString("precision"),
    parameters = getLong("parameters"),
    bytes = getLong("bytes"),
    maxError = getDouble("max_error"),
    length = getInt("length"),
    sentences = getInt("sentences"),
    memory = getJSONObject("memory").memory(),
)

private fun JSONObject.scenario() = Scenario(
    name = getString("name"),
    segment = getInt("segment"),
    pinned = getInt("pinned"),
    window = getInt("window"),
    recall = getInt("recall"),
    stateBytes = getLong("state_bytes"),
    memory = getJSONObject("memory").memory(),
)

private fun JSONObject.memory() = MemoryEstimate(
    runtimeBytes = getLong("runtime_bytes"),
    weightsBytes = getLong("weights_bytes"),
    loadingBytes = getLong("loading_bytes"),
    stateBytes = getLong("state_bytes"),
    runBytes = getLong("run_bytes"),
    peakBytes = getLong("peak_bytes"),
)

private fun JSONObject.variant() = ModelVariant(
    file = getString("file"),
    accelerator = getString("accelerator"),
    precision = getString("precision"),
    bytes = getLong("bytes"),
    maxError = getDouble("max_error"),
    divergence = optJSONObject("cost")?.number("divergence"),
    agreement = optJSONObject("cost")?.number("agreement"),
)

private fun JSONObject.executionReport() = ExecutionReport(
    accelerator = Accelerator.valueOf(getString("accelerator")),
    precision = getString("precision"),
    threads = getInt("threads"),
    requested = getJSONArray("requested").map(JSONArray::getString).map(Accelerator::valueOf),
    skipped = getJSONArray("skipped").map(JSONArray::getJSONObject).map {
        SkippedAccelerator(Accelerator.valueOf(it.getString("accelerator")), it.getString("reason"))
    },
    graphs = getJSONArray("graphs").map(JSONArray::getJSONObject).map { it.loadedGraph() },
    selfTestError = number("self_test_error"),
    selfTestCached = getBoolean("self_test_cached"),
)

private fun JSONObject.loadedGraph() = LoadedGraph(
    file = getString("file"),
    rows = getInt("rows"),
    bytes = getLong("bytes"),
    seconds = getDouble("seconds"),
    nodes = getJSONObject("nodes").run { keys().asSequence().map { "$it" }.associateWith { getInt(it) } },
)

/** A place in a document; one that no Kotlin string has is an error (`getInt` would cut it). */
private fun JSONObject.place(key: String): Int = Math.toIntExact(getLong(key))

/** JSON's null and a missing key are both null: `optString` would say "null". */
private fun JSONObject.string(key: String): String? = if (isNull(key)) null else getString(key)

private fun JSONObject.number(key: String): Double? = if (isNull(key)) null else getDouble(key)

private fun <T> JSONArray.map(read: JSONArray.(Int) -> T): List<T> = List(length()) { read(it) }

/** One that this version knows; graphs for others are passed over. */
private fun accelerator(name: String): Accelerator? = Accelerator.entries.find { it.name == name }
