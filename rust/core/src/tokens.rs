//! Tokens made of text, and text made of tokens, piece by piece as if they had come whole.
//!
//! One promise on top of `tokenizers`: text of a document never becomes a special token. The streams are tested against whole texts in
//! tests/session.rs.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tokenizers::Tokenizer;

use crate::error::{Error, Result};

/// A tokenizer of a model folder.
#[derive(Debug)]
pub struct Tokens {
    inner: Tokenizer,
}

impl Tokens {
    /// Reads `tokenizer.json`, whose ids must lie within the model's vocabulary.
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
        Ok(Self { inner })
    }

    /// Tokens of a text of the document or of its reader; special tokens in it stay ordinary text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.inner.encode_fast(text, false).map_err(|e| Error::new("model.tokenizer", e.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Tokens of a piece of a template, in which special tokens are recognised.
    pub fn encode_template(&mut self, text: &str) -> Result<Vec<u32>> {
        self.inner.set_encode_special_tokens(false);
        let tokens = self.encode(text);
        self.inner.set_encode_special_tokens(true);
        tokens
    }

    /// The text of tokens, special ones left out, incomplete characters as U+FFFD.
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
    pub fn push(&mut self, tokens: &Tokens, text: &str) -> Result<Vec<u32>> {
        self.held.push_str(text);
        let mut found = Vec::new();
        loop {
            let long = (self.held.len() > Self::WORD).then(|| self.held.floor_char_boundary(Self::WORD));
            let Some(end) = word_boundary(&self.held).or(long) else { return Ok(found) };
            let rest = self.held.split_off(end);
            found.extend(tokens.encode(&std::mem::replace(&mut self.held, rest))?);
        }
    }

    /// The tokens of what was held back.
    pub fn finish(&mut self, tokens: &Tokens) -> Result<Vec<u32>> {
        tokens.encode(&std::mem::take(&mut self.held))
    }
}

/// The last place where every pre-tokeniser of byte-level BPE cuts: before a single space between letters or digits, or between a line end and
/// a letter or digit.
fn word_boundary(text: &str) -> Option<usize> {
    let wordy = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let marks = text.rmatch_indices([' ', '\n']).filter(|(at, _)| wordy(text[at + 1..].chars().next()));
    let cuts = marks.filter_map(|(at, mark)| match mark {
        "\n" => Some(at + 1),
        _ => wordy(text[..at].chars().next_back()).then_some(at),
    });
    cuts.into_iter().find(|at| *at > 0)
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
    pub fn push(&mut self, tokens: &Tokens, token: u32) -> Result<String> {
        self.tokens.push(token);
        let text = tokens.decode(&self.tokens[self.context..])?;
        if text.ends_with('\u{fffd}') {
            return Ok(String::new());
        }
        self.emit(tokens, &text)
    }

    /// What was held back; an incomplete character becomes U+FFFD.
    pub fn finish(&mut self, tokens: &Tokens) -> Result<String> {
        let text = tokens.decode(&self.tokens[self.context..])?;
        self.emit(tokens, &text)
    }

    fn emit(&mut self, tokens: &Tokens, text: &str) -> Result<String> {
        let before = tokens.decode(&self.tokens[self.context..self.written])?;
        let fresh = text.get(before.len()..).unwrap_or_default().to_owned();
        self.context = self.written;
        self.written = self.tokens.len();
        Ok(fresh)
    }
}
