//! The answer so far: its text and where that comes from.

use std::collections::HashSet;

use crate::answer::{Coverage, CoverageKind, Quote, Span};
use crate::decode::decoder::Decoder;
use crate::document::Shared;
use crate::error::Result;
use crate::generation::coverage::CoverageMap;
use crate::generation::request::{AnswerKind, SummaryStyle};
use crate::model::Generator;
use crate::prompt::{Evidence, most_similar};
use crate::search::quotes::{locate, quotes_in};
use crate::search::support::quotes_of_own_words;
use crate::text::source::TextSource;
use crate::text::whitespace::trimmed;

/// The answer so far, over all its prompts.
#[derive(Debug)]
pub(crate) struct Output {
    kind: AnswerKind,
    style: SummaryStyle,
    text: String,
    decoder: Decoder,
    /// Tokens and sentences that were cited.
    cited_tokens: usize,
    cited_sentences: usize,
    /// The words of the sentences that were cited, as hashes.
    told: HashSet<u64>,
    /// A heading that was cited: shown with the sentence after it, or when there is nothing else to show.
    heading: Option<Evidence>,
    decisions: Decisions,
    quotes: Vec<Quote>,
    /// What stood in the prompts, where the quotes of a free-form answer are looked for.
    sources: Vec<(Span, String)>,
    coverage: CoverageMap,
    /// The document's own session took part.
    used_memory: bool,
}

/// What a citing model decided.
#[derive(Debug, Default)]
struct Decisions {
    count: u32,
    log_probability: f64,
}

impl Output {
    /// An empty answer; `decoder` decodes what of it is free-form or constrained.
    pub fn new(kind: AnswerKind, style: SummaryStyle, decoder: Decoder) -> Self {
        Self {
            kind,
            style,
            text: String::new(),
            decoder,
            cited_tokens: 0,
            cited_sentences: 0,
            told: HashSet::new(),
            heading: None,
            decisions: Decisions::default(),
            quotes: Vec::new(),
            sources: Vec::new(),
            coverage: CoverageMap::default(),
            used_memory: false,
        }
    }

    pub fn kind(&self) -> AnswerKind {
        self.kind
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn decoder(&mut self) -> &mut Decoder {
        &mut self.decoder
    }

    /// Text that was shown becomes part of the answer.
    pub fn push(&mut self, delta: &str) {
        self.text.push_str(delta);
    }

    /// The text of one more piece that a citing model chose, after that of one that says it `anew`; empty for a heading, which waits for its sentence.
    pub fn cite(&mut self, source: &TextSource, piece: Evidence, anew: Option<Evidence>) -> Result<String> {
        self.cited_tokens += piece.tokens.len();
        if piece.heading {
            self.heading = Some(piece);
            return Ok(String::new());
        }
        self.cited_sentences += 1;
        self.told.insert(piece.words());
        let heading = self.heading.take().filter(|_| self.style == SummaryStyle::Bullets);
        self.quote(source, heading.into_iter().chain(anew).chain([piece]))
    }

    /// Text that is left when no prompt follows: what the decoder kept back, or a heading that nothing followed.
    pub fn remaining_text(&mut self, generator: &Generator, source: &TextSource) -> Result<String> {
        let kept_back = self.decoder.finish(generator)?;
        if !kept_back.is_empty() || !self.text.is_empty() {
            return Ok(kept_back);
        }
        let heading = self.heading.take();
        self.quote(source, heading.into_iter())
    }

    /// The decision made before is not the answer's: the next one is.
    pub fn clear_decisions(&mut self) {
        self.decisions = Decisions::default();
    }

    pub fn add_decision(&mut self, log_probability: f64) {
        self.decisions.count += 1;
        self.decisions.log_probability += log_probability;
    }

    /// Nothing that was retrieved bears on the question: no model is asked.
    pub fn refuse(&mut self, log_probability: f64) {
        self.kind = AnswerKind::Refusal;
        self.clear_decisions();
        self.add_decision(log_probability);
    }

    /// A citing model's answer becomes its own words: one token of them is chosen, the rest is decoded.
    pub fn begin_own_words(&mut self, kind: AnswerKind, decoder: Decoder) {
        self.kind = kind;
        self.decoder = decoder;
        self.cited_tokens = 1;
    }

    pub fn add_quotes(&mut self, quotes: Vec<Quote>) {
        self.quotes.extend(quotes);
    }

    pub fn add_sources(&mut self, sources: Vec<(Span, String)>) {
        self.sources.extend(sources);
    }

    pub fn add_coverage(&mut self, source: &TextSource, span: Span, kind: CoverageKind) -> Result<()> {
        self.coverage.add(source, span, kind)
    }

    pub fn set_used_memory(&mut self) {
        self.used_memory = true;
    }

    pub fn has_quotes(&self) -> bool {
        !self.quotes.is_empty()
    }

    /// Whether a sentence in the same words was cited.
    pub fn has_told(&self, piece: &Evidence) -> bool {
        !self.told.is_empty() && self.told.contains(&piece.words())
    }

    pub fn cited_tokens(&self) -> usize {
        self.cited_tokens
    }

    pub fn cited_sentences(&self) -> usize {
        self.cited_sentences
    }

    /// Tokens of the answer.
    pub fn tokens(&self) -> usize {
        self.cited_tokens + self.decoder.generated()
    }

    /// Of the decoded tokens; None without a second one.
    pub fn tokens_per_second(&self) -> Option<f64> {
        self.decoder.tokens_per_second()
    }

    /// Whether the document answers.
    pub fn found(&self) -> bool {
        match self.kind {
            AnswerKind::Cited | AnswerKind::FreeForm => true,
            AnswerKind::Memory => !self.text.is_empty(),
            AnswerKind::Refusal => false,
            AnswerKind::Constrained => self.has_quotes(),
        }
    }

    /// The probability of what was decided and decoded.
    pub fn confidence(&self) -> f64 {
        match self.kind {
            AnswerKind::Cited | AnswerKind::Refusal => self.decisions.confidence(),
            AnswerKind::Memory => self.decisions.confidence() * self.decoder.confidence(),
            AnswerKind::FreeForm | AnswerKind::Constrained => self.decoder.confidence(),
        }
    }

    /// The quotes with their places in the text, and what sentences in a free model's own words rest on. Nothing in the window bears witness to the memory: its quotes are looked for in the passages most
    /// like the text.
    pub fn quotes(&self, document: &Shared, question: Option<&str>) -> Result<Vec<Quote>> {
        let mut quotes = match self.kind {
            AnswerKind::Cited | AnswerKind::Constrained => self.quotes.clone(),
            AnswerKind::Memory => quotes_in(&self.text, &most_similar(document, &self.text)?),
            AnswerKind::FreeForm => {
                let language = document.read_state()?.index.language();
                let mut quotes = quotes_of_own_words(&self.text, question, &self.sources, language);
                quotes.sort_by_key(|quote| quote.answer.start);
                return Ok(quotes);
            }
            AnswerKind::Refusal => Vec::new(),
        };
        locate(&mut quotes, &self.text);
        Ok(quotes)
    }

    /// How each byte of a document that ends at `end_utf16` took part.
    pub fn coverage(&self, document: &Shared, end_utf16: u64) -> Result<Vec<Coverage>> {
        let rest = if self.used_memory { document.generator()?.evicted_as() } else { CoverageKind::Skipped };
        self.coverage.ranges(&document.source, end_utf16, rest)
    }

    /// Pieces as text, a line each or one running text; they are quotes too.
    fn quote(&mut self, source: &TextSource, pieces: impl Iterator<Item = Evidence>) -> Result<String> {
        let separator = if self.style == SummaryStyle::Paragraph { ' ' } else { '\n' };
        let mut delta = String::new();
        for piece in pieces {
            let excerpt = piece.excerpt();
            let mut parts = excerpt.quotes(source, 0..excerpt.text.len())?;
            let own = parts.pop().filter(|own| own.iter().any(|quote| !self.quotes.iter().any(|told| told.span == quote.span)));
            let Some(own) = own else { continue };
            // What it is read with was told before where it stands before the last quote.
            parts.retain(|part| part.iter().all(|quote| self.quotes.last().is_none_or(|last| quote.span.start >= last.span.end)));
            for part in parts.into_iter().chain([own]) {
                if !(self.text.is_empty() && delta.is_empty()) {
                    delta.push(separator);
                }
                delta.push_str(&part.iter().map(|quote| trimmed(&quote.text)).collect::<Vec<_>>().join(" "));
                self.quotes.extend(part);
            }
        }
        Ok(delta)
    }
}

impl Decisions {
    /// The geometric mean of their probabilities, 0 without any.
    fn confidence(&self) -> f64 {
        if self.count == 0 { 0.0 } else { (self.log_probability / f64::from(self.count)).exp() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::sampling::Sampling;
    use crate::prompt::excerpt::Excerpt;

    const DOCUMENT: &str = "# Fees\n\nA ticket\n costs 4 coins. Children pay nothing.\n\n# Dogs\n\nDogs wait.\n";

    fn source() -> TextSource {
        TextSource::text(DOCUMENT).unwrap()
    }

    fn output(kind: AnswerKind, style: SummaryStyle) -> Output {
        Output::new(kind, style, Decoder::new(8, true, &Sampling::default()))
    }

    fn piece(words: &str) -> Evidence {
        let start = DOCUMENT.find(words).unwrap();
        let span = Span::within(0, 0, DOCUMENT, start, start + words.len());
        let shown = Excerpt::of(&source(), span).unwrap();
        let heading = words.starts_with('#');
        Evidence { heading, ..Evidence::of(span, shown, vec![0; 3]) }
    }

    /// Cites pieces one after another; what was shown of each.
    fn cite(output: &mut Output, pieces: &[&str]) -> Vec<String> {
        let show = |words: &&str| {
            let delta = output.cite(&source(), piece(words), None).unwrap();
            output.push(&delta);
            delta
        };
        pieces.iter().map(show).collect()
    }

    #[test]
    fn a_heading_is_shown_with_its_sentence() {
        let mut output = output(AnswerKind::Cited, SummaryStyle::Bullets);
        let shown = cite(&mut output, &["# Fees", "A ticket\n costs 4 coins.", "# Fees", "# Dogs", "Dogs wait."]);
        assert_eq!(shown, ["", "# Fees\nA ticket costs 4 coins.", "", "", "\n# Dogs\nDogs wait."]);
        let mut quotes = output.quotes.clone();
        locate(&mut quotes, output.text());
        let quoted: Vec<_> =
            quotes.iter().map(|q| (q.text.as_str(), &output.text()[q.answer.start as usize..q.answer.end as usize])).collect();
        let ticket = ("A ticket\n costs 4 coins.", "A ticket costs 4 coins.");
        assert_eq!(quoted, [("# Fees", "# Fees"), ticket, ("# Dogs", "# Dogs"), ("Dogs wait.", "Dogs wait.")]);
        assert_eq!((output.cited_sentences(), output.tokens()), (2, 15));
    }

    #[test]
    fn a_paragraph_has_no_headings() {
        let mut output = output(AnswerKind::Cited, SummaryStyle::Paragraph);
        let shown = cite(&mut output, &["# Fees", "Children pay nothing.", "Dogs wait."]);
        assert_eq!(shown, ["", "Children pay nothing.", " Dogs wait."]);
        assert_eq!(output.quotes.len(), 2);
    }

    #[test]
    fn the_kind_of_an_answer_says_whether_it_was_found_and_how_surely() {
        let summary = |kind| {
            let mut output = output(kind, SummaryStyle::Bullets);
            output.add_decision(0.25_f64.ln());
            output.add_decision(1.0_f64.ln());
            output
        };
        assert!((summary(AnswerKind::Cited).confidence() - 0.5).abs() < 1e-9, "of all decisions");
        let mut refusal = summary(AnswerKind::Refusal);
        refusal.clear_decisions();
        refusal.add_decision(0.75_f64.ln());
        assert!((refusal.confidence() - 0.75).abs() < 1e-9, "of the last decision");
        assert!(summary(AnswerKind::Cited).found() && !refusal.found());
        assert_eq!(summary(AnswerKind::Memory).confidence(), 0.0, "no word was decoded");

        let mut memory = summary(AnswerKind::Memory);
        let mut constrained = output(AnswerKind::Constrained, SummaryStyle::Bullets);
        assert!(!memory.found() && !constrained.found());
        memory.push("Four coins.");
        constrained.push("Dogs wait.");
        assert!(memory.found() && !constrained.found(), "a held answer is its quotes");
        constrained.add_quotes(vec![Quote::new(piece("Dogs wait.").span, "Dogs wait.".into())]);
        assert!(constrained.found());
    }
}
