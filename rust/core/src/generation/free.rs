//! A free model's turn: an answer or a note in its own words, or held to the document.

use crate::answer::{AnswerEvent, Span, quotes_in};
use crate::decode::constrained::Hold;
use crate::decode::decoder::Decoder;
use crate::decode::sampling::Sampling;
use crate::document::Shared;
use crate::error::Result;
use crate::generation::work::{Current, PAUSE, Work};
use crate::prompt::{Piece, held, piece, sources};
use crate::runtime::cancel_token::CancelToken;
use crate::text::whitespace::folded;

impl Work {
    /// A free model's next words.
    pub fn choose(&mut self, cancel: &CancelToken) -> Result<AnswerEvent> {
        let model = &self.document.model;
        let Some(current) = self.current.as_mut() else { return self.finish() };
        if self.verbatim && !self.decoder.is_held() {
            self.decoder.hold(hold(&self.document, current)?);
        }
        let Some(mut delta) = self.decoder.next(&mut current.session, model, cancel)? else { return self.next_prompt() };
        if self.text.is_empty() && model.layout.citing().is_some() {
            delta = delta.trim_start().to_owned(); // pieces of a citing model begin with a space
        }
        if self.verbatim && current.cited == 0 && !delta.is_empty() {
            current.cited = 1;
            delta.insert_str(0, if self.text.is_empty() { "" } else { "\n" }); // a line for each quote, of whatever prompt
        }
        self.text.push_str(&delta);
        if self.decoder.full() {
            self.ended = true;
            self.leave()?; // no run for a token that nobody will see
        }
        if delta.is_empty() { Ok(PAUSE) } else { Ok(AnswerEvent::TextDelta { delta }) }
    }

    /// The next word of a note in a free model's own words.
    pub fn note(&mut self, cancel: &CancelToken) -> Result<AnswerEvent> {
        let model = &self.document.model;
        let Some(current) = self.current.as_mut() else { return self.finish() };
        let hold = if self.verbatim && current.words.is_none() { Some(hold(&self.document, current)?) } else { None };
        let (decoder, words) =
            current.words.get_or_insert_with(|| (Decoder::new(current.note_tokens, self.lookup, &Sampling::default()), String::new()));
        hold.into_iter().for_each(|hold| decoder.hold(hold));
        let delta = decoder.next(&mut current.session, model, cancel)?;
        let ended = delta.is_none() || decoder.full();
        words.push_str(&delta.unwrap_or_default());
        if ended {
            words.push_str(&decoder.finish(model)?);
            let text = words.trim().to_owned();
            let cuts = decoder.release();
            if self.verbatim {
                let quotes = held(&self.document, &current.pieces, cuts)?;
                current.note = quotes.into_iter().map(|quote| piece(&self.document, quote.span, false)).collect::<Result<_>>()?;
            } else if let (false, Some(first), Some(last)) = (text.is_empty(), current.pieces.first(), current.pieces.last()) {
                let span = Span { end: last.span.end, end_utf16: last.span.end_utf16, ..first.span };
                let quotes = quotes_in(&text, &sources(&self.document, &current.pieces)?);
                let tokens = model.tokens.encode(&folded(&text))?;
                current.note = vec![Piece { span, text, heading: false, score: 0.0, marker: None, tokens, at: 0, note: Some(quotes) }];
            }
            let note = self.leave()?;
            self.go_on(note)?;
        }
        Ok(self.progress(0.0))
    }
}

/// What a free model may quote: the pieces in sight.
fn hold(document: &Shared, current: &Current) -> Result<Hold> {
    let (tokens, sight) = (&document.model.tokens, current.session.window_start());
    let whole = |piece: &Piece| match piece.tokens.as_slice() {
        _ if piece.at < sight || piece.note.is_some() => Ok(Vec::new()),
        [] => tokens.encode(&folded(&piece.text)),
        ids => Ok(ids.to_vec()),
    };
    let pieces = current.pieces.iter().map(|p| Ok((whole(p)?, p.text.clone()))).collect::<Result<Vec<_>>>()?;
    Hold::new(pieces, tokens)
}
