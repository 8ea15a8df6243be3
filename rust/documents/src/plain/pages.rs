//! Pages' headers and footers, which stand in the midst of sentences.

use std::collections::HashMap;

use super::lines::Line;
use super::marks::ends_sentence;

/// Lines at a page's edge that are looked at.
const EDGE: usize = 3;
/// A header or footer is no longer than this (bytes).
const LONG: usize = 120;

/// Headers and footers seen so far, without their numbers; a long text is looked at in parts.
#[derive(Debug, Default)]
pub(crate) struct Edges(HashMap<String, u32>);

/// Marks the lines that are pages' headers and footers.
pub(crate) fn mark(text: &str, lines: &mut [Line], edges: &mut Edges) {
    let candidates = candidates(text, lines);
    for &at in &candidates {
        if lines[at].words.len() <= LONG {
            *edges.0.entry(shape(lines[at].text(text))).or_default() += 1;
        }
    }
    let counted = counted(text, lines, &candidates);
    for at in candidates {
        let words = lines[at].text(text);
        let numbered = page_number(words).is_some();
        let repeated = edges.0.get(&shape(words)).copied().unwrap_or(0) >= 2 && words.len() <= LONG;
        // A number says the page only where it goes up from page to page; words say it where they come again.
        lines[at].furniture = if numbered { counted } else { repeated && !(ends_sentence(words) && words.len() > 60) };
    }
    mark_page_of(text, lines);
}

/// Lines that may be headers or footers: at form feeds, and around page numbers that stand alone.
fn candidates(text: &str, lines: &[Line]) -> Vec<usize> {
    let said: Vec<usize> = (0..lines.len()).filter(|&at| !lines[at].is_blank()).collect();
    let mut found = Vec::new();
    let feeds = lines.iter().any(|line| line.feeds > 0);
    for (place, &at) in said.iter().enumerate() {
        let near = |range: std::ops::Range<usize>, test: &dyn Fn(usize) -> bool| range.into_iter().any(test);
        let edge = if feeds {
            let begins = |place: usize| place == 0 || (said[place - 1] + 1..=said[place]).any(|line| lines[line].feeds > 0);
            near(place.saturating_sub(EDGE - 1)..place + 1, &begins)
                || near(place + 1..(place + 1 + EDGE).min(said.len()), &begins)
                || place + EDGE >= said.len()
        } else {
            // Without form feeds a year is a heading rather than a page.
            let number = |at: usize| page_number(lines[at].text(text)).filter(|number| !(1800..2100).contains(number));
            let alone = |place: usize| is_alone(lines, said[place]) && number(said[place]).is_some();
            near(place.saturating_sub(1)..(place + 2).min(said.len()), &alone) && (is_alone(lines, at) || number(at).is_some())
        };
        if edge {
            found.push(at);
        }
    }
    found
}

/// A line between blank ones.
fn is_alone(lines: &[Line], at: usize) -> bool {
    let blank = |at: Option<usize>| at.and_then(|at| lines.get(at)).is_none_or(Line::is_blank);
    blank(at.checked_sub(1)) && blank(Some(at + 1))
}

/// Whether the numbers of the candidates go up by one, mostly, and there are at least two.
fn counted(text: &str, lines: &[Line], candidates: &[usize]) -> bool {
    let numbers: Vec<u32> = candidates.iter().filter_map(|&at| page_number(lines[at].text(text))).collect();
    let up = numbers.windows(2).filter(|pair| pair[1] == pair[0] + 1 || pair[1] == pair[0] + 2).count();
    numbers.len() >= 2 && up * 2 >= numbers.len() - 1
}

/// The number of a line that holds a page's number and nothing else: "12", "- 12 -", "[12]", "p. 12", "Page 12".
pub(crate) fn page_number(words: &str) -> Option<u32> {
    let bare = words.trim_matches(|c: char| c.is_whitespace() || "-–—[]()|·•.".contains(c));
    let name: String = bare.chars().take_while(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
    let bare = if PAGES.contains(&name.as_str()) { bare[name_length(bare)..].trim_start_matches(['.', ' ', ':']) } else { bare };
    (bare.len() <= 4 && bare.bytes().all(|b| b.is_ascii_digit())).then(|| bare.parse().ok()).flatten()
}

const PAGES: [&str; 14] = ["page", "p", "pg", "seite", "s", "página", "pagina", "pág", "str", "strona", "sida", "side", "стр", "страница"];

fn name_length(words: &str) -> usize {
    words.find(|c: char| !c.is_alphabetic()).unwrap_or(words.len())
}

/// "Page 7 of 9", with whatever else stands in such a line.
fn mark_page_of(text: &str, lines: &mut [Line]) {
    let matching: Vec<usize> = (0..lines.len()).filter(|&at| lines[at].words.len() <= LONG && has_page_of(lines[at].text(text))).collect();
    for at in matching {
        lines[at].furniture = true;
    }
}

/// "page N of M", "Seite N von M", "N / M" beside the word.
fn has_page_of(words: &str) -> bool {
    let parts: Vec<&str> = words.split_whitespace().collect();
    let number = |word: &str| !word.is_empty() && word.len() <= 4 && word.trim_matches(['.', '|']).bytes().all(|b| b.is_ascii_digit());
    let named = |word: &str| PAGES.contains(&word.to_lowercase().trim_end_matches('.'));
    let between = |word: &str| matches!(word, "of" | "von" | "de" | "di" | "van" | "av" | "af" | "z" | "из" | "/" | "sur");
    let at = parts.windows(4).position(|four| named(four[0]) && number(four[1]) && between(four[2]) && number(four[3]));
    let joined = parts.windows(2).position(|two| named(two[0]) && two[1].split_once('/').is_some_and(|(a, b)| number(a) && number(b)));
    // At one of the line's ends; in the midst of words it is a part of a sentence.
    let ends = |at: usize, length: usize| at == 0 || at + length == parts.len();
    at.is_some_and(|at| ends(at, 4) && !ends_sentence(words)) || joined.is_some_and(|at| ends(at, 2) && !ends_sentence(words))
}

/// A line without what changes from page to page: its numbers.
pub(crate) fn shape(words: &str) -> String {
    let mut shape = String::with_capacity(words.len());
    for c in words.chars() {
        let c = if c.is_ascii_digit() { '0' } else { c };
        if !((c == '0' || c.is_whitespace()) && shape.ends_with(if c == '0' { '0' } else { ' ' })) {
            shape.push(if c.is_whitespace() { ' ' } else { c });
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    fn furniture(text: &str) -> Vec<&str> {
        let mut found = lines(text);
        mark(text, &mut found, &mut Edges::default());
        found.into_iter().filter(|line| line.furniture).map(|line| &text[line.words]).collect()
    }

    #[test]
    fn numbers_and_titles_at_form_feeds() {
        let text = "Rules 2023    Port\n\nSmall craft may moor. The fee is\n     12\n\u{c}Rules 2023    Port\n\nforty crowns. It is\n    13\n\u{c}Rules 2023    Port\n\npaid.\n    14\n";
        assert_eq!(furniture(text), ["Rules 2023    Port", "12", "Rules 2023    Port", "13", "Rules 2023    Port", "14"]);
    }

    #[test]
    fn numbers_and_titles_without_form_feeds() {
        let text = "It would cost\n\n- 7 -\n\nANNUAL REPORT 2021\n\nabout nine. The chair is\n\n- 8 -\n\nANNUAL REPORT 2021\n\nMs Kamau.\n";
        assert_eq!(furniture(text), ["- 7 -", "ANNUAL REPORT 2021", "- 8 -", "ANNUAL REPORT 2021"]);
        assert_eq!(furniture("It would cost\nSeite 7 von 9      Vertraulich\nnine francs.\n"), ["Seite 7 von 9      Vertraulich"]);
    }

    #[test]
    fn numbers_that_are_told_stay() {
        for text in [
            "Winners\n\n12\n\n40\n\n7\n",
            "See page 3 of 9 in the book.\n",
            "12 34\n11 22\n",
            "One\n\n2021\n\nThe surplus was 4.\n\n2022\n\nThe surplus was 5.\n",
        ] {
            assert!(furniture(text).is_empty(), "{text:?}");
        }
    }
}
