package dev.edgeinfinite.benchmarks;

import dev.edgeinfinite.Document;
import dev.edgeinfinite.EdgeInfiniteBlocking;
import dev.edgeinfinite.Model;
import dev.edgeinfinite.TextSource;
import dev.edgeinfinite.internal.Native;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What crossing from Kotlin to the engine costs, without a graph run: a call, a call that looks a document up and gives text back, and the
 * events of an answer, taken one by one from the natives and by the Flow.
 *
 * <p>The answer is a summary of {@link #SENTENCES} sentences that is made of the document's own: its time is the choice of the sentences, the
 * same on both ways, and one crossing for each event.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Boundary {
    private static final int SENTENCES = 200;
    private static final byte[] NOTHING = "{}".getBytes(StandardCharsets.UTF_8);
    private static final byte[] LENGTH = ("{\"length\":" + SENTENCES + "}").getBytes(StandardCharsets.UTF_8);

    private Model model;
    private Document document;
    private long nativeModel;
    private long nativeDocument;

    /** Opens the model of the system property {@code model}, and reads a text of numbered sentences twice: by the API and by the natives. */
    @Setup(Level.Trial)
    public void open() throws Exception {
        File folder = new File(System.getProperty("model"));
        StringBuilder text = new StringBuilder();
        for (int number = 0; number < 4 * SENTENCES; number++) {
            text.append("Room ").append(number).append(" costs ").append(7 * number % 97).append(" crowns a night.\n\n");
        }
        model = EdgeInfiniteBlocking.open(folder);
        document = EdgeInfiniteBlocking.read(model, TextSource.of(text.toString()));
        nativeModel = Native.open(folder.getPath().getBytes(StandardCharsets.UTF_8), NOTHING);
        nativeDocument = Native.document(nativeModel, text.toString().getBytes(StandardCharsets.UTF_8), null, NOTHING);
        while (Native.step(nativeDocument) != null) {
            Thread.onSpinWait();
        }
    }

    @TearDown(Level.Trial)
    public void close() {
        model.close();
        Native.close(nativeModel);
    }

    /** A call with a short array back. */
    @Benchmark
    public byte[] call() {
        return Native.version();
    }

    /** A call that looks a document up and gives a hundred units of its text back. */
    @Benchmark
    public byte[] text() {
        return Native.text(nativeDocument, 1000, 1100);
    }

    /** The events of a summary, from the natives. */
    @Benchmark
    public int events() {
        long stream = Native.summarize(nativeDocument, LENGTH);
        int events = 0;
        while (Native.next(stream) != null) {
            events++;
        }
        Native.close(stream);
        return events;
    }

    /** The same as a Flow on the model's thread, parsed, with its end as an Answer. */
    @Benchmark
    public int flow() throws Exception {
        int[] events = {0};
        EdgeInfiniteBlocking.summarize(document, options -> options.setLength(SENTENCES), event -> events[0]++);
        return events[0];
    }
}
