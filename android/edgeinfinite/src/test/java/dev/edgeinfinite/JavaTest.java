package dev.edgeinfinite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The blocking calls, as a Java app writes them. */
class JavaTest {
    private static final File TINY = new File(System.getProperty("repository"), "models/tiny");

    @TempDir File folder;

    @Test
    void asksAndSummarizes() throws Exception {
        assertEquals("tiny", EdgeInfiniteBlocking.inspect(TINY).getName());
        assertFalse(EdgeInfinite.getVersion().isEmpty());
        List<AnswerEvent> events = new ArrayList<>();
        List<AnswerEvent.Progress> progress = new ArrayList<>();
        try (Model model = EdgeInfiniteBlocking.open(TINY, options -> options.setThreads(1));
                TextSource text = EdgeInfiniteBlocking.spool(new ByteArrayInputStream("gora lu men ve la".getBytes(UTF_8)), folder);
                Document document = EdgeInfiniteBlocking.read(model, text, options -> {}, progress::add)) {
            Answer answer = EdgeInfiniteBlocking.ask(document, "gora?", options -> options.setMaxOutputTokens(4), events::add);
            assertEquals("gora?", answer.getQuestion());
            assertTrue(answer.getUsage().getGeneratedTokens() <= 4);
            assertFalse(EdgeInfiniteBlocking.summarize(document).getText().isEmpty());
            assertEquals(1, EdgeInfiniteBlocking.search(document, "gora", options -> options.setLimit(1)).size());
            assertEquals(Support.Verbatim, EdgeInfiniteBlocking.quotes(document, "gora lu men ve la").get(0).getSupport());
        }
        assertFalse(progress.isEmpty());
        assertTrue(events.get(events.size() - 1) instanceof AnswerEvent.Done);
    }

    @Test
    void savesAndRestores() throws Exception {
        File saved = new File(folder, "saved");
        File checkpoint = new File(folder, "checkpoint");
        TextSource text = TextSource.of("gora lu men ve la. ".repeat(20));
        try (Model model = EdgeInfiniteBlocking.open(TINY)) {
            String before;
            try (Document document = EdgeInfiniteBlocking.read(model, text, options -> options.setResume(checkpoint))) {
                EdgeInfiniteBlocking.save(document, saved);
                before = EdgeInfiniteBlocking.ask(document, "gora?").getText();
            }
            for (File file : List.of(saved, checkpoint)) {
                try (Document document = EdgeInfiniteBlocking.restore(model, file, text)) {
                    assertEquals(before, EdgeInfiniteBlocking.ask(document, "gora?").getText());
                }
            }
            assertFalse(EdgeInfiniteBlocking.summarize(model, text).getText().isEmpty());
            SavedDocumentException failure = assertThrows(
                    SavedDocumentException.class, () -> EdgeInfiniteBlocking.restore(model, saved, TextSource.of("Another.")).close());
            assertEquals("state.document", failure.getCode());
        }
        assertThrows(ClosedException.class, () -> {
            Model model = EdgeInfiniteBlocking.open(TINY);
            model.close();
            EdgeInfiniteBlocking.restore(model, saved, text).close();
        });
    }

    @Test
    void chats() throws Exception {
        List<AnswerEvent> events = new ArrayList<>();
        try (Model model = EdgeInfiniteBlocking.open(TINY);
                Chat chat = EdgeInfiniteBlocking.chat(model)) {
            assertEquals("gora?", EdgeInfiniteBlocking.send(chat, "gora?").getQuestion());
            Answer second = EdgeInfiniteBlocking.send(chat, "lu men?", options -> options.setMaxOutputTokens(4), events::add);
            assertTrue(second.getUsage().getGeneratedTokens() <= 4);
        }
        assertTrue(events.get(events.size() - 1) instanceof AnswerEvent.Done);
    }

    @Test
    void exceptionsAreDeclared() {
        EdgeInfiniteException failure =
                assertThrows(ModelException.class, () -> EdgeInfiniteBlocking.open(new File("absent")).close());
        assertEquals("model.missing", failure.getCode());
    }

    @Test
    void interruptingCancels() throws Exception {
        AtomicBoolean interrupted = new AtomicBoolean();
        try (Model model = EdgeInfiniteBlocking.open(TINY)) {
            Thread reader = new Thread(() -> {
                try {
                    EdgeInfiniteBlocking.read(model, TextSource.of("gora lu men. ".repeat(1000)), options -> {},
                            progress -> Thread.currentThread().interrupt());
                } catch (InterruptedException expected) {
                    interrupted.set(true);
                } catch (EdgeInfiniteException unexpected) {
                    throw new AssertionError(unexpected);
                }
            });
            reader.start();
            reader.join();
        }
        assertTrue(interrupted.get());
    }
}
