//! From a task to the tokens of a prompt: `start` · the document · `ask` or `summarize`; or of a chat: `start` · turn · turn … Pure.

use crate::error::{Error, Result};
use crate::manifest::generator::GeneratorManifest;
use crate::text::tokenizer::Tokens;
use crate::text::whitespace::folded;

/// Where an instruction stands in a template.
const INSTRUCTION: &str = "{instruction}";

/// A model's templates, tokenised.
#[derive(Debug)]
pub struct PromptTemplate {
    start: Vec<u32>,
    before: Option<TemplateParts>,
    ask: TemplateParts,
    summarize: Vec<u32>,
    /// The same around an instruction.
    summarize_so: TemplateParts,
    citing: Option<Markers>,
    chat: Option<Chat>,
}

#[derive(Debug)]
struct Chat {
    start: Vec<u32>,
    user: TemplateParts,
    next: TemplateParts,
    trim: Trim,
}

/// What is dropped of what is said.
#[derive(Debug, Clone, Copy)]
enum Trim {
    None,
    /// White space before it, as a special token that takes it along does.
    Start,
    /// White space around it, as templates drop it: Python's, which counts separators U+001C to U+001F.
    Both,
}

/// What stands around a text: special tokens, and plain text that is one with it, as in a prompt that is tokenised as a whole.
#[derive(Debug, Clone)]
struct TemplateParts {
    head: Vec<u32>,
    before: String,
    after: String,
    rest: Vec<u32>,
}

/// The tokens of a task: what stands before what it is about, and what stands after.
#[derive(Debug, Clone, Default)]
pub struct TaskTokens {
    /// Empty in most models.
    pub before: Vec<u32>,
    /// Up to where the model answers.
    pub after: Vec<u32>,
}

impl TaskTokens {
    /// Tokens of both.
    pub fn count(&self) -> usize {
        self.before.len() + self.after.len()
    }
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

impl PromptTemplate {
    /// Tokenises the templates of a manifest.
    ///
    /// # Errors
    /// `model.format` when a template makes no tokens or another marker than `citation` says.
    pub fn new(manifest: &GeneratorManifest, tokens: &mut Tokens) -> Result<Self> {
        let prompt = &manifest.prompt;
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
        let start = encode("start", &prompt.start)?;
        let summarize = encode("summarize", &prompt.summarize)?;
        let words = tokens.special_start(&prompt.summarize);
        let (asks, ends) = prompt.summarize.split_at(words);
        let summarize_so = TemplateParts::new(&format!("{asks}{INSTRUCTION}{ends}"), INSTRUCTION, tokens)?;
        let ask = TemplateParts::new(&prompt.ask, "{question}", tokens)?;
        let before = prompt.before.as_ref().map(|before| TemplateParts::new(before, "{question}", tokens)).transpose()?;
        let chat = match &prompt.chat {
            None => None,
            Some(chat) => {
                let user = TemplateParts::new(&chat.user, "{text}", tokens)?;
                let next = chat.next.as_ref().map_or_else(|| Ok(user.clone()), |next| TemplateParts::new(next, "{text}", tokens))?;
                let trim = match (chat.trim, chat.trim_start) {
                    (true, _) => Trim::Both,
                    (false, true) => Trim::Start,
                    (false, false) => Trim::None,
                };
                Some(Chat { start: tokens.encode_template(&chat.start)?, user, next, trim })
            }
        };
        Ok(Self { start, before, summarize, summarize_so, ask, citing, chat })
    }

    /// What every prompt begins with.
    pub fn start(&self) -> &[u32] {
        &self.start
    }

    /// The markers of a citing model.
    pub fn citing(&self) -> Option<&Markers> {
        self.citing.as_ref()
    }

    /// The tokens that ask a question; at most `limit` of the question's own, and of an instruction's. An instruction stands behind the question, and before the document
    /// in place of what the template says behind the question there.
    ///
    /// # Errors
    /// `argument.question` when it is empty or longer than `limit`; `argument.options` for an instruction that is longer.
    pub fn ask(&self, question: &str, instruction: Option<&str>, limit: usize, tokens: &Tokens) -> Result<TaskTokens> {
        let words = if self.citing.is_some() { folded(question) } else { question.to_owned() };
        if words.trim().is_empty() {
            return Err(Error::new("argument.question", "the question is empty, expected some words"));
        }
        let count = tokens.encode(&words)?.len();
        if count > limit {
            let message = format!("found a question of {count} tokens, expected at most {limit}");
            return Err(Error::new("argument.question", message));
        }
        let Some(instruction) = instruction else {
            let before = self.before.as_ref().map(|before| before.tokens(&words, tokens)).transpose()?.unwrap_or_default();
            return Ok(TaskTokens { before, after: self.ask.tokens(&words, tokens)? });
        };
        check_instruction(instruction, limit, tokens)?;
        let instructed = format!("{} {instruction}", words.trim_end());
        let before = self.before.as_ref().map(|before| before.without_words().tokens(&instructed, tokens)).transpose()?.unwrap_or_default();
        Ok(TaskTokens { before, after: self.ask.tokens(&instructed, tokens)? })
    }

    /// What a chat begins with; None when the model cannot chat.
    pub fn chat(&self) -> Option<&[u32]> {
        self.chat.as_ref().map(|chat| &chat.start[..])
    }

    /// The tokens of one turn of a chat: what is said, up to where the model answers; `first` of the turn that opens it.
    ///
    /// # Errors
    /// `model.no_chat`; `argument.question` when the text is empty.
    pub fn turn(&self, text: &str, first: bool, tokens: &Tokens) -> Result<Vec<u32>> {
        let Some(chat) = &self.chat else { return Err(no_chat()) };
        let blank = |c: char| c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}');
        if text.trim_matches(blank).is_empty() {
            return Err(Error::new("argument.question", "what is said is empty, expected some words"));
        }
        let text = match chat.trim {
            Trim::None => text,
            Trim::Start => text.trim_start(),
            Trim::Both => text.trim_matches(blank),
        };
        (if first { &chat.user } else { &chat.next }).tokens(text, tokens)
    }

    /// The tokens that ask for a summary, with an instruction of at most `limit` tokens behind what asks for it.
    ///
    /// # Errors
    /// `argument.options` for an instruction that is longer.
    pub fn summarize(&self, instruction: Option<&str>, limit: usize, tokens: &Tokens) -> Result<TaskTokens> {
        let Some(instruction) = instruction else { return Ok(TaskTokens { before: Vec::new(), after: self.summarize.clone() }) };
        check_instruction(instruction, limit, tokens)?;
        Ok(TaskTokens { before: Vec::new(), after: self.summarize_so.tokens(&format!(" {instruction}"), tokens)? })
    }
}

fn check_instruction(instruction: &str, limit: usize, tokens: &Tokens) -> Result<()> {
    let count = tokens.encode(instruction)?.len();
    if count > limit {
        return Err(Error::new("argument.options", format!("instruction: found {count} tokens, expected at most {limit}")));
    }
    Ok(())
}

impl TemplateParts {
    fn new(template: &str, name: &str, tokens: &mut Tokens) -> Result<Self> {
        let (before, after) = template.split_once(name).unwrap_or((template, ""));
        let (head, before) = before.split_at(tokens.special_end(before));
        let (after, rest) = after.split_at(tokens.special_start(after));
        let head = tokens.encode_template(head)?;
        let rest = tokens.encode_template(rest)?;
        Ok(Self { head, before: before.to_owned(), after: after.to_owned(), rest })
    }

    /// With white space alone after the text: what a template says there is an instruction of its own.
    fn without_words(&self) -> Self {
        let white = self.after.len() - self.after.trim_end().len();
        Self { after: self.after[self.after.len() - white..].to_owned(), ..self.clone() }
    }

    fn tokens(&self, text: &str, tokens: &Tokens) -> Result<Vec<u32>> {
        let within = tokens.encode(&[&self.before, text, &self.after].concat())?;
        Ok([&self.head[..], &within, &self.rest].concat())
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

    /// Evidence number `number` (from 0, starting again after the last marker): its marker and its tokens, marker included.
    pub fn piece(&self, heading: bool, number: usize, text: &[u32]) -> (u32, Vec<u32>) {
        let kind = self.kind(heading);
        let marked = &kind[number % kind.len()];
        (marked.token, [&marked.before[..], text, &marked.after].concat())
    }

    fn kind(&self, heading: bool) -> &[Marked] {
        if heading { &self.headings } else { &self.sentences }
    }
}
