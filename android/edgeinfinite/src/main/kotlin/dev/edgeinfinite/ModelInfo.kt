package dev.edgeinfinite

/** What a model folder says of itself, before anything is loaded. */
public class ModelInfo @EdgeInfiniteInternalApi public constructor(
    /** Its name. */
    public val name: String,
    /** The version of its weights. */
    public val version: String,
    /** A sentence or two for people. */
    public val description: String,
    /** The licence of its weights, an SPDX expression. */
    public val licence: String,
    /** The form of the base decoder, such as `qwen2`. */
    public val family: String,
    /** Weights of the base decoder. */
    public val parameters: Long,
    /** Weights of the gate, which mixes memory and local attention. */
    public val gateParameters: Long,
    /** Layers of the base decoder. */
    public val layers: Int,
    /** Width of the base decoder. */
    public val hidden: Int,
    /** Tokens that the tokenizer knows. */
    public val vocabulary: Int,
    /** Bytes of all files of the folder. */
    public val folderBytes: Long,
    /** Whether an answer is held to a sentence of the document, which it then quotes. */
    public val citing: Boolean,
    /** The most tokens of a question: a longer one is refused; 0 without a [generator]: any. */
    public val maxQuestionTokens: Int,
    /** The most tokens of an answer in the model's words: a longer one ends there; 0 without a [generator]. */
    public val maxOutputTokens: Int,
    /** What the model has graphs for, first choice first. */
    public val accelerators: List<Accelerator>,
    /** The graphs to choose from, by accelerator and precision, first choice first. */
    public val variants: List<ModelVariant>,
    /** The choices of sizes. */
    public val scenarios: List<Scenario>,
    /** The name of the scenario that is used when none is asked for; empty without a [generator]. */
    public val defaultScenario: String,
    /**
     * Whether there is a language model. Without one the folder holds a [reader] alone: it answers questions, and neither summarises nor chats;
     * what is said of a decoder is then 0 or empty.
     */
    public val generator: Boolean,
    /** What answers questions by [Reading.Recall]; null where the language model does. */
    public val reader: ReaderInfo?,
) {
    private val all get() = listOf(
        name,
        version,
        description,
        licence,
        family,
        parameters,
        gateParameters,
        layers,
        hidden,
        vocabulary,
        folderBytes,
        citing,
        maxQuestionTokens,
        maxOutputTokens,
        accelerators,
        variants,
        scenarios,
        defaultScenario,
        generator,
        reader,
    )

    override fun equals(other: Any?): Boolean = other is ModelInfo && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "ModelInfo($name $version, $parameters weights, $folderBytes bytes, scenarios=$scenarios)"
}

/** An encoder that finds the sentences of a document that answer a question, and the short answer in them. */
public class ReaderInfo @EdgeInfiniteInternalApi public constructor(
    /** Its file. */
    public val file: String,
    /** How its weights are kept, such as `int8`. */
    public val precision: String,
    /** Its weights. */
    public val parameters: Long,
    /** Bytes of its files. */
    public val bytes: Long,
    /** The most that its numbers may be off the reference's, as a share of the largest. */
    public val maxError: Double,
    /** The most tokens of a run: a question and sentences. */
    public val length: Int,
    /** The most sentences of a run. */
    public val sentences: Int,
    /** What the process takes with the reader alone. */
    public val memory: MemoryEstimate,
) {
    private val all get() = listOf(file, precision, parameters, bytes, maxError, length, sentences, memory)

    override fun equals(other: Any?): Boolean = other is ReaderInfo && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "ReaderInfo($file, $precision, $parameters weights, $bytes bytes)"
}

/** A graph of a model for one accelerator, in one precision. */
public class ModelVariant @EdgeInfiniteInternalApi public constructor(
    /** Its file. */
    public val file: String,
    /** What it runs on, as model.json says. */
    public val accelerator: String,
    /** How its weights are kept, such as `int8`. */
    public val precision: String,
    /** Bytes of its files. */
    public val bytes: Long,
    /** The most that its logits may be off the reference's, as a share of the largest. */
    public val maxError: Double,
    /** What quantising cost: nats a token from the reference's next tokens; null where the export did not measure it. */
    public val divergence: Double?,
    /** The share of tokens after which the likeliest next token is the reference's; null where it was not measured. */
    public val agreement: Double?,
) {
    private val all get() = listOf(file, accelerator, precision, bytes, maxError, divergence, agreement)

    override fun equals(other: Any?): Boolean = other is ModelVariant && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "ModelVariant($file for $accelerator, $precision, $bytes bytes)"
}

/** What a process takes with one document and one question at a time, estimated before anything is loaded. Bytes. */
public class MemoryEstimate @EdgeInfiniteInternalApi public constructor(
    /** The engine, ONNX Runtime and the tokenizer. */
    public val runtimeBytes: Long,
    /** The weights. */
    public val weightsBytes: Long,
    /** Beyond these while the graph is loaded. */
    public val loadingBytes: Long,
    /** The document's state and a question's copy of it. */
    public val stateBytes: Long,
    /** Activations of one graph run. */
    public val runBytes: Long,
    /** The most at a time: loading comes before reading. */
    public val peakBytes: Long,
) {
    private val all get() = listOf(runtimeBytes, weightsBytes, loadingBytes, stateBytes, runBytes, peakBytes)

    override fun equals(other: Any?): Boolean = other is MemoryEstimate && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "MemoryEstimate($peakBytes bytes, $weightsBytes of them weights)"
}

/** A named choice of sizes. Units: tokens unless said. */
public class Scenario @EdgeInfiniteInternalApi public constructor(
    /** Its name, for [OpenOptions.scenario]. */
    public val name: String,
    /** Tokens of one graph run. */
    public val segment: Int,
    /** The most tokens that never leave the cache. */
    public val pinned: Int,
    /** The newest tokens, kept exactly. */
    public val window: Int,
    /** The most tokens of passages that are brought back for a question. */
    public val recall: Int,
    /** Most bytes of one document's state, whatever its length; a document shorter than the window takes less. */
    public val stateBytes: Long,
    /** What the process will take. */
    public val memory: MemoryEstimate,
) {
    private val all get() = listOf(name, segment, pinned, window, recall, stateBytes, memory)

    override fun equals(other: Any?): Boolean = other is Scenario && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "Scenario($name, segment=$segment, window=$window, state=$stateBytes bytes)"
}
