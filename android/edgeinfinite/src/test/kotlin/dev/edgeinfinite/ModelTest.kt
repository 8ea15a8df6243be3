package dev.edgeinfinite

import dev.edgeinfinite.internal.Native
import dev.edgeinfinite.internal.NativeLibrary
import dev.edgeinfinite.internal.answerEvent
import dev.edgeinfinite.internal.executionReport
import dev.edgeinfinite.internal.text
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.test.runTest
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

/** What a folder, an open model and an answer say of themselves. */
@OptIn(EdgeInfiniteInternalApi::class)
class ModelTest {
    @Test
    fun `inspect says what the folder holds`() = runTest {
        val info = EdgeInfinite.inspect(Tiny.dir)
        assertEquals("tiny", info.name)
        assertEquals("Apache-2.0", info.licence)
        assertEquals(listOf(Accelerator.Cpu), info.accelerators)
        assertEquals(setOf("default", "large"), info.scenarios.map { it.name }.toSet())
        assertTrue(info.defaultScenario in info.scenarios.map { it.name })
        assertTrue(info.scenarios.all { it.stateBytes > 0 && it.segment > 0 && it.window > 0 })
        assertTrue(info.folderBytes in 50_000..1_000_000)
        assertEquals(listOf("fp32", "int8"), info.variants.map { it.precision })
        assertEquals(listOf(true, false), info.variants.map { it.agreement == null })
        assertTrue(info.variants.sumOf { it.bytes } < info.folderBytes)
        for (memory in info.scenarios.map { it.memory }) {
            val always = memory.runtimeBytes + memory.weightsBytes
            assertEquals(always + maxOf(memory.loadingBytes, memory.stateBytes + memory.runBytes), memory.peakBytes)
        }
    }

    @Test
    fun `the state costs the same for every length`() = runTest {
        val lengths = Tiny.golden.filter { it.scenario == "default" && it.question != null && it.document.isNotEmpty() }
        Tiny.open().use { model ->
            val usages = lengths.map { case ->
                model.read(TextSource.of(case.document)).use { it.ask(case.question!!).await().usage }
            }
            assertEquals(1, usages.map { it.stateBytes }.distinct().size)
            assertTrue(usages.map { it.documentTokens }.distinct().size > 5)
            assertTrue(usages.all { it.peakRssBytes > 0 && it.promptTokens > 0 && it.graphRuns > 0 && it.ttftMs > 0 })
        }
    }

    @Test
    fun `options reach the engine`() = runTest {
        EdgeInfinite.open(Tiny.dir) {
            scenario = "large"
            threads = 1
            accelerators = listOf(Accelerator.Npu, Accelerator.Cpu)
            soc = "SM8650"
            npuLibrary = File("/nowhere/libonnxruntime_providers_qnn.so")
            selfTestCache = File("/nowhere")
        }.use { model ->
            model.read(TextSource.of(Tiny.long.document)).use { document ->
                val short = document.ask("gora lu?") { maxOutputTokens = 2 }.await()
                assertEquals(2, short.usage.generatedTokens)
                assertEquals(2, document.summarize { maxOutputTokens = 2 }.await().usage.generatedTokens)
            }
        }
    }

    @Test
    fun `says what it runs on, and why not on what was asked for first`() = runTest {
        val model = EdgeInfinite.open(Tiny.dir) {
            threads = 1
            accelerators = listOf(Accelerator.Npu, Accelerator.Cpu)
        }
        model.close() // as opening found it
        val execution = model.execution
        assertEquals(Accelerator.Cpu, execution.accelerator)
        assertEquals(1, execution.threads)
        assertEquals(listOf(Accelerator.Npu, Accelerator.Cpu), execution.requested)
        assertEquals(listOf(SkippedAccelerator(Accelerator.Npu, "the model has no graph for it")), execution.skipped)
        val graph = execution.graphs.single()
        assertEquals(Tiny.dir.resolve(graph.file).length(), graph.bytes)
        assertTrue(graph.seconds > 0)
        assertNull(execution.selfTestError)
        Tiny.open().use {
            assertEquals(
                listOf(Accelerator.Cpu) to emptyList<SkippedAccelerator>(),
                it.execution.requested to it.execution.skipped,
            )
        }
    }

    @Test
    fun `what an accelerator's self-test found is told`() {
        val written = """{"file":"npu.bin","accelerator":"Npu","precision":"a16w8","threads":2,"requested":["Npu"],"skipped":[],
            "graphs":[{"file":"1.onnx","rows":128,"bytes":7,"seconds":0.5,"nodes":{"QNNExecutionProvider":3}}],
            "self_test_error":0.014,"self_test_cached":true}"""
        val graph = LoadedGraph("1.onnx", rows = 128, bytes = 7, seconds = 0.5, nodes = mapOf("QNNExecutionProvider" to 3))
        val requested = listOf(Accelerator.Npu)
        val expected = ExecutionReport(Accelerator.Npu, "a16w8", 2, requested, emptyList(), listOf(graph), 0.014, selfTestCached = true)
        assertEquals(expected, written.utf8().executionReport())
    }

    @Test
    fun `confidence is a probability, and the engine's foundConfidence is this one`() {
        val model = NativeLibrary.natives.open(Tiny.dir.path.utf8(), "{}".utf8())
        val document = Native.document(model, "gora lu men".utf8(), null, "{}".utf8())
        generateSequence { Native.step(document) }.count()
        val stream = Native.ask(document, "gora?".utf8(), "{}".utf8())
        val done = generateSequence { Native.next(stream) }.last()
        Native.close(model)
        val answer = (done.answerEvent() as AnswerEvent.Done).answer
        assertTrue(answer.confidence in 0.0..1.0)
        assertEquals(JSONObject(done.text()).getJSONObject("answer").getDouble("found_confidence"), answer.foundConfidence, 1e-12)
    }
}
