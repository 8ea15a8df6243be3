//! Span-constrained decoding: each part of an answer stands in the document word for word. Pure.
//!
//! An answer is one or more spans, a line each. A span is whole words of one piece (a sentence or heading) in sight. The first one begins at any
//! word, a later one where a piece begins that was not quoted yet; it may end after any word, and so may the answer. Within a span only the
//! tokens of the piece are left to choose from, often one alone: then no choice is needed, and a draft is exact.

use unicode_segmentation::UnicodeSegmentation;

use crate::decode::scoring;
use crate::error::Result;
use crate::text::tokenizer::{TextStream, Tokens};

/// What an answer may be made of, and how far it is.
#[derive(Debug)]
pub struct SpanConstraint {
    pieces: Vec<ConstraintPiece>,
    /// ConstraintPiece and token where the first span may begin.
    starts: Vec<(usize, usize)>,
    /// Where the span under way may stand; it is the same text everywhere.
    places: Vec<Place>,
    /// The span under way as far as it was shown.
    cut: Option<ConstrainedSpan>,
    cuts: Vec<ConstrainedSpan>,
}

/// Bytes of a piece's text; end-exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ConstrainedSpan {
    pub piece: usize,
    pub start: usize,
    pub end: usize,
}

#[derive(Debug)]
struct ConstraintPiece {
    tokens: Vec<u32>,
    text: String,
    /// Before each token and after the last: the byte of the text, where words begin or end.
    bounds: Vec<Option<usize>>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    piece: usize,
    first: usize,
    next: usize,
    /// Begins a span if the one under way does not go on: known by the end of the word at the latest.
    anew: bool,
}

impl SpanConstraint {
    /// From pieces: their tokens and their texts, white space folded and none around. A piece whose tokens do not decode to its text is not
    /// quoted.
    ///
    /// # Errors
    /// `model.tokenizer` when the tokenizer fails.
    pub fn new(pieces: impl IntoIterator<Item = (Vec<u32>, String)>, tokens: &Tokens) -> Result<Self> {
        let pieces = pieces.into_iter().map(|(ids, text)| ConstraintPiece::new(ids, text, tokens)).collect::<Result<Vec<_>>>()?;
        let places = pieces.iter().enumerate().flat_map(|(number, piece)| (0..piece.tokens.len()).map(move |at| (number, at)));
        let starts = places.filter(|(number, at)| pieces[*number].begins(*at)).collect();
        Ok(Self { pieces, starts, places: Vec::new(), cut: None, cuts: Vec::new() })
    }

    /// The best token that keeps the answer verbatim, an end among them where it may end, and its log-probability among all tokens; without
    /// one where there was nothing to choose. None where nothing may follow.
    pub fn choose(&self, logits: &[f32], ends: &[u32]) -> Option<(u32, Option<f64>)> {
        let mut best = None;
        let mut several = false;
        let mut offer = |token: u32| match best {
            Some(other) if token == other => {}
            Some(other) => {
                several = true;
                let new = logits[token as usize];
                let old = logits[other as usize];
                if new > old || (new == old && token < other) {
                    best = Some(token);
                }
            }
            None => best = Some(token),
        };
        self.places.iter().filter_map(|p| self.pieces[p.piece].tokens.get(p.next)).for_each(|token| offer(*token));
        if self.may_end() {
            ends.iter().for_each(|token| offer(*token));
            self.beginnings().for_each(|(piece, at)| offer(self.pieces[piece].tokens[at]));
        }
        best.map(|token| (token, several.then(|| scoring::log_probability(logits, token))))
    }

    /// The answer goes on with a token that [`SpanConstraint::choose`] gave and that is no end; gives the words that are now complete.
    pub fn take(&mut self, token: u32) -> String {
        let follows = |p: &Place| self.pieces[p.piece].tokens.get(p.next) == Some(&token);
        let mut places: Vec<Place> = self.places.iter().copied().filter(follows).collect();
        if self.may_end() {
            let begins = |(piece, at): &(usize, usize)| self.pieces[*piece].tokens[*at] == token;
            places.extend(self.beginnings().filter(begins).map(|(piece, at)| Place { piece, first: at, next: at, anew: true }));
        }
        if places.iter().all(|p| p.anew) {
            places.iter_mut().for_each(|p| p.anew = false);
            self.cuts.extend(self.cut.take());
        }
        places.iter_mut().for_each(|p| p.next += 1);
        self.places = places;
        let Some(cut) = self.shown() else { return String::new() };
        self.places.retain(|p| !p.anew);
        let before = self.cut.replace(cut).map(|c| c.end - c.start);
        let words = &self.pieces[cut.piece].text[cut.start..cut.end];
        let line = if before.is_none() && !self.cuts.is_empty() { "\n" } else { "" };
        format!("{line}{}", &words[before.unwrap_or(0)..])
    }

    /// Up to `most` tokens that come next if the span goes on.
    pub fn draft(&self, most: usize) -> &[u32] {
        let Some(place) = self.places.first() else { return &[] };
        let tokens = &self.pieces[place.piece].tokens;
        &tokens[place.next..tokens.len().min(place.next + most)]
    }

    /// The spans that were shown.
    pub fn finish(mut self) -> Vec<ConstrainedSpan> {
        self.cuts.extend(self.cut.take());
        self.cuts
    }

    fn may_end(&self) -> bool {
        self.places.is_empty() || self.shown().is_some()
    }

    /// The span under way, where it stands after a word.
    fn shown(&self) -> Option<ConstrainedSpan> {
        self.places.iter().filter(|p| !p.anew).find_map(|p| self.pieces[p.piece].cut(p))
    }

    /// Where a span may begin now.
    fn beginnings(&self) -> impl Iterator<Item = (usize, usize)> {
        let first = self.places.is_empty() && self.cuts.is_empty();
        let quoted = |piece: usize| self.cuts.iter().chain(&self.cut).any(|c| c.piece == piece);
        self.starts.iter().copied().filter(move |(piece, at)| first || (*at == 0 && !quoted(*piece)))
    }
}

impl ConstraintPiece {
    fn new(ids: Vec<u32>, text: String, tokens: &Tokens) -> Result<Self> {
        let mut stream = TextStream::default();
        let mut decoded = String::new();
        let mut ends = Vec::with_capacity(ids.len());
        for id in &ids {
            let fresh = stream.push(tokens, *id)?;
            decoded.push_str(&fresh);
            ends.push((!fresh.is_empty()).then_some(decoded.len())); // none within a character
        }
        let before = decoded.len() - decoded.trim_start().len();
        if decoded.trim() != text {
            return Ok(Self { tokens: Vec::new(), text, bounds: vec![None] });
        }
        let mut words = text.split_word_bound_indices().map(|(at, _)| at).chain([text.len()]).peekable();
        let mut is_bound = |at: usize| {
            while words.next_if(|word| *word < at).is_some() {}
            words.peek() == Some(&at)
        };
        let bound =
            |end: Option<usize>| end.and_then(|end| end.checked_sub(before)).map(|at| at.min(text.len())).filter(|at| is_bound(*at));
        let bounds = [Some(0)].into_iter().chain(ends.into_iter().map(bound)).collect();
        Ok(Self { tokens: ids, text, bounds })
    }

    /// Whether a span may begin with a token: the piece's first one, or a word's.
    fn begins(&self, at: usize) -> bool {
        let wordy = |from: usize| self.text[from..].trim_start().starts_with(char::is_alphanumeric);
        at == 0 || self.bounds[at].is_some_and(wordy)
    }

    /// What is shown of a span, where it stands after a word.
    fn cut(&self, place: &Place) -> Option<ConstrainedSpan> {
        let start = self.bounds[place.first]?;
        let end = self.bounds[place.next]?;
        let words = self.text.get(start..end)?;
        let start = start + words.len() - words.trim_start().len();
        (start < end && !words.ends_with(char::is_whitespace)).then_some(ConstrainedSpan { piece: place.piece, start, end })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::text::whitespace::folded;

    const END: u32 = 2;

    fn tokens() -> Tokens {
        Tokens::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/tiny/tokenizer.json"), 384).unwrap()
    }

    fn hold(texts: &[&str], tokens: &Tokens) -> SpanConstraint {
        SpanConstraint::new(texts.iter().map(|t| (tokens.encode(&folded(t)).unwrap(), (*t).to_owned())), tokens).unwrap()
    }

    /// What is chosen when nothing but these tokens is likely, from the likeliest.
    fn choose(hold: &SpanConstraint, likely: &[u32]) -> Option<(u32, bool)> {
        let mut logits = vec![-50.0; 384];
        likely.iter().enumerate().for_each(|(rank, token)| logits[*token as usize] = 50.0 - rank as f32);
        hold.choose(&logits, &[END]).map(|(token, log_p)| (token, log_p.is_some()))
    }

    /// Takes the tokens of a text, each of them the likeliest; what was shown.
    fn say(hold: &mut SpanConstraint, text: &str, tokens: &Tokens) -> String {
        let ids = tokens.encode(text).unwrap();
        ids.iter().map(|id| choose(hold, &[*id]).filter(|(token, _)| token == id).map_or("✗".into(), |_| hold.take(*id))).collect()
    }

    #[test]
    fn spans_are_whole_words_and_begin_where_they_may() {
        let tokens = tokens();
        let texts = ["The gate opens at six.", "Dogs can\u{2019}t enter; 🙂 they wait.", "Dogs bark."];
        let refused = |before: &str, after: &str| {
            let mut held = hold(&texts, &tokens);
            assert!(!say(&mut held, before, &tokens).contains('✗'));
            say(&mut held, after, &tokens).contains('✗')
        };
        assert!(!refused("", " opens at") && refused("", " pens"), "a span begins with a word");
        assert!(!refused(" opens at", " Dogs") && refused(" opens at", " bark"), "a later one where a piece begins");
        assert!(refused(" opens at", " The") && refused(" Dogs bark.", " Dogs bark."), "no piece is quoted twice");
        assert!(refused(" Dogs can", " The"), "nor does one begin within a word");

        let mut held = hold(&texts, &tokens);
        assert_eq!(choose(&held, &[END]), Some((END, true)), "an empty answer is one");
        assert_eq!(say(&mut held, " opens at", &tokens), "opens at");
        assert_eq!(choose(&held, &[END]), Some((END, true)));
        assert_eq!(say(&mut held, " Dogs can", &tokens), "\nDogs", "the word is can\u{2019}t");
        assert_ne!(choose(&held, &[END]).unwrap().0, END);
        assert_eq!(say(&mut held, "\u{2019}t enter; 🙂", &tokens), " can\u{2019}t enter; 🙂");
        assert_eq!(say(&mut held, " Dogs ba", &tokens), "\nDogs", "a word that was cut is not shown");
        let cut = |piece: usize, words: &str| {
            let start = texts[piece].find(words).unwrap();
            ConstrainedSpan { piece, start, end: start + words.len() }
        };
        assert_eq!(held.finish(), [cut(0, "opens at"), cut(1, "Dogs can\u{2019}t enter; 🙂"), cut(2, "Dogs")]);
    }

    #[test]
    fn a_word_that_fits_the_span_under_way_goes_on_with_it() {
        let tokens = tokens();
        for (last, expected) in [(" sleep", "The Dogs sleep"), (" bark", "The Dogs✗")] {
            let mut held = hold(&["The Dogs sleep", "Dogs bark"], &tokens);
            assert!((say(&mut held, " The Dogs", &tokens) + &say(&mut held, last, &tokens)).starts_with(expected));
        }
        let mut held = hold(&["Be Door", "Dogs bark"], &tokens);
        assert_eq!(say(&mut held, " Be Dogs", &tokens), "Be\nDogs", "which one it is shows within the word");
    }

    #[test]
    fn what_is_left_alone_needs_no_choice() {
        let tokens = tokens();
        let mut held = hold(&["zxqj wv."], &tokens);
        assert!(held.draft(8).is_empty());
        say(&mut held, " z", &tokens);
        let rest = tokens.encode(" zxqj wv.").unwrap();
        assert_eq!(held.draft(3), &rest[2..5]);
        assert_eq!(choose(&held, &[END]), Some((rest[2], false)), "in the middle of a word");
        say(&mut held, "xqj wv.", &tokens);
        assert_eq!(choose(&held, &[40]), Some((END, false)), "all is said");
        let mut logits = vec![0.0; 384];
        logits[9] = 3.0;
        assert_eq!(held.choose(&logits, &[]), None);
    }

    #[test]
    fn what_the_tokenizer_does_not_give_back_is_not_quoted() {
        let tokens = tokens();
        let held =
            SpanConstraint::new([(tokens.encode(" other").unwrap(), "text".to_owned()), (Vec::new(), "none".to_owned())], &tokens).unwrap();
        assert_eq!(choose(&held, &tokens.encode(" other").unwrap()), Some((END, false)));
    }
}
