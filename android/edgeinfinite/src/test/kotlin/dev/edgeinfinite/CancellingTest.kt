package dev.edgeinfinite

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledIfSystemProperty

/**
 * Measures how long cancelling takes, from the call until the reader has ended, inside graph runs of models/demo:
 *
 *     mvn -f android/pom.xml test -pl edgeinfinite -Dtest=CancellingTest -Dmeasure=true
 */
@EnabledIfSystemProperty(named = "measure", matches = "true")
class CancellingTest {
    @Test
    fun `cancelling a reading`() = runBlocking(Dispatchers.Default) {
        val text = TextSource.of("The bridge of Gora cost crowns. ".repeat(50_000))
        EdgeInfinite.open(Tiny.repository.resolve("models/demo")).use { model ->
            val times = List(100) { round ->
                val begun = CompletableDeferred<Unit>()
                val reading = launch { model.read(text, { reading = Reading.Memory }) { if (it.tokensDone > 0) begun.complete(Unit) } }
                begun.await()
                delay(round % 10L) // somewhere in a run
                val clock = System.nanoTime()
                reading.cancelAndJoin()
                ((System.nanoTime() - clock) / 1e6).also { assertTrue(reading.isCancelled) }
            }.sorted()
            println("cancelled after, milliseconds: median %.2f, 95 %% %.2f, most %.2f".format(times[50], times[95], times.last()))
        }
    }
}
