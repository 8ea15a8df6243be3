package dev.edgeinfinite

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.single

/** What comes back while the engine works: progress, then text, and at the end the whole answer. */
public sealed interface Reply {
    /** How far the reading of the document, or of a prompt, has come. */
    public class Progress(
        /** Tokens read so far. */
        public val tokensDone: Long,
        /** Tokens in all; an estimate until the end of the document has been seen. */
        public val tokensTotal: Long,
        /** Seconds left at the speed so far; null before it is known. */
        public val secondsLeft: Double?,
    ) : Reply {
        /** Whole percent, 0 … 100. */
        public val percent: Int
            get() = if (tokensTotal > 0) (100 * tokensDone / tokensTotal).coerceIn(0, 100).toInt() else 0
    }

    /** More of the answer. Whole characters only: never half an emoji. */
    public class Text(
        /** What to append to the text so far. */
        public val delta: String,
    ) : Reply

    /** The end of the flow. */
    public class Done(
        /** The whole answer, with quotes and numbers. */
        public val answer: Answer,
    ) : Reply
}

/** Only the text, as it is written. */
public fun Flow<Reply>.text(): Flow<String> = filterIsInstance<Reply.Text>().map { it.delta }

/** Waits for the end and returns the answer. */
public suspend fun Flow<Reply>.await(): Answer = filterIsInstance<Reply.Done>().single().answer
