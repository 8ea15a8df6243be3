//! `summarize` and `ask`: read once, answer, say what it cost.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use edgeinfinite_core::model::Execution;
use edgeinfinite_core::{Answer, AskOptions, Document, DocumentOptions, Event, Reading, Result, Source, Usage};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::print::JsonFile;
use crate::{Common, print};

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

/// Answers the questions, or summarises when there are none.
pub fn run(common: &Common, file: &Path, questions: &[String]) -> Result<()> {
    let reading = common.reading()?;
    let usage_file = common.usage.as_ref().map(|path| JsonFile::create(path, file)).transpose()?;
    let source = source(file)?;
    let model = common.open()?;
    let default = if questions.is_empty() { model.manifest().readings.summarize } else { model.manifest().readings.ask };
    let reading = reading.unwrap_or(default);
    for question in questions {
        model.check_question(question)?; // before a long document is read
    }
    let document = Document::open(model.clone(), source.clone(), DocumentOptions { reading: Some(reading), ..DocumentOptions::default() })?;
    let watched = !common.json && std::io::stderr().is_terminal();
    let seconds = read(&document, watched)?;

    let mut answers = Vec::new();
    for question in questions {
        if !common.json && questions.len() > 1 {
            print::line(&print::styled(1, question))?;
        }
        answers.push(reply(common, &document, Some(question), reading)?);
        if !common.json {
            places(&source, file, answers.last())?;
        }
    }
    if questions.is_empty() {
        answers.push(reply(common, &document, None, reading)?);
    }
    let usage = total(&answers);
    if watched {
        summary_line(&usage, seconds);
    }
    let asked = !questions.is_empty();
    let report = Report {
        answers: asked.then_some(&answers[..]),
        summary: if asked { None } else { answers.first() },
        usage,
        execution: model.execution(),
    };
    if common.json {
        print::json(&report)?;
    }
    usage_file.map_or(Ok(()), |file| file.write(&report))
}

fn source(file: &Path) -> Result<Source> {
    if file.as_os_str() == "-" { Source::spool(std::io::stdin().lock(), None) } else { Source::file(file) }
}

/// Reads the document to its end; seconds it took.
fn read(document: &Document, visible: bool) -> Result<f64> {
    let clock = Instant::now();
    let bar = if visible { ProgressBar::new(1) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{bar:24} {percent:>3}%  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    while let Some(progress) = document.step()? {
        bar.set_length(progress.tokens_total.max(1));
        bar.set_position(progress.tokens_done);
        let speed = progress.tokens_done as f64 / clock.elapsed().as_secs_f64();
        let left = progress.seconds_left.map(|s| format!("  {} left", duration(s))).unwrap_or_default();
        bar.set_message(format!("{} tokens  {}/s{left}", print::grouped(progress.tokens_done), print::grouped(speed as u64)));
    }
    bar.finish_and_clear();
    Ok(clock.elapsed().as_secs_f64())
}

fn duration(seconds: f64) -> String {
    indicatif::HumanDuration(Duration::from_secs_f64(seconds.clamp(0.0, 1e6))).to_string()
}

fn reply(common: &Common, document: &Document, question: Option<&String>, reading: Reading) -> Result<Answer> {
    let options = AskOptions { reading: Some(reading), ..AskOptions::default() };
    let reply = match question {
        Some(question) => document.ask(question, options)?,
        None => document.summarize(options)?,
    };
    let mut ends_line = true;
    loop {
        match reply.next()? {
            Some(Event::Text { delta }) if !common.json => {
                print::words(&delta)?;
                ends_line = delta.ends_with('\n');
            }
            Some(Event::Done { answer }) => {
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

/// Where an answer came from: the quote in its surroundings.
fn places(source: &Source, file: &Path, answer: Option<&Answer>) -> Result<()> {
    let Some(answer) = answer else { return Ok(()) };
    let name = if file.as_os_str() == "-" { "standard input".into() } else { file.display().to_string() };
    for quote in &answer.quotes {
        let (before, after) = source.around(quote.span.start, quote.span.end, 160)?;
        let fold = |text: &str| print::visible(&edgeinfinite_core::text::trimmed(text));
        let place = format!("{name}, bytes {}–{}", print::grouped(quote.span.start), print::grouped(quote.span.end));
        print::line(&print::styled(2, &format!("  ╰ {place}")))?;
        let (before, quoted, after) = (fold(&before), fold(&quote.text), fold(&after));
        print::text(&format!("    {} {} {}\n", print::styled(2, &format!("…{before}")), quoted, print::styled(2, &format!("{after}…"))))?;
    }
    print::line("")
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

fn summary_line(usage: &Usage, seconds: f64) {
    let speed = usage.document_tokens as f64 / seconds.max(1e-9);
    let line = format!(
        "{} tokens read in {seconds:.1} s ({}/s) · first text after {:.0} ms · state {} · index {} · peak memory {}",
        print::grouped(usage.document_tokens),
        print::grouped(speed as u64),
        usage.ttft_ms,
        print::size(usage.state_bytes),
        print::size(usage.index_bytes),
        print::size(usage.peak_rss_bytes),
    );
    let _ = writeln!(std::io::stderr(), "{line}");
}
