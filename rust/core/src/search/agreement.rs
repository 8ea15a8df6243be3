//! Whether a statement agrees with sentences of a document in what a share of common words does not tell: names, what numbers count, negation. Pure.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use crate::index::Language;
use crate::index::folding::small;
use crate::search::support::terms;

/// Words that negate, by language; those of scripts without spaces stand within others.
const NEGATIONS: &[(&str, &str)] = &[
    ("ar", "لا لم لن ليس ليست ما بدون غير"),
    ("da", "ikke ingen intet aldrig uden hverken"),
    ("de", "nicht nie niemals niemand nichts ohne kein keine keinen keinem keiner keines weder"),
    ("el", "δεν δε μην μη όχι ποτέ χωρίς κανείς κανένας καμία κανένα ούτε"),
    ("en", "not no never none nobody nothing nor neither without cannot"),
    ("es", "no nunca jamás ningún ninguno ninguna nada nadie sin ni tampoco"),
    ("fi", "ei en et emme ette eivät älä ilman"),
    ("fr", "pas jamais aucun aucune rien sans ni personne"),
    ("hi", "नहीं न मत बिना"),
    ("hu", "nem ne sem nincs nincsenek soha senki semmi nélkül"),
    ("it", "non mai nessun nessuno nessuna niente nulla senza né"),
    ("nl", "niet geen nooit niemand niets zonder noch"),
    ("no", "ikke ingen intet aldri uten verken"),
    ("pt", "não nunca jamais nenhum nenhuma nada ninguém sem nem"),
    ("ro", "nu niciodată niciun nicio nimeni nimic fără nici"),
    ("ru", "не нет ни никогда никто ничего без нельзя"),
    ("sv", "inte ej ingen inget inga aldrig utan varken"),
    ("ta", "இல்லை அல்ல வேண்டாம்"),
    ("tr", "değil hiç hiçbir yok asla"),
];
const NEGATIONS_WITHIN: [&str; 12] = ["不", "没", "沒", "无", "無", "未", "勿", "ない", "ません", "않", "없", "ไม่"];

/// Whether a statement agrees with what it is to rest on: `sources` and what else is `known`, such as the headings above them and the question.
pub(super) fn agrees(statement: &str, sources: &[&str], known: &str, language: Language) -> bool {
    let own = terms(statement, language);
    let main = sources.iter().max_by_key(|source| terms(source, language).intersection(&own).count());
    // Of the other source no word tells whether it is what the statement denies.
    let denied = |source: &&str| clauses(source).any(|clause| negates(clause, language) && !terms(clause, language).is_disjoint(&own));
    let denies = main.is_some_and(denied);
    if negates(statement, language) != denies || !denies && sources.iter().any(denied) {
        return false;
    }
    let mut told: BTreeSet<u32> = sources.iter().flat_map(|source| terms(source, language)).collect();
    told.extend(terms(known, language));
    decisive(statement).all(|word| terms(word, language).is_subset(&told))
}

/// The parts of a sentence between its marks: what one denies another may state.
fn clauses(sentence: &str) -> impl Iterator<Item = &str> {
    sentence.split([',', ';', ':', '(', ')', '，', '、', '；'])
}

/// The words of a statement that must stand in what it rests on: those after a number, and those with a capital within a sentence.
fn decisive(statement: &str) -> impl Iterator<Item = &str> {
    let mut before = "";
    statement.unicode_words().enumerate().filter_map(move |(at, word)| {
        let counted = before.ends_with(|c: char| c.is_numeric());
        before = word;
        (counted || at > 0 && word.starts_with(char::is_uppercase)).then_some(word)
    })
}

fn negates(text: &str, language: Language) -> bool {
    let of = NEGATIONS.iter().find(|(code, _)| *code == language.code()).map_or("", |(_, words)| words);
    let negates = |word: &str| {
        let word = small(word);
        word.ends_with("n't") || of.split(' ').any(|negation| negation == word)
    };
    text.unicode_words().any(negates) || NEGATIONS_WITHIN.iter().any(|negation| text.contains(negation))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english(statement: &str, source: &str) -> bool {
        agrees(statement, &[source], "Skerry Island", Language::ENGLISH)
    }

    #[test]
    fn what_is_denied_is_not_affirmed() {
        assert!(!english("Dogs are allowed.", "Dogs are not allowed."));
        assert!(!english("Dogs aren\u{2019}t allowed.", "Dogs are allowed."));
        assert!(english("No dogs are allowed.", "Dogs are not allowed."));
        let both = ["Dogs on a lead are allowed in the garden.", "Cats are not allowed."];
        assert!(!agrees("Dogs on a lead are not allowed in the garden.", &both, "", Language::ENGLISH), "another one is denied");
        assert!(english("The deposit is returned within ten days.", "The deposit is returned within ten days, if nothing is damaged."));
        assert!(!english("Dogs are allowed.", "Dogs, cats and birds are not allowed."));
        let german = Language::by_code("de").unwrap();
        assert!(!agrees("Hunde sind erlaubt.", &["Hunde sind nicht erlaubt."], "", german));
        assert!(!agrees("犬は入れます。", &["犬は入れません。"], "", Language::ENGLISH));
    }

    #[test]
    fn names_and_what_is_counted_stand_in_the_source() {
        assert!(english("On Skerry the keeper is Ada Brown.", "Ada Brown keeps the light."));
        assert!(!english("The keeper is Ada Brown.", "Ada Black keeps the light."));
        assert!(!english("It costs 47 euros.", "It costs 47 crowns."));
        assert!(english("It costs 47 crowns a day.", "Each day costs 47 crowns."));
    }
}
