package dev.edgeinfinite

/** Where a model's graphs run, and why there. */
public class ExecutionReport @EdgeInfiniteInternalApi public constructor(
    /** Where they run. */
    public val accelerator: Accelerator,
    /** Their precision, such as `int8`. */
    public val precision: String,
    /** Threads of a run on the processor. */
    public val threads: Int,
    /** What was asked for, first choice first. */
    public val asked: List<Accelerator>,
    /** What was asked for before [accelerator] and not taken. */
    public val passedOver: List<PassedOver>,
    /** Each file that was loaded. */
    public val graphs: List<LoadedGraph>,
    /** How far the self-test was from the reference (max abs error ÷ max abs logit); null where none was due, as on the CPU. */
    public val selfTestError: Double?,
    /** Whether that is the verdict of an earlier opening ([OpenOptions.verdicts]). */
    public val selfTestKept: Boolean,
) {
    private val all get() = listOf(accelerator, precision, threads, asked, passedOver, graphs, selfTestError, selfTestKept)

    override fun equals(other: Any?): Boolean = other is ExecutionReport && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String =
        "ExecutionReport($accelerator $precision, $threads threads, asked=$asked, passedOver=$passedOver, graphs=$graphs, selfTestError=$selfTestError)"
}

/** An accelerator that was asked for and not taken. */
public class PassedOver @EdgeInfiniteInternalApi public constructor(
    /** The accelerator. */
    public val accelerator: Accelerator,
    /** What stood against it, in a sentence for the log. */
    public val why: String,
) {
    override fun equals(other: Any?): Boolean = other is PassedOver && accelerator == other.accelerator && why == other.why

    override fun hashCode(): Int = 31 * accelerator.hashCode() + why.hashCode()

    override fun toString(): String = "$accelerator: $why"
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
