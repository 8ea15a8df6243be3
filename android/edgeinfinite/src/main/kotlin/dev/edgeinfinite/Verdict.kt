package dev.edgeinfinite

/** What a document says to a question of yes or no. */
public enum class Verdict {
    /** Yes. */
    Yes,

    /** No. */
    No,

    /** It speaks of it and decides for neither. */
    Unclear,
}
