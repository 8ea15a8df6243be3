package dev.edgeinfinite

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNotSame
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import java.math.BigDecimal
import java.time.LocalDate

/** Two values are equal when all they say is equal, and none of them prints what the document says. */
@OptIn(EdgeInfiniteInternalApi::class)
class ValuesTest {
    @ParameterizedTest
    @ValueSource(
        classes = [
            Answer::class,
            ModelVariant::class,
            BenchmarkPoint::class,
            BenchmarkReport::class,
            Coverage::class,
            ExtractedField::class,
            FieldValue.Amount::class,
            FieldValue.Date::class,
            FieldValue.Number::class,
            FieldValue.Text::class,
            FieldValue.Texts::class,
            FieldValue.YesNo::class,
            ExecutionReport::class,
            LoadedGraph::class,
            MemoryEstimate::class,
            ModelInfo::class,
            SkippedAccelerator::class,
            Passage::class,
            Place::class,
            Quote::class,
            ReaderInfo::class,
            AnswerEvent.Done::class,
            AnswerEvent.Progress::class,
            AnswerEvent.TextDelta::class,
            Scenario::class,
            Span::class,
            Statement::class,
            Usage::class,
        ],
    )
    fun `everything counts, nothing is quoted`(type: Class<*>) {
        val value = make(type)
        val same = make(type)
        assertNotSame(value, same)
        assertEquals(value, same)
        assertEquals(value.hashCode(), same.hashCode())
        assertEquals(value.toString(), same.toString())
        assertNotEquals(value, Any())
        for (parameter in type.constructors.single().parameterTypes.indices) {
            assertNotEquals(value, make(type, changed = parameter), "parameter $parameter does not count")
        }
        if (type.kotlin !in OF_MODELS) assertFalse(WORDS in value.toString(), value.toString())
    }

    /** A value of [type]; the parameter [changed] of its constructor is another than usual. */
    private fun make(type: Class<*>, changed: Int? = null): Any {
        val constructor = type.constructors.single()
        return constructor.newInstance(*Array(constructor.parameterCount) { argument(constructor.parameterTypes[it], it == changed) })
    }

    private fun argument(type: Class<*>, changed: Boolean): Any = when (type) {
        String::class.java -> if (changed) "other" else WORDS
        List::class.java -> if (changed) emptyList<Any>() else listOf(WORDS.length)
        Boolean::class.java -> changed
        Map::class.java -> if (changed) emptyMap<String, Int>() else mapOf(WORDS to 1)
        Int::class.java, Int::class.javaObjectType -> if (changed) 2 else 1
        BigDecimal::class.java -> BigDecimal(if (changed) 2 else 1)
        LocalDate::class.java -> LocalDate.of(2024, 3, if (changed) 4 else 3)
        FieldValue::class.java -> FieldValue.Text(if (changed) "other" else WORDS)
        Long::class.java, Long::class.javaObjectType -> if (changed) 2L else 1L
        Double::class.java, Double::class.javaObjectType -> if (changed) 0.5 else 0.25
        else -> if (type.isEnum) type.enumConstants[if (changed) 1 else 0] else make(type, changed = 0.takeIf { changed })
    }

    private companion object {
        const val WORDS = "confidential"

        /** What speaks of models, and of no document. */
        val OF_MODELS =
            setOf(
                ModelVariant::class,
                BenchmarkReport::class,
                ExecutionReport::class,
                LoadedGraph::class,
                ModelInfo::class,
                ReaderInfo::class,
                SkippedAccelerator::class,
                Scenario::class,
            )
    }
}
