package dev.edgeinfinite.android

import android.content.Context
import dev.edgeinfinite.EdgeInfinite
import dev.edgeinfinite.EdgeInfiniteException
import dev.edgeinfinite.demo.PhoneTest
import kotlinx.coroutines.runBlocking
import org.json.JSONObject
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.robolectric.RuntimeEnvironment
import java.io.File
import java.nio.file.Files
import java.security.MessageDigest
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

/** `dev.edgeinfinite.android`, which needs an Android to be tested: this module has one. */
class InstallModelTest : PhoneTest() {
    @get:Rule
    val temporary = TemporaryFolder()

    private val context: Context = RuntimeEnvironment.getApplication()
    private val models = File(context.noBackupFilesDir, "edgeinfinite/models")

    private fun sha256(bytes: ByteArray) = MessageDigest.getInstance("SHA-256").digest(bytes).joinToString("") { "%02x".format(it) }

    private fun manifest(files: Map<String, ByteArray>, change: (JSONObject) -> Unit = {}): ByteArray {
        val entries = JSONObject()
        for ((name, bytes) in files) entries.put(name, JSONObject().put("bytes", bytes.size).put("sha256", sha256(bytes)))
        return JSONObject().put("files", entries).also(change).toString().toByteArray()
    }

    /** Adds a folder to the app's assets. */
    @Suppress("DEPRECATION") // what takes its place is for the system's own
    private fun asset(folder: String, files: Map<String, ByteArray>) {
        val archive = temporary.newFile()
        ZipOutputStream(archive.outputStream()).use { zip ->
            for ((name, bytes) in files) {
                zip.putNextEntry(ZipEntry("assets/$folder/$name"))
                zip.write(bytes)
            }
        }
        assertTrue(context.assets.addAssetPath(archive.path) > 0)
    }

    private val files = mapOf("graph.onnx" to ByteArray(300_000) { it.toByte() }, "tokenizer.json" to "{}".toByteArray())

    private fun code(asset: String) = assertThrows(EdgeInfiniteException::class.java) { runBlocking { context.installModel(asset) } }.code

    private fun inode(file: File): Any = Files.getAttribute(file.toPath(), "unix:ino")

    @Test
    fun `the model that the app ships, once`() = runBlocking {
        val folder = context.installModel("demo")
        val manifest = folder.resolve("model.json").readBytes()
        assertEquals(models.resolve("demo").resolve(sha256(manifest)), folder)
        assertEquals("finder", EdgeInfinite.inspect(folder).name)
        EdgeInfinite.open(folder).close() // its files are those that model.json names

        val first = folder.listFiles()!!.associateWith(::inode)
        assertEquals(folder, installModelBlocking(context, "demo/"))
        assertEquals(first, folder.listFiles()!!.associateWith(::inode))
    }

    @Test
    fun `a new version takes the old one's place`() = runBlocking {
        asset("own", files + ("model.json" to manifest(files)))
        val old = context.installModel("own")
        assertArrayEquals(files["graph.onnx"], old.resolve("graph.onnx").readBytes())
        val other = files + ("graph.onnx" to ByteArray(10))
        asset("own", other + ("model.json" to manifest(other)))
        val new = context.installModel("own")
        assertEquals(10, new.resolve("graph.onnx").length())
        assertEquals(listOf(new), models.resolve("own").listFiles()!!.toList())
    }

    @Test
    fun `what was cut short is made whole`() = runBlocking {
        asset("own", files + ("model.json" to manifest(files)))
        val folder = context.installModel("own")
        folder.resolve("graph.onnx").writeBytes(ByteArray(7))
        File("$folder.part").apply { mkdirs() }.resolve("graph.onnx").writeText("of a process that was killed")
        assertEquals(folder, context.installModel("own"))
        assertArrayEquals(files["graph.onnx"], folder.resolve("graph.onnx").readBytes())
        assertEquals(listOf(folder), models.resolve("own").listFiles()!!.toList())
    }

    @Test
    fun `what is missing or another is refused, and nothing is left of it`() {
        assertEquals("model.missing", code("nowhere"))
        asset("lacking", mapOf("model.json" to manifest(files)))
        assertEquals("model.missing", code("lacking"))
        asset("other", files + ("graph.onnx" to ByteArray(300_000)) + ("model.json" to manifest(files)))
        assertEquals("model.hash", code("other"))
        asset("strange", mapOf("model.json" to "no JSON".toByteArray()))
        assertEquals("model.format", code("strange"))
        asset("leaving", mapOf("model.json" to manifest(mapOf("../../graph.onnx" to ByteArray(1)))))
        assertEquals("model.format", code("leaving"))
        assertTrue(models.walk().none { it.isFile })
    }

    @Test
    fun `a disk that cannot be written`() {
        asset("own", files + ("model.json" to manifest(files)))
        models.parentFile!!.mkdirs()
        models.writeText("a file where the folder has to be")
        assertEquals("io", code("own"))
    }

    @Test
    fun `more than there is room for`() {
        val vast = manifest(files) { it.getJSONObject("files").getJSONObject("graph.onnx").put("bytes", 1L shl 60) }
        asset("own", files + ("model.json" to vast))
        assertEquals("io", code("own"))
        assertTrue(models.walk().none { it.isFile })
    }

    @Test
    fun `the folder for saved documents`() {
        val folder = context.stateFolder()
        assertTrue(folder.isDirectory && folder.startsWith(context.noBackupFilesDir))
        assertEquals(folder, context.stateFolder())
        folder.deleteRecursively()
        folder.writeText("")
        val failure = assertThrows(EdgeInfiniteException::class.java) { context.stateFolder() }
        assertEquals("io", failure.code)
        assertFalse(folder.path in failure.message!!)
    }
}
