//! Words of a text: pieces whose tokens do not depend on the text around them, so that a text may be tokenised word by word.
//!
//! A byte-level BPE first cuts its text into pre-tokens by a regular expression and merges bytes within each. All such expressions in use
//! cut after a run of letters or digits, before a single space and after a line end before a letter. Tested against whole texts for each of
//! the forms below.
//!
//! With the memo of words ([`crate::text::word_memo`]) a text is tokenised 5.8 times as fast as by the tokenizer's own path (7.6 MB/s, 1.3 without:
//! `cargo bench --profile dev -p edgeinfinite-core --bench reading -- TEXT` on 3.8 MB of English manuals, one thread of an Intel Xeon with two
//! cores, 2026-11-29).

use serde_json::{Value, json, to_value};
use tokenizers::{ModelWrapper, Tokenizer};

/// What splits a text in tokenizer.json, besides GPT-2's expression, which is built in: Llama 3's and Qwen 2's.
pub(crate) const PATTERNS: [&str; 2] = [
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
];

/// A digit with the space before it: what the demo model's tokenizer.json splits off before GPT-2's expression takes the rest.
pub(crate) const DIGIT: &str = r" ?\p{N}";

/// Whether a tokenizer is known to cut where [`words`] does.
pub(crate) fn is_supported(tokenizer: &Tokenizer) -> bool {
    let ModelWrapper::BPE(bpe) = tokenizer.get_model() else { return false };
    let plain = bpe.dropout.is_none() && bpe.continuing_subword_prefix.is_none() && bpe.end_of_word_suffix.is_none();
    let normal = tokenizer.get_normalizer().is_none_or(|n| to_value(n).is_ok_and(|n| n == json!({ "type": "NFC" })));
    let splitter = tokenizer.get_pre_tokenizer().and_then(|p| to_value(p).ok()).unwrap_or_default();
    // An added token is found before the text is cut; in a document special ones are not.
    let special = tokenizer.get_added_tokens_decoder().values().all(|t| t.special);
    plain && normal && special && splits(&splitter)
}

/// Whether a tokenizer cuts [`between_words`]: no added token that a document can hold takes such a space along or has one within.
pub(crate) fn splits_at_spaces(tokenizer: &Tokenizer) -> bool {
    let within = |content: &str| {
        let text = format!("{content}x");
        (1..content.len()).any(|at| between_words(&text, at))
    };
    tokenizer.get_added_tokens_decoder().values().all(|t| t.special || !(t.lstrip || t.rstrip || within(&t.content)))
}

fn splits(splitter: &Value) -> bool {
    let byte_level =
        |step: &Value, regex: bool| step["type"] == "ByteLevel" && step["add_prefix_space"] == false && step["use_regex"] == regex;
    let digits = |step: &Value| step["type"] == "Digits";
    let pattern = |step: &Value, known: &[&str]| {
        let known = step["pattern"]["Regex"].as_str().is_some_and(|p| known.contains(&p));
        step["type"] == "Split" && step["behavior"] == "Isolated" && step["invert"] == false && known
    };
    match splitter["pretokenizers"].as_array().map(Vec::as_slice) {
        None => byte_level(splitter, true),
        Some([one, two]) => {
            ((digits(one) || pattern(one, &[DIGIT])) && byte_level(two, true)) || (pattern(one, &PATTERNS) && byte_level(two, false))
        }
        Some(_) => false,
    }
}

/// Cuts a text into words, each with what stands before it; together they are the text.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (word, after) = rest.split_at(word_end(rest));
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

/// Where the first word of a text ends.
fn word_end(text: &str) -> usize {
    (1..text.len()).find(|at| may_cut(text, *at)).unwrap_or(text.len())
}

/// Whether a text may be cut there, whatever stands around it: after ASCII letters or digits and before other ASCII, before a single space,
/// after a line end and before an ASCII letter or digit.
pub(crate) fn may_cut(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let (Some(last), Some(next)) = (at.checked_sub(1).map(|before| bytes[before]), bytes.get(at)) else { return false };
    let solid = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
    match last {
        b'a'..=b'z' | b'A'..=b'Z' => next.is_ascii() && !next.is_ascii_alphabetic(),
        b'0'..=b'9' => next.is_ascii() && !next.is_ascii_digit(),
        b'\n' => next.is_ascii_alphanumeric() && solid(text[..at - 1].chars().next_back()),
        _ => between_words(text, at),
    }
}

/// Whether one space stands between two words there. Tokenizers of all published forms, of SentencePiece too, may be cut before it.
pub(crate) fn between_words(text: &str, at: usize) -> bool {
    let solid = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
    text.as_bytes().get(at) == Some(&b' ') && solid(text[..at].chars().next_back()) && solid(text[at + 1..].chars().next())
}

/// Whether a word is one pre-token in every form, and how the model spells it.
pub(crate) fn spelled(word: &str) -> Option<String> {
    let letters = word.strip_prefix(' ').unwrap_or(word);
    let plain = !letters.is_empty() && letters.bytes().all(|b| b.is_ascii_alphabetic());
    plain.then(|| if letters.len() < word.len() { format!("Ġ{letters}") } else { letters.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use tokenizers::{OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer, PreTokenizerWrapper};

    use super::*;

    /// Every form that is taken for known.
    static SPLITTERS: LazyLock<Vec<PreTokenizerWrapper>> = LazyLock::new(|| {
        let byte_level = |regex: bool| json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": regex });
        let sequence = |first: Value, regex: bool| json!({ "type": "Sequence", "pretokenizers": [first, byte_level(regex)] });
        let split = |p: &str| json!({ "type": "Split", "pattern": { "Regex": p }, "behavior": "Isolated", "invert": false });
        let digits = |single: bool| json!({ "type": "Digits", "individual_digits": single });
        let forms = [
            byte_level(true),
            sequence(digits(true), true),
            sequence(digits(false), true),
            sequence(split(DIGIT), true),
            sequence(split(PATTERNS[0]), false),
            sequence(split(PATTERNS[1]), false),
        ];
        assert!(forms.iter().all(splits));
        forms.into_iter().map(|form| serde_json::from_value(form).unwrap()).collect()
    });

    fn pre_tokens(splitter: &PreTokenizerWrapper, text: &str) -> Vec<String> {
        let mut whole = PreTokenizedString::from(text);
        splitter.pre_tokenize(&mut whole).unwrap();
        whole.get_splits(OffsetReferential::Normalized, OffsetType::Byte).into_iter().map(|s| s.0.to_owned()).collect()
    }

    /// Forms that are cut between words alone: SentencePiece's, and one of the newer expressions.
    static OTHERS: LazyLock<Vec<PreTokenizerWrapper>> = LazyLock::new(|| {
        let o200k = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
        let split = json!({ "type": "Split", "pattern": { "Regex": o200k }, "behavior": "Isolated", "invert": false });
        let bytes = json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false });
        let forms = [
            json!({ "type": "Sequence", "pretokenizers": [split, bytes] }),
            json!({ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": true }),
        ];
        assert!(!forms.iter().any(splits));
        forms.into_iter().map(|form| serde_json::from_value(form).unwrap()).collect()
    });

    /// Two parts, cut at the place, are what the whole is.
    fn check_between(text: &str) {
        for at in (1..text.len()).filter(|at| between_words(text, *at)) {
            for splitter in OTHERS.iter().chain(SPLITTERS.iter()) {
                let parts = [pre_tokens(splitter, &text[..at]), pre_tokens(splitter, &text[at..])].concat();
                assert_eq!(parts, pre_tokens(splitter, text), "{text:?} at {at}");
            }
        }
    }

    fn check(text: &str) {
        assert_eq!(words(text).collect::<String>(), text);
        for splitter in SPLITTERS.iter() {
            let parts: Vec<String> = words(text).flat_map(|word| pre_tokens(splitter, word)).collect();
            assert_eq!(parts, pre_tokens(splitter, text), "{text:?}");
            for word in words(text) {
                assert!(spelled(word).is_none_or(|s| [s] == pre_tokens(splitter, word)[..]), "{word:?}");
            }
        }
    }

    #[test]
    fn words_are_cut_where_all_pre_tokenizers_cut() {
        let cut: Vec<&str> = words(" Two boats, at 12.\nIt's \nlate  now, <a_b c_d> été là").collect();
        let expected =
            [" Two", " boats", ",", " at", " 12", ".\n", "It", "'s", " \nlate", "  now", ",", " <a", "_b", " c", "_d", ">", " été", " là"];
        assert_eq!(cut, expected);
        for text in
            ["don't, I'll", "a1,\n\nb", "x \ny", " \nword", "é, ü.\n3", "12 345,6 78", "(a) [b]: c", "\u{a0} a \u{3000}b", "a \u{301}b"]
        {
            check(text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn words_are_cut_there_in_any_text(near in "([a-zA-Z]{0,3}['.,;:<(_)!é字🙂0-9ा\u{301}\u{a0}\t\r\n ]{0,3}){0,12}", any in "\\PC{0,40}") {
            check(&near);
            check(&any);
            check_between(&near);
            check_between(&any);
        }
    }
}
