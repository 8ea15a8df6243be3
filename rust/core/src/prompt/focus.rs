//! What a summary is to be about: how well a sentence bears on it, by its words, what it is read with, what stands beside it, and what is wished for.

use unicode_segmentation::UnicodeSegmentation;

use crate::document::Shared;
use crate::error::Result;
use crate::index::Query;
use crate::index::bm25::Weights;
use crate::prompt::salience::{has_duties, has_figures, is_sum, plain, says};

/// What a term counts in what a sentence is read with, in the innermost heading, and in the one above.
const AROUND: [f32; 3] = [0.7, 0.5, 0.25];
/// What the best sentence of a passage lends to the others: too little for them to be told without more (sentence_choice.rs).
const BESIDE: f32 = 0.2;
/// What a sentence counts that says what is wished for, without a word of the focus.
const WISH: f32 = 0.35;

/// Words that ask for a summary rather than say of what.
#[rustfmt::skip]
const ASKS: &[&str] = &[
    "summarize", "summarise", "summary", "discuss", "discussed", "discussion", "discussions", "tell", "describe", "explain", "say", "said", "think",
    "thought", "opinion", "opinions", "everything", "regarding", "concerning",
];
#[rustfmt::skip]
const MONEY: &[&str] = &[
    "pay", "pays", "paid", "payment", "payments", "cost", "costs", "price", "prices", "fee", "fees", "money", "charge", "charges",
    "expense", "expenses", "rent", "salary", "earn", "owe", "budget", "refund",
];
const TIME: &[&str] = &["when", "date", "dates", "deadline", "deadlines", "schedule", "how long", "how often", "opening hours"];
#[rustfmt::skip]
const HOURS: &[&str] = &[
    "january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december", "monday", "tuesday",
    "wednesday", "thursday", "friday", "saturday", "sunday", "day", "days", "week", "weeks", "month", "months", "year", "years", "hour",
    "hours", "minutes", "morning", "evening", "noon", "night",
];
#[rustfmt::skip]
const DUTY: &[&str] = &[
    "must", "have to", "obligation", "obligations", "duty", "duties", "allowed", "forbidden", "rules", "required",
];

/// What a focus wishes for beside its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Money,
    Time,
    Duty,
}

/// A focus in one document.
#[derive(Debug)]
pub(crate) struct Focus {
    weights: Weights,
    wish: Option<Wish>,
}

impl Focus {
    /// Of a text that says what is of interest.
    pub fn new(document: &Shared, text: &str) -> Result<Self> {
        let query = document.read_state()?.index.query(&subject(text))?;
        Ok(Self::weighed(text, &query))
    }

    /// The same, where its [`subject`] is a question already.
    pub fn weighed(text: &str, subject: &Query) -> Self {
        Self { weights: subject.weights().clone(), wish: Wish::of(text) }
    }

    /// What the words of each of a passage's sentences hold of it, with what they are read with: the texts of that, then the headings, innermost first.
    /// As shares of what it asks for, 0 to about 1, more where a sentence says what is wished for.
    pub fn relevance(&self, sentences: &[(String, Vec<String>)], headings: &[String]) -> Vec<f32> {
        let above: Vec<(&str, f32)> = headings.iter().map(String::as_str).zip(AROUND[1..].iter().copied()).collect();
        let score = |(own, context): &(String, Vec<String>)| {
            let mut around: Vec<(&str, f32)> = context.iter().map(|text| (text.as_str(), AROUND[0])).collect();
            around.extend(&above);
            self.weights.score(own, &around)
        };
        let by_words: Vec<f32> = sentences.iter().map(score).collect();
        let best = by_words.iter().copied().fold(0.0, f32::max);
        let granted = |own: &str| if self.wish.is_some_and(|wish| wish.is_granted(own)) { WISH } else { 0.0 };
        sentences.iter().zip(by_words).map(|((own, _), score)| score.max(BESIDE * best.min(1.0)) + granted(own)).collect()
    }
}

impl Wish {
    fn of(text: &str) -> Option<Self> {
        let words = plain_words(text);
        let asked = [(Self::Money, MONEY), (Self::Time, TIME), (Self::Duty, DUTY)];
        asked.into_iter().find(|(_, list)| says(&words, list)).map(|(wish, _)| wish)
    }

    fn is_granted(self, sentence: &str) -> bool {
        let words = plain_words(sentence);
        match self {
            Self::Money => has_figures(sentence) && is_sum(sentence, &words),
            Self::Time => says(&words, HOURS),
            Self::Duty => has_duties(&words),
        }
    }
}

/// What a focus is about, without the words that ask for a summary of it; all of it where there are no others.
pub(crate) fn subject(text: &str) -> String {
    let asks = |word: &&str| ASKS.contains(&word.to_lowercase().as_str());
    let subject: Vec<&str> = text.unicode_words().filter(|word| !asks(word)).collect();
    if subject.is_empty() { text.to_owned() } else { subject.join(" ") }
}

fn plain_words(text: &str) -> String {
    plain(&text.unicode_words().collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_focus_is_about_what_it_names() {
        assert_eq!(subject("Summarize the discussion about X-rays."), "the about X rays");
        assert_eq!(subject("summary"), "summary");
    }

    #[test]
    fn what_is_to_be_paid_is_told_by_sums() {
        assert_eq!(Wish::of("what I must pay"), Some(Wish::Money));
        assert_eq!(Wish::of("When is the deadline?"), Some(Wish::Time));
        assert_eq!(Wish::of("what is allowed"), Some(Wish::Duty));
        assert_eq!(Wish::of("birds"), None);
        assert!(Wish::Money.is_granted("The rent is 940 euros a month.") && Wish::Money.is_granted("It costs $12."));
        assert!(!Wish::Money.is_granted("The flat has 3 rooms.") && !Wish::Money.is_granted("Euros are taken."));
        assert!(Wish::Time.is_granted("The ferry leaves on Tuesdays and on Friday."));
        assert!(Wish::Duty.is_granted("Gloves must be worn."));
    }
}
