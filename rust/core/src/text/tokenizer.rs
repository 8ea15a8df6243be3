//! Encoding and decoding, in one call or piece by piece with the same result.
//!
//! One promise on top of `tokenizers`: text of a document never becomes a special token. The streams are tested against whole texts in
//! tests/session.rs.

use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokenizers::{Model, Tokenizer};

use crate::error::{Error, Result};
use crate::text::pretokenizer::{between_words, is_supported, may_cut, spelled, splits_at_spaces, words};
use crate::text::word_memo::WordMemo;

/// Words whose tokens are remembered, as a power of two: 1 MiB.
const RECENT: u32 = 14;

/// Up to seven tokens of a word, and how many they are.
type Few = ([u32; 7], u32);

/// A tokenizer of a model folder.
#[derive(Debug)]
pub struct Tokens {
    inner: Tokenizer,
    /// None where a text cannot be tokenised word by word.
    recent: Option<Mutex<WordMemo<Few, 4>>>,
    /// Whether a text may be tokenised in two parts, cut there (bytes).
    may_cut: fn(&str, usize) -> bool,
}

impl Tokens {
    /// Reads `tokenizer.json`, whose ids must lie within the model's vocabulary.
    ///
    /// # Errors
    /// `model.tokenizer` when the file cannot be read or names a token outside the vocabulary.
    pub fn open(path: &Path, vocabulary: usize) -> Result<Self> {
        let wrong = |e: String| Error::new("model.tokenizer", format!("{}: {e}", path.display()));
        let bytes = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
        let mut inner = Tokenizer::from_bytes(bytes).map_err(|e| wrong(e.to_string()))?;
        let largest = inner.get_vocab(true).into_values().max().unwrap_or(0);
        if largest as usize >= vocabulary {
            return Err(wrong(format!("found token {largest}, expected less than the vocabulary's {vocabulary}")));
        }
        inner.set_encode_special_tokens(true);
        inner.with_truncation(None).map_err(|e| wrong(e.to_string()))?;
        inner.with_padding(None);
        let recent = is_supported(&inner).then(|| Mutex::new(WordMemo::new(RECENT)));
        let may_cut: fn(&str, usize) -> bool = match &recent {
            Some(_) => may_cut,
            None if splits_at_spaces(&inner) => between_words,
            None => |_, _| false,
        };
        Ok(Self { inner, recent, may_cut })
    }

    /// Tokens of a text of the document or of its reader; special tokens in it stay ordinary text.
    ///
    /// # Errors
    /// `model.tokenizer` when the tokenizer fails.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let Some(recent) = &self.recent else { return self.encode_whole(text) };
        let mut recent = recent.lock().unwrap_or_else(PoisonError::into_inner); // a slot is written at once
        let mut found = Vec::with_capacity(text.len() / 3);
        for word in words(text) {
            if let Some((few, count)) = recent.find(word) {
                found.extend(&few[..count as usize]);
                continue;
            }
            let tokens = self.encode_word(word)?;
            let mut few: Few = ([0; 7], tokens.len() as u32);
            if let Some(slots) = few.0.get_mut(..tokens.len()) {
                slots.copy_from_slice(&tokens);
                recent.keep(word, few);
            }
            found.extend(tokens);
        }
        Ok(found)
    }

    fn encode_word(&self, word: &str) -> Result<Vec<u32>> {
        let Some(spelled) = spelled(word) else { return self.encode_whole(word) };
        let tokens = self.inner.get_model().tokenize(&spelled).map_err(|e| Error::new("model.tokenizer", e.to_string()))?;
        Ok(tokens.into_iter().map(|token| token.id).collect())
    }

    /// As [`Tokens::encode`], without going word by word: its oracle.
    ///
    /// # Errors
    /// `model.tokenizer` when the tokenizer fails.
    pub fn encode_whole(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.inner.encode_fast(text, false).map_err(|e| Error::new("model.tokenizer", e.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// As [`Tokens::encode`], with the bytes of the text that each token is of.
    ///
    /// # Errors
    /// `model.tokenizer` when the tokenizer fails.
    pub fn encode_with_places(&self, text: &str) -> Result<(Vec<u32>, Vec<Range<usize>>)> {
        let encoding = self.inner.encode(text, false).map_err(|e| Error::new("model.tokenizer", e.to_string()))?;
        let places = encoding.get_offsets().iter().map(|(start, end)| *start..*end).collect();
        Ok((encoding.get_ids().to_vec(), places))
    }

    /// Tokens of a piece of a template, in which special tokens are recognised.
    ///
    /// # Errors
    /// `model.tokenizer` when the tokenizer fails.
    pub fn encode_template(&mut self, text: &str) -> Result<Vec<u32>> {
        self.inner.set_encode_special_tokens(false);
        let tokens = self.encode_whole(text);
        self.inner.set_encode_special_tokens(true);
        tokens
    }

    /// Where the last special token of a piece of a template ends, 0 without one.
    pub fn special_end(&self, text: &str) -> usize {
        self.specials().filter_map(|special| text.rfind(&special).map(|at| at + special.len())).max().unwrap_or(0)
    }

    /// Where the first special token of a piece of a template begins, its end without one.
    pub fn special_start(&self, text: &str) -> usize {
        self.specials().filter_map(|special| text.find(&special)).min().unwrap_or(text.len())
    }

    fn specials(&self) -> impl Iterator<Item = String> {
        self.inner.get_added_tokens_decoder().into_values().filter(|token| token.special).map(|token| token.content)
    }

    /// The text of tokens, special ones left out, incomplete characters as U+FFFD.
    ///
    /// # Errors
    /// `model.tokenizer` when the tokenizer fails.
    pub fn decode(&self, tokens: &[u32]) -> Result<String> {
        self.inner.decode(tokens, true).map_err(|e| Error::new("model.tokenizer", e.to_string()))
    }
}

/// Tokenises a text that arrives in pieces, as if it had come whole: the last word is held back until its end is known.
#[derive(Debug, Default, Clone, Deserialize, Serialize)]
pub struct TokenStream {
    held: String,
}

impl TokenStream {
    /// A word without an end is cut here (bytes).
    const WORD: usize = 4096;

    /// Tokens that are certain once `text` is appended.
    ///
    /// # Errors
    /// `model.tokenizer` when the tokenizer fails.
    pub fn push(&mut self, tokens: &Tokens, text: &str) -> Result<Vec<u32>> {
        self.held.push_str(text);
        let mut found = Vec::new();
        loop {
            let long = (self.held.len() > Self::WORD).then(|| self.held.floor_char_boundary(Self::WORD));
            let cut = (1..self.held.len()).rfind(|at| (tokens.may_cut)(&self.held, *at));
            let Some(end) = cut.or(long) else { return Ok(found) };
            let rest = self.held.split_off(end);
            found.extend(tokens.encode(&std::mem::replace(&mut self.held, rest))?);
        }
    }

    /// The tokens of what was held back.
    ///
    /// # Errors
    /// `model.tokenizer` when the tokenizer fails.
    pub fn finish(&mut self, tokens: &Tokens) -> Result<Vec<u32>> {
        tokens.encode(&std::mem::take(&mut self.held))
    }
}

/// Turns tokens into text that holds whole characters only.
#[derive(Debug, Default, Clone)]
pub struct TextStream {
    tokens: Vec<u32>,
    /// Tokens before this one only give context; their text is out.
    context: usize,
    /// Tokens whose text is out.
    written: usize,
}

impl TextStream {
    /// The text that became certain with one more token.
    ///
    /// # Errors
    /// `model.tokenizer` when the tokenizer fails.
    pub fn push(&mut self, tokens: &Tokens, token: u32) -> Result<String> {
        self.tokens.push(token);
        let text = tokens.decode(&self.tokens[self.context..])?;
        if text.ends_with('\u{fffd}') {
            return Ok(String::new());
        }
        self.emit(tokens, &text)
    }

    /// What was held back; an incomplete character becomes U+FFFD.
    ///
    /// # Errors
    /// `model.tokenizer` when the tokenizer fails.
    pub fn finish(&mut self, tokens: &Tokens) -> Result<String> {
        let text = tokens.decode(&self.tokens[self.context..])?;
        self.emit(tokens, &text)
    }

    fn emit(&mut self, tokens: &Tokens, text: &str) -> Result<String> {
        let before = tokens.decode(&self.tokens[self.context..self.written])?;
        let fresh = text.get(before.len()..).unwrap_or_default().to_owned();
        if !fresh.is_empty() {
            self.context = self.written; // tokens without text are no context: the next would lose its space
        }
        self.written = self.tokens.len();
        Ok(fresh)
    }
}
