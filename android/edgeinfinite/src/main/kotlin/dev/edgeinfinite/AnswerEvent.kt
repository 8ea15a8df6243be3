package dev.edgeinfinite

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.single

/**
 * What a flow of [Document.ask], [Document.summarize], [DocumentChat.ask] or [Chat.send] emits: progress, then text, and at the end the
 * whole answer.
 */
public sealed interface AnswerEvent {
    /**
     * How far the reading of the document, or of a prompt, has come. While the text of a PDF, a web page or the like is extracted, tokens
     * are a guess by the file's bytes; they begin again at 0 when that text is read.
     */
    public class Progress @EdgeInfiniteInternalApi public constructor(
        /** Tokens read so far. */
        public val tokensDone: Long,
        /** Tokens in all; an estimate until the end of the document has been seen. */
        public val tokensTotal: Long,
        /** Seconds left at the speed so far; null before it is known. */
        public val secondsLeft: Double?,
    ) : AnswerEvent {
        /** Whole percent, 0 … 100. */
        public val percent: Int
            get() = if (tokensTotal > 0) (100 * tokensDone / tokensTotal).coerceIn(0, 100).toInt() else 0

        private val all get() = listOf(tokensDone, tokensTotal, secondsLeft)

        override fun equals(other: Any?): Boolean = other is Progress && all == other.all

        override fun hashCode(): Int = all.hashCode()

        override fun toString(): String = "Progress($tokensDone of $tokensTotal tokens)"
    }

    /** More of the answer. Whole characters only: never half an emoji. */
    public class TextDelta @EdgeInfiniteInternalApi public constructor(
        /** What to append to the text so far. */
        public val delta: String,
    ) : AnswerEvent {
        override fun equals(other: Any?): Boolean = other is TextDelta && delta == other.delta

        override fun hashCode(): Int = delta.hashCode()

        override fun toString(): String = "TextDelta(${delta.length} characters)"
    }

    /** The end of the flow. */
    public class Done @EdgeInfiniteInternalApi public constructor(
        /** The whole answer, with quotes and numbers. */
        public val answer: Answer,
    ) : AnswerEvent {
        override fun equals(other: Any?): Boolean = other is Done && answer == other.answer

        override fun hashCode(): Int = answer.hashCode()

        override fun toString(): String = "Done($answer)"
    }
}

/** Only the text, as it is written. */
public fun Flow<AnswerEvent>.text(): Flow<String> = filterIsInstance<AnswerEvent.TextDelta>().map { it.delta }

/** Waits for the end and returns the answer. */
public suspend fun Flow<AnswerEvent>.await(): Answer = filterIsInstance<AnswerEvent.Done>().single().answer
