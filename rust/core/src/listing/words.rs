//! Words in the form in which questions, names and cells are compared. English; pure.

use unicode_segmentation::UnicodeSegmentation;

use crate::index::Language;
use crate::index::folding::{plain, small};
use crate::text::number_words::{below_twenty, tens};
use crate::text::whitespace::visible;

/// Words that a question is made of rather than about, beside those that English terms leave out.
const LIGHT: &str = "all altogether another been being contained contains document does file following given here included includes list listed lists me must \
named need needed present's shall should table text total under us whose written";
/// Words of a name that say nothing of what it names.
const NAME_LIGHT: &str = "current full overview complete new these following below above";
/// Words of a column's name that name no thing.
const KEYS: &str = "id ids no nr num number code key name names title ref reference full";
/// Words for a row, a record or an item.
const ROWS: &str = "row rows record records entry entries line lines";
const ITEMS: &str = "item items entry entries point points bullet bullets thing things element elements";
const STEPS: &str = "step steps instruction instructions";
const PEOPLE: &str = "people persons person members member employees colleagues customers clients students pupils participants players guests visitors \
volunteers patients users tenants teachers applicants contacts staff who everyone";
/// Nouns whose items are sentences; items of other lists are names.
const STATEMENTS: &str = "rules rule steps step instructions instruction duties duty tasks task terms term conditions condition points point tips tip goals \
goal reasons reason questions question decisions decision actions action requirements requirement resolutions resolution notes note findings finding \
obligations obligation recommendations recommendation changes change features feature measures measure principles principle facts fact objectives \
objective things thing items item exceptions exception advantages disadvantages benefits risks motions announcements todos lessons ways";
/// Words that an instruction begins with.
const INSTRUCTIONS: &str = "add ask avoid be bring buy call carry check clean close collect come cut do don't drink drive eat fill find follow get give go hold \
keep lay leave let lift make mix never no open pay place pour press pull push put read remove report return rinse run see sell send set show sign stand start \
stay stir stop switch take talk tell think turn use wait walk wash wear write";
/// Words by which a question is more than a count or a list of what holds.
const BEYOND: &str = "not no never nor without except besides or than per each either neither between before after until till since if unless why average mean \
sum most least more less fewer only both other others else first last next previous first's rather too many's instead once twice";

fn any(word: &str, list: &str) -> bool {
    list.split(' ').any(|one| one == word)
}

/// The words of a text in small letters, without accents and without a possessive ending; cut at hyphens and underscores.
pub(super) fn words(text: &str) -> Vec<String> {
    let seen = visible(text);
    let found = seen.unicode_words().flat_map(|word| word.split(['_', '-'])).map(|word| {
        let word = plain(&small(word));
        word.strip_suffix("'s").map_or(word.clone(), str::to_owned)
    });
    found.filter(|word| !word.is_empty()).collect()
}

/// What of a word is compared where its number and form do not count.
pub(super) fn stem(word: &str) -> String {
    Language::ENGLISH.stem(word)
}

pub(super) fn stems(text: &str) -> Vec<String> {
    words(text).iter().map(|word| stem(word)).collect()
}

/// Whether a word says nothing of what is asked for.
pub(super) fn is_light(word: &str) -> bool {
    !matches!(word, "can" | "could" | "may" | "might" | "will" | "would" | "how" | "when" | "where" | "why")
        && (Language::ENGLISH.leaves_out(word) || any(word, LIGHT))
}

pub(super) fn is_light_in_name(word: &str) -> bool {
    is_light(word) || any(word, NAME_LIGHT)
}

pub(super) fn is_key(word: &str) -> bool {
    any(word, KEYS)
}

pub(super) fn is_row(word: &str) -> bool {
    any(word, ROWS)
}

pub(super) fn is_item(word: &str) -> bool {
    any(word, ITEMS)
}

pub(super) fn is_step(word: &str) -> bool {
    any(word, STEPS)
}

pub(super) fn is_person(word: &str) -> bool {
    any(word, PEOPLE)
}

pub(super) fn is_statement(word: &str) -> bool {
    any(word, STATEMENTS)
}

pub(super) fn begins_instruction(word: &str) -> bool {
    any(word, INSTRUCTIONS)
}

/// Whether a word makes a question more than a count or a list: a comparison, a denial, a choice, a time.
pub(super) fn goes_beyond(word: &str) -> bool {
    any(word, BEYOND) || word.ends_with("n't") || word == "cannot"
}

/// Whether a noun names several.
pub(super) fn is_plural(word: &str) -> bool {
    let irregular = word.ends_with("men") || matches!(word, "people" | "children" | "staff" | "feet" | "mice" | "criteria" | "media");
    let regular = word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is");
    irregular || regular
}

/// Where a noun phrase ends at the latest: a verb or a preposition.
pub(super) fn ends_phrase(word: &str) -> bool {
    any(
        word,
        "is are was were be been am do does did has have had can could will would shall should may might must need of in on at by for with from to into \
about under above below near that which who whose there here and i you we he she it they belong belongs come comes",
    )
}

/// A number in digits, or in a word up to ninety; None of any other word.
pub(super) fn number(word: &str) -> Option<u64> {
    let digits = || word.chars().all(|c| c.is_ascii_digit() || c == ',').then(|| word.replace(',', "").parse().ok()).flatten();
    below_twenty(word).or_else(|| tens(word)).map(u64::from).or_else(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_small_and_whole() {
        assert_eq!(words("The club's Café, order_id in-progress 3.5"), ["the", "club", "cafe", "order", "id", "in", "progress", "3.5"]);
        assert_eq!(stem("orders"), stem("order"));
        assert!(is_plural("boats") && is_plural("fishermen") && !is_plural("status") && !is_plural("boat"));
        assert_eq!((number("forty"), number("2,300"), number("boat")), (Some(40), Some(2300), None));
    }
}
