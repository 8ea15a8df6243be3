//! Words that end in a full stop and end no sentence, or one only before certain words.

/// Never the end of a sentence: a name, a number or a word follows.
const WITHIN: &[&str] = &[
    "abb", "abs", "adm", "apdo", "approx", "apt", "art", "av", "avda", "avv", "bd", "bldg", "bzgl", "bzw", "ca", "capt", "cf", "ch",
    "chap", "cmdr", "col", "comp", "d.h", "dept", "dhr", "dipl", "dott", "dr", "dra", "e.g", "evtl", "fig", "figs", "fr", "fra", "frl",
    "geb", "gen", "ggf", "gov", "hon", "i.e", "i.v", "ing", "inkl", "insp", "kap", "lic", "lt", "m.e", "maj", "max", "messrs", "mevr",
    "min", "mlle", "mme", "mr", "mrs", "ms", "mt", "mtl", "núm", "núms", "nr", "nrs", "o.ä", "p", "par", "pfc", "pp", "prof", "pvt", "pág",
    "págs", "ref", "rev", "s.o", "s.u", "sect", "sen", "sgt", "sig", "sog", "sr", "sra", "srta", "ste", "str", "supt", "tab", "tel", "u.a",
    "usw", "vgl", "viz", "vol", "vols", "vs", "z.b", "z.t", "zzgl", "т.е", "г", "ул", "им", "проф", "см",
];

/// The end of a sentence only before a word that begins one.
const PERHAPS: &[&str] = &[
    "a.d", "a.m", "al", "ave", "b.c", "blvd", "bros", "c", "co", "corp", "ed", "eds", "est", "etc", "hwy", "inc", "jr", "ltd", "no", "nos",
    "p.m", "ph.d", "pl", "rd", "st", "u.k", "u.s", "u.s.a",
];

/// The same after a number.
const UNITS: &[&str] = &[
    "cm", "deg", "ft", "h", "hrs", "in", "kg", "km", "l", "lb", "lbs", "m", "mi", "ml", "mm", "mio", "mrd", "oz", "sec", "sq", "std", "yd",
];

/// The same with a capital: months and days of the week.
const DATES: &[&str] = &[
    "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep", "Sept", "Oct", "Okt", "Nov", "Dec", "Dez", "Mon", "Tue", "Tues", "Wed", "Thu",
    "Thur", "Thurs", "Fri", "Sat", "Sun",
];

/// Words with which a sentence begins more often than a name does.
const OPENINGS: &[&str] = &[
    "A", "After", "All", "Also", "Although", "An", "And", "Another", "As", "At", "Before", "Both", "But", "By", "Das", "Der", "Die",
    "Dies", "Diese", "Dieser", "Dieses", "Each", "Ein", "Eine", "El", "Er", "Es", "Every", "For", "From", "He", "Her", "Here", "His",
    "How", "However", "I", "If", "Il", "Ils", "In", "Is", "It", "Its", "La", "Las", "Le", "Les", "Los", "Many", "Most", "My", "No", "Not",
    "Nobody", "Now", "Of", "On", "One", "Only", "Or", "Our", "See", "She", "Sie", "Since", "So", "Some", "That", "The", "Their", "Then",
    "There", "These", "They", "This", "Those", "Though", "To", "Two", "Un", "Una", "Une", "Until", "We", "What", "When", "Where", "Which",
    "While", "Who", "Why", "Wir", "With", "You", "Your",
];

/// Months, by which an ordinal before them is known, in small letters.
const MONTHS: &[&str] = &[
    "april",
    "august",
    "desember",
    "dezember",
    "december",
    "duben",
    "februar",
    "grudnia",
    "jaanuar",
    "januar",
    "january",
    "jänner",
    "juli",
    "july",
    "juni",
    "june",
    "kwietnia",
    "lipca",
    "listopada",
    "maj",
    "maja",
    "mai",
    "march",
    "marca",
    "mars",
    "may",
    "märz",
    "mei",
    "november",
    "october",
    "oktober",
    "października",
    "september",
    "sierpnia",
    "stycznia",
    "syyskuuta",
    "utca",
    "února",
    "września",
];

/// Words after which a number with a full stop is an ordinal. In small letters.
const BEFORE_ORDINALS: &[&str] =
    &["ab", "am", "beim", "bis", "das", "dem", "den", "der", "des", "die", "im", "vom", "zum", "zur", "jeden", "seit", "und", "d.", "den."];

fn holds(words: &[&str], word: &str) -> bool {
    words.contains(&word)
}

/// Whether a sentence may end after `before`, which ends in a full stop, when `after` follows.
pub(crate) fn ends(before: &str, after: &str) -> bool {
    let Some(stem) = before.strip_suffix('.') else { return true };
    let bare = |c: char| matches!(c, '(' | '[' | '"' | '“' | '„' | '«' | '\'' | '*' | '_' | '-' | '–' | '/');
    let word = stem.rsplit(char::is_whitespace).next().unwrap_or_default().trim_start_matches(bare);
    let next = after.split_whitespace().next().unwrap_or_default().trim_start_matches(bare);
    let opens = || holds(OPENINGS, next.trim_end_matches(|c: char| !c.is_alphanumeric()));
    if word.is_empty() {
        return true;
    }
    if word.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return !is_ordinal(stem, word, next);
    }
    let mut letters = word.chars();
    let first = letters.next();
    let alone = letters.next().is_none();
    // "z. B.", "p. ej.", "n. Chr."
    let lower = |c: char| c.is_lowercase();
    let parted = |word: &str| word.len() <= 4 && word.chars().filter(|c| c.is_alphabetic()).count() == 1 && word.ends_with('.');
    if alone && first.is_some_and(lower) && (parted(next) || matches!(next.trim_end_matches('.'), "Chr" | "ej")) {
        return false;
    }
    if alone && first.is_some_and(char::is_uppercase) {
        return opens() && !(parted(before_word(stem, word)) && before_word(stem, word).starts_with(lower));
    }
    let small = word.to_lowercase();
    let counted = || before_word(stem, word).ends_with(|c: char| c.is_ascii_digit());
    if holds(PERHAPS, &small) || holds(DATES, word) || holds(UNITS, &small) && counted() {
        return opens();
    }
    !holds(WITHIN, &small)
}

/// The word before the last one.
fn before_word<'t>(stem: &'t str, word: &str) -> &'t str {
    stem[..stem.len() - word.len()].split_whitespace().next_back().unwrap_or_default()
}

/// Whether a number with a full stop counts something that follows: an item, a day of a month, "der 3. Stock".
fn is_ordinal(stem: &str, word: &str, next: &str) -> bool {
    let alone = word.len() == stem.trim_start().len() && word.len() <= 4;
    let dotted = word.contains('.') && alone;
    let month = next.trim_end_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let before = before_word(stem, word).to_lowercase();
    let counts = word.len() <= 2 && (holds(MONTHS, &month) || holds(BEFORE_ORDINALS, &before));
    alone || dotted || counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_no_sentence() {
        for (before, after) in [
            ("The fair opens on Jan.", "12."),
            ("Die Anlage wird am 29.", "Juli 2026 abgenommen."),
            ("The prize is given by Capt.", "Renn."),
            ("Das Amt ist im 3.", "Stock."),
            ("It was written by J.", "R. Osei."),
            ("The clinic is at 4 Elm St.", "Dorn."),
            ("The talk starts at 7 p.m.", "Friday."),
            ("La oficina está en la Avda.", "Colón."),
            ("The wall is 3 ft.", "6 in. high."),
            ("3.1.", "Fees."),
            ("Geräte wie z.", "B. Bohrer"),
            ("Geräte wie z. B.", "Die Säge"),
            ("Er starb 44 v.", "Chr. in Rom."),
        ] {
            assert!(!ends(before, after), "{before} {after}");
        }
        for (before, after) in [
            ("We met at 7 p.m.", "The hall was full."),
            ("She lives in Elm St.", "It is quiet."),
            ("They found 12.", "Nobody counted again."),
            ("It closed in 1990.", "Later it burned."),
            ("The gate is shut.", "Renn has the key."),
            ("He took vitamin C.", "It helped."),
        ] {
            assert!(ends(before, after), "{before} {after}");
        }
    }
}
