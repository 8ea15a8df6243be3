//! `search`: the passages of a document that match some words best; and those nearest to a question that was not answered.

use std::io::IsTerminal;
use std::path::Path;

use edgeinfinite_core::{Document, Passage, Reading, Result, SearchOptions, Span, TextSource};
use serde::Serialize;

use crate::print::JsonFile;
use crate::{Common, print, read};

/// Passages under an answer that was not found.
const NEAREST: usize = 3;

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    passages: Vec<Passage>,
}

/// Prints the passages, the best first.
pub fn run(common: &Common, file: &Path, words: &str, state: Option<&Path>, options: SearchOptions) -> Result<()> {
    let usage_file = common.usage.as_ref().map(|path| JsonFile::create(path, file)).transpose()?;
    let source = read::source(file)?;
    let model = common.open()?;
    let watched = !common.json && std::io::stderr().is_terminal();
    let document = read::document(&model, &source, state, Some(Reading::Recall), watched)?;
    let offset = options.offset;
    let report = Report { passages: document.search(words, options)? };
    if common.json {
        print::json(&report)?;
    } else if report.passages.is_empty() {
        let what = if offset == 0 { "no word of it stands in the text" } else { "no further passages" };
        print::line(&print::styled(2, &format!("  ╰ {what}")))?;
    } else {
        let name = print::document_name(file);
        for (number, passage) in (offset + 1..).zip(&report.passages) {
            show(&source, &name, passage, &format!("{number}. "))?;
        }
    }
    usage_file.map_or(Ok(()), |file| file.write(&report))
}

/// The passages nearest to a question that was not answered; nothing where no word of it stands in the document.
pub fn nearest(document: &Document, source: &TextSource, file: &Path, question: &str) -> Result<()> {
    let passages = document.search(question, SearchOptions { limit: NEAREST, offset: 0 })?;
    if passages.is_empty() {
        return Ok(());
    }
    print::line(&print::styled(2, "  nearest passages, not an answer:"))?;
    let name = print::document_name(file);
    passages.iter().try_for_each(|passage| show(source, &name, passage, "  - "))
}

/// The best sentence of a passage with what it is read with, and where it stands; the words that match are bold on a terminal.
pub fn show(source: &TextSource, name: &str, passage: &Passage, before: &str) -> Result<()> {
    let within = |span: &Span| span.start - passage.span.start..span.end - passage.span.start;
    let sentence = within(&passage.sentence);
    let mut shown = String::new();
    let mut at = sentence.start as usize;
    for place in passage.matches.iter().map(within).filter(|place| sentence.start <= place.start && place.end <= sentence.end) {
        let (start, end) = (place.start as usize, place.end as usize);
        shown.push_str(&print::visible(&passage.text[at..start]));
        shown.push_str(&print::styled(1, &print::visible(&passage.text[start..end])));
        at = end;
    }
    shown.push_str(&print::visible(&passage.text[at..sentence.end as usize]));
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let context = passage.context.iter().map(|text| format!("{} › ", print::folded(text))).collect::<String>();
    print::line(&format!("{before}{}{shown}", print::styled(2, &context)))?;
    let place = print::place(source, name, passage.sentence, passage.place, &passage.headings)?;
    let words = passage.words.iter().map(|word| print::folded(word)).collect::<Vec<_>>().join(", ");
    let by = if words.is_empty() { String::new() } else { format!(", by {words}") };
    print::line(&print::styled(2, &format!("    ╰ {place}; score {:.2}{by}", passage.score)))
}
