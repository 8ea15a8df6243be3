package dev.edgeinfinite.internal

import dev.edgeinfinite.EngineMissingException

/** The engine's native library, loaded once, with the first use. */
internal object NativeLibrary {
    private const val NAME = "edgeinfinite"

    /**
     * The native functions, with the library behind them. The next use tries again after a failure.
     *
     * @throws EngineMissingException when the library is not there, or is not one for this processor
     */
    val natives: Native by lazy {
        val file: String? = System.getProperty("edgeinfinite.library")
        try {
            if (file != null) System.load(file) else System.loadLibrary(NAME)
        } catch (failure: UnsatisfiedLinkError) {
            throw EngineMissingException("engine.missing", message(file, failure.message)).apply { initCause(failure) }
        }
        val runtime: String? = System.getProperty("edgeinfinite.onnxruntime")
        if (!runtime.isNullOrEmpty()) Native.useRuntime(runtime.utf8())
        Native
    }

    private fun message(file: String?, reason: String?): String {
        val searched =
            file ?: "${System.mapLibraryName(NAME)} in ${System.getProperty("java.library.path").orEmpty().ifEmpty { "no folder" }}"
        val processor = System.getProperty("os.arch").orEmpty()
        val remedy = if (System.getProperty("java.vm.name") == "Dalvik") {
            "expected a process and an app with arm64-v8a or x86_64, which are the ABIs of the AAR"
        } else {
            "expected the engine built for this machine, in java.library.path or named by the system property edgeinfinite.library"
        }
        return "found no engine for $processor: searched $searched ($reason); $remedy"
    }
}
