//! `summarize` and `ask`: answer, say what it cost.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use edgeinfinite_core::{
    Answer, AnswerEvent, AnswerStream, AskOptions, Coverage, CoverageKind, Document, Execution, Model, Quote, Reading, Refusal, Result,
    TextSource, Usage,
};
use serde::Serialize;

use crate::print::JsonFile;
use crate::{Common, print, read, search};

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<&'a [Answer]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a Answer>,
    usage: Usage,
    execution: &'a Execution,
}

/// A document that was read to its end, and how long that took.
pub struct Opened {
    pub source: TextSource,
    pub model: Arc<Model>,
    pub document: Document,
    pub seconds: f64,
}

/// Opens a document for questions, or for a summary when there are none and it is no chat; one that was saved is not read again.
pub fn open(common: &Common, options: &AskOptions, file: &Path, state: Option<&Path>, questions: &[String], asks: bool) -> Result<Opened> {
    let source = read::source(file)?;
    let model = common.open()?;
    for question in questions {
        model.check_question(question)?; // before a long document is read
    }
    let defaults = model.readings();
    let default = if asks { defaults.ask } else { defaults.summarize };
    if !asks && !matches!(options.reading.unwrap_or(default), Reading::Recall | Reading::RecallAll) {
        model.generator()?; // the same of a model that cannot read so
    }
    let watched = is_watched(common);
    let clock = Instant::now();
    let document = read::document(&model, &source, state, Some(options.reading.unwrap_or(default)), watched)?;
    Ok(Opened { source, model, document, seconds: clock.elapsed().as_secs_f64() })
}

/// Answers the questions, or summarises when there are none.
pub fn run(common: &Common, options: &AskOptions, file: &Path, state: Option<&Path>, questions: &[String]) -> Result<()> {
    let usage_file = common.usage.as_ref().map(|path| JsonFile::create(path, file)).transpose()?;
    let Opened { source, model, document, seconds } = open(common, options, file, state, questions, !questions.is_empty())?;

    let mut answers = Vec::new();
    for question in questions {
        if !common.json && questions.len() > 1 {
            print::line(&print::styled(1, question))?;
        }
        answers.push(reply(common, &document.ask(question, options.clone())?)?);
        if !common.json {
            places(&document, &source, file, answers.last())?;
        }
    }
    if questions.is_empty() {
        answers.push(reply(common, &document.summarize(options.clone())?)?);
        if !common.json && answers.iter().any(|answer| !answer.found) {
            places(&document, &source, file, answers.last())?; // what a focus was refused for
        }
    }
    conclude(common, &model, &answers, !questions.is_empty(), seconds, state.is_some(), usage_file)
}

/// What is said after all answers.
pub fn conclude(
    common: &Common,
    model: &Model,
    answers: &[Answer],
    asked: bool,
    seconds: f64,
    restored: bool,
    usage_file: Option<JsonFile>,
) -> Result<()> {
    let usage = total(answers);
    if is_watched(common) {
        summary_line(&usage, seconds, restored);
    }
    let report = Report {
        answers: asked.then_some(answers),
        summary: if asked { None } else { answers.first() },
        usage,
        execution: model.execution(),
    };
    if common.json {
        print::json(&report)?;
    }
    usage_file.map_or(Ok(()), |file| file.write(&report))
}

/// Whether somebody watches the progress.
fn is_watched(common: &Common) -> bool {
    !common.json && std::io::stderr().is_terminal()
}

/// Pulls an answer to its end and shows its text meanwhile.
pub fn reply(common: &Common, reply: &AnswerStream) -> Result<Answer> {
    let mut ends_line = true;
    let bar = read::bar(is_watched(common));
    loop {
        match reply.next()? {
            Some(AnswerEvent::Progress { tokens_done, tokens_total, seconds_left: Some(left) }) if left > 1.0 => {
                bar.set_length(tokens_total.max(1));
                bar.set_position(tokens_done);
                bar.set_message(format!("{} left", read::duration(left)));
            }
            Some(AnswerEvent::TextDelta { delta }) if !common.json => {
                bar.finish_and_clear();
                print::words(&delta)?;
                ends_line = delta.ends_with('\n');
            }
            Some(AnswerEvent::Done { answer }) => {
                bar.finish_and_clear();
                if !common.json && !ends_line {
                    print::line("")?;
                }
                return Ok(*answer);
            }
            Some(_) => {}
            None => return Err(edgeinfinite_core::Error::new("fault", "the reply ended without an answer")),
        }
    }
}

/// Where an answer came from: the quote in its surroundings; without an answer the passages nearest to the question.
pub fn places(document: &Document, source: &TextSource, file: &Path, answer: Option<&Answer>) -> Result<()> {
    let Some(answer) = answer else { return Ok(()) };
    let name = print::document_name(file);
    if !answer.found {
        let seen = |c: &&Coverage| c.kind != CoverageKind::Skipped;
        let share = |c: &Coverage| c.span.end - c.span.start;
        let looked = answer.coverage.iter().filter(seen).map(share).sum::<u64>();
        let all = source.length().max(1);
        let rest = if looked < all { "; --reading recall:all looks at all of it" } else { "" };
        let nothing = match answer.refusal {
            Some(Refusal::OtherLanguage) if answer.question.is_none() => "nothing found: the focus is in another language than the text; ",
            Some(Refusal::NoWords) if answer.question.is_none() => "nothing found: no word of the focus stands in the text; ",
            Some(Refusal::OtherLanguage) => "nothing found: the question is in another language than the text; ",
            Some(Refusal::NoWords) => "nothing found: no word of the question stands in the text; ",
            Some(Refusal::Unsupported) => "the model's own words, which no sentence that it read supports; ",
            _ if answer.text.is_empty() => "nothing found; ",
            _ => "",
        };
        let share = format!("{} % of {name} was looked at{rest}", 100 * looked / all);
        let share = if answer.question.is_some() { share } else { "no sentence bears on it".to_owned() };
        print::line(&print::styled(2, &format!("  ╰ {nothing}{share}")))?;
        if let Some(question) = asked(answer) {
            search::nearest(document, source, file, question)?;
        }
    }
    short(answer)?;
    if let Some(count) = answer.count {
        let shown = answer.quotes.len() as u64;
        let first = if shown < count { format!(", the first {} shown", print::grouped(shown)) } else { String::new() };
        let place = match answer.quotes.first() {
            Some(quote) => print::place(source, &name, quote.span, quote.place, &quote.headings)?,
            None => name,
        };
        print::line(&print::styled(2, &format!("  ╰ {} counted{first}; from {place} on", print::grouped(count))))?;
        return print::line("");
    }
    answer.quotes.iter().try_for_each(|quote| quoted(source, &name, quote))?;
    print::line("")
}

/// The question as it was put to the document, in full; None of a summary.
pub fn asked(answer: &Answer) -> Option<&str> {
    answer.resolved_question.as_deref().or(answer.question.as_deref())
}

/// The words that answer by themselves, or a yes or no.
pub fn short(answer: &Answer) -> Result<()> {
    if let Some(short) = &answer.short_answer {
        print::line(&print::styled(1, &format!("  = {}", print::folded(&short.text))))?;
    }
    match answer.verdict {
        Some(verdict) => print::line(&print::styled(1, &format!("  = {verdict}"))),
        None => Ok(()),
    }
}

/// A quote in its surroundings, in the document of that name.
pub fn quoted(source: &TextSource, name: &str, quote: &Quote) -> Result<()> {
    let (before, after) = source.around(quote.span.start, quote.span.end, 160)?;
    let place = print::place(source, name, quote.span, quote.place, &quote.headings)?;
    let place = if quote.verbatim { place } else { format!("rests on {place}") };
    print::line(&print::styled(2, &format!("  ╰ {place}")))?;
    let before = print::styled(2, &format!("…{}", print::folded(&before)));
    let after = print::styled(2, &format!("{}…", print::folded(&after)));
    print::text(&format!("    {before} {} {after}\n", print::folded(&quote.text)))
}

/// One usage for the whole call: the document's numbers, the sums over the answers, the first answer's time to first token.
fn total(answers: &[Answer]) -> Usage {
    let mut usage = answers.first().map(|a| a.usage.clone()).unwrap_or_default();
    for answer in answers.iter().skip(1) {
        usage.prompt_tokens += answer.usage.prompt_tokens;
        usage.generated_tokens += answer.usage.generated_tokens;
        usage.graph_runs += answer.usage.graph_runs;
        usage.state_bytes = usage.state_bytes.max(answer.usage.state_bytes);
        usage.peak_rss_bytes = usage.peak_rss_bytes.max(answer.usage.peak_rss_bytes);
    }
    usage
}

fn summary_line(usage: &Usage, seconds: f64, restored: bool) {
    let speed = print::grouped((usage.document_tokens as f64 / seconds.max(1e-9)) as u64);
    let how = if restored { format!("restored in {:.0} ms", seconds * 1000.0) } else { format!("read in {seconds:.1} s ({speed}/s)") };
    let line = format!(
        "{} tokens {how} · first text after {:.0} ms · state {} · index {} · peak memory {}",
        print::grouped(usage.document_tokens),
        usage.ttft_ms,
        print::size(usage.state_bytes),
        print::size(usage.index_bytes),
        print::size(usage.peak_rss_bytes),
    );
    let _ = writeln!(std::io::stderr(), "{line}");
}
