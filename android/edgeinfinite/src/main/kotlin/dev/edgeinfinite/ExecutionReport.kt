package dev.edgeinfinite

/** Where a model's graphs run, and why there. */
public class ExecutionReport @EdgeInfiniteInternalApi public constructor(
    /** Where they run. */
    public val accelerator: Accelerator,
    /** Their precision, such as `int8`. */
    public val precision: String,
    /** Threads of a run on the processor. */
    public val threads: Int,
    /** What was requested, first choice first. */
    public val requested: List<Accelerator>,
    /** What was requested before [accelerator] and skipped, each with the reason. */
    public val skipped: List<SkippedAccelerator>,
    /** Each file that was loaded. */
    public val graphs: List<LoadedGraph>,
    /** How far the self-test was from the reference (max abs error ÷ max abs logit); null where none was due, as on the CPU. */
    public val selfTestError: Double?,
    /** Whether that is the result of an earlier opening ([OpenOptions.selfTestCache]). */
    public val selfTestCached: Boolean,
) {
    private val all get() = listOf(accelerator, precision, threads, requested, skipped, graphs, selfTestError, selfTestCached)

    override fun equals(other: Any?): Boolean = other is ExecutionReport && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String =
        "ExecutionReport($accelerator $precision, $threads threads, requested=$requested, skipped=$skipped, graphs=$graphs, selfTestError=$selfTestError)"
}

/** An accelerator that was requested and not used. */
public class SkippedAccelerator @EdgeInfiniteInternalApi public constructor(
    /** The accelerator. */
    public val accelerator: Accelerator,
    /** Why it was not used, in a sentence for the log. */
    public val reason: String,
) {
    override fun equals(other: Any?): Boolean = other is SkippedAccelerator && accelerator == other.accelerator && reason == other.reason

    override fun hashCode(): Int = 31 * accelerator.hashCode() + reason.hashCode()

    override fun toString(): String = "$accelerator: $reason"
}

/** How one file of a model's graphs came to be loaded. */
public class LoadedGraph @EdgeInfiniteInternalApi public constructor(
    /** Its name. */
    public val file: String,
    /** Tokens of its fixed shape; 0 for any. */
    public val rows: Int,
    /** Its bytes. */
    public val bytes: Long,
    /** Seconds that loading took. */
    public val seconds: Double,
    /** Nodes by execution provider, as a profiled run counts them; empty where none was due, as on the CPU. */
    public val nodes: Map<String, Int>,
) {
    private val all get() = listOf(file, rows, bytes, seconds, nodes)

    override fun equals(other: Any?): Boolean = other is LoadedGraph && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "LoadedGraph($file, rows=$rows, $bytes bytes, $seconds s, nodes=$nodes)"
}
