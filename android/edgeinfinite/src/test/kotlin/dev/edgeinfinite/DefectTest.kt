package dev.edgeinfinite

import dev.edgeinfinite.internal.Defect
import dev.edgeinfinite.internal.Native
import dev.edgeinfinite.internal.NativeException
import dev.edgeinfinite.internal.NativeLibrary
import dev.edgeinfinite.internal.utf8
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** A panic in Rust is an exception here: what it happened in is lost, the app lives on. */
class DefectTest {
    @Test
    fun `what panicked refuses, everything else goes on`() = runTest {
        val case = Tiny.long
        val model = NativeLibrary.natives.open(Tiny.dir.path.utf8(), "{}".utf8())
        val broken = Native.document(model, case.document.utf8(), null, "{}".utf8())
        val healthy = Native.document(model, case.document.utf8(), null, "{}".utf8())

        val failure = assertThrows<NativeException> { Defect.happen(broken) }
        val fault = assertInstanceOf(EngineFault::class.java, failure.public())
        assertTrue("rust/jni/src/lib.rs" in fault.message!!, fault.message)
        assertFalse("words" in fault.stackTraceToString(), "a panic's words may quote the document")

        repeat(2) { assertEquals("call.failed", assertThrows<NativeException> { Native.step(broken) }.code) }
        assertEquals("call.failed", assertThrows<NativeException> { Native.ask(broken, "gora".utf8(), "{}".utf8()) }.code)
        Native.close(broken)
        assertEquals("call.closed", assertThrows<NativeException> { Native.step(broken) }.code)

        assertTrue(generateSequence { Native.step(healthy) }.count() > 50)
        Native.close(model)
        Tiny.open().use { other ->
            other.read(TextSource.of(case.document)).use { assertEquals(case.text, it.ask(case.question!!).await().text) }
        }
    }
}
