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
        assertEquals("tiny", EdgeInfinite.inspectBlocking(TINY).getName());
        assertFalse(EdgeInfinite.getVersion().isEmpty());
        List<Reply> replies = new ArrayList<>();
        List<Reply.Progress> progress = new ArrayList<>();
        try (Model model = EdgeInfinite.openBlocking(TINY, options -> options.setThreads(1));
                Text text = EdgeInfinite.spoolBlocking(new ByteArrayInputStream("gora lu men ve la".getBytes(UTF_8)), folder);
                Document document = EdgeInfinite.readBlocking(model, text, options -> {}, progress::add)) {
            Answer answer = EdgeInfinite.askBlocking(document, "gora?", options -> options.setMaxOutputTokens(4), replies::add);
            assertEquals("gora?", answer.getQuestion());
            assertTrue(answer.getUsage().getGeneratedTokens() <= 4);
            assertFalse(EdgeInfinite.summarizeBlocking(document).getText().isEmpty());
        }
        assertFalse(progress.isEmpty());
        assertTrue(replies.get(replies.size() - 1) instanceof Reply.Done);
    }

    @Test
    void savesAndRestores() throws Exception {
        File saved = new File(folder, "saved");
        File checkpoint = new File(folder, "checkpoint");
        Text text = Text.of("gora lu men ve la. ".repeat(20));
        try (Model model = EdgeInfinite.openBlocking(TINY)) {
            String before;
            try (Document document = EdgeInfinite.readBlocking(model, text, options -> options.setResume(checkpoint))) {
                EdgeInfinite.saveBlocking(document, saved);
                before = EdgeInfinite.askBlocking(document, "gora?").getText();
            }
            for (File file : List.of(saved, checkpoint)) {
                try (Document document = EdgeInfinite.restoreBlocking(model, file, text)) {
                    assertEquals(before, EdgeInfinite.askBlocking(document, "gora?").getText());
                }
            }
            assertFalse(EdgeInfinite.summarizeBlocking(model, text).getText().isEmpty());
            StateException failure = assertThrows(
                    StateException.class, () -> EdgeInfinite.restoreBlocking(model, saved, Text.of("Another.")).close());
            assertEquals("state.document", failure.getCode());
        }
        assertThrows(ClosedException.class, () -> {
            Model model = EdgeInfinite.openBlocking(TINY);
            model.close();
            EdgeInfinite.restoreBlocking(model, saved, text).close();
        });
    }

    @Test
    void chats() throws Exception {
        List<Reply> replies = new ArrayList<>();
        try (Model model = EdgeInfinite.openBlocking(TINY);
                Chat chat = EdgeInfinite.chatBlocking(model)) {
            assertEquals("gora?", EdgeInfinite.sendBlocking(chat, "gora?").getQuestion());
            Answer second = EdgeInfinite.sendBlocking(chat, "lu men?", options -> options.setMaxOutputTokens(4), replies::add);
            assertTrue(second.getUsage().getGeneratedTokens() <= 4);
        }
        assertTrue(replies.get(replies.size() - 1) instanceof Reply.Done);
    }

    @Test
    void exceptionsAreDeclared() {
        EdgeInfiniteException failure =
                assertThrows(ModelException.class, () -> EdgeInfinite.openBlocking(new File("absent")).close());
        assertEquals("model.missing", failure.getCode());
    }

    @Test
    void interruptingCancels() throws Exception {
        AtomicBoolean interrupted = new AtomicBoolean();
        try (Model model = EdgeInfinite.openBlocking(TINY)) {
            Thread reader = new Thread(() -> {
                try {
                    EdgeInfinite.readBlocking(model, Text.of("gora lu men. ".repeat(1000)), options -> {},
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
