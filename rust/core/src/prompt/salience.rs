//! What a sentence says for itself in a summary, before it is compared with others: figures, duties, names, its place and form.
//!
//! The numbers were fitted on parts of QMSum, SciTLDR and letters, contracts and handbooks that are not measured on (docs/performance.md). The lists of
//! words are English; of a document in another language they say nothing, and the rest of it counts.

use unicode_segmentation::UnicodeSegmentation;

/// What a sentence counts with so many distinct terms or more; with fewer a share of it.
const TERMS: (f32, f32) = (0.8, 8.0);
/// Figures, more where they are a sum of money.
const FIGURES: f32 = 0.4;
const MONEY: f32 = 0.5;
/// A word of the heading above.
const HEADED: f32 = 0.3;
/// The same as the first word that says something, so that the sentence is about what its section is.
const SUBJECT: f32 = 0.7;
const DUTY: f32 = 0.35;
const CUE: f32 = 0.8;
/// A name, and how many count.
const NAME: (f32, usize) = (0.1, 3);
/// The first statement of the document, and what its last counts less than its first.
const FIRST: f32 = 0.5;
const PLACE: f32 = 0.2;
/// What counts less: a sentence that leans on the one before, a question, one that speaks to or of those who talk, a row or what is no statement.
const LEANING: f32 = 0.3;
const QUESTION: f32 = 0.3;
const PERSON: f32 = 0.1;
const COURTESY: f32 = 0.4;
const ROW: f32 = 0.5;
/// A line of a letter's head.
const LETTER: f32 = 2.0;
/// Words from which on each twenty more count less, and how much.
const LONG: (f32, f32) = (28.0, 0.4);
/// What is chosen costs its words: by this power of their number over twenty.
const COST: f32 = 0.3;

/// By these a text says what it is about or what came out.
#[rustfmt::skip]
const CUES: &[&str] = &[
    "in this paper", "in this work", "in this report", "in this study", "in this article", "in this letter", "we propose", "we present",
    "we introduce", "we show", "we develop", "we find", "we found", "we demonstrate", "we study", "we investigate", "we describe",
    "we design", "we measured", "this paper", "this work", "this report", "this study", "this article", "this handbook", "this guide",
    "this agreement", "our result", "our results", "our method", "our approach", "our work", "our experiments", "our model", "in summary",
    "in conclusion", "conclude", "concludes", "concluded", "conclusion", "conclusions", "result", "results", "propose", "proposed", "novel",
];
/// By these it says what is to be done, by when, or not at all.
#[rustfmt::skip]
const DUTIES: &[&str] = &[
    "must", "shall", "will", "may not", "has to", "have to", "had to", "not allowed", "never", "only", "required", "due", "until", "within",
    "at least", "at most", "cannot", "do not", "by", "therefore", "decided", "agreed",
];
/// A sentence that begins with one of these speaks of what stands before it.
#[rustfmt::skip]
const LEANS: &[&str] = &[
    "this", "that", "these", "those", "it", "he", "she", "they", "such", "but", "and", "so", "then", "therefore", "however", "also", "or",
    "which",
];
/// Thanks and wishes.
#[rustfmt::skip]
const COURTESIES: &[&str] = &[
    "thank", "thanks", "welcome", "hope", "sorry", "pleased", "delighted", "enjoy", "enjoyed", "wonderful", "grateful", "pleasure",
    "good morning", "hello", "glad",
];
/// Words for money.
#[rustfmt::skip]
const SUMS: &[&str] = &[
    "euro", "euros", "pound", "pounds", "dollar", "dollars", "cent", "cents", "pence", "francs", "crowns", "percent",
];
const PERSONS: &[&str] = &["i", "you", "me", "my", "your"];

/// Where a sentence stands and what it is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Standing {
    /// Its place in the document, 0 to 1.
    pub place: f32,
    /// Whether it is the first statement.
    pub first: bool,
    /// Whether it ends as a statement does, and is no row of a table.
    pub statement: bool,
    /// Whether it is a line before the first statement, such as those of a letter's head.
    pub letter: bool,
    /// Whether it holds a word of the heading that it is under.
    pub headed: bool,
    /// Whether it begins with one.
    pub subject: bool,
}

/// What a sentence says for itself, and what choosing it costs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub(crate) struct Salience {
    pub worth: f32,
    /// At least 1.
    pub cost: f32,
}

/// Of a sentence with so many distinct terms.
pub(crate) fn salience(sentence: &str, terms: usize, standing: Standing) -> Salience {
    let words: Vec<&str> = sentence.unicode_words().collect();
    let plain = plain(&words);
    let count = words.len() as f32;
    let mut worth = TERMS.0 * (terms as f32 / TERMS.1).min(1.0);
    let figures = has_figures(sentence);
    worth += given(figures, FIGURES) + given(figures && is_sum(sentence, &plain), MONEY) + given(standing.headed, HEADED);
    worth += given(standing.subject, SUBJECT);
    worth += given(says(&plain, DUTIES), DUTY) + given(says(&plain, CUES), CUE);
    worth += NAME.0 * names(sentence).min(NAME.1) as f32;
    worth += given(standing.first, FIRST) - PLACE * standing.place;
    worth -= given(leans(&plain), LEANING)
        + given(asks(sentence), QUESTION)
        + given(says(&plain, PERSONS), PERSON)
        + given(says(&plain, COURTESIES), COURTESY);
    worth -= given(!standing.statement, ROW) + given(standing.letter, LETTER);
    worth -= LONG.1 * (count - LONG.0).max(0.0) / 20.0;
    Salience { worth, cost: (count / 20.0).max(1.0).powf(COST) }
}

/// Words in small letters with a space before and after each.
pub(crate) fn plain(words: &[&str]) -> String {
    let mut plain = String::from(" ");
    for word in words {
        plain.extend(word.chars().flat_map(char::to_lowercase));
        plain.push(' ');
    }
    plain
}

/// Whether plain words hold one of a list, whole.
pub(crate) fn says(plain: &str, list: &[&str]) -> bool {
    list.iter()
        .any(|words| plain.match_indices(words).any(|(at, _)| plain[..at].ends_with(' ') && plain[at + words.len()..].starts_with(' ')))
}

/// Whether a sentence holds a number; that of a clause or an item, with which it begins, is none.
pub(crate) fn has_figures(sentence: &str) -> bool {
    let first = sentence.split_whitespace().next().unwrap_or_default();
    let numbers = |c: char| c.is_numeric() || matches!(c, '.' | ')' | '(' | '§' | '-' | '*' | '#');
    let is_mark = first.chars().all(numbers) && (first.ends_with(['.', ')']) || first.contains('.') || first.starts_with('§'));
    let rest = if is_mark { &sentence[sentence.find(first).unwrap_or(0) + first.len()..] } else { sentence };
    rest.trim_start().contains(char::is_numeric)
}

/// Whether a sentence speaks of money, by a sign or a word of its plain words.
pub(crate) fn is_sum(sentence: &str, plain: &str) -> bool {
    sentence.contains(['€', '$', '£', '¥']) || says(plain, SUMS)
}

pub(crate) fn has_duties(plain: &str) -> bool {
    says(plain, DUTIES)
}

/// Words within a sentence that begin with a capital letter.
fn names(sentence: &str) -> usize {
    let capital = |word: &str| word.starts_with(char::is_uppercase) && word.chars().nth(1).is_some_and(char::is_lowercase);
    let inner = |before: &str| before.ends_with(|c: char| c.is_lowercase() || c == ',');
    let words: Vec<&str> = sentence.split_whitespace().collect();
    words.windows(2).filter(|pair| inner(pair[0]) && capital(pair[1])).count()
}

fn leans(plain: &str) -> bool {
    plain.split(' ').nth(1).is_some_and(|first| LEANS.contains(&first))
}

fn asks(sentence: &str) -> bool {
    sentence.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '”' | ')')).ends_with(['?', '？', '؟'])
}

fn given(condition: bool, number: f32) -> f32 {
    if condition { number } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worth(sentence: &str) -> f32 {
        salience(sentence, 5, Standing { statement: true, ..Standing::default() }).worth
    }

    #[test]
    fn figures_duties_and_names_count() {
        let plain = worth("The keys hang behind a door.");
        assert!(worth("The keys cost 12 pounds here.") > plain);
        assert!(worth("The keys must not be lost.") > plain);
        assert!(worth("The keys hang behind, as Marta says.") > plain);
        assert!(worth("In this paper we hang keys.") > worth("The keys must not be lost."));
        assert!(worth("It hangs behind a door.") < plain && worth("Do keys hang behind a door?") < plain);
        assert_eq!(worth("The mustard is shallow."), plain, "a part of a word is no word");
    }

    #[test]
    fn long_sentences_cost() {
        let long = "The keys hang behind a door and are worn by the warden alone. ".repeat(6);
        let short = salience("The keys hang behind a door.", 5, Standing::default());
        let long = salience(&long, 5, Standing::default());
        assert!(long.worth < short.worth && long.cost > short.cost && short.cost == 1.0);
    }
}
