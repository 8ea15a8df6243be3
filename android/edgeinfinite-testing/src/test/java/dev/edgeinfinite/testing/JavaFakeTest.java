package dev.edgeinfinite.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.edgeinfinite.Answer;
import dev.edgeinfinite.Chat;
import dev.edgeinfinite.Document;
import dev.edgeinfinite.EdgeInfinite;
import dev.edgeinfinite.StateException;
import dev.edgeinfinite.Text;
import dev.edgeinfinite.TextException;
import java.io.File;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fake, as a Java app's tests use it. */
class JavaFakeTest {
    private static final Text TEXT = Text.of("Gora signed it. It was in May.");

    @TempDir File folder;

    private final FakeModel model = new FakeModel();

    @Test
    void answers() throws Exception {
        model.answer("Who signed?", "Gora signed it.");
        model.setScript((question, document) -> new FakeAnswer(question == null ? "A report." : "No."));
        try (Document document = EdgeInfinite.readBlocking(model, TEXT)) {
            Answer answer = EdgeInfinite.askBlocking(document, "Who signed?", options -> options.setMaxOutputTokens(9));
            assertEquals(15, answer.getQuotes().get(0).getEnd());
            assertEquals("A report.", EdgeInfinite.summarizeBlocking(document).getText());
        }
        try (Chat chat = EdgeInfinite.chatBlocking(model)) {
            assertEquals("No.", EdgeInfinite.sendBlocking(chat, "Well?").getText());
        }
        assertEquals("[Read, Ask(Who signed?), Summarize, Chat, Send(Well?)]", model.getCalls().toString());
        assertEquals(0, model.getOpenChildren());
        assertFalse(model.isClosed());
    }

    @Test
    void savesAndRestores() throws Exception {
        File saved = new File(folder, "saved");
        EdgeInfinite.saveBlocking(EdgeInfinite.readBlocking(model, TEXT), saved);
        assertTrue(saved.isFile());
        try (Document document = EdgeInfinite.restoreBlocking(model, saved, TEXT)) {
            assertFalse(EdgeInfinite.askBlocking(document, "Why?").getFound());
        }
        StateException failure =
                assertThrows(StateException.class, () -> EdgeInfinite.restoreBlocking(model, saved, Text.of("Another.")).close());
        assertEquals("state.document", failure.getCode());
    }

    @Test
    void failsOnDemand() {
        TextException failure = new TextException("text.encoding", "found a PDF");
        model.fail(FakeCall.Read.class, failure);
        assertSame(failure, assertThrows(TextException.class, () -> EdgeInfinite.readBlocking(model, TEXT).close()));
    }
}
