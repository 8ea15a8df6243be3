package dev.edgeinfinite

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

/** What a folder and an answer say in numbers. */
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
        assertTrue(info.bytes in 50_000..1_000_000)
        assertEquals(listOf("fp32", "int8"), info.artefacts.map { it.precision })
        assertEquals(listOf(true, false), info.artefacts.map { it.agreement == null })
        assertTrue(info.artefacts.sumOf { it.bytes } < info.bytes)
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
                model.read(Text.of(case.document)).use { it.ask(case.question!!).await().usage }
            }
            assertEquals(1, usages.map { it.stateBytes }.distinct().size)
            assertTrue(usages.map { it.documentTokens }.distinct().size > 5)
            assertTrue(usages.all { it.peakBytes > 0 && it.promptTokens > 0 && it.graphRuns > 0 && it.ttftMillis > 0 })
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
            verdicts = File("/nowhere")
        }.use { model ->
            model.read(Text.of(Tiny.long.document)).use { document ->
                val short = document.ask("gora lu?") { maxOutputTokens = 2 }.await()
                assertEquals(2, short.usage.generatedTokens)
                assertEquals(2, document.summarize { maxOutputTokens = 2 }.await().usage.generatedTokens)
            }
        }
    }

    @Test
    fun `confidence is a probability`() = runTest {
        Tiny.open().use { model ->
            model.read(Text.of("gora lu men")).use { document ->
                assertTrue(document.ask("gora?").await().confidence in 0.0..1.0)
            }
        }
    }
}
