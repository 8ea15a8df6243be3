//! Where an answer in own words ends before its model ends it: at a string, or after so many sentences.

use crate::text::sentences::sentences;

/// Text on its way out: what may yet become a string that ends the answer is kept back, and such a string is never shown.
#[derive(Debug, Default)]
pub(crate) struct Stops {
    stop: Vec<String>,
    kept: String,
    /// One of them came, or a sentence too many began.
    over: bool,
    /// Most sentences.
    sentences: Option<usize>,
    /// What was shown, where sentences are counted.
    shown: String,
}

impl Stops {
    pub fn new(stop: &[String]) -> Self {
        Self { stop: stop.to_vec(), ..Self::default() }
    }

    /// The same that ends where one more sentence than these begins.
    pub fn after(self, sentences: Option<usize>) -> Self {
        Self { sentences, ..self }
    }

    /// What may be shown once `text` is appended, and whether the answer ends there.
    pub fn push(&mut self, text: &str) -> (String, bool) {
        let (mut text, mut over) = self.without_stops(text);
        if let Some(most) = self.sentences {
            let before = self.shown.len();
            self.shown.push_str(&text);
            let found = sentences(&self.shown);
            if found.len() > most {
                text = self.shown[before..found[most - 1].end.max(before)].to_owned();
                (over, self.over) = (true, true);
                self.kept.clear();
            }
        }
        (text, over)
    }

    fn without_stops(&mut self, text: &str) -> (String, bool) {
        if self.over {
            return (String::new(), true);
        }
        self.kept.push_str(text);
        if let Some(end) = self.stop.iter().filter_map(|stop| self.kept.find(stop.as_str())).min() {
            let mut shown = std::mem::take(&mut self.kept);
            shown.truncate(end);
            self.over = true;
            return (shown, true);
        }
        let open = |at: &usize| self.kept.is_char_boundary(*at) && self.stop.iter().any(|stop| stop.starts_with(&self.kept[*at..]));
        let longest = self.stop.iter().map(String::len).max().unwrap_or(0);
        let cut = (self.kept.len().saturating_sub(longest)..self.kept.len()).find(open).unwrap_or(self.kept.len());
        let kept = self.kept.split_off(cut);
        (std::mem::replace(&mut self.kept, kept), false)
    }

    /// One of the strings came, or a sentence too many began.
    pub fn over(&self) -> bool {
        self.over
    }

    /// What was kept back, when nothing comes after it.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.kept)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_ends_where_a_sentence_too_many_begins() {
        let told = |most, pieces: &[&str]| {
            let mut stops = Stops::new(&["END".to_owned()]).after(most);
            let mut shown = String::new();
            for piece in pieces {
                let (text, over) = stops.push(piece);
                shown.push_str(&text);
                if over {
                    return (shown, true);
                }
            }
            (shown + &stops.finish(), false)
        };
        let pieces = ["It costs 4.5", "0 crowns. Ask M", "r. Oak in room 7", ". ", "He is", " there. E", "very day."];
        assert_eq!(told(None, &pieces), (pieces.concat(), false));
        assert_eq!(told(Some(4), &pieces), (pieces.concat(), false), "as many as are allowed");
        assert_eq!(told(Some(3), &pieces), ("It costs 4.50 crowns. Ask Mr. Oak in room 7. He is there. ".to_owned(), true));
        assert_eq!(told(Some(2), &pieces).0.trim_end(), "It costs 4.50 crowns. Ask Mr. Oak in room 7.");
        assert_eq!(told(Some(1), &pieces), ("It costs 4.50 crowns.".to_owned(), true));
        assert_eq!(told(Some(3), &["One. Two EN", "D. Three."]), ("One. Two ".to_owned(), true));
    }

    proptest! {
        #[test]
        fn a_stop_string_is_never_split_and_never_shown(pieces in prop::collection::vec("[ab\u{e9}\n]{0,3}", 0..12), stop in prop::collection::vec("[ab\u{e9}\n]{1,4}", 0..3)) {
            let whole = pieces.concat();
            let end = stop.iter().filter_map(|s| whole.find(s.as_str())).min();
            let mut stops = Stops::new(&stop);
            let mut shown = String::new();
            let mut ended = false;
            for piece in &pieces {
                let (text, end) = stops.push(piece);
                shown.push_str(&text);
                prop_assert!(whole.starts_with(&shown));
                if end {
                    ended = true;
                    break;
                }
            }
            if !ended {
                shown.push_str(&stops.finish());
            }
            // With several strings the one that is whole first ends it; one that began earlier may still have been open.
            prop_assert_eq!(ended, end.is_some());
            prop_assert!(stop.iter().all(|s| !shown.contains(s.as_str())));
            if stop.len() == 1 {
                prop_assert_eq!(shown.as_str(), &whole[..end.unwrap_or(whole.len())]);
            }
        }
    }
}
