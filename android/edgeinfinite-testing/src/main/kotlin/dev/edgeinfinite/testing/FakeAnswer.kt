package dev.edgeinfinite.testing

import dev.edgeinfinite.FieldValue
import dev.edgeinfinite.MissingValue
import dev.edgeinfinite.Place
import dev.edgeinfinite.Refusal
import dev.edgeinfinite.Verdict

/** What a [FakeModel] says. */
public class FakeAnswer(
    /** The answer's text: it comes word by word. */
    public val text: String,
) {
    /** Whether it is an answer; true by default. */
    public var found: Boolean = true

    /** [dev.edgeinfinite.Answer.confidence] of it, 0 … 1; 1 by default. */
    public var confidence: Double = 1.0

    /** [dev.edgeinfinite.Answer.refusal] of a question, or of a summary with a focus, that is not [found]; [Refusal.NoAnswer] by default. */
    public var refusal: Refusal = Refusal.NoAnswer

    /** What is quoted, each where it stands first in the document; null, the default, for each line of [text] that stands there. */
    public var quotes: List<String>? = null

    /** [dev.edgeinfinite.Answer.resolvedQuestion] in a [dev.edgeinfinite.DocumentChat]; null, the default, for none. */
    public var resolvedQuestion: String? = null

    /** [dev.edgeinfinite.Answer.shortAnswer]: words of the first quote, or of the document where there is none; null, the default, for none. */
    public var shortAnswer: String? = null

    /** [dev.edgeinfinite.Answer.verdict]; null, the default, for none. */
    public var verdict: Verdict? = null

    /** [dev.edgeinfinite.Answer.count]; null, the default, for none. */
    public var count: Long? = null

    /** The headings that every quote stands under; none by default. */
    public var headings: List<String> = emptyList()

    /** The place that every quote begins on, such as a page; null, the default, for none. */
    public var place: Place? = null

    /** Thrown after [text], in place of the whole answer; null, the default, for none. */
    public var failure: Exception? = null
}

/** Says what a [FakeModel] answers where no answer was given for the question. */
public fun interface FakeScript {
    /** The answer to [question], null for a summary, about [document], which is empty in a chat. */
    public fun answer(question: String?, document: String): FakeAnswer
}

/** What a [FakeModel] gives for a field. */
public class FakeField(
    /** Its value; null for none. */
    public val value: FieldValue?,
    /** What it stands in, where it stands first in the document; null for nothing. */
    public val quote: String? = null,
) {
    /** Why there is no value; [MissingValue.NotFound] by default. */
    public var missing: MissingValue = MissingValue.NotFound

    /** The value's own words, where they stand first in [quote]; null, the default, for none. */
    public var words: String? = null

    /** [dev.edgeinfinite.ExtractedField.foundConfidence], 0 … 1; null, the default, for 1 with a value and 0 without. */
    public var foundConfidence: Double? = null
}
