//! The reading *recall*: a prompt packed with the sentences of the whole document that match best, and another until the model finds an
//! answer or the budget ends. A summary is packed with what stands under headings.

use std::collections::{HashMap, HashSet};

use crate::document::Shared;
use crate::error::{Error, Result};
use crate::index::bm25::{Rank, Weights};
use crate::index::{Match, Query};
use crate::manifest::prompt_template::TaskTokens;
use crate::model::Model;
use crate::prompt::demand::Demand;
use crate::prompt::pieces::only_leads;
use crate::prompt::{Evidence, Near, Next, Prompt, PromptBudget, evidence_at, headings, question_too_long, sentences};
use crate::text::sentences::ends_statement;

/// Passages looked at for the first prompt; twice as many for the next one, and so on up to the second number.
pub(crate) const PASSAGES: usize = 24;
pub(crate) const MOST_PASSAGES: usize = 192;
/// Sentences that wait for a later prompt.
const WAITING: usize = 512;
/// Texts remembered.
const MOST_KNOWN: usize = 1 << 14;
/// Weight of its passage in a sentence's score.
pub(crate) const PASSAGE_WEIGHT: f32 = 0.3;
/// Scores of the same words that differ by less are equal.
const EQUAL: f32 = 0.01;
/// Most bytes of a label in the head of a letter.
const LABEL: usize = 20;
/// Sentences that a summary is chosen from at least, if the document has as many.
const FEW: usize = 12;
/// Prompts of a summary, and pieces that one of them may cite.
const PARTS: usize = 3;
pub(crate) const PIECES: usize = 6;

/// A question on its way through the document, best passages first.
#[derive(Debug)]
pub(crate) struct Recall {
    question: String,
    near: Near,
    /// None before the first prompt.
    asked: Option<(Query, Demand)>,
    task_tokens: TaskTokens,
    /// Prompts left; None goes on to the document's end.
    left: Option<usize>,
    passages: usize,
    /// The passage ranked last so far; None before the first.
    after: Option<Rank>,
    exhausted: bool,
    waiting: Vec<Evidence>,
    /// Texts of sentences that were taken in, as hashes: boilerplate is shown once.
    known: HashSet<u64>,
    made: usize,
    /// Whether the document is taken in whole, since it fits a prompt.
    whole: bool,
    /// Whether headings were left out that did not fit, or sentences that others in the same words match better.
    left_out: bool,
    /// Whether what messages quote of others was looked at after the last of the prompts.
    late: bool,
}

impl Recall {
    /// Looks in at most `prompts` prompts, or everywhere.
    pub fn new(question: &str, task_tokens: TaskTokens, prompts: Option<usize>) -> Self {
        let waiting = Vec::new();
        let known = HashSet::new();
        let question = question.to_owned();
        Self {
            question,
            near: Near::default(),
            asked: None,
            task_tokens,
            left: prompts,
            passages: PASSAGES,
            after: None,
            exhausted: false,
            waiting,
            known,
            made: 0,
            whole: false,
            left_out: false,
            late: false,
        }
    }

    /// The same of a question that refers to an answer.
    pub fn near(self, near: Near) -> Self {
        Self { near, ..self }
    }

    /// The next prompt, looked for among one more batch of passages.
    pub fn next(&mut self, document: &Shared) -> Result<Next> {
        let model = document.generator()?;
        let unfinished = self.whole && self.made > 0 && !self.waiting.is_empty();
        if self.left.is_some_and(|left| self.made >= left) && !unfinished {
            self.waiting.retain(|piece| piece.quoted);
            if self.late || self.waiting.is_empty() {
                return Ok(Next::End);
            }
            self.late = true;
        } else {
            self.take_in(document)?;
        }
        let mut pack = PromptBudget::new(model, self.task_tokens.count());
        let mut chosen = Vec::new();
        let mut waiting = Vec::new();
        for piece in std::mem::take(&mut self.waiting) {
            // What a message quotes of another is looked at once its own words say nothing.
            let late = piece.quoted && chosen.first().is_some_and(|first: &Evidence| !first.quoted);
            (if !late && pack.fits(&piece) { &mut chosen } else { &mut waiting }).push(piece);
        }
        if self.left.is_some() {
            waiting.truncate(WAITING);
        }
        self.left_out |= waiting.iter().any(|piece| piece.heading);
        waiting.retain(|piece| !piece.heading); // a heading alone answers nothing
        self.waiting = waiting;
        if chosen.is_empty() {
            if self.made == 0 {
                return Err(question_too_long(model, self.task_tokens.count()));
            }
            // All of the batch was known, and what waits is too long for any prompt: what is left of the document may hold more.
            self.waiting.clear();
            return Ok(if self.exhausted || self.late { Next::End } else { Next::Later });
        }
        chosen.sort_by_key(|p| p.span);
        self.made += 1;
        let whole = self.whole && self.waiting.is_empty() && !self.left_out;
        Prompt::new(model, chosen, &self.task_tokens, 1, true).map(|prompt| Next::prompt(Prompt { whole, ..prompt }))
    }

    /// The next best passages, cut into sentences, best first.
    fn take_in(&mut self, document: &Shared) -> Result<()> {
        // To the end: nothing is dropped, so more is taken in only when little waits.
        let enough = self.left.is_none() && self.waiting.len() > WAITING / 8;
        if !self.exhausted && !enough {
            let state = document.read_state()?;
            // A text that fits a prompt is put there whole.
            let fits = state.marks.tokens <= PromptBudget::new(document.generator()?, self.task_tokens.count()).left as u64;
            self.whole |= fits && self.made == 0;
            let most = if self.whole { MOST_PASSAGES } else { self.passages };
            let (query, demand) = match self.asked.take() {
                Some(asked) => asked,
                None => (state.index.query(&self.question)?, Demand::of(&self.near, &state.index)?),
            };
            let matches = match self.left {
                Some(_) if !self.whole => state.index.best(&query, most, self.after)?,
                _ => state.index.all(&query, most, self.after)?,
            };
            drop(state);
            self.exhausted = matches.len() < most;
            self.after = matches.last().map(Match::rank).or(self.after);
            self.passages = (self.passages * 2).min(MOST_PASSAGES);
            self.cut(document, &matches, query.weights(), &demand)?;
            self.asked = Some((query, demand));
            if self.made == 0 && self.waiting.is_empty() && self.left.is_some() {
                // No word of the question stands in the document: the model decides over what leads.
                self.waiting = spread(document, usize::from(u8::MAX), 1)?;
            }
        }
        self.tell_apart(&document.model)?;
        self.waiting.sort_by(|a, b| a.quoted.cmp(&b.quoted).then(b.rank().total_cmp(&a.rank())).then(a.span.cmp(&b.span)));
        Ok(())
    }

    /// Of sentences in the same words, such as under several headings, those stay that match the question best with what stands around them, and are
    /// told with it.
    fn tell_apart(&mut self, model: &Model) -> Result<()> {
        let mut alike: HashMap<u64, (usize, f32)> = HashMap::new();
        for piece in self.waiting.iter().filter(|piece| !piece.heading) {
            let (count, best) = alike.entry(piece.around.words).or_insert((0, f32::MIN));
            *count += 1;
            *best = best.max(piece.around.score);
        }
        let best = |piece: &Evidence| piece.heading || piece.around.score + EQUAL >= alike[&piece.around.words].1;
        let before = self.waiting.len();
        self.waiting.retain(best);
        self.left_out |= self.waiting.len() < before;
        let several = |piece: &&mut Evidence| !piece.heading && alike[&piece.around.words].0 > 1;
        self.waiting.iter_mut().filter(several).try_for_each(|piece| piece.tell_apart(model))
    }

    fn cut(&mut self, document: &Shared, matches: &[Match], weights: &Weights, demand: &Demand) -> Result<()> {
        for found in matches {
            let lift = PASSAGE_WEIGHT * weights.share(found.score);
            let above = match demand.is_none() {
                true => String::new(),
                false => headings(&document.source, &document.read_state()?.index, &found.passage)?.join(" "),
            };
            let mut before = String::new();
            let pieces = sentences(document, &found.passage, self.whole, weights, lift)?;
            let only_leads = pieces.len() == 1 && only_leads(document, &found.passage)?;
            for mut piece in pieces {
                if only_leads && !self.whole {
                    continue;
                }
                piece.heading |= only_leads;
                piece.may_answer = demand.is_met(&piece.shown.text, &above, &before);
                piece.lift = self.near.lift(piece.span);
                before.clone_from(&piece.shown.text);
                if self.known.len() > MOST_KNOWN {
                    self.known.clear();
                }
                if self.known.insert(piece.said()) {
                    self.waiting.push(piece);
                }
            }
        }
        Ok(())
    }
}

/// Headings and the sentences after them, from all over the document, in up to [`PARTS`] prompts.
pub(crate) fn overview(document: &Shared, task_tokens: &TaskTokens) -> Result<Vec<Prompt>> {
    let model = document.generator()?;
    let leads = document.read_state()?.marks.leads.clone();
    let mut groups: Vec<Vec<Evidence>> = Vec::new();
    let mut known = HashSet::new();
    if leads.len() >= PARTS {
        for lead in leads {
            let pieces = [(lead.heading, true), (lead.sentence, false)];
            let pieces = pieces.into_iter().map(|(span, heading)| evidence_at(document, span, heading)).collect::<Result<_>>()?;
            groups.push(pieces);
        }
        groups.retain(|group: &Vec<Evidence>| group.last().is_some_and(|sentence| known.insert(sentence.words())));
    }
    if groups.len() < PARTS {
        groups = spread(document, 128, FEW)?.into_iter().map(|piece| vec![piece]).collect();
    }
    // Evenly spaced groups, as many as there are tokens and markers for, cut into parts in document order.
    let whole = PromptBudget::new(model, task_tokens.count());
    let cost = |groups: &[Vec<Evidence>]| groups.iter().flatten().map(|p| p.tokens.len() + 1).sum::<usize>();
    let headings = usize::from(groups.iter().flatten().any(|p| p.heading));
    let by_markers = whole.markers[headings].saturating_mul(PARTS);
    let by_tokens = groups.len() * whole.left * PARTS / cost(&groups).max(1);
    let wanted = groups.len().min(by_markers).min(by_tokens.max(1));
    let kept: Vec<Vec<Evidence>> = (0..wanted).map(|i| groups[i * groups.len() / wanted].clone()).collect();
    let parts = if cost(&kept) <= whole.left && kept.len() <= whole.markers[headings] { 1 } else { PARTS.min(wanted) };
    let mut prompts = Vec::new();
    for part in 0..parts {
        let mut pack = PromptBudget::new(model, task_tokens.count());
        let of_part = &kept[part * wanted / parts..(part + 1) * wanted / parts];
        let fitting = of_part.iter().filter(|group| pack.fits_all(group)).flatten().cloned().collect::<Vec<_>>();
        if !fitting.is_empty() {
            prompts.push(Prompt::new(model, fitting, task_tokens, PIECES, true)?);
        }
    }
    if prompts.is_empty() {
        let message = format!("a window of {} tokens leaves no room for the document; choose a larger scenario", model.sizes().window);
        return Err(Error::new("argument.scenario", message));
    }
    Ok(prompts)
}

/// The first sentences of up to `most` evenly spaced passages, none twice; of few passages also what follows, sentences before lines that
/// are none, up to about `least` in all.
fn spread(document: &Shared, most: usize, least: usize) -> Result<Vec<Evidence>> {
    let state = document.read_state()?;
    let count = state.index.passages() as usize;
    let numbers: Vec<usize> = (0..count.min(most)).map(|i| i * count / count.min(most)).collect();
    let passages = numbers.into_iter().map(|n| state.index.passage(n as u32)).collect::<Result<Vec<_>>>()?;
    drop(state);
    let (mut known, mut found) = (HashSet::new(), Vec::new());
    let mut rest = Vec::new();
    for passage in passages {
        let mut pieces = sentences(document, &passage, false, &Weights::default(), 0.0)?.into_iter();
        found.extend(pieces.find(|piece| known.insert(piece.words())));
        if count < least {
            rest.push(pieces.collect::<Vec<_>>());
        }
    }
    for whole in [true, false] {
        let mut left: Vec<_> = rest.iter().map(|pieces| pieces.iter().filter(|piece| ends_statement(piece.text()) == whole)).collect();
        while found.len() < least && !left.is_empty() {
            left.retain_mut(|pieces| pieces.find(|piece| known.insert(piece.words())).map(|piece| found.push(piece.clone())).is_some());
        }
    }
    // Headings with nothing under them tell something where little else does.
    let is_heading = |piece: &Evidence| piece.section == Some(piece.span.start);
    if found.iter().filter(|piece| !is_heading(piece)).count() >= PARTS {
        found.retain(|piece| !is_heading(piece));
    }
    found.sort_by_key(|piece| piece.span);
    if found.iter().filter(|piece| ends_statement(piece.text())).count() >= PARTS {
        let mut begun = false;
        found.retain(|piece| {
            begun |= ends_statement(piece.text());
            begun || !opens_letter(piece.text())
        });
    }
    Ok(found)
}

/// Whether a line is one of those before a letter's first sentence that say nothing of what it is about: "Date: 4 March", "Dear Jonas,".
fn opens_letter(line: &str) -> bool {
    let line = line.trim();
    let label = line.find(": ").is_some_and(|at| at <= LABEL && !line[..at].contains(['.', ',']));
    !line.starts_with(['-', '*', '•']) && (label || line.ends_with(','))
}
