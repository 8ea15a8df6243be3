//! Looks through a document for the sentences of a summary, in two passes over its passages: one counts in how many sentences each term stands, the other
//! keeps the best sentences of each stretch. Both take time a line in the document's length, and hold no more of a long document than of a short one.

use std::hash::{DefaultHasher, Hash, Hasher};

use unicode_segmentation::UnicodeSegmentation;

use crate::document::Shared;
use crate::error::Result;
use crate::index::postings::damaged;
use crate::index::term_counts::TermCounts;
use crate::index::terms::Terms;
use crate::index::{Language, Passage, UnitRecord};
use crate::prompt::excerpt::{Excerpt, context_texts, uncut, unit_text};
use crate::prompt::focus::Focus;
use crate::prompt::pieces::headings;
use crate::prompt::salience::{Standing, salience};
use crate::prompt::sentence_choice::{centrality, choose, usual};
use crate::prompt::sentence_pool::{Known, PoolSentence, SentencePool, TERMS};
use crate::text::sentences::{ends_statement, sentences};
use crate::text::span::Utf16;
use crate::text::units::UnitKind;

/// Passages that one step looks at.
const STEP: u32 = 64;
/// Bytes from which on a unit is taken sentence by sentence, such as what somebody says in a conversation.
const TURN: usize = 280;
/// Sentences by which it is told what the best ones hold.
const SAMPLE: usize = 512;
/// Sentences of a document by which headings with nothing under them are told no more, and statements by which the head of a letter is not.
const FEW: usize = 3;
/// What is usual without a number: a few at least, one of so many sentences and one more, at most so many; of a long document one more each time that it doubles.
const ONE_OF: u32 = 3;
const USUAL: u32 = 12;
const MOST: u32 = 18;
/// The same with a focus.
const FOCUSED: usize = 6;

/// A document that is being looked through.
#[derive(Debug)]
pub(crate) struct Survey {
    focus: Option<Focus>,
    wanted: Option<usize>,
    terms: Terms,
    counts: TermCounts,
    known: Known,
    /// Sentences so far in this pass that end as a statement does.
    statements: usize,
    /// The terms of evenly spread sentences, one in so many.
    sample: Vec<Vec<u32>>,
    stride: u32,
    /// The next passage, and how many there are.
    next: u32,
    passages: u32,
    /// None in the first pass.
    gathering: Option<Gathering>,
    has_statements: bool,
    /// Bytes of all that is looked through.
    length: u64,
    /// Of several documents the one at hand, and the bytes of those before it; None of a single one.
    of_several: Option<(u32, u64)>,
}

/// What the second pass holds.
#[derive(Debug)]
struct Gathering {
    pool: SentencePool,
    usual: f32,
}

/// A sentence of a passage, as it is read.
#[derive(Debug)]
struct Read {
    unit: usize,
    part: Option<std::ops::Range<usize>>,
    start: u64,
    text: String,
    said: bool,
}

/// A sentence that was chosen.
#[derive(Debug)]
pub(crate) struct SummarySentence {
    pub passage: Passage,
    /// With what it is read with.
    pub excerpt: Excerpt,
}

impl Survey {
    /// Of a document that was read, for at most `wanted` sentences, or as many as are usual.
    pub fn new(document: &Shared, focus: Option<&str>, wanted: Option<usize>) -> Result<Self> {
        let focus = focus.map(|text| Focus::new(document, text)).transpose()?;
        let state = document.read_state()?;
        let passages = state.index.passages();
        Ok(Self { passages, ..Self::of_several(state.index.language(), focus, wanted, document.source.length()) })
    }

    /// Of several documents of so many bytes together, most of them in a language.
    pub fn of_several(language: Language, focus: Option<Focus>, wanted: Option<usize>, length: u64) -> Self {
        Self {
            focus,
            wanted,
            terms: Terms::new(language),
            counts: TermCounts::new(),
            known: Known::default(),
            statements: 0,
            sample: Vec::new(),
            stride: 1,
            next: 0,
            passages: 0,
            gathering: None,
            has_statements: false,
            length,
            of_several: None,
        }
    }

    /// Goes on to another of several documents: its number, the bytes of those before it, and its passages.
    pub fn enter(&mut self, number: u32, before: u64, passages: u32) {
        self.of_several = Some((number, before));
        (self.next, self.passages) = (0, passages);
        if self.gathering.is_some() {
            self.statements = 0; // each has a first sentence
        }
    }

    /// Looks at some more passages, twice at each; false once all were looked at.
    pub fn step(&mut self, document: &Shared) -> Result<bool> {
        Ok(self.look(document)? || self.begin_second_pass())
    }

    /// Looks at some more passages of a document; false once all were looked at.
    pub fn look(&mut self, document: &Shared) -> Result<bool> {
        let end = self.passages.min(self.next.saturating_add(STEP));
        for number in self.next..end {
            self.look_at(document, number)?;
        }
        self.next = end;
        Ok(end < self.passages)
    }

    /// Begins the second pass; false after it.
    pub fn begin_second_pass(&mut self) -> bool {
        if self.gathering.is_some() {
            return false;
        }
        let central = self.sample.drain(..).map(|terms| terms.iter().map(|term| self.counts.centrality(*term)).sum());
        let usual = usual(central.collect());
        let pool = SentencePool::new(self.length, self.most());
        self.gathering = Some(Gathering { pool, usual });
        self.has_statements = self.statements >= FEW;
        self.known = Known::default();
        self.statements = 0;
        self.next = 0;
        true
    }

    /// The share of the work that is done.
    pub fn done(&self) -> f64 {
        let before = if self.gathering.is_some() { self.passages } else { 0 };
        (f64::from(before) + f64::from(self.next)) / (2.0 * f64::from(self.passages.max(1)))
    }

    /// What is held at the end of the work for the choice: sentences, and the bytes of all that is held.
    pub fn held(&self) -> (usize, usize) {
        let pool = self.gathering.as_ref().map_or((0, 0), |gathering| gathering.pool.held_bytes());
        let sample: usize = self.sample.iter().map(|terms| terms.capacity() * size_of::<u32>()).sum();
        (pool.0 + self.sample.len(), pool.1 + sample + self.counts.bytes() + self.known.bytes())
    }

    /// The sentences of the summary in document order, and how well the best bears on the focus; 0 without one.
    pub fn chosen(&mut self, document: &Shared) -> Result<(Vec<SummarySentence>, f32)> {
        let (chosen, relevance) = self.choose();
        Ok((chosen.iter().map(|sentence| told(document, sentence)).collect::<Result<_>>()?, relevance))
    }

    /// The same by their places.
    pub fn choose(&mut self) -> (Vec<PoolSentence>, f32) {
        let Some(Gathering { pool, usual }) = self.gathering.take() else { return (Vec::new(), 0.0) };
        let wanted = self.most();
        let pool = pool.into_sentences(FEW);
        let relevance = pool.iter().map(|sentence| sentence.relevance).fold(0.0, f32::max);
        let chosen = choose(&pool, &self.counts, usual, wanted, self.length);
        (chosen.into_iter().map(|at| pool[at].clone()).collect(), relevance)
    }

    /// Most sentences of the summary.
    fn most(&self) -> usize {
        let sentences = self.counts.sentences();
        let longer = (sentences / (USUAL * ONE_OF)).checked_ilog2().unwrap_or(0);
        let usual = (1 + sentences / ONE_OF).min(USUAL + longer).clamp(FEW as u32, MOST) as usize;
        self.wanted.unwrap_or(if self.focus.is_some() { FOCUSED.min(usual) } else { usual })
    }

    fn look_at(&mut self, document: &Shared, number: u32) -> Result<()> {
        let (passage, units) = {
            let state = document.read_state()?;
            let passage = state.index.passage(number)?;
            (passage, state.index.units(&passage)?)
        };
        let text = document.source.slice(passage.start, passage.start + u64::from(passage.length))?;
        let read = read(&passage, &units, &text)?;
        if self.gathering.is_some() {
            return self.gather(document, &passage, &units, read);
        }
        for sentence in read.iter().filter(|sentence| sentence.said) {
            if self.known.is_new(words(&sentence.text)) {
                self.statements += usize::from(ends_statement(&sentence.text));
                let terms = self.terms_of(&sentence.text);
                self.counts.add(&terms);
                if self.counts.sentences().is_multiple_of(self.stride) {
                    self.keep_sample(terms);
                }
            }
        }
        Ok(())
    }

    fn keep_sample(&mut self, terms: Vec<u32>) {
        self.sample.push(terms);
        if self.sample.len() == SAMPLE {
            let mut number = 0;
            self.sample.retain(|_| {
                number += 1;
                number % 2 == 0
            });
            self.stride *= 2;
        }
    }

    fn gather(&mut self, document: &Shared, passage: &Passage, units: &[UnitRecord], read: Vec<Read>) -> Result<()> {
        let (section, heading) = match document.read_state()?.index.path(passage)?.last() {
            Some(heading) => (Some(heading.start), document.source.slice(heading.start, heading.end)?),
            None => (None, String::new()),
        };
        let heading = self.terms_of(&heading);
        let relevance = match &self.focus {
            Some(focus) => self.relevance(document, passage, units, &read, focus)?,
            None => vec![0.0; read.len()],
        };
        for (sentence, relevance) in read.into_iter().zip(relevance) {
            let words = words(&sentence.text);
            if !self.known.is_new(words) {
                continue;
            }
            let statement = ends_statement(&sentence.text);
            let terms = self.terms_of(&sentence.text);
            let mut first = None;
            let words_on = sentence.text.trim_start_matches(|c: char| !c.is_alphabetic());
            self.terms.for_each(words_on, |term| first = first.or(Some(term)));
            let standing = Standing {
                place: sentence.start as f32 / document.source.length().max(1) as f32,
                first: statement && sentence.said && self.statements == 0,
                statement,
                letter: self.has_statements && self.statements == 0 && !statement,
                subject: first.is_some_and(|term| heading.binary_search(&term).is_ok()),
                headed: terms.iter().any(|term| heading.binary_search(term).is_ok()),
            };
            self.statements += usize::from(statement && sentence.said);
            let salience = salience(&sentence.text, terms.len(), standing);
            let Some(gathering) = &mut self.gathering else { return Ok(()) };
            let central = centrality(&terms, &self.counts, gathering.usual);
            let value = if self.focus.is_some() { relevance } else { (central + salience.worth) / salience.cost };
            let Read { unit, part, start, said, .. } = sentence;
            let (document, before) = self.of_several.unwrap_or_default();
            let start = before + start;
            // What stands under no heading is its document's.
            let section = section.map(|start| before + start).or(self.of_several.map(|(_, before)| before));
            let passage = passage.number;
            let sentence = PoolSentence { document, passage, unit, part, start, section, words, terms, salience, relevance, value };
            match said {
                true if self.focus.is_none() || relevance > 0.0 => gathering.pool.offer(sentence),
                false if self.focus.is_none() => gathering.pool.offer_line(sentence),
                _ => {}
            }
        }
        Ok(())
    }

    fn relevance(&self, document: &Shared, passage: &Passage, units: &[UnitRecord], read: &[Read], focus: &Focus) -> Result<Vec<f32>> {
        let mut above = headings(&document.source, &document.read_state()?.index, passage)?;
        above.reverse();
        let with = |sentence: &Read| {
            let context = context_texts(&document.source, &units[sentence.unit])?;
            Ok((sentence.text.clone(), context.into_iter().map(|(_, text)| text).collect()))
        };
        let sentences: Vec<(String, Vec<String>)> = read.iter().map(with).collect::<Result<_>>()?;
        Ok(focus.relevance(&sentences, &above))
    }

    fn terms_of(&mut self, text: &str) -> Vec<u32> {
        let mut terms = Vec::new();
        self.terms.for_each(text, |term| terms.push(term));
        terms.sort_unstable();
        terms.dedup();
        terms.truncate(TERMS);
        terms
    }
}

/// The sentences of a passage; those that were cut are whole again, what is long is taken sentence by sentence.
fn read(passage: &Passage, units: &[UnitRecord], text: &str) -> Result<Vec<Read>> {
    let mut places = Utf16::new(passage.start, passage.start_utf16);
    let mut found = Vec::new();
    let mut unit = 0;
    for parts in units.chunk_by(|_, next| next.part) {
        let whole = uncut(&parts.iter().collect::<Vec<_>>(), text);
        let (spans, own) = unit_text(&whole, text, &mut places).ok_or_else(damaged)?;
        let said = whole.kind == UnitKind::Said;
        match &whole.ranges[..] {
            [range] if said && own.len() > TURN => {
                for part in sentences(&own) {
                    let start = spans[0].start + part.start as u64;
                    let text = own[part.clone()].to_owned();
                    let part = range.start + part.start..range.start + part.end;
                    found.push(Read { unit, part: Some(part), start, text, said });
                }
            }
            _ => found.push(Read { unit, part: None, start: spans[0].start, text: own, said }),
        }
        unit += parts.len();
    }
    Ok(found)
}

/// A chosen sentence as it is shown.
pub(crate) fn told(document: &Shared, sentence: &PoolSentence) -> Result<SummarySentence> {
    let (passage, units) = {
        let state = document.read_state()?;
        let passage = state.index.passage(sentence.passage)?;
        (passage, state.index.units(&passage)?)
    };
    let text = document.source.slice(passage.start, passage.start + u64::from(passage.length))?;
    let rest = units.get(sentence.unit..).filter(|rest| !rest.is_empty()).ok_or_else(damaged)?;
    let parts: Vec<&UnitRecord> = rest.iter().enumerate().take_while(|(at, unit)| *at == 0 || unit.part).map(|(_, unit)| unit).collect();
    let mut whole = uncut(&parts, &text);
    if let Some(part) = &sentence.part {
        whole.ranges = vec![part.clone()];
    }
    let mut excerpt = Excerpt::default();
    context_texts(&document.source, &whole)?.into_iter().for_each(|(span, text)| excerpt.add(vec![span], text));
    let (spans, own) = unit_text(&whole, &text, &mut Utf16::new(passage.start, passage.start_utf16)).ok_or_else(damaged)?;
    excerpt.add(spans, own);
    Ok(SummarySentence { passage, excerpt })
}

/// The same for sentences in the same words, whatever their case, marks and spaces.
fn words(text: &str) -> u64 {
    let words: Vec<String> = text.unicode_words().map(str::to_lowercase).collect();
    // What is said twice in one sentence counts once.
    let once = (1..=words.len() / 2)
        .find(|length| words.len().is_multiple_of(*length) && words.chunks(*length).all(|part| part == &words[..*length]));
    let mut hasher = DefaultHasher::new();
    match words.is_empty() {
        true => text.hash(&mut hasher),
        false => words[..once.unwrap_or(words.len())].hash(&mut hasher),
    }
    hasher.finish()
}
