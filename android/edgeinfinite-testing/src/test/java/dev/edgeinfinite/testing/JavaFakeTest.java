package dev.edgeinfinite.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.edgeinfinite.Answer;
import dev.edgeinfinite.Chat;
import dev.edgeinfinite.Document;
import dev.edgeinfinite.EdgeInfiniteBlocking;
import dev.edgeinfinite.SavedDocumentException;
import dev.edgeinfinite.TextSource;
import dev.edgeinfinite.TextException;
import java.io.File;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fake, as a Java app's tests use it. */
class JavaFakeTest {
    private static final TextSource TEXT = TextSource.of("Gora signed it. It was in May.");

    @TempDir File folder;

    private final FakeModel model = new FakeModel();

    @Test
    void answers() throws Exception {
        model.answer("Who signed?", "Gora signed it.");
        model.setScript((question, document) -> new FakeAnswer(question == null ? "A report." : "No."));
        try (Document document = EdgeInfiniteBlocking.read(model, TEXT)) {
            Answer answer = EdgeInfiniteBlocking.ask(document, "Who signed?", options -> options.setMaxOutputTokens(9));
            assertEquals(15, answer.getQuotes().get(0).getEnd());
            assertEquals("A report.", EdgeInfiniteBlocking.summarize(document).getText());
        }
        try (Chat chat = EdgeInfiniteBlocking.chat(model)) {
            assertEquals("No.", EdgeInfiniteBlocking.send(chat, "Well?").getText());
        }
        assertEquals("[Read, Ask(Who signed?), Summarize, Chat, Send(Well?)]", model.getCalls().toString());
        assertEquals(0, model.getOpenChildren());
        assertFalse(model.isClosed());
    }

    @Test
    void savesAndRestores() throws Exception {
        File saved = new File(folder, "saved");
        EdgeInfiniteBlocking.save(EdgeInfiniteBlocking.read(model, TEXT), saved);
        assertTrue(saved.isFile());
        try (Document document = EdgeInfiniteBlocking.restore(model, saved, TEXT)) {
            assertFalse(EdgeInfiniteBlocking.ask(document, "Why?").getFound());
        }
        SavedDocumentException failure =
                assertThrows(SavedDocumentException.class, () -> EdgeInfiniteBlocking.restore(model, saved, TextSource.of("Another.")).close());
        assertEquals("state.document", failure.getCode());
    }

    @Test
    void failsOnDemand() {
        TextException failure = new TextException("text.encoding", "found a PDF");
        model.fail(FakeCall.Read.class, failure);
        assertSame(failure, assertThrows(TextException.class, () -> EdgeInfiniteBlocking.read(model, TEXT).close()));
    }
}
