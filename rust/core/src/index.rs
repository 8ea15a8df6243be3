//! BM25 over the passages of a document, on disk.
//!
//! A posting is one number: term hash (32 bits), passage (26), count in the passage (6). Postings gather in a bounded buffer; each full buffer
//! is sorted and written to a file without a name as one *run*. A term is found by binary search in every run, read by position, so what is
//! resident does not grow with the document. Disk: 8 bytes for each distinct term of a passage, 24 for each passage, about 4 bytes a
//! document token.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use crate::error::{Error, Result};

/// Postings held before a run is written: 4 MiB.
const BUFFER: usize = 1 << 19;
/// Postings read at once while searching.
const PAGE: usize = 512;
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// Marks a passage that begins with a heading, in its number of terms.
const HEADING: u32 = 1 << 31;
/// Terms of a sentence on average: what BM25's length normalisation compares with.
const SENTENCE: f32 = 20.0;
/// A posting: count in the low bits, then the passage, then the term.
const COUNT_BITS: u32 = 6;
const PASSAGE_BITS: u32 = 26;
/// A term in more than this share of many passages says nothing.
const COMMON: f32 = 0.5;

/// A stretch of the document with its place in bytes and UTF-16 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Passage {
    pub start: u64,
    pub start_utf16: u64,
    pub length: u32,
    /// Terms in it, stop words left out.
    pub terms: u32,
    /// Whether its first unit is a heading.
    pub heading: bool,
}

/// A passage that matches a question.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Match {
    pub passage: Passage,
    pub score: f32,
}

/// The index of one document: grows by [`Index::add`], then answers [`Index::best`].
#[derive(Debug)]
pub struct Index {
    file: File,
    passages: File,
    written: u64,
    buffer: Vec<u64>,
    runs: Vec<Run>,
    count: u32,
    terms: u64,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    start: u64,
    postings: u64,
}

impl Index {
    /// An empty index whose files lie in `folder` or the system's temporary one, without a name.
    pub fn new(folder: Option<&Path>) -> Result<Self> {
        let place = folder.map_or_else(std::env::temp_dir, Path::to_owned);
        let open = || tempfile::tempfile_in(&place);
        let failed = |e: std::io::Error| Error::io(format!("creating the index in {}", place.display()), &e);
        let (file, passages) = (open().map_err(failed)?, open().map_err(failed)?);
        Ok(Self { file, passages, written: 0, buffer: Vec::new(), runs: Vec::new(), count: 0, terms: 0 })
    }

    /// Adds the next passage.
    pub fn add(&mut self, start: u64, start_utf16: u64, text: &str, heading: bool) -> Result<()> {
        if self.count >= 1 << PASSAGE_BITS {
            return Err(Error::new("io", "the index is full: found more than 67 million passages"));
        }
        let mut counts: HashMap<u32, u64> = HashMap::new();
        let mut terms = 0;
        for_each_term(text, |term| {
            terms += 1;
            *counts.entry(term).or_default() += 1;
        });
        for (term, count) in counts {
            self.buffer.push(u64::from(term) << 32 | u64::from(self.count) << COUNT_BITS | count.min((1 << COUNT_BITS) - 1));
        }
        let mut record = Vec::with_capacity(24);
        record.extend(start.to_le_bytes());
        record.extend(start_utf16.to_le_bytes());
        record.extend((text.len() as u32).to_le_bytes());
        record.extend((terms as u32 | if heading { HEADING } else { 0 }).to_le_bytes());
        write(&self.passages, &record, u64::from(self.count) * 24)?;
        self.count += 1;
        self.terms += terms;
        if self.buffer.len() >= BUFFER { self.write_run() } else { Ok(()) }
    }

    /// Writes what waits in the buffer, so that the first question need not.
    pub fn finish(&mut self) -> Result<()> {
        if self.buffer.is_empty() { Ok(()) } else { self.write_run() }
    }

    /// Passages added.
    pub fn passages(&self) -> u32 {
        self.count
    }

    /// Bytes on disk and in the buffer.
    pub fn bytes(&self) -> u64 {
        self.written * 8 + u64::from(self.count) * 24 + self.buffer.len() as u64 * 8
    }

    /// The passage of that number.
    pub fn passage(&self, number: u32) -> Result<Passage> {
        let mut r = [0; 24];
        self.passages.read_exact_at(&mut r, u64::from(number) * 24).map_err(|e| Error::io("reading the index", &e))?;
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| r[at + i]));
        let short = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| r[at + i]));
        Ok(Passage {
            start: long(0),
            start_utf16: long(8),
            length: short(16),
            terms: short(20) & !HEADING,
            heading: short(20) & HEADING != 0,
        })
    }

    /// The `most` passages that match best, best first, and the weight of each of the question's terms.
    pub fn best(&mut self, question: &str, most: usize) -> Result<(Vec<Match>, Weights)> {
        self.finish()?;
        let mut terms = Vec::new();
        for_each_term(question, |term| terms.push(term));
        terms.sort_unstable();
        terms.dedup();
        let average = (self.terms as f32 / self.count.max(1) as f32).max(1.0);
        let (mut scores, mut weights): (HashMap<u32, f32>, _) = (HashMap::new(), HashMap::new());
        for term in terms {
            let mut spans = Vec::with_capacity(self.runs.len());
            for run in &self.runs {
                let from = self.lower_bound(run, u64::from(term) << 32)?;
                let to = self.lower_bound(run, (u64::from(term) + 1) << 32)?;
                spans.push((run.start + from, to - from));
            }
            let found = spans.iter().map(|s| s.1).sum::<u64>() as f32;
            let total = self.count as f32;
            let weight = (1.0 + (total - found + 0.5) / (found + 0.5)).ln();
            weights.insert(term, weight);
            if self.count > 64 && found > total * COMMON {
                continue;
            }
            for (start, length) in spans {
                self.for_each_posting(start, length, |passage, count| {
                    // The passage's own length needs a read; the average one serves to choose, sentences are scored exactly later.
                    *scores.entry(passage).or_default() += weight * saturated(count, average, average);
                })?;
            }
        }
        let mut ranked: Vec<(u32, f32)> = scores.into_iter().collect();
        ranked.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked.truncate(most);
        let matches =
            ranked.into_iter().map(|(number, score)| Ok(Match { passage: self.passage(number)?, score })).collect::<Result<_>>()?;
        Ok((matches, Weights { weights, average: SENTENCE }))
    }

    fn for_each_posting(&self, start: u64, length: u64, mut each: impl FnMut(u32, f32)) -> Result<()> {
        let mut done = 0;
        while done < length {
            let postings = self.read(start + done, PAGE.min((length - done) as usize))?;
            done += postings.len() as u64;
            postings.iter().for_each(|p| each((p >> COUNT_BITS) as u32 & ((1 << PASSAGE_BITS) - 1), (p & ((1 << COUNT_BITS) - 1)) as f32));
        }
        Ok(())
    }

    fn lower_bound(&self, run: &Run, value: u64) -> Result<u64> {
        let (mut low, mut high) = (0, run.postings);
        while high - low > PAGE as u64 {
            let middle = low.midpoint(high);
            if self.read(run.start + middle, 1)?[0] < value { low = middle + 1 } else { high = middle }
        }
        let page = self.read(run.start + low, (high - low) as usize)?;
        Ok(low + page.partition_point(|p| *p < value) as u64)
    }

    fn read(&self, at: u64, count: usize) -> Result<Vec<u64>> {
        let mut bytes = vec![0; count * 8];
        self.file.read_exact_at(&mut bytes, at * 8).map_err(|e| Error::io("reading the index", &e))?;
        Ok(bytes.chunks_exact(8).map(|b| u64::from_le_bytes(std::array::from_fn(|i| b[i]))).collect())
    }

    fn write_run(&mut self) -> Result<()> {
        self.buffer.sort_unstable();
        let bytes: Vec<u8> = self.buffer.iter().flat_map(|p| p.to_le_bytes()).collect();
        write(&self.file, &bytes, self.written * 8)?;
        self.runs.push(Run { start: self.written, postings: self.buffer.len() as u64 });
        self.written += self.buffer.len() as u64;
        self.buffer = Vec::new();
        Ok(())
    }
}

fn write(file: &File, bytes: &[u8], at: u64) -> Result<()> {
    file.write_all_at(bytes, at).map_err(|e| Error::io("writing the index", &e))
}

fn saturated(count: f32, length: f32, average: f32) -> f32 {
    count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length / average))
}

/// What each of a question's terms is worth in this document: scores single sentences.
#[derive(Debug, Clone, Default)]
pub struct Weights {
    weights: HashMap<u32, f32>,
    average: f32,
}

impl Weights {
    /// BM25 of one sentence.
    pub fn score(&self, sentence: &str) -> f32 {
        let (mut counts, mut length): (HashMap<u32, f32>, f32) = (HashMap::new(), 0.0);
        for_each_term(sentence, |term| {
            length += 1.0;
            if self.weights.contains_key(&term) {
                *counts.entry(term).or_default() += 1.0;
            }
        });
        counts.iter().map(|(term, count)| self.weights[term] * saturated(*count, length, self.average)).sum()
    }
}

/// Words that a question is made of rather than about.
const STOP: &[&str] = &[
    "a", "about", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does", "for",
    "from", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "may", "me", "might", "must", "my", "of", "on", "or",
    "our", "shall", "should", "so", "some", "such", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this",
    "those", "to", "was", "we", "were", "what", "when", "where", "which", "who", "whom", "whose", "why", "will", "with", "would", "you",
    "your",
];

/// Calls `each` with the hash of every term: Unicode words in lower case without accents, English endings taken off; CJK in pairs.
fn for_each_term(text: &str, mut each: impl FnMut(u32)) {
    let stemmer = Stemmer::create(Algorithm::English);
    let mut before: Option<char> = None;
    for word in text.unicode_words() {
        let first = word.chars().next().unwrap_or_default();
        if is_ideograph(first) {
            each(hash(first.encode_utf8(&mut [0; 4])));
            if let Some(last) = before {
                each(hash(&format!("{last}{first}")));
            }
            before = Some(first);
            continue;
        }
        before = None;
        if word.is_ascii() {
            let lower = word.to_ascii_lowercase();
            if STOP.binary_search(&lower.as_str()).is_err() {
                each(hash(&stemmer.stem(&lower)));
            }
        } else {
            each(hash(&word.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect::<String>()));
        }
    }
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// FNV-1a, 32 bits: the same on every machine.
fn hash(word: &str) -> u32 {
    word.bytes().fold(0x811c_9dc5, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP.is_sorted());
    }

    #[test]
    fn finds_the_same_as_a_naive_scan() {
        let words = ["oak", "birch", "running", "café", "字", "42", "maple", "elm"];
        let texts: Vec<String> = (0..3000_usize)
            .map(|i| {
                (0..40).map(|j| words[(i * 7 + j * j * (i % 5 + 1)) % words.len()].to_owned() + " ").collect::<String>() + &format!("n{i}")
            })
            .collect();
        let mut index = Index::new(None).unwrap();
        let (mut start, mut naive) = (0, Vec::new());
        for text in &texts {
            index.add(start, start, text, false).unwrap();
            start += text.len() as u64;
            if index.passages().is_multiple_of(700) {
                index.write_run().unwrap(); // several runs
            }
        }
        let (found, weights) = index.best("Where does n1234 run to?", 5).unwrap();
        for (i, text) in texts.iter().enumerate() {
            naive.push((weights.score(text), i));
        }
        naive.sort_by(|a, b| b.0.total_cmp(&a.0));
        assert_eq!(naive[0].1, 1234);
        let length: u64 = texts[..1234].iter().map(|t| t.len() as u64).sum();
        assert_eq!(found[0].passage.start, length);
        assert!(index.best("nothing of the kind", 5).unwrap().0.is_empty());
    }

    #[test]
    fn folds_case_accents_endings_and_pairs() {
        let all = |text: &str| {
            let mut terms = Vec::new();
            for_each_term(text, |t| terms.push(t));
            terms
        };
        assert_eq!(all("Copies COPY"), [all("copy")[0], all("copy")[0]]);
        assert_eq!(all("Café"), all("cafe"));
        assert_eq!(all("漢字").len(), 3);
        assert!(all("what is the").is_empty());
    }
}
