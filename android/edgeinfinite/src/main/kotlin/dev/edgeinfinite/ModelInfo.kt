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
    /** Bytes of all files. */
    public val bytes: Long,
    /** Whether an answer is held to a sentence of the document, which it then quotes. */
    public val citing: Boolean,
    /** The most tokens of a question: a longer one is refused. */
    public val questionTokens: Int,
    /** The most tokens of an answer: a longer one ends there. */
    public val answerTokens: Int,
    /** What the model has graphs for, first choice first. */
    public val accelerators: List<Accelerator>,
    /** The choices of sizes. */
    public val scenarios: List<Scenario>,
    /** The name of the scenario that is used when none is asked for. */
    public val defaultScenario: String,
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
        bytes,
        citing,
        questionTokens,
        answerTokens,
        accelerators,
        scenarios,
        defaultScenario,
    )

    override fun equals(other: Any?): Boolean = other is ModelInfo && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "ModelInfo($name $version, $parameters weights, $bytes bytes, scenarios=$scenarios)"
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
    /** Bytes of one document's state, whatever its length. */
    public val stateBytes: Long,
) {
    private val all get() = listOf(name, segment, pinned, window, recall, stateBytes)

    override fun equals(other: Any?): Boolean = other is Scenario && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "Scenario($name, segment=$segment, window=$window, state=$stateBytes bytes)"
}
