package dev.edgeinfinite

import java.math.BigDecimal
import java.time.LocalDate

/** A value that a document may give, for [Document.extract]. */
public class Field @JvmOverloads constructor(
    /** Its name, 1 to 100 bytes, each once in a call: "due_date". */
    public val name: String,
    /** Of what type the value is; [FieldType.Text] by default. */
    public val type: FieldType = FieldType.Text,
    /** What the document is asked, such as "When is the rent due?"; null, the default, for a question that is made of [name]. */
    public val question: String? = null,
) {
    override fun equals(other: Any?): Boolean = other is Field && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "Field($name, $type)"

    private val all get() = listOf(name, type, question)
}

/** The types of values. */
public enum class FieldType {
    /** The words that answer: a reader's short answer, or else the quoted sentence. */
    Text,

    /** A number, in digits or in English words up to a hundred. */
    Number,

    /** A number with a currency. */
    Amount,

    /** A day. */
    Date,

    /** Yes or no. */
    YesNo,

    /** Several texts. */
    List,
}

/** The value of a field. toString() shows none of the document's words. */
public sealed interface FieldValue {
    /** Of [FieldType.Text]. */
    public class Text(
        /** White space folded. */
        public val text: String,
    ) : FieldValue {
        override fun equals(other: Any?): Boolean = other is Text && text == other.text

        override fun hashCode(): Int = text.hashCode()

        override fun toString(): String = "Text(${text.length} characters)"
    }

    /** Of [FieldType.Number]. */
    public class Number(
        /** At most 15 digits. */
        public val number: BigDecimal,
    ) : FieldValue {
        override fun equals(other: Any?): Boolean = other is Number && number == other.number

        override fun hashCode(): Int = number.hashCode()

        override fun toString(): String = "Number"
    }

    /** Of [FieldType.Amount]. */
    public class Amount(
        /** At most 15 digits. */
        public val number: BigDecimal,
        /** The code of ISO 4217 where the sign or the word is of one currency, such as `EUR`; else as it is written: `$`, `crowns`. */
        public val currency: String,
    ) : FieldValue {
        override fun equals(other: Any?): Boolean = other is Amount && number == other.number && currency == other.currency

        override fun hashCode(): Int = 31 * number.hashCode() + currency.hashCode()

        override fun toString(): String = "Amount"
    }

    /** Of [FieldType.Date]. */
    public class Date(
        /** The day. */
        public val date: LocalDate,
    ) : FieldValue {
        override fun equals(other: Any?): Boolean = other is Date && date == other.date

        override fun hashCode(): Int = date.hashCode()

        override fun toString(): String = "Date"
    }

    /** Of [FieldType.YesNo]. */
    public class YesNo(
        /** True for yes. */
        public val yes: Boolean,
    ) : FieldValue {
        override fun equals(other: Any?): Boolean = other is YesNo && yes == other.yes

        override fun hashCode(): Int = yes.hashCode()

        override fun toString(): String = "YesNo"
    }

    /** Of [FieldType.List]. */
    public class Texts(
        /** In the document's order, without the marks of list items. */
        public val texts: List<String>,
    ) : FieldValue {
        override fun equals(other: Any?): Boolean = other is Texts && texts == other.texts

        override fun hashCode(): Int = texts.hashCode()

        override fun toString(): String = "Texts(${texts.size})"
    }
}

/** Why a field has no value. */
public enum class MissingValue {
    /** The document does not answer. */
    NotFound,

    /** What was quoted holds no value of the type. */
    NoValue,

    /** What was quoted holds several values of the type, and no word of the question tells which. */
    SeveralValues,

    /** A date whose day and month may be either way round, such as 03/04/2024 in English. */
    Ambiguous,

    /** A date without a day or a year, or with a year of two digits. */
    Incomplete,
}

/** The value of a field, with the words that it stands in. */
public class ExtractedField @EdgeInfiniteInternalApi public constructor(
    /** The field's name. */
    public val name: String,
    /** The field's type. */
    public val type: FieldType,
    /** What the document was asked. */
    public val question: String,
    /** Null where [missing] says why. */
    public val value: FieldValue?,
    /** Why there is no value; null where there is one. */
    public val missing: MissingValue?,
    /**
     * What was quoted: the value stands in the first of them. Of a list that was counted its first hundred entries. Empty where nothing was
     * found. [Quote.answerStart] means nothing here.
     */
    public val quotes: List<Quote>,
    /** The value's own words in the document, to be marked; null where they do not stand in one place. */
    public val words: Quote?,
    /** The probability that the document answers, 0 … 1, as [Answer.foundConfidence]. */
    public val foundConfidence: Double,
) {
    private val all get() = listOf(name, type, question, value, missing, quotes, words, foundConfidence)

    override fun equals(other: Any?): Boolean = other is ExtractedField && all == other.all

    override fun hashCode(): Int = all.hashCode()

    override fun toString(): String = "ExtractedField($type, value=$value, missing=$missing)"
}
