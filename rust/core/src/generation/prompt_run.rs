//! The prompt that is run now, and how the model answers it.

use crate::error::Result;
use crate::generation::cite::Cite;
use crate::generation::constrained::Constrained;
use crate::generation::free_form::FreeForm;
use crate::generation::note::Note;
use crate::generation::output::Output;
use crate::generation::prompt_session::PromptSession;
use crate::generation::request::Request;
use crate::generation::stats::Stats;
use crate::generation::step::Step;
use crate::prompt::{Prompt, constrained_quotes, source_texts};
use crate::runtime::cancel_token::CancelToken;

/// A prompt in its session, and the mode of its answer.
#[derive(Debug)]
pub(crate) struct PromptRun {
    prompt: PromptSession,
    mode: Mode,
}

/// How the model answers a prompt.
#[derive(Debug)]
enum Mode {
    /// A citing model chooses sentences: for the answer, or for a note.
    Cite(Cite),
    /// A free model, or a citing one after its choice, answers in its own words.
    FreeForm(FreeForm),
    /// A free model answers in words of the document.
    Constrained(Constrained),
    /// A free model writes or quotes a note for a prompt to come.
    Note(Box<Note>),
}

impl PromptRun {
    /// Begins a prompt, of which a citing model shows at most so many `sentences`.
    pub fn new(request: &Request, prompt: Prompt, sentences: usize) -> Result<Self> {
        let mode = match request.markers() {
            Some(markers) => Mode::Cite(Cite::new(markers.none, prompt.cites, sentences, prompt.shown)),
            None if !prompt.shown => Mode::Note(Box::new(Note::new(prompt.note_tokens, request))),
            None if request.is_constrained() => Mode::Constrained(Constrained::default()),
            None => Mode::FreeForm(FreeForm::of_free_model()),
        };
        let whole = prompt.whole;
        let prompt = PromptSession::new(request.generator(), prompt.session, &prompt.tokens, prompt.pieces)?.holding_all(whole);
        Ok(Self { prompt, mode })
    }

    pub fn prompt(&self) -> &PromptSession {
        &self.prompt
    }

    pub fn prompt_mut(&mut self) -> &mut PromptSession {
        &mut self.prompt
    }

    /// One choice, or the next words; nothing of the prompt waits. At most one graph run.
    pub fn step(&mut self, request: &Request, output: &mut Output, cancel: &CancelToken) -> Result<Step> {
        match &mut self.mode {
            Mode::Cite(cite) => cite.step(&mut self.prompt, request, output),
            Mode::FreeForm(free_form) => free_form.step(&mut self.prompt, request.generator(), output, cancel),
            Mode::Constrained(constrained) => constrained.step(&mut self.prompt, request.generator(), output, cancel),
            Mode::Note(note) => note.step(&mut self.prompt, request, cancel),
        }
    }

    /// A citing model goes on in its own words, which `token` begins.
    pub fn begin_own_words(&mut self, token: u32) {
        self.prompt.feed(&[token]);
        self.mode = Mode::FreeForm(FreeForm::after_choice());
    }

    /// The end of the prompt: its evidence and its costs are the answer's.
    pub fn finish(self, request: &Request, output: &mut Output, stats: &mut Stats) -> Result<()> {
        let document = request.document();
        self.prompt.cover(document, output)?;
        match &self.mode {
            Mode::Constrained(_) => {
                let spans = output.decoder().take_spans();
                output.add_quotes(constrained_quotes(document, self.prompt.evidence(), spans)?);
            }
            Mode::FreeForm(free_form) if !free_form.is_after_choice() => {
                output.add_sources(source_texts(document, self.prompt.evidence())?)
            }
            Mode::FreeForm(_) | Mode::Cite(_) | Mode::Note(_) => {}
        }
        stats.add_run(self.prompt.graph_runs(), self.prompt.state_bytes());
        Ok(())
    }
}
