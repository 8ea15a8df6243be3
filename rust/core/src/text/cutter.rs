//! Cuts a document's blocks into units, and finds what each of them is to be read with: an item's lead-in, a row's header, an answer's question, the
//! heading that a list stands under.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use edgeinfinite_documents::{Block, Kind};

use crate::text::sentences::{breaths, ends_statement, parts, sentences, trimmed};
use crate::text::span::Utf16;
use crate::text::structure::Chunk;
use crate::text::units::{Context, ContextPart, TextUnit, UnitKind};

/// A unit longer than this (bytes) is cut.
const LONG: usize = 480;
/// What one speaker says is one unit up to this length (bytes).
const TURN: usize = 240;
/// Most bytes of a context; what does not fit is left out from the outside.
const CONTEXT: usize = 240;
/// Words of a name that records stand under.
const NAME: usize = 4;
/// Blocks that others may refer to and that are remembered, the latest ones referred to.
const REMEMBERED: usize = 256;

/// Turns blocks into units, in order.
#[derive(Debug, Default)]
pub struct Cutter {
    /// The number of the next block.
    next: usize,
    remembered: VecDeque<Said>,
    /// The last block's units, until the next block shows whether it leads that one in.
    waiting: Vec<TextUnit>,
}

/// What others need to know of a block.
#[derive(Debug)]
struct Said {
    number: usize,
    /// Its own context and, as the last of it, its last sentence.
    context: Context,
    heading: bool,
    /// A question, or a table's header.
    says_nothing: bool,
    /// A few words that name what follows: `backup:`, `[backup]`.
    names: bool,
}

/// A block's text with the way back to the chunk.
struct Joined {
    text: String,
    /// Where each piece begins in the text, and in the chunk.
    pieces: Vec<(usize, usize)>,
}

impl Joined {
    fn new(chunk: &Chunk, block: &Block) -> Self {
        let (mut text, mut pieces) = (String::new(), Vec::with_capacity(block.pieces.len()));
        let mut end = usize::MAX;
        for piece in &block.pieces {
            let piece = piece.start - chunk.start..piece.end - chunk.start;
            match chunk.text.get(end..piece.start) {
                // Between them stands nothing but the indent of a line.
                Some(gap) if gap.trim().is_empty() => text.push_str(gap),
                _ => pieces.push((text.len(), piece.start)),
            }
            end = piece.end;
            text.push_str(&chunk.text[piece]);
        }
        Self { text, pieces }
    }

    /// A unit of some of its bytes.
    fn unit(&self, chunk: &Chunk, range: Range<usize>, kind: UnitKind, (context, leans): &(Context, bool), places: &mut Utf16) -> TextUnit {
        let mut spans = Vec::with_capacity(1);
        let from = self.pieces.partition_point(|piece| piece.0 <= range.start) - 1;
        for (number, (at, place)) in self.pieces.iter().enumerate().skip(from) {
            let end = self.pieces.get(number + 1).map_or(self.text.len(), |next| next.0).min(range.end);
            let start = (*at).max(range.start);
            if start >= end {
                break;
            }
            spans.push(places.span(&chunk.text, place + start - at, place + end - at));
        }
        TextUnit { spans, text: self.text[range].to_owned(), kind, part: false, context: Arc::clone(context), leans: *leans }
    }
}

impl Cutter {
    /// The units of one more block of a chunk, and those that waited for it; `places` are the chunk's.
    pub fn take(&mut self, chunk: &Chunk, block: &Block, places: &mut Utf16) -> Vec<TextUnit> {
        let number = self.next;
        self.next += 1;
        let joined = if block.is_said() { Joined::new(chunk, block) } else { return Vec::new() };
        if joined.text.trim().is_empty() {
            return Vec::new();
        }
        let mut done = std::mem::take(&mut self.waiting);
        let before = self.remembered.back().map(|said| said.number);
        if let Some(last) = done.last_mut()
            && block.lead.is_some()
            && block.lead == before
            && last.kind == UnitKind::Said
            && self.remembered.back().is_some_and(|said| said.says_nothing)
        {
            last.kind = UnitKind::Lead;
        }
        let context = self.context_of(block, &joined.text);
        self.waiting = units(chunk, &joined, block, &context, places);
        self.remember(number, block, &context.0);
        done
    }

    /// Where the units that wait begin.
    pub fn waiting(&self) -> Option<u64> {
        self.waiting.first().map(|unit| unit.spans[0].start)
    }

    /// The units that still wait at the document's end.
    pub fn finish(&mut self) -> Vec<TextUnit> {
        std::mem::take(&mut self.waiting)
    }

    /// What a block is to be read with, and whether it leans on that: its lead, or a heading that asks, or the heading above an item that is no
    /// sentence.
    fn context_of(&mut self, block: &Block, text: &str) -> (Context, bool) {
        let fragment = matches!(block.kind, Kind::Item { .. }) && !ends_statement(text.trim_end()) && !text.trim_end().ends_with(':');
        let heading = |said: &&Said| said.heading && (said.says_nothing || fragment);
        if matches!(block.kind, Kind::Heading { .. }) {
            return (Context::default(), false);
        }
        let found = |said: &Said| (Arc::clone(&said.context), said.says_nothing);
        if let Some(lead) = block.lead
            && let Some(said) = self.recall(lead)
        {
            let (context, leans) = found(said);
            return (context, leans || said.names && matches!(block.kind, Kind::Record { .. }));
        }
        let above = block.heading.and_then(|heading| self.recall(heading));
        above.filter(heading).map_or_else(Default::default, found)
    }

    /// A block by its number; what is referred to is forgotten last.
    fn recall(&mut self, number: usize) -> Option<&Said> {
        let at = self.remembered.iter().rposition(|said| said.number == number)?;
        if at < self.remembered.len() / 2 {
            let said = self.remembered.remove(at)?;
            let before_last = self.remembered.len() - 1;
            self.remembered.insert(before_last, said);
            return self.remembered.get(before_last);
        }
        self.remembered.get(at)
    }

    fn remember(&mut self, number: usize, block: &Block, context: &Context) {
        let Some(last) = self.waiting.last() else { return };
        let says_nothing = asks(&last.text) || matches!(block.kind, Kind::Header { .. });
        let outer = context.iter().cloned();
        let own = context_parts(last);
        let mut all: Vec<ContextPart> = outer.chain(own).collect();
        while all.len() > 1 && all.iter().map(|part| part.text.len()).sum::<usize>() > CONTEXT {
            all.remove(0);
        }
        if self.remembered.len() == REMEMBERED {
            self.remembered.pop_front();
        }
        let heading = matches!(block.kind, Kind::Heading { .. });
        let names = names(&last.text);
        self.remembered.push_back(Said { number, context: all.into(), heading, says_nothing, names });
    }
}

/// A unit as what another is read with.
fn context_parts(unit: &TextUnit) -> impl Iterator<Item = ContextPart> {
    unit.spans.iter().scan(0, |at, span| {
        let from = *at;
        *at += span.length();
        Some(ContextPart { span: *span, text: unit.text[from..*at].to_owned() })
    })
}

fn names(text: &str) -> bool {
    let text = text.trim_end_matches(['{', '[', ' ']);
    let marked = text.ends_with(':') || text.starts_with('[') && text.ends_with(']');
    marked && text.split_whitespace().count() <= NAME
}

fn asks(text: &str) -> bool {
    text.trim_end_matches(['*', '_']).ends_with(['?', '？', '؟', '\u{37e}'])
}

/// The units of a block.
fn units(chunk: &Chunk, joined: &Joined, block: &Block, context: &(Context, bool), places: &mut Utf16) -> Vec<TextUnit> {
    let text = joined.text.as_str();
    let whole = || vec![trimmed(text, 0..text.len())];
    let kind = match block.kind {
        Kind::Heading { level } => UnitKind::Heading(level),
        Kind::Quoted { .. } => UnitKind::Quoted,
        _ => UnitKind::Said,
    };
    let ranges = match block.kind {
        Kind::Heading { .. } | Kind::Header { .. } | Kind::Row { .. } | Kind::Record { .. } => whole(),
        Kind::Turn { .. } if text.len() <= TURN => whole(),
        Kind::Code => lines(text),
        _ => sentences(text).into_iter().flat_map(|range| breaths(text, range)).collect(),
    };
    let mut found = Vec::with_capacity(ranges.len());
    for range in ranges {
        let rest = parts(text, range, LONG).into_iter().map(|part| joined.unit(chunk, part, kind, context, places));
        found.extend(rest);
    }
    if let Kind::Turn { speaker } = &block.kind
        && found.len() > 1
    {
        let first = block.range().start;
        let name = speaker.start - first..speaker.end - first;
        let name = joined.text.get(name.clone()).map(|text| (name, text.to_owned()));
        if let Some((name, text)) = name {
            let at = joined.pieces[0].1;
            let span = places.span(&chunk.text, at + name.start, at + name.end);
            lean(&mut found[1..], &[ContextPart { span, text }].into());
        }
    }
    if let (Kind::Item { .. }, [question, answers @ ..]) = (&block.kind, found.as_mut_slice())
        && asks(&question.text)
        && !answers.is_empty()
    {
        question.kind = UnitKind::Lead;
        lean(answers, &context.0.iter().cloned().chain(context_parts(question)).collect());
    }
    if let UnitKind::Heading(_) = kind {
        found.iter_mut().skip(1).for_each(|unit| unit.kind = UnitKind::Said);
    }
    found
}

/// Gives units a context that they lean on.
fn lean(units: &mut [TextUnit], context: &Context) {
    for unit in units {
        unit.context = Arc::clone(context);
        unit.leans = true;
    }
}

/// The lines of code; one without a letter or a digit goes with the one before.
fn lines(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut at): (Vec<Range<usize>>, usize) = (Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let range = trimmed(text, at..at + line.len());
        at += line.len();
        match found.last_mut() {
            _ if range.is_empty() => {}
            Some(last) if !text[range.clone()].contains(char::is_alphanumeric) && range.end - last.start <= LONG => last.end = range.end,
            _ => found.push(range),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use edgeinfinite_documents::{Options, structured_text};

    use super::*;

    /// The units of a text: each with its context before a bar.
    fn cut(text: &str) -> Vec<TextUnit> {
        let found = structured_text(text.as_bytes(), &Options { verbatim: true, ..Options::default() }).unwrap();
        let chunk = Chunk { start: 0, text: found.text, blocks: found.blocks };
        let (mut cutter, mut places) = (Cutter::default(), Utf16::new(0, 0));
        let mut units: Vec<TextUnit> = chunk.blocks.iter().flat_map(|block| cutter.take(&chunk, block, &mut places)).collect();
        units.extend(cutter.finish());
        for unit in &units {
            let quoted: String = unit.spans.iter().map(|span| &text[span.start as usize..span.end as usize]).collect();
            assert_eq!(quoted, unit.text);
            for span in unit.spans.iter().chain(unit.context.iter().map(|part| &part.span)) {
                assert_eq!(text[..span.start as usize].encode_utf16().count() as u64, span.start_utf16);
                assert_eq!(text[..span.end as usize].encode_utf16().count() as u64, span.end_utf16);
            }
            for part in unit.context.iter() {
                assert_eq!(&text[part.span.start as usize..part.span.end as usize], part.text);
            }
        }
        units
    }

    fn said(text: &str) -> Vec<String> {
        let shown = |unit: &TextUnit| {
            let context: Vec<&str> = unit.context.iter().map(|part| part.text.trim()).collect();
            if context.is_empty() { unit.text.clone() } else { format!("{} | {}", context.join(" > "), unit.text) }
        };
        cut(text).iter().filter(|unit| matches!(unit.kind, UnitKind::Said)).map(shown).collect()
    }

    #[test]
    fn an_item_has_its_lead_in() {
        let text = "Park rules\n\nVisitors must not\n(a) fish in the pond;\n(b) light fires: (i) of wood; or\n\nVisitors may:\n- play ball\n- bring dogs\n";
        let found = said(text);
        assert!(found.contains(&"Visitors must not | (a) fish in the pond;".to_owned()), "{found:?}");
        assert!(found.contains(&"Visitors may: | - bring dogs".to_owned()), "{found:?}");
        let nested = said("1. Duties\n\n1.1 The tenant shall:\n(a) keep the garden;\n(b) clean the stairs.\n");
        assert!(nested.contains(&"1.1 The tenant shall: | (b) clean the stairs.".to_owned()), "{nested:?}");
        let headed = said("# Park\n\n## Forbidden\n\n- fish\n- swim\n");
        assert_eq!(headed, ["Forbidden | - fish", "Forbidden | - swim"]);
    }

    #[test]
    fn a_row_has_its_header() {
        let found = said("name,city,salary\nInga,Bergen,57300\nTomas,Rosario,36100\n");
        assert_eq!(found, ["name,city,salary | Inga,Bergen,57300", "name,city,salary | Tomas,Rosario,36100"]);
        let found = said("| Boat | Deposit |\n|---|---|\n| canoe | 30 |\n| raft | 45 |\n");
        assert_eq!(found, ["| Boat | Deposit | | | canoe | 30 |", "| Boat | Deposit | | | raft | 45 |"]);
        let many: String = (0..2000).map(|row| format!("w{row},{},x\n", row * 7)).collect();
        let found = said(&format!("name,count,mark\n{many}"));
        assert!(found.iter().all(|unit| unit.starts_with("name,count,mark | w")), "{:?}", &found[..2]);
    }

    #[test]
    fn an_answer_has_its_question() {
        for text in [
            "Where can I park?\nBehind the laundry.\n\nWho pays?\nThe landlord.\n",
            "Where can I park?\n\nBehind the laundry.\n\nWho pays?\n\nThe landlord.\n",
            "Q: Where can I park?\nA: Behind the laundry.\n\nQ: Who pays?\nA: The landlord.\n",
            "## Where can I park?\n\nBehind the laundry.\n\n## Who pays?\n\nThe landlord.\n",
            "1. Where can I park?\n   Behind the laundry.\n\n2. Who pays?\n   The landlord.\n",
        ] {
            let found = said(text);
            assert_eq!(found.len(), 2, "{found:?}");
            assert!(found[0].contains("Where can I park? | ") && found[0].ends_with("Behind the laundry."), "{found:?}");
        }
    }

    #[test]
    fn marks_and_furniture_are_in_no_sentence() {
        let mail =
            "On Friday the 22nd at nine.\n\nNadia\n\n> When does the piano\n> come? It was late.\n>> The piano comes on\n>> Wednesday.\n";
        let units = cut(mail);
        assert!(units.iter().all(|unit| !unit.text.contains('>')), "{units:?}");
        let deep = units.iter().find(|unit| unit.text.contains("Wednesday")).unwrap();
        assert_eq!((deep.spans.len(), deep.kind), (2, UnitKind::Quoted));
        let pages: String = (1..6)
            .map(|page| {
                format!(
                    "Harbour Rules\n\nThe fee for night {page} is\n\n{page}\n\u{c}Harbour Rules\n\nforty crowns {page}.\n\n{page}\n\u{c}"
                )
            })
            .collect();
        assert!(said(&pages).iter().all(|unit| !unit.contains("Harbour")), "{:?}", said(&pages));
    }

    #[test]
    fn a_turn_has_its_speaker() {
        let long = "The hall was full and everybody wanted to know what the roof would cost this year. ".repeat(4);
        let text = format!("Mayor: {long}\nClerk: The roof costs nine thousand.\nMayor: {long}\nClerk: The door costs more.\n");
        let found = said(&text);
        assert!(found.iter().any(|unit| unit.starts_with("Mayor | The hall was full")), "{found:?}");
        assert!(found.contains(&"Clerk: The door costs more.".to_owned()), "{found:?}");
    }

    #[test]
    fn code_is_cut_at_lines() {
        let found = said("It is so:\n\n```\nfn main() {\n    go(1);\n}\n```\n\nUse it well. Or not at all.\n");
        assert!(found.iter().any(|unit| unit.ends_with("go(1);\n}")), "{found:?}");
        assert!(found.contains(&"Or not at all.".to_owned()));
    }
}
