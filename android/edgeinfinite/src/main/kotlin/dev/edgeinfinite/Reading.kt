package dev.edgeinfinite

/** How a document is brought before the model. All of them take any length in constant memory. */
public enum class Reading {
    /** The whole document, segment by segment, into a memory of fixed size: the gist. The only one that a document has to be read for. */
    Memory,

    /** The passages that match the question best: exact facts, soonest. Prompt by prompt, up to a number, until one holds the answer. */
    Recall,

    /** Like [Recall], but up to the document's end: *not in the document* then means all of it, and takes time that grows with it. */
    RecallAll,

    /** A note of a few sentences for each part, then notes of the notes until they fit: summaries of the whole. */
    Notes,
}
