package dev.edgeinfinite.demo

import android.app.Application
import android.os.Build
import android.os.PowerManager
import dev.edgeinfinite.Accelerator
import dev.edgeinfinite.Benchmark
import dev.edgeinfinite.EdgeInfinite
import dev.edgeinfinite.ModelInfo
import dev.edgeinfinite.android.installModel
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import java.util.UUID

/** Opens the model and makes the view model. */
open class DemoApp : Application() {
    /** The model in the app's assets, installed with the first call. */
    open suspend fun open(): Engine {
        val folder = installModel("demo")
        val info = EdgeInfinite.inspect(folder)
        val model = EdgeInfinite.open(folder) {
            accelerators = requestedAccelerators(info)
            soc = if (Build.VERSION.SDK_INT < 31) null else Build.SOC_MODEL
            selfTestCache = noBackupFilesDir.resolve("self-tests")
        }
        return Engine(model, info, EdgeInfinite.version)
    }

    /** What the model is to run on, first choice first. */
    protected open fun requestedAccelerators(info: ModelInfo): List<Accelerator> = info.accelerators

    /** How long the documents of the benchmark are, in tokens. */
    open val lengths: List<Int> get() = Benchmark.LENGTHS

    override fun onCreate() {
        super.onCreate()
        documents.deleteRecursively() // of a process that was killed
    }

    fun readerViewModel() = ReaderViewModel(
        scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate),
        io = Dispatchers.IO,
        folder = documents.resolve(UUID.randomUUID().toString()),
        shelfFolder = noBackupFilesDir.resolve("shelf"),
        open = ::open,
        thermal = ::thermal,
    )

    private val documents get() = cacheDir.resolve("documents")

    /** Android's thermal status; null before Android 10. */
    fun thermal(): Int? = if (Build.VERSION.SDK_INT < 29) null else getSystemService(PowerManager::class.java).currentThermalStatus

    fun sample() = DocumentSource(getString(R.string.sample_title), sample = true) { assets.open("handbook.md") }
}
