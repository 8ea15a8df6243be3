package dev.edgeinfinite

import dev.edgeinfinite.internal.Native
import dev.edgeinfinite.internal.NativeLibrary
import dev.edgeinfinite.internal.NativeModel
import dev.edgeinfinite.internal.NativeQueue
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.CoroutineDispatcher
import org.json.JSONArray
import org.json.JSONObject
import java.io.File

/** models/tiny: random weights, and what they must say. */
object Tiny {
    val repository = File(System.getProperty("repository"))
    val dir = repository.resolve("models/tiny")

    /** One text and question with the answer that Python, Rust and Kotlin must all give. */
    class Case(json: JSONObject) {
        val name: String = json.getString("name")
        val scenario: String = json.getString("scenario")
        val document: String = json.getString("document")
        val question: String? = json.getString("question").ifEmpty { null }
        val text: String = json.getString("text")
        val generatedTokens: Int = json.getJSONArray("generated").run { List(length(), ::getInt) }.count { it != END }

        override fun toString() = name
    }

    private const val END = 2 // the token that ends an answer; it is no part of it

    val golden: List<Case> by lazy {
        val cases = JSONObject(dir.resolve("golden.json").readText()).getJSONArray("cases")
        List(cases.length()) { Case(cases.getJSONObject(it)) }
    }

    /** A document of a few dozen segments. */
    val long: Case get() = golden.first { it.name.endsWith("50 segments") }

    suspend fun open(scenario: String? = null): Model = EdgeInfinite.open(dir) { this.scenario = scenario }

    /** The model on a dispatcher of the test's. */
    fun openOn(dispatcher: CoroutineDispatcher, from: File = dir): Model =
        NativeModel(NativeQueue(dispatcher), NativeLibrary.natives.open(from.path.utf8(), "{}".utf8()))

    /** A copy with another model.json, and with other files if [change] makes them. */
    fun copy(to: File, change: (JSONObject) -> Unit): File {
        dir.copyRecursively(to)
        val file = to.resolve("model.json")
        val manifest = JSONObject(file.readText())
        change(manifest)
        file.writeText(manifest.toString())
        return to
    }

    /** A copy whose graph runs take a moment each: long enough to be cancelled inside one. */
    fun slow(to: File): File = copy(to) { manifest ->
        manifest.getJSONObject("scenarios").getJSONObject("default").put("segment", 1024).put("window", 1024)
    }

    /** A copy that answers with a sentence of the document: the one whose words are most like the question's. */
    fun citing(to: File, foundThreshold: Int = -100): File = copy(to) { manifest ->
        manifest.getJSONObject("prompt")
            .put("title", "<t>{text}")
            .put("heading", "<h{n}>{text}")
            .put("sentence", "<s{n}>{text}")
        val vocabulary = JSONObject(dir.resolve("tokenizer.json").readText()).getJSONObject("model").getJSONObject("vocab")
        fun tokens(vararg names: String) = names.fold(JSONArray()) { list, name -> list.put(vocabulary.getInt(name)) }
        val citation = JSONObject()
            .put("markers", tokens("<s1>", "<s2>", "<s3>", "<s4>", "<s5>", "<s6>", "<s7>", "<s8>"))
            .put("headings", tokens("<h1>", "<h2>"))
            .put("none", vocabulary.getInt("<s0>"))
        manifest.put("citation", citation)
        manifest.put("default_scenario", "large") // a sentence must be in sight to be cited
        manifest.put("readings", JSONObject().put("ask", "recall").put("summarize", "recall"))
        manifest.put("scoring", JSONObject().put("bm25_weight", 100).put("found_threshold", foundThreshold))
    }
}
