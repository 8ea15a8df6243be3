package dev.edgeinfinite

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** What a caller says of sampling reaches the engine; what it means there is tested against transformers in rust/core. */
class SamplingTest {
    private suspend fun said(set: Sampling.() -> Unit = {}): String = Tiny.open().use { model ->
        model.chat().use { it.send("gora tan ve") { sampling.set() }.await().text }
    }

    private suspend fun warm(set: Sampling.() -> Unit = {}): String = said { apply { temperature = 1.5f }.set() }

    @Test
    fun `a seed gives its answer, another another`() = runTest {
        assertEquals(warm(), warm())
        assertNotEquals(warm(), warm { seed = 8 })
        assertNotEquals(warm(), said())
    }

    @Test
    fun `the likeliest token alone is the greedy answer`() = runTest {
        val greedy = said()
        assertEquals(greedy, warm { topK = 1 })
        assertEquals(greedy, warm { topP = 1e-6f })
        assertEquals(greedy, warm { minP = 1f })
        assertNotEquals(greedy, said { repetitionPenalty = 50f })
        assertNotEquals(greedy, said { noRepeatNgramSize = 1 })
    }

    @Test
    fun `an answer ends before a text that stops it`() = runTest {
        val greedy = said()
        val stop = greedy.substring(greedy.length / 2).take(2)
        assertEquals(greedy.substringBefore(stop), said { this.stop = listOf(stop) })
        assertFalse(stop in said { this.stop = listOf("never said", stop) })
    }

    @Test
    fun `what means nothing is refused where it is set`() {
        val wrong: List<Sampling.() -> Unit> = listOf(
            { temperature = -1f },
            { temperature = Float.NaN },
            { topK = -1 },
            { topP = 0f },
            { topP = 1.5f },
            { minP = 2f },
            { repetitionPenalty = 0f },
            { noRepeatNgramSize = -1 },
            { seed = -1 },
            { stop = listOf("a", "") },
        )
        wrong.forEach { assertThrows<IllegalArgumentException> { Sampling().it() } }
    }
}
