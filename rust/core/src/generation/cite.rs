//! A citing model's turn: it chooses among the pieces in sight, or none of them, or answers out of the memory in its own words.

use crate::answer::AnswerEvent;
use crate::decode::decoder::Decoder;
use crate::decode::scoring;
use crate::error::Result;
use crate::generation::work::{PAUSE, Work};
use crate::prompt::{Next, Piece, Task};

impl Work {
    /// A citing model's choice: one of the pieces in sight, *not in the document*, its own words, or the end of a summary.
    pub fn cite(&mut self, none: u32) -> Result<AnswerEvent> {
        let asked = matches!(self.task, Task::Ask(_));
        let Some(current) = self.current.as_mut() else { return self.finish() };
        let manifest = self.document.model.manifest();
        let sight = current.session.window_start();
        let in_sight = |piece: &Piece| piece.at >= sight && !(asked && piece.heading);
        let pieces: Vec<(usize, u32, f32)> = // index, marker, BM25
            current.pieces.iter().enumerate().filter(|(_, p)| in_sight(p)).filter_map(|(at, p)| Some((at, p.marker?, p.score))).collect();
        let otherwise: &[u32] = match asked {
            true => &[none],
            false if current.cited > 0 || pieces.is_empty() => &manifest.tokenizer.end,
            false => &[],
        };
        if asked {
            (self.log_confidence, self.decisions) = (0.0, 0); // the last prompt's decision is the answer's
        }
        self.decisions += 1;
        let remembers = asked && !current.recalled && current.session.absorbed() > 0;
        if let Some(words) = self.own_words.filter(|_| remembers) {
            let others = pieces.iter().map(|p| p.1).chain([none]);
            let (own, log_p) = scoring::own_words(current.session.logits(), words, others);
            self.log_confidence += log_p;
            if own {
                self.said = true;
                return self.speak(words);
            }
        }
        let (piece, log_p) = scoring::cite(current.session.logits(), &pieces, otherwise, manifest.scoring, asked);
        self.log_confidence += log_p;
        let Some(at) = piece else { return self.nothing(none, asked) };
        let piece = current.pieces[at].clone();
        current.pieces[at].marker = None; // never cited twice
        current.cited += 1;
        if current.shown && !piece.heading {
            current.sentences = current.sentences.saturating_sub(1);
            self.sentences = self.sentences.saturating_sub(1);
        }
        let last = current.cited == current.cites || (current.shown && current.sentences == 0);
        if !last {
            current.session.feed(&piece.tokens);
            current.total = current.session.waiting() as u64;
        }
        if !current.shown {
            current.note.push(piece);
            if last {
                let note = self.leave()?;
                self.go_on(note)?;
            }
            return Ok(self.progress(0.0));
        }
        self.cited_tokens += piece.tokens.len();
        let event = if piece.heading {
            self.heading = Some(piece);
            PAUSE
        } else {
            let heading = self.heading.take().filter(|_| !self.paragraph);
            self.show(heading.into_iter().chain([piece]))?
        };
        self.ended |= asked || self.cited_tokens >= self.limit || self.sentences == 0;
        if last || self.ended {
            self.leave()?;
        }
        Ok(event)
    }

    /// The model chose no piece: it looks on in the next prompt, and after the last one says so in its own words.
    fn nothing(&mut self, none: u32, asked: bool) -> Result<AnswerEvent> {
        if !asked {
            let note = self.leave()?;
            self.go_on(note)?;
            return Ok(PAUSE);
        }
        match self.plan.next(&self.document, Vec::new())? {
            Next::Prompt(prompt) => {
                self.leave()?;
                self.begin(*prompt)?;
                return Ok(self.progress(0.0));
            }
            Next::Later => return Ok(PAUSE), // the same choice is made again
            Next::End => {}
        }
        self.found = false;
        self.speak(none)
    }

    /// The rest of the answer is the model's own words, which `token` begins.
    fn speak(&mut self, token: u32) -> Result<AnswerEvent> {
        let Some(current) = self.current.as_mut() else { return self.finish() };
        self.ended = true;
        self.decoder = Decoder::new(self.limit.saturating_sub(1), self.lookup, &self.sampling);
        self.cited_tokens = 1;
        (current.free, current.shown, current.total) = (true, true, 1);
        current.session.feed(&[token]);
        Ok(PAUSE)
    }
}
