//! An answer on its way: pulled with [`Reply::next`], at most one graph run a call.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::answer::{Answer, CoverageKind, Quote, Span, Usage, peak_rss_bytes, quotes_in};
use crate::coverage::Covered;
use crate::decode::Decoder;
use crate::document::{Document, Shared};
use crate::error::{Error, Result};
use crate::graph::Cancel;
use crate::layout::Markers;
use crate::manifest::Reading;
use crate::prompt::{Piece, Prompt, Task};
use crate::reading::Plan;
use crate::sample;
use crate::session::Session;
use crate::text::{folded, trimmed};

/// A run was made, or will be, and there is nothing to show yet.
const PAUSE: Event = Event::Progress { tokens_done: 0, tokens_total: 1, seconds_left: None };

/// How a question or a summary is answered.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AskOptions {
    /// Without it what the document was read for, or else the model's default for the task.
    pub reading: Option<Reading>,
    /// Most prompts that recall looks for an answer in; without it what the model says.
    pub recall_prompts: Option<usize>,
    /// Recall goes on until it finds an answer or the document ends. A free model answers from the first prompt: it cannot say that nothing was
    /// found.
    pub recall_all: bool,
    /// Most tokens of the answer; without it (and at most) the model's limit.
    pub max_tokens: Option<usize>,
    /// Free models draft tokens from what they read and check several in one run: the same answer, sooner. On unless switched off.
    pub lookup: bool,
}

impl Default for AskOptions {
    fn default() -> Self {
        Self { reading: None, recall_prompts: None, recall_all: false, max_tokens: None, lookup: true }
    }
}

/// What a reply gives, piece by piece.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    /// The prompt is being read.
    #[allow(missing_docs)]
    Progress { tokens_done: u64, tokens_total: u64, seconds_left: Option<f64> },
    /// More of the answer: whole characters.
    #[allow(missing_docs)]
    Text { delta: String },
    /// The answer is complete; nothing follows.
    #[allow(missing_docs)]
    Done { answer: Box<Answer> },
}

/// A question under way. It works on a copy: replies of one document do not see each other.
#[derive(Debug)]
pub struct Reply {
    document: Arc<Shared>,
    task: Task,
    limit: usize,
    lookup: bool,
    cancel: Cancel,
    work: Mutex<Work>,
}

#[derive(Debug)]
struct Work {
    plan: Plan,
    current: Option<Current>,
    /// The answer is complete but for its numbers: no prompt follows.
    ended: bool,
    finished: bool,
    /// The document's own session took part.
    memory: bool,
    begun: Instant,
    first_text: Option<Instant>,
    prompt_tokens: u64,
    cited_tokens: usize,
    runs: u64,
    state_bytes: u64,
    text: String,
    decoder: Decoder,
    found: bool,
    log_confidence: f64,
    decisions: u32,
    quotes: Vec<Quote>,
    /// What a free model's quotes are looked for in.
    sources: Vec<(Span, String)>,
    /// A heading that was cited: shown with the sentence after it, or when there is nothing else to show.
    heading: Option<Piece>,
    /// What stood in the prompts so far, and how.
    covered: Covered,
}

/// The prompt whose turn it is.
#[derive(Debug)]
struct Current {
    session: Session,
    pieces: Vec<Piece>,
    /// Most pieces to cite.
    cites: usize,
    cited: usize,
    shown: bool,
    /// What a prompt that is not shown came to.
    note: Vec<Piece>,
    note_tokens: usize,
    /// The same of a free model, in its own words.
    words: Option<(Decoder, String)>,
    /// Tokens to run before the next choice.
    total: u64,
    runs_before: u64,
    /// Decoding freely, token by token.
    free: bool,
    /// In a prompt of its own, not after the whole document.
    recalled: bool,
}

impl Document {
    /// Asks a question; the reply is pulled with [`Reply::next`].
    pub fn ask(&self, question: &str, options: AskOptions) -> Result<Reply> {
        Reply::new(&self.shared, Task::Ask(question.to_owned()), options)
    }

    /// Asks for a summary.
    pub fn summarize(&self, options: AskOptions) -> Result<Reply> {
        Reply::new(&self.shared, Task::Summarize, options)
    }
}

impl Reply {
    fn new(document: &Arc<Shared>, task: Task, options: AskOptions) -> Result<Self> {
        let begun = Instant::now();
        let manifest = document.model.manifest();
        let default = match task {
            Task::Ask(_) => manifest.readings.ask,
            Task::Summarize => manifest.readings.summarize,
        };
        let reading = options.reading.or(document.reading).unwrap_or(default);
        let prompts = (!options.recall_all).then(|| options.recall_prompts.unwrap_or(manifest.limits.recall_prompts));
        if prompts == Some(0) {
            return Err(Error::new("argument.options", "recall_prompts: found 0, expected at least 1"));
        }
        let mut plan = Plan::new(document, &task, reading, prompts)?;
        let first = plan.next(document, Vec::new())?; // a question that does not fit is refused here
        let limit = options.max_tokens.unwrap_or(usize::MAX).min(manifest.limits.answer);
        let mut work = Work {
            plan,
            current: None,
            ended: false,
            finished: false,
            memory: false,
            begun,
            first_text: None,
            prompt_tokens: 0,
            cited_tokens: 0,
            runs: 0,
            state_bytes: 0,
            text: String::new(),
            decoder: Decoder::new(limit, options.lookup),
            found: true,
            log_confidence: 0.0,
            decisions: 0,
            quotes: Vec::new(),
            sources: Vec::new(),
            heading: None,
            covered: Covered::default(),
        };
        match first {
            Some(prompt) => work.begin(document, prompt)?,
            None => work.ended = true,
        }
        Ok(Self { document: Arc::clone(document), task, limit, lookup: options.lookup, cancel: Cancel::new()?, work: Mutex::new(work) })
    }

    /// The next piece, after at most one graph run; None after the last.
    pub fn next(&self) -> Result<Option<Event>> {
        self.cancel.check()?;
        let mut work = self.work.lock().map_err(|_| Error::new("call.failed", "an earlier defect made this reply unusable"))?;
        if work.finished {
            return Ok(None);
        }
        let event = self.advance(&mut work)?;
        if matches!(event, Event::Text { .. }) {
            work.first_text.get_or_insert_with(Instant::now);
        }
        Ok(Some(event))
    }

    /// Stops the call to [`Reply::next`] that is under way on another thread, or else the next one.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Graph runs made so far.
    pub fn runs(&self) -> u64 {
        let work = self.work.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        work.runs + work.current.as_ref().map_or(0, |c| c.session.runs() - c.runs_before)
    }

    fn advance(&self, work: &mut Work) -> Result<Event> {
        if work.current.is_none() && (work.ended || !self.go_on(work, Vec::new())?) {
            return self.finish(work);
        }
        let Some(current) = work.current.as_mut() else { return self.finish(work) };
        current.session.flush(&self.cancel)?;
        let waiting = current.session.waiting() as u64;
        if waiting > 0 {
            let done = current.total.saturating_sub(waiting) as f64 / current.total.max(1) as f64;
            return Ok(self.progress(work, done));
        }
        match (self.document.model.layout.citing(), current.free, current.shown) {
            (Some(markers), false, _) => self.cite(work, markers),
            (_, _, true) => self.choose(work),
            (_, _, false) => self.note(work),
        }
    }

    /// Of this prompt, or of the whole document where the plan goes through it.
    fn progress(&self, work: &Work, of_prompt: f64) -> Event {
        let whole = work.plan.done();
        let done = whole.unwrap_or(of_prompt);
        let total = match (whole, &work.current) {
            (None, Some(current)) => current.total,
            _ => self.document.state().map_or(1, |s| s.marks.tokens),
        };
        let seconds_left = (done > 0.0).then(|| work.begun.elapsed().as_secs_f64() * (1.0 - done) / done);
        Event::Progress { tokens_done: (done * total as f64) as u64, tokens_total: total, seconds_left }
    }

    /// A citing model's choice: one of the pieces in sight, *not in the document*, or the end of a summary.
    fn cite(&self, work: &mut Work, markers: &Markers) -> Result<Event> {
        let asked = matches!(self.task, Task::Ask(_));
        let Some(current) = work.current.as_mut() else { return self.finish(work) };
        let manifest = self.document.model.manifest();
        let sight = current.session.window_start();
        let in_sight = |piece: &Piece| piece.at >= sight && !(asked && piece.heading);
        let pieces: Vec<(usize, u32, f32)> = // index, marker, BM25
            current.pieces.iter().enumerate().filter(|(_, p)| in_sight(p)).filter_map(|(at, p)| Some((at, p.marker?, p.score))).collect();
        let otherwise: &[u32] = match asked {
            true => &[markers.none],
            false if current.cited > 0 || pieces.is_empty() => &manifest.tokenizer.end,
            false => &[],
        };
        let (piece, log_p) = sample::cite(current.session.logits(), &pieces, otherwise, manifest.scoring, asked);
        if asked {
            (work.log_confidence, work.decisions) = (0.0, 0); // the last prompt's decision is the answer's
        }
        work.log_confidence += log_p;
        work.decisions += 1;
        let Some(at) = piece else { return self.nothing(work, markers, asked) };
        let piece = current.pieces[at].clone();
        current.pieces[at].marker = None; // never cited twice
        current.cited += 1;
        let last = current.cited == current.cites;
        if !last {
            current.session.feed(&piece.tokens);
            current.total = current.session.waiting() as u64;
        }
        if !current.shown {
            current.note.push(piece);
            if last {
                let note = self.leave(work)?;
                self.go_on(work, note)?;
            }
            return Ok(self.progress(work, 0.0));
        }
        work.cited_tokens += piece.tokens.len();
        let event = if piece.heading {
            work.heading = Some(piece);
            PAUSE
        } else {
            let heading = work.heading.take();
            self.show(work, heading.into_iter().chain([piece]))?
        };
        work.ended |= asked || work.cited_tokens >= self.limit;
        if last || work.ended {
            self.leave(work)?;
        }
        Ok(event)
    }

    /// The model chose no piece: it looks on in the next prompt, and after the last one says so in its own words.
    fn nothing(&self, work: &mut Work, markers: &Markers, asked: bool) -> Result<Event> {
        if !asked {
            let note = self.leave(work)?;
            self.go_on(work, note)?;
            return Ok(PAUSE);
        }
        let Some(mut current) = work.current.take() else { return self.finish(work) };
        if let Some(prompt) = work.plan.next(&self.document, Vec::new())? {
            work.current = Some(current);
            self.leave(work)?;
            work.begin(&self.document, prompt)?;
            return Ok(self.progress(work, 0.0));
        }
        (work.found, work.ended) = (false, true);
        work.decoder = Decoder::new(self.limit.saturating_sub(1), self.lookup);
        work.cited_tokens = 1;
        (current.free, current.shown, current.total) = (true, true, 1);
        current.session.feed(&[markers.none]);
        work.current = Some(current);
        Ok(PAUSE)
    }

    /// Pieces become text of the answer, a line each, and quotes.
    fn show(&self, work: &mut Work, pieces: impl Iterator<Item = Piece>) -> Result<Event> {
        let mut delta = String::new();
        for piece in pieces {
            if !(work.text.is_empty() && delta.is_empty()) {
                delta.push('\n');
            }
            delta.push_str(&piece.text);
            let text = self.document.source.slice(piece.span.start, piece.span.end)?;
            work.quotes.push(Quote { span: piece.span, text, headings: Vec::new() });
        }
        work.text.push_str(&delta);
        Ok(Event::Text { delta })
    }

    /// A free model's next words.
    fn choose(&self, work: &mut Work) -> Result<Event> {
        let model = &self.document.model;
        let Some(current) = work.current.as_mut() else { return self.finish(work) };
        let Some(mut delta) = work.decoder.next(&mut current.session, model, &self.cancel)? else { return self.next_prompt(work) };
        if work.text.is_empty() && model.layout.citing().is_some() {
            delta = delta.trim_start().to_owned(); // pieces of a citing model begin with a space
        }
        work.text.push_str(&delta);
        if work.decoder.full() {
            work.ended = true;
            self.leave(work)?; // no run for a token that nobody will see
        }
        if delta.is_empty() { Ok(PAUSE) } else { Ok(Event::Text { delta }) }
    }

    /// The next word of a note in a free model's own words.
    fn note(&self, work: &mut Work) -> Result<Event> {
        let model = &self.document.model;
        let Some(current) = work.current.as_mut() else { return self.finish(work) };
        let (decoder, words) = current.words.get_or_insert_with(|| (Decoder::new(current.note_tokens, self.lookup), String::new()));
        let delta = decoder.next(&mut current.session, model, &self.cancel)?;
        let ended = delta.is_none() || decoder.full();
        words.push_str(&delta.unwrap_or_default());
        if ended {
            words.push_str(&decoder.finish(model)?);
            let text = words.trim().to_owned();
            if let (false, Some(first), Some(last)) = (text.is_empty(), current.pieces.first(), current.pieces.last()) {
                let span = Span { end: last.span.end, end_utf16: last.span.end_utf16, ..first.span };
                let quotes = quotes_in(&text, &self.sources(&current.pieces)?);
                let tokens = model.tokens.encode(&folded(&text))?;
                current.note = vec![Piece { span, text, heading: false, score: 0.0, marker: None, tokens, at: 0, note: Some(quotes) }];
            }
            let note = self.leave(work)?;
            self.go_on(work, note)?;
        }
        Ok(self.progress(work, 0.0))
    }

    /// The pieces as they stand in the document, line ends and all: offsets count there.
    fn sources(&self, pieces: &[Piece]) -> Result<Vec<(Span, String)>> {
        let mut found = Vec::new();
        for piece in pieces {
            match &piece.note {
                Some(quotes) => found.extend(quotes.iter().map(|q| (q.span, q.text.clone()))),
                None => found.push((piece.span, self.document.source.slice(piece.span.start, piece.span.end)?)),
            }
        }
        Ok(found)
    }

    /// Begins the next prompt; false when there is none.
    fn go_on(&self, work: &mut Work, note: Vec<Piece>) -> Result<bool> {
        match work.plan.next(&self.document, note)? {
            Some(prompt) => work.begin(&self.document, prompt)?,
            None => work.ended = true,
        }
        Ok(!work.ended)
    }

    /// The end of one prompt: what stood in it is covered; gives its note.
    fn leave(&self, work: &mut Work) -> Result<Vec<Piece>> {
        let Some(current) = work.current.take() else { return Ok(Vec::new()) };
        let sight = current.session.window_start();
        for piece in current.pieces.iter().filter(|p| p.note.is_none()) {
            let kind = match (current.recalled, piece.at >= sight) {
                (true, _) => CoverageKind::Recalled,
                (false, true) => CoverageKind::Exact,
                (false, false) => CoverageKind::Absorbed,
            };
            work.covered.add(&self.document.source, piece.span, kind)?;
        }
        if current.shown && self.document.model.layout.citing().is_none() {
            work.sources.extend(self.sources(&current.pieces)?);
        }
        work.runs += current.session.runs() - current.runs_before;
        work.state_bytes = current.session.bytes();
        Ok(current.note)
    }

    /// The end of one prompt that was shown; what a free model says to the next one begins on a line of its own.
    fn next_prompt(&self, work: &mut Work) -> Result<Event> {
        self.leave(work)?;
        if work.ended || !self.go_on(work, Vec::new())? {
            return self.finish(work);
        }
        let mut delta = work.decoder.finish(&self.document.model)?;
        if self.document.model.layout.citing().is_none() && !(work.text.is_empty() && delta.is_empty()) {
            delta.push('\n');
        }
        work.text.push_str(&delta);
        Ok(if delta.is_empty() { PAUSE } else { Event::Text { delta } })
    }

    fn finish(&self, work: &mut Work) -> Result<Event> {
        let rest = work.decoder.finish(&self.document.model)?;
        if !rest.is_empty() {
            work.text.push_str(&rest);
            return Ok(Event::Text { delta: rest });
        }
        if let Some(heading) = work.heading.take().filter(|_| work.text.is_empty()) {
            return self.show(work, [heading].into_iter());
        }
        let source = &self.document.source;
        if self.document.model.layout.citing().is_none() {
            work.quotes = quotes_in(&work.text, &work.sources);
        }
        let state = self.document.state()?;
        for quote in &mut work.quotes {
            for span in state.index.path(&state.index.at(quote.span.start)?)? {
                quote.headings.push(trimmed(&source.slice(span.start, span.end)?).into_owned());
            }
        }
        let document_bytes = state.session.as_ref().map_or(0, Session::bytes);
        let usage = Usage {
            document_tokens: state.marks.tokens,
            prompt_tokens: work.prompt_tokens,
            generated_tokens: (work.cited_tokens + work.decoder.generated()) as u64,
            graph_runs: work.runs,
            index_ms: state.marks.index_ms,
            read_ms: state.marks.read_ms,
            ttft_ms: work.first_text.unwrap_or_else(Instant::now).duration_since(work.begun).as_secs_f64() * 1000.0,
            decode_tokens_per_s: work.decoder.tokens_per_s(),
            state_bytes: document_bytes + work.state_bytes,
            index_bytes: state.index.bytes(),
            peak_rss_bytes: peak_rss_bytes(),
        };
        let rest = if work.memory { CoverageKind::Absorbed } else { CoverageKind::Skipped };
        let coverage = std::mem::take(&mut work.covered).whole(source, state.marks.start_utf16, rest)?;
        drop(state);
        let question = match &self.task {
            Task::Ask(question) => Some(question.clone()),
            Task::Summarize => None,
        };
        let decided = |n: u32| (work.log_confidence / f64::from(n)).exp();
        let confidence = if work.decisions == 0 { work.decoder.confidence() } else { decided(work.decisions) };
        let answer = Answer {
            question,
            text: work.text.clone(),
            found: work.found,
            confidence,
            quotes: std::mem::take(&mut work.quotes),
            coverage,
            usage,
        };
        work.finished = true;
        Ok(Event::Done { answer: Box::new(answer) })
    }
}

impl Work {
    /// The prompt's turn has come.
    fn begin(&mut self, document: &Shared, prompt: Prompt) -> Result<()> {
        self.prompt_tokens += prompt.tokens.len() as u64;
        let recalled = prompt.session.is_none();
        self.memory |= !recalled;
        let mut session = prompt.session.map_or_else(|| document.model.session(), Ok)?;
        let runs_before = session.runs();
        session.feed(&prompt.tokens);
        let total = session.waiting() as u64;
        self.current = Some(Current {
            session,
            pieces: prompt.pieces,
            cites: prompt.cites,
            cited: 0,
            shown: prompt.shown,
            note: Vec::new(),
            note_tokens: prompt.note_tokens,
            words: None,
            total,
            runs_before,
            free: document.model.layout.citing().is_none(),
            recalled,
        });
        Ok(())
    }
}
