package dev.edgeinfinite

/** What it rests on that a document does not answer a question. */
public enum class Refusal {
    /** The question is in another language than the document: only names and numbers that stand in both are found. */
    OtherLanguage,

    /** No word of the question stands in the document, nor one a letter away. */
    NoWords,

    /** The model read what matches the question best, and found no answer in it; or nothing matches the question well. */
    NoAnswer,

    /** The model answered in its own words, [Answer.text], and no sentence that it read says so. */
    Unsupported,
}
