package dev.edgeinfinite.demo

import dev.edgeinfinite.EdgeInfiniteException
import dev.edgeinfinite.EngineFault
import dev.edgeinfinite.EngineMissingException
import dev.edgeinfinite.ModelException
import dev.edgeinfinite.OnnxRuntimeException
import dev.edgeinfinite.SavedDocumentException
import dev.edgeinfinite.ShelfException
import dev.edgeinfinite.StorageException
import dev.edgeinfinite.TextException
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.File

/** Each code that the world can bring about, as docs/errors.md lists them, has a sentence for the person who meets it. */
class ProblemsTest : PhoneTest() {
    private val codes = Regex("""(?m)^\| `([\w.]+)` \|.*\| the world \|""")
        .findAll(File(System.getProperty("repository"), "docs/errors.md").readText()).map { it.groupValues[1] }.toList()

    private fun exception(code: String): EdgeInfiniteException = when (code.substringBefore('.')) {
        "engine" -> EngineMissingException(code, "")
        "text", "document" -> TextException(code, "")
        "model" -> ModelException(code, "")
        "state" -> SavedDocumentException(code, "")
        "shelf" -> ShelfException(code, "")
        "runtime" -> OnnxRuntimeException(code, "")
        else -> StorageException(code, "")
    }

    @Test
    fun `every code has its sentence`() {
        assertTrue("$codes", codes.size >= 20)
        for (code in codes) assertNotEquals(code, R.string.problem_defect, problem(exception(code)))
    }

    @Test
    fun `what is no exception of the library`() {
        assertEquals(R.string.problem_defect, problem(EngineFault("a defect")))
        assertEquals(R.string.problem_unreadable, problem(SecurityException()))
        assertEquals(R.string.problem_question, problem(IllegalArgumentException(), argument = R.string.problem_question))
        assertEquals(R.string.problem_defect, problem(TextException("text.of_tomorrow", "")))
    }
}
