package dev.edgeinfinite.demo

import dev.edgeinfinite.Benchmark
import dev.edgeinfinite.Document
import dev.edgeinfinite.Reading
import dev.edgeinfinite.Reply
import dev.edgeinfinite.SummaryStyle
import dev.edgeinfinite.Text
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.io.File
import java.io.InputStream
import java.io.OutputStream

/**
 * What the app does, without a screen: it outlives the activity that shows it, so turning the phone interrupts nothing.
 *
 * One thing at a time, on [scope]'s thread; starting another stops it. Nothing here knows Android, so that it is tested with a fake model.
 */
class Work(
    private val scope: CoroutineScope,
    private val io: CoroutineDispatcher,
    /** A private folder, its own, for the copy of the document and for indices; it is deleted in the end. */
    private val folder: File,
    /** Opens the model; asked again when it failed. */
    private val open: suspend () -> Engine,
    /** Android's thermal status. */
    private val thermal: () -> Int? = { null },
) {
    private val desk = MutableStateFlow(Desk())
    private var source: Source? = null
    private var document: Document? = null
    private var job: Job? = null
    private var copies = 0

    /** What there is to see. */
    val state: StateFlow<Desk> get() = desk

    init {
        folder.mkdirs()
    }

    /** Puts another document on the desk and reads it; the questions about the one before go with it. */
    fun read(next: Source) {
        source = next
        start {
            val before = desk.value.paper?.copy
            document?.close()
            document = null
            desk.update { it.copy(paper = Paper(next.title, next.sample), summary = null, turns = emptyList()) }
            before?.delete()
            attempt({ phase, problem -> paper { it.copy(phase = phase, problem = problem) } }) { readCopyOf(next) }
        }
    }

    /** Reads the document once more, as after a failure. */
    fun readAgain() {
        source?.let(::read)
    }

    fun summarise(wanted: Wanted) {
        val document = document ?: return
        start {
            desk.update { it.copy(summary = Turn(question = null)) }
            val replies = document.summarize {
                length = wanted.sentences
                style = if (wanted.paragraph) SummaryStyle.Paragraph else SummaryStyle.Bullets
                reading = if (wanted.thorough) Reading.Notes else Reading.Recall
            }
            collect(replies) { change -> desk.update { it.copy(summary = it.summary?.let(change)) } }
        }
    }

    fun ask(question: String, thorough: Boolean) {
        val document = document ?: return
        start {
            desk.update { it.copy(turns = listOf(Turn(question)) + it.turns) }
            val replies = document.ask(question) { reading = if (thorough) Reading.RecallAll else Reading.Recall }
            collect(replies) { change -> desk.update { it.copy(turns = listOf(change(it.turns.first())) + it.turns.drop(1)) } }
        }
    }

    /** Measures documents of about so many tokens, one after the other. */
    fun measure(lengths: List<Int>) = start {
        desk.update { it.copy(sweep = Sweep(phase = Phase.Working, lengths = lengths.size)) }
        attempt({ phase, problem -> sweep { it.copy(phase = phase, problem = problem, progress = null) } }) {
            val engine = engine()
            Benchmark(engine.model, engine.info, folder, io, thermal).run(
                lengths,
                onProgress = { now -> sweep { it.copy(progress = now) } },
                onPoint = { point -> sweep { it.copy(points = it.points + point, progress = null) } },
            )
        }
    }

    /** Stops what is under way; what came so far stays to be seen. */
    fun stop() {
        job?.cancel()
    }

    /** Lets go of the graph's memory, when the phone runs short of it. */
    fun trim() {
        desk.value.engine?.model?.trim()
    }

    /** The end: nothing is shown any more. */
    fun close() {
        val last = job
        job = null
        scope.launch {
            last?.cancelAndJoin()
            desk.value.engine?.model?.close() // and its documents
            document = null
            withContext(io) { folder.deleteRecursively() }
        }
    }

    private fun start(block: suspend () -> Unit) {
        val before = job
        job = scope.launch {
            before?.cancelAndJoin()
            block()
        }
    }

    private suspend fun readCopyOf(source: Source) {
        val copy = folder.resolve("document-${copies++}.txt")
        paper { it.copy(copy = copy) }
        val (paragraphs, heading) = withContext(io) {
            source.open().use { input -> copy.outputStream().use { output -> input.copyTo(output) { ensureActive() } } }
            val paragraphs = Paragraphs.of(copy)
            paragraphs to paragraphs[0].takeIf { it.heading == 1 }?.text
        }
        paper { it.copy(paragraphs = paragraphs, heading = heading) }
        val started = System.nanoTime()
        document = engine().model.read(Text.file(copy), { folder = this@Work.folder }) { now -> paper { it.copy(progress = now) } }
        paper { it.copy(millis = (System.nanoTime() - started) / 1e6) }
    }

    private suspend fun engine(): Engine {
        desk.value.engine?.let { return it }
        try {
            return open().also { engine -> desk.update { it.copy(engine = engine, engineProblem = null) } }
        } catch (failure: Exception) {
            if (failure !is CancellationException) desk.update { it.copy(engineProblem = failure) }
            throw failure
        } catch (missing: LinkageError) {
            desk.update { it.copy(engineProblem = missing) }
            throw missing
        }
    }

    private suspend fun collect(replies: Flow<Reply>, change: ((Turn) -> Turn) -> Unit) {
        attempt({ phase, problem -> change { it.copy(phase = phase, problem = problem) } }) {
            replies.collect { reply ->
                change {
                    when (reply) {
                        is Reply.Progress -> it.copy(progress = reply)
                        is Reply.Text -> it.copy(text = it.text + reply.delta)
                        is Reply.Done -> it.copy(answer = reply.answer)
                    }
                }
            }
        }
    }

    /** Runs [block] and says how it ended. */
    private suspend fun attempt(ended: (Phase, Throwable?) -> Unit, block: suspend () -> Unit) {
        try {
            block()
            ended(Phase.Done, null)
        } catch (stop: CancellationException) {
            ended(Phase.Stopped, null)
            throw stop
        } catch (failure: Exception) {
            ended(Phase.Failed, failure)
        } catch (missing: LinkageError) { // the engine's library is not in this build
            ended(Phase.Failed, missing)
        }
    }

    private fun paper(change: (Paper) -> Paper) = desk.update { it.copy(paper = it.paper?.let(change)) }

    private fun sweep(change: (Sweep) -> Sweep) = desk.update { it.copy(sweep = change(it.sweep)) }
}

private fun InputStream.copyTo(output: OutputStream, beforeEach: () -> Unit) {
    val buffer = ByteArray(64 * 1024)
    while (true) {
        beforeEach()
        val count = read(buffer)
        if (count < 0) break
        output.write(buffer, 0, count)
    }
}
