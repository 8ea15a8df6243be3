//! Letters that are drawn as an accent over a letter become the letter that has it.

use unicode_normalization::char::compose;

use super::glyphs::Glyph;

/// Accents that take up room, with the marks that stand for them over a letter.
const MARKS: [(char, char); 13] = [
    ('`', '\u{300}'),
    ('\u{b4}', '\u{301}'),
    ('\u{2c6}', '\u{302}'),
    ('\u{2dc}', '\u{303}'),
    ('\u{af}', '\u{304}'),
    ('\u{2d8}', '\u{306}'),
    ('\u{2d9}', '\u{307}'),
    ('\u{a8}', '\u{308}'),
    ('\u{2da}', '\u{30a}'),
    ('\u{2dd}', '\u{30b}'),
    ('\u{2c7}', '\u{30c}'),
    ('\u{b8}', '\u{327}'),
    ('\u{2db}', '\u{328}'),
];

/// Joins each accent with the letter that is drawn before or after it in the same place.
pub(super) fn join(glyphs: Vec<Glyph>) -> Vec<Glyph> {
    let mut joined: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    for glyph in glyphs {
        if let Some(last) = joined.last_mut()
            && let Some(letter) = accented(last, &glyph)
        {
            // The letter says where it stands, and how large it is.
            let place = if mark(&last.text).is_some() { glyph } else { last.clone() };
            *last = Glyph { text: letter.to_string(), ..place };
        } else {
            joined.push(glyph);
        }
    }
    joined
}

/// The letter of an accent and a letter, in whichever order, that stand over each other.
fn accented(first: &Glyph, second: &Glyph) -> Option<char> {
    let over = first.x.max(second.x) < (first.x + first.width).min(second.x + second.width) - 0.3 * first.width.min(second.width);
    if first.turn != second.turn || !over || (first.y - second.y).abs() > first.size.max(second.size) {
        return None;
    }
    match (mark(&first.text), mark(&second.text)) {
        (Some(mark), None) => compose(base(&second.text)?, mark),
        (None, Some(mark)) => compose(base(&first.text)?, mark),
        _ => None,
    }
}

fn mark(text: &str) -> Option<char> {
    let only = single(text)?;
    MARKS.iter().find(|(accent, _)| *accent == only).map(|(_, mark)| *mark)
}

/// The letter that carries a mark: with its dot, where it is drawn without.
fn base(text: &str) -> Option<char> {
    match single(text)? {
        'ı' => Some('i'),
        'ȷ' => Some('j'),
        c => Some(c),
    }
}

fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glyph(text: &str, x: f32, width: f32) -> Glyph {
        Glyph { text: text.into(), x, y: 100.0, width, size: 10.0, turn: Some(0), bold: false }
    }

    fn told(glyphs: Vec<Glyph>) -> String {
        join(glyphs).into_iter().map(|glyph| glyph.text).collect()
    }

    #[test]
    fn accents_join_the_letter_that_they_stand_over() {
        let before = vec![glyph("M", 0.0, 9.0), glyph("¨", 9.0, 5.0), glyph("o", 9.0, 5.0), glyph("l", 14.0, 3.0)];
        assert_eq!(told(before), "Möl");
        assert_eq!(told(vec![glyph("o", 9.0, 5.0), glyph("ˆ", 9.2, 5.0), glyph("l", 14.0, 3.0)]), "ôl");
        assert_eq!(told(vec![glyph("´", 0.0, 3.0), glyph("ı", 0.0, 3.0)]), "í");
    }

    #[test]
    fn accents_beside_a_letter_stay() {
        for (text, pair) in
            [("`o", vec![glyph("`", 0.0, 4.0), glyph("o", 4.0, 5.0)]), ("¨4", vec![glyph("¨", 0.0, 5.0), glyph("4", 0.0, 5.0)])]
        {
            assert_eq!(told(pair), text);
        }
    }
}
