//! From a task to the tokens of a prompt: `start` · the document · `ask` or `summarize`; or of a chat: `start` · turn · turn … Pure.

use crate::error::{Error, Result};
use crate::manifest::Manifest;
use crate::text::folded;
use crate::tokens::Tokens;

/// A model's templates, tokenised.
#[derive(Debug)]
pub struct Layout {
    start: Vec<u32>,
    ask: [Vec<u32>; 2],
    summarize: Vec<u32>,
    citing: Option<Markers>,
    chat: Option<Chat>,
}

#[derive(Debug)]
struct Chat {
    start: Vec<u32>,
    user: [Vec<u32>; 2],
}

/// How a citing model's pieces are marked.
#[derive(Debug)]
pub struct Markers {
    /// `<s1>` …: what stands before a sentence, the marker token, what stands after it.
    sentences: Vec<Marked>,
    headings: Vec<Marked>,
    /// *Not in the document.*
    pub none: u32,
    /// What begins an answer in the model's own words, out of the memory; None when it never answers so.
    pub words: Option<u32>,
}

#[derive(Debug)]
struct Marked {
    before: Vec<u32>,
    token: u32,
    after: Vec<u32>,
}

impl Layout {
    /// Tokenises the templates of a manifest.
    pub fn new(manifest: &Manifest, tokens: &mut Tokens) -> Result<Self> {
        let prompt = &manifest.prompt;
        let (before, after) = prompt.ask.split_once("{question}").unwrap_or((&prompt.ask, ""));
        let citing = match &manifest.citation {
            None => None,
            Some(citation) => {
                let mut marked = |template: &Option<String>, markers: &[u32]| {
                    let template = template.as_deref().unwrap_or_default();
                    markers.iter().enumerate().map(|(i, token)| Marked::new(template, i + 1, *token, tokens)).collect::<Result<Vec<_>>>()
                };
                let sentences = marked(&prompt.sentence, &citation.markers)?;
                let headings = marked(&prompt.heading, &citation.headings)?;
                Some(Markers { sentences, headings, none: citation.none, words: citation.words })
            }
        };
        let mut encode = |name: &str, template: &str| match tokens.encode_template(template)? {
            ids if ids.is_empty() => Err(Error::new("model.format", format!("prompt.{name}: found no tokens in it, expected some"))),
            ids => Ok(ids),
        };
        let (start, summarize) = (encode("start", &prompt.start)?, encode("summarize", &prompt.summarize)?);
        let ask = [tokens.encode_template(before)?, tokens.encode_template(after)?];
        let chat = match &prompt.chat {
            None => None,
            Some(chat) => {
                let (before, after) = chat.user.split_once("{text}").unwrap_or((&chat.user, ""));
                let user = [tokens.encode_template(before)?, tokens.encode_template(after)?];
                Some(Chat { start: tokens.encode_template(&chat.start)?, user })
            }
        };
        Ok(Self { start, summarize, ask, citing, chat })
    }

    /// What every prompt begins with.
    pub fn start(&self) -> &[u32] {
        &self.start
    }

    /// The markers of a citing model.
    pub fn citing(&self) -> Option<&Markers> {
        self.citing.as_ref()
    }

    /// The tokens that ask a question; at most `limit` of the question's own.
    pub fn ask(&self, question: &str, limit: usize, tokens: &Tokens) -> Result<Vec<u32>> {
        let words = if self.citing.is_some() { folded(question) } else { question.to_owned() };
        if words.trim().is_empty() {
            return Err(Error::new("argument.question", "the question is empty, expected some words"));
        }
        let words = tokens.encode(&words)?;
        if words.len() > limit {
            let message = format!("found a question of {} tokens, expected at most {limit}", words.len());
            return Err(Error::new("argument.question", message));
        }
        Ok([&self.ask[0][..], &words, &self.ask[1]].concat())
    }

    /// What a chat begins with; None when the model cannot chat.
    pub fn chat(&self) -> Option<&[u32]> {
        self.chat.as_ref().map(|chat| &chat.start[..])
    }

    /// The tokens of one turn of a chat: what is said, up to where the model answers.
    pub fn turn(&self, text: &str, tokens: &Tokens) -> Result<Vec<u32>> {
        let Some(chat) = &self.chat else { return Err(no_chat()) };
        if text.trim().is_empty() {
            return Err(Error::new("argument.question", "what is said is empty, expected some words"));
        }
        Ok([&chat.user[0][..], &tokens.encode(text)?, &chat.user[1]].concat())
    }

    /// The tokens that ask for a summary.
    pub fn summarize(&self) -> &[u32] {
        &self.summarize
    }
}

/// The model has no templates of a chat.
pub(crate) fn no_chat() -> Error {
    Error::new("model.no_chat", "the model cannot chat: found no prompt.chat in its model.json")
}

impl Marked {
    fn new(template: &str, number: usize, token: u32, tokens: &mut Tokens) -> Result<Self> {
        let template = template.replace("{n}", &number.to_string());
        let (before, after) = template.split_once("{text}").unwrap_or((&template, ""));
        let before = tokens.encode_template(before)?;
        if before.last() != Some(&token) {
            let message =
                format!("prompt: the tokens of \"{template}\" end in {:?} before the text, expected marker {token}", before.last());
            return Err(Error::new("model.format", message));
        }
        Ok(Self { before, token, after: tokens.encode_template(after)? })
    }
}

impl Markers {
    /// How many pieces of a kind can be told apart.
    pub fn count(&self, heading: bool) -> usize {
        self.kind(heading).len()
    }

    /// Piece number `number` (from 0, starting again after the last marker): its marker and its tokens, marker included.
    pub fn piece(&self, heading: bool, number: usize, text: &[u32]) -> (u32, Vec<u32>) {
        let kind = self.kind(heading);
        let marked = &kind[number % kind.len()];
        (marked.token, [&marked.before[..], text, &marked.after].concat())
    }

    fn kind(&self, heading: bool) -> &[Marked] {
        if heading { &self.headings } else { &self.sentences }
    }
}
