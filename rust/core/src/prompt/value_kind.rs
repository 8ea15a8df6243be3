//! What kind of value an English question asks for, by its first words, and whether a sentence holds one: `When …` is answered by no sentence without a time. Pure.
//!
//! Words that may be a value count as one: a sentence is said to lack a value only where nothing in it can be one.

use std::sync::LazyLock;

/// Words that stand before a question word.
const BEFORE: &str = "and but so then by since until till from at on in for to within about exactly after before";
const AUXILIARIES: &str =
    "is are was were am do does did has have had can could will would shall should may might must don't doesn't didn't isn't";
/// What `how` asks a number for.
const DEGREES: &str =
    "much many old tall high low long far heavy big large deep wide thick fast loud hot warm cold late early soon often small strong";
/// What `what` and `which` ask a time for.
const TIMES: &str = "year years month day days date dates time times hour decade century season weekday weekdays weekend";
/// Verbs of a price at a question's end, and nouns of numbers after `what is the`.
const PRICED: &str = "cost costs charge charged";
const NUMBERS: &str = "price cost fee percentage percent number amount age height weight length distance population temperature speed";
/// Words that may be a number, or that there is none.
const COUNTS: &str = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty \
fifty sixty seventy eighty ninety hundred hundreds thousand thousands million millions billion billions trillion dozen dozens half third thirds quarter \
quarters fifth tenth twice thrice once double triple single both pair couple none no nothing nobody zero free first second fourth \
sixth seventh eighth ninth";
/// Words that may tell a time.
const WORDS_OF_TIME: &str = "january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec monday \
tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays weekday weekdays weekend weekends today \
tomorrow yesterday tonight now then morning mornings noon afternoon afternoons evening evenings night nights midnight dawn dusk sunrise sunset day days week \
weeks month months year years hour hours minute minutes second seconds decade decades century centuries millennium millennia era age ages period spring \
summer autumn fall winter season seasons easter christmas ramadan holiday holidays daily weekly monthly yearly annually annual hourly quarterly nightly \
biannual soon early earlier late later last latest next recent recently immediately always never ever forever permanent permanently often seldom rarely \
sometimes regularly after afterwards before beforehand until till since during while when whenever once as upon following ago already still long time times \
beginning begins began start starts started end ends ended eve birthday modern medieval ancient contemporary reign war within meanwhile simultaneously \
overnight lifetime throughout";

/// The kind of value that a question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    /// `When`, `in which year`.
    Time,
    /// `How many`, `how much`, `how old`, `what does it cost`.
    Number,
    /// `How long`, `how often`, `how soon`: a number or a time.
    Either,
}

fn set(words: &str) -> Vec<&str> {
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words.sort_unstable();
    words
}

fn is_any(word: &str, words: &[&str]) -> bool {
    words.binary_search(&word).is_ok()
}

static BEFORES: LazyLock<Vec<&str>> = LazyLock::new(|| set(BEFORE));
static AUXILIARY: LazyLock<Vec<&str>> = LazyLock::new(|| set(AUXILIARIES));
static DEGREE: LazyLock<Vec<&str>> = LazyLock::new(|| set(DEGREES));
static TIME: LazyLock<Vec<&str>> = LazyLock::new(|| set(TIMES));
static PRICE: LazyLock<Vec<&str>> = LazyLock::new(|| set(PRICED));
static NUMBER: LazyLock<Vec<&str>> = LazyLock::new(|| set(NUMBERS));
static COUNT: LazyLock<Vec<&str>> = LazyLock::new(|| set(COUNTS));
static OF_TIME: LazyLock<Vec<&str>> = LazyLock::new(|| set(WORDS_OF_TIME));

/// The words of a text in small letters.
fn words(text: &str) -> Vec<String> {
    let word = |part: &str| part.to_lowercase().replace('\u{2019}', "'");
    text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '\u{2019}')).filter(|part| !part.is_empty()).map(word).collect()
}

impl ValueKind {
    /// Of a question; None where any sentence may answer it.
    pub fn asked(question: &str) -> Option<Self> {
        let all = words(question);
        let before = all.iter().take_while(|word| is_any(word, &BEFORES)).count();
        let rest: Vec<&str> = all[before..].iter().map(String::as_str).collect();
        let &[first, second, ..] = &rest[..] else { return None };
        let last = rest[rest.len() - 1];
        match first {
            "when" if is_any(second, &AUXILIARY) => Some(Self::Time),
            "how" if matches!(second, "long" | "often" | "soon" | "late" | "early") => Some(Self::Either),
            "how" if is_any(second, &DEGREE) => Some(Self::Number),
            "what" | "which" if is_any(second, &TIME) => Some(Self::Time),
            "what" if is_any(second, &AUXILIARY) && is_any(last, &PRICE) => Some(Self::Number),
            "what" if matches!(second, "is" | "was" | "are" | "were") && rest.get(2) == Some(&"the") => {
                rest.get(3).filter(|noun| is_any(noun, &NUMBER)).map(|_| Self::Number)
            }
            _ => None,
        }
    }

    /// Whether a text holds what may be such a value.
    pub fn is_in(self, text: &str) -> bool {
        let is_numeric = |c: char| c.is_numeric() || "$€£¥₹%".contains(c);
        text.contains(is_numeric)
            || words(text).iter().any(|word| {
                let of_time = || is_any(word, &OF_TIME);
                let parts = || word.split('\'').any(|part| is_any(part, &COUNT));
                match self {
                    Self::Time => of_time(),
                    Self::Number => parts(),
                    Self::Either => of_time() || parts(),
                }
            })
    }
}

#[cfg(test)]
mod tests {
    use super::ValueKind::{self, Either, Number, Time};

    #[test]
    fn a_question_asks_for_a_kind() {
        for (question, kind) in [
            ("When is the boiler serviced?", Some(Time)),
            ("And when does it open?", Some(Time)),
            ("Since when has she been the warden?", Some(Time)),
            ("In which year was it built?", Some(Time)),
            ("What time does the pool open?", Some(Time)),
            ("How old is she?", Some(Number)),
            ("How many members are there?", Some(Number)),
            ("What does the repair cost?", Some(Number)),
            ("What is the price of a ticket?", Some(Number)),
            ("How long does it take?", Some(Either)),
            ("How is it sent?", None),
            ("When a tenant leaves, who pays?", None),
            ("What happens when it rains?", None),
            ("What is the name of the firm?", None),
            ("Who pays?", None),
            ("Wann ist die Miete fällig?", None),
            ("When?", None),
            ("", None),
        ] {
            assert_eq!(ValueKind::asked(question), kind, "{question}");
        }
    }

    #[test]
    fn a_sentence_lacks_a_value_where_nothing_can_be_one() {
        for (kind, sentence, is_in) in [
            (Time, "The pool opens at seven in the morning.", true),
            (Time, "It was built in 1911.", true),
            (Time, "It is due when the invoice arrives.", true),
            (Time, "Yoga is led by Amira Haddad.", false),
            (Number, "A ticket costs forty crowns.", true),
            (Number, "Children swim free.", true),
            (Number, "It costs €7.", true),
            (Number, "The head lifeguard is Dana Whitlock.", false),
            (Either, "It takes overnight.", true),
            (Either, "The firm Halberg services the boiler.", false),
        ] {
            assert_eq!(kind.is_in(sentence), is_in, "{sentence}");
        }
    }
}
