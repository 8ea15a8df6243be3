//! A citing model's prompt: it chooses among the sentences in the window, or none of them, or answers out of the memory in its own words.

use crate::decode::scoring;
use crate::error::Result;
use crate::generation::output::Output;
use crate::generation::prompt_session::PromptSession;
use crate::generation::request::Request;
use crate::generation::step::Step;
use crate::prompt::Evidence;
use crate::prompt::correction::later;

/// One choice after another.
#[derive(Debug)]
pub(crate) struct Cite {
    /// The token for *not in the document*.
    none: u32,
    /// Most pieces to cite.
    limit: usize,
    cited: usize,
    /// Sentences that the prompt may still show: its share of the summary's.
    sentences_left: usize,
    /// What was cited for a prompt to come; None where it is shown.
    note: Option<Vec<Evidence>>,
}

enum Choice {
    /// A piece of the evidence.
    Evidence(usize),
    /// Own words, which a token begins.
    OwnWords(u32),
    None,
}

impl Cite {
    /// Up to `limit` pieces, and of them `sentences` sentences where they are shown; what is not shown is a note.
    pub fn new(none: u32, limit: usize, sentences: usize, shown: bool) -> Self {
        Self { none, limit, cited: 0, sentences_left: sentences, note: (!shown).then(Vec::new) }
    }

    /// One choice. The last decision of a question is the answer's; those of a summary all are.
    pub fn step(&mut self, prompt: &mut PromptSession, request: &Request, output: &mut Output) -> Result<Step> {
        let (choice, log_probability) = self.choose(prompt, request, output);
        if request.is_question() {
            output.clear_decisions();
        }
        output.add_decision(log_probability);
        match choice {
            Choice::Evidence(index) if self.note.is_some() => Ok(self.note_piece(index, prompt)),
            Choice::Evidence(index) => self.show_piece(index, prompt, request, output),
            Choice::OwnWords(token) => Ok(Step::OwnWords(token)),
            Choice::None if request.is_question() => Ok(Step::NotFound(self.none)),
            Choice::None => Ok(self.note.take().map_or_else(|| Step::PromptComplete(String::new()), Step::Note)),
        }
    }

    fn choose(&self, prompt: &PromptSession, request: &Request, output: &Output) -> (Choice, f64) {
        let candidates = candidates(prompt, request.is_question(), output);
        let mut log_probability = 0.0;
        if let Some(token) = request.own_words().filter(|_| request.is_question() && prompt.has_memory()) {
            let others = candidates.iter().map(|(_, marker, _)| *marker).chain([self.none]);
            let (chosen, decision) = scoring::own_words(prompt.logits(), token, others);
            if chosen {
                return (Choice::OwnWords(token), decision);
            }
            log_probability = decision;
        }
        let manifest = request.generator().manifest();
        let otherwise: &[u32] = match request.is_question() {
            true => &[self.none],
            false if self.cited > 0 || candidates.is_empty() => &manifest.tokenizer.end,
            false => &[],
        };
        let (piece, decision) = scoring::cite(prompt.logits(), &candidates, otherwise, manifest.scoring, request.is_question());
        // Which one, of those that may answer and rather beside the answer before; whether any does was decided without.
        let ranked = |(at, marker, _): &(usize, u32, f32)| {
            let piece = &prompt.evidence()[*at];
            piece.may_answer.then(|| (*at, *marker, piece.rank()))
        };
        let lifted: Vec<(usize, u32, f32)> = candidates.iter().filter_map(ranked).collect();
        if request.is_question() && lifted.is_empty() {
            return (Choice::None, log_probability);
        }
        let piece = piece.and_then(|_| scoring::cite(prompt.logits(), &lifted, &[], manifest.scoring, false).0);
        (piece.map_or(Choice::None, Choice::Evidence), log_probability + decision)
    }

    fn note_piece(&mut self, index: usize, prompt: &mut PromptSession) -> Step {
        let piece = prompt.take_evidence(index);
        let tokens = piece.tokens.clone();
        self.cited += 1;
        let note = self.note.get_or_insert_default();
        note.push(piece);
        if self.cited == self.limit {
            return Step::Note(std::mem::take(note));
        }
        prompt.feed(&tokens);
        Step::NoteText
    }

    fn show_piece(&mut self, index: usize, prompt: &mut PromptSession, request: &Request, output: &mut Output) -> Result<Step> {
        let language = request.document().state()?.index.language();
        let anew = request.question().and_then(|question| later(prompt.evidence(), index, question, language));
        let anew = anew.map(|later| prompt.evidence()[later].clone());
        let piece = prompt.take_evidence(index);
        let tokens = piece.tokens.clone();
        self.cited += 1;
        self.sentences_left = self.sentences_left.saturating_sub(usize::from(!piece.heading));
        let delta = output.cite(&request.document().source, piece, anew)?;
        let is_full = output.cited_tokens() >= request.token_limit() || output.cited_sentences() >= request.sentence_limit();
        if request.is_question() || is_full {
            return Ok(Step::AnswerComplete(delta));
        }
        if self.cited == self.limit || self.sentences_left == 0 {
            return Ok(Step::PromptComplete(delta));
        }
        prompt.feed(&tokens);
        Ok(Step::Text(delta))
    }
}

/// What may be cited: index, marker and BM25 of the pieces in the window that were not cited yet, nor others in the same words; a heading answers no
/// question.
fn candidates(prompt: &PromptSession, question: bool, output: &Output) -> Vec<(usize, u32, f32)> {
    let open = |piece: &Evidence| if piece.heading { !question } else { !output.has_told(piece) };
    let visible = prompt.evidence().iter().enumerate().filter(|(_, piece)| prompt.is_visible(piece) && open(piece));
    visible.filter_map(|(index, piece)| Some((index, piece.marker?, piece.score))).collect()
}
