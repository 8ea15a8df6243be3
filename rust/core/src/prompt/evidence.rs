//! A piece of the document as a prompt tells it and as an answer quotes it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use crate::answer::{Quote, Span};
use crate::decode::constrained::ConstrainedSpan;
use crate::document::Shared;
use crate::error::Result;
use crate::model::Model;
use crate::prompt::excerpt::Excerpt;
use crate::text::whitespace::folded;

/// A piece of the document in a prompt.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    /// Its own words, without what they are read with.
    pub span: Span,
    /// What it says, with what it is read with.
    pub shown: Excerpt,
    /// Where in that text the prompt begins: what stands before is only quoted.
    pub from: usize,
    /// The same of the whole sentence, where this is a part of one that is too long for a prompt; of a list, where this leads it in.
    pub whole: Option<Arc<Excerpt>>,
    /// Headings above it that the prompt tells before it.
    pub above: String,
    /// What tells it apart from others in the same words, until the prompt does.
    pub around: Surroundings,
    /// Where the heading stands that it is under.
    pub section: Option<u64>,
    pub heading: bool,
    /// What a message quotes of another.
    pub quoted: bool,
    /// BM25 against the question, as a share of what it asks for.
    pub score: f32,
    /// What is added to it where a piece is chosen.
    pub lift: f32,
    /// Whether it holds what an answer must.
    pub may_answer: bool,
    /// Citing models: the marker, until the piece was cited.
    pub marker: Option<u32>,
    /// As they stand in the prompt, the marker's included.
    pub tokens: Vec<u32>,
    /// Position of its first token in the session.
    pub at: u64,
    /// A note in a model's own words: what of it stands in the document. None for a piece of the document itself.
    pub note: Option<Vec<Quote>>,
}

/// What stands around a piece and holds words of the question that the piece lacks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// The piece's own words without digits, as a hash.
    pub words: u64,
    /// What the piece would score by itself if they counted, and how much that is more.
    pub score: f32,
    pub gain: f32,
    /// Headings above it.
    pub headings: String,
    /// The sentence before it.
    pub before: Option<(Span, String)>,
}

impl Evidence {
    /// One that is not in a prompt yet; it will be told from a byte of what is shown on.
    pub fn new(model: &Model, span: Span, shown: Excerpt, from: usize) -> Result<Self> {
        let tokens = model.tokens().encode(&folded(&shown.text[from..]))?;
        Ok(Self { from, ..Self::of(span, shown, tokens) })
    }

    /// One with the tokens that stand in the prompt.
    pub fn of(span: Span, shown: Excerpt, tokens: Vec<u32>) -> Self {
        Self {
            span,
            shown,
            from: 0,
            whole: None,
            above: String::new(),
            around: Surroundings::default(),
            section: None,
            heading: false,
            quoted: false,
            score: 0.0,
            lift: 0.0,
            may_answer: true,
            marker: None,
            tokens,
            at: 0,
            note: None,
        }
    }

    /// From now on its surroundings are told with it: the headings in the prompt, the sentence before in the quote too.
    pub fn tell_apart(&mut self, model: &Model) -> Result<()> {
        let around = std::mem::take(&mut self.around);
        self.around = Surroundings { words: around.words, score: around.score, ..Surroundings::default() };
        if around.before.is_none() && around.headings.is_empty() {
            return Ok(());
        }
        let mut shown = Excerpt::default();
        if let Some((span, text)) = around.before {
            shown.add(vec![span], text);
        }
        shown.append(&self.shown);
        let tokens = model.tokens().encode(&(folded(&around.headings) + &folded(&shown.text[self.from..])))?;
        if tokens.len() <= longest(model) {
            self.score += around.gain;
            (self.above, self.shown, self.tokens) = (around.headings, shown, tokens);
        }
        Ok(())
    }

    /// By what it is chosen.
    pub fn rank(&self) -> f32 {
        self.score + self.lift
    }

    /// What it says in a prompt; white space folded.
    pub fn text(&self) -> &str {
        &self.shown.text[self.from..]
    }

    /// As the prompt tells it.
    pub fn prompt_text(&self) -> String {
        folded(&self.above) + &folded(self.text())
    }

    /// What is shown when it is cited.
    pub fn excerpt(&self) -> &Excerpt {
        self.whole.as_deref().unwrap_or(&self.shown)
    }

    /// The same for pieces that say the same words, whatever their case, marks and spaces.
    pub fn words(&self) -> u64 {
        let words: Vec<String> = self.shown.text.unicode_words().map(str::to_lowercase).collect();
        // What is said twice in one piece counts once.
        let once = (1..words.len())
            .find(|length| words.len().is_multiple_of(*length) && words.chunks(*length).all(|part| part == &words[..*length]));
        if words.is_empty() { hash(&self.shown.text) } else { hash(&&words[..once.unwrap_or(words.len())]) }
    }

    /// The same for pieces that say the same under the same surroundings.
    pub fn said(&self) -> u64 {
        hash(&(&self.around.headings, self.around.before.as_ref().map(|(_, text)| text), self.text()))
    }
}

/// The pieces as they stand in the document, line ends and all: offsets count there.
pub(crate) fn source_texts(document: &Shared, pieces: &[Evidence]) -> Result<Vec<(Span, String)>> {
    let mut found = Vec::new();
    for piece in pieces {
        match &piece.note {
            Some(quotes) => found.extend(quotes.iter().map(|q| (q.span, q.text.clone()))),
            None => {
                for span in piece.shown.spans() {
                    found.push((span, document.source.slice(span.start, span.end)?));
                }
            }
        }
    }
    Ok(found)
}

/// The spans of a held answer, as they stand in the document.
pub(crate) fn constrained_quotes(document: &Shared, pieces: &[Evidence], cuts: Vec<ConstrainedSpan>) -> Result<Vec<Quote>> {
    let mut found = Vec::new();
    for cut in cuts {
        let piece = &pieces[cut.piece];
        found.extend(piece.shown.quotes(&document.source, piece.from + cut.start..piece.from + cut.end)?.into_iter().flatten());
    }
    Ok(found)
}

/// Most tokens of a piece with what it is told with: a prompt holds several.
pub(crate) fn longest(model: &Model) -> usize {
    let window = model.generator().map_or(0, |generator| generator.sizes().window);
    (window / 4).max(model.piece_tokens())
}

/// The same for the same value, in this process.
pub(crate) fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
