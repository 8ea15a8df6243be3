package dev.edgeinfinite

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.MethodSource

/** One golden file, three runtimes: what Python's reference says, this says. */
class GoldenTest {
    @ParameterizedTest
    @MethodSource("cases")
    fun `the answer is the reference's`(case: Tiny.Case) = runTest {
        Tiny.open(case.scenario).use { model ->
            model.read(TextSource.of(case.document)).use { document ->
                val answer = (case.question?.let { document.ask(it) } ?: document.summarize()).await()
                assertEquals(case.text, answer.text)
                assertEquals(case.question, answer.question)
                assertEquals(case.generatedTokens, answer.usage.generatedTokens.toInt())
            }
        }
    }

    companion object {
        /** All but the empty text, which the library refuses (ErrorsTest). */
        @JvmStatic
        fun cases() = Tiny.golden.filter { it.document.isNotEmpty() }
    }
}
