//! `read`: a document once and for all, saved, on an interrupt too; and the progress of every reading.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use edgeinfinite_core::{Document, DocumentOptions, Error, Model, Reading, Result, TextSource};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::{Common, print};

/// What `--json` prints.
#[derive(Serialize)]
struct Saved {
    document_tokens: u64,
    bytes: u64,
    seconds: f64,
    /// Tokens that were read before and not again.
    resumed_at: u64,
}

/// Reads a document, going on from what `state` holds, and saves it there.
pub fn run(common: &Common, file: &Path, state: &Path) -> Result<()> {
    let source = source(file)?;
    let model = common.open()?;
    let options = DocumentOptions { reading: common.options()?.reading, resume: Some(state.to_owned()), ..DocumentOptions::default() };
    let document = Document::open(model, source, options)?;
    let clock = Instant::now();
    let interrupted = Arc::new(AtomicBool::new(false));
    let at_work = document.clone();
    let noticed = Arc::clone(&interrupted);
    ctrlc::set_handler(move || {
        noticed.store(true, Ordering::SeqCst);
        at_work.cancel();
    })
    .map_err(|e| Error::new("io", format!("waiting for an interrupt: {e}")))?;
    let ended = to_the_end(&document, !common.json && std::io::stderr().is_terminal());
    if interrupted.load(Ordering::SeqCst) && ended.is_err() {
        let progress = document.progress()?;
        if progress.extracting {
            return Err(Error::new("cancelled", "interrupted while the text was extracted; nothing was saved"));
        }
        document.save(state)?;
        let share = 100 * progress.bytes_done / progress.bytes_total.max(1);
        return Err(Error::new("cancelled", format!("interrupted at {share} %; the same line goes on from {}", state.display())));
    }
    let before = ended?;
    let seconds = clock.elapsed().as_secs_f64();
    let bytes = std::fs::metadata(state).map_err(|e| Error::new("io", format!("{}: {e}", state.display())))?.len();
    let saved = Saved { document_tokens: document.progress()?.tokens_done, bytes, seconds, resumed_at: before };
    if common.json {
        return print::json(&saved);
    }
    let tokens = print::grouped(saved.document_tokens);
    let how = match before {
        0 => format!("read in {seconds:.1} s"),
        _ if before == saved.document_tokens => "read before".into(),
        _ => format!("read on from {} in {seconds:.1} s", print::grouped(before)),
    };
    print::line(&format!("{tokens} tokens {how}, saved in {} ({})", print::name(state), print::size(bytes)))
}

/// A file, or standard input for -.
pub fn source(file: &Path) -> Result<TextSource> {
    if file.as_os_str() == "-" { TextSource::spool(std::io::stdin().lock(), None) } else { TextSource::file(file) }
}

/// A document that is read to its end for a reading, or that was saved.
pub fn document(
    model: &Arc<Model>,
    source: &TextSource,
    state: Option<&Path>,
    reading: Option<Reading>,
    visible: bool,
) -> Result<Document> {
    let document = match state {
        Some(state) => Document::restore(Arc::clone(model), source.clone(), state)?,
        None => Document::open(Arc::clone(model), source.clone(), DocumentOptions { reading, ..DocumentOptions::default() })?,
    };
    to_the_end(&document, visible)?; // also of a saved one the text of a file may have to be extracted
    Ok(document)
}

/// A bar on standard error, or none.
pub fn bar(visible: bool) -> ProgressBar {
    let bar = if visible { ProgressBar::new(1) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{bar:24} {percent:>3}%  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Reads the document to its end; gives the tokens that were read before.
pub fn to_the_end(document: &Document, visible: bool) -> Result<u64> {
    let mut clock = Instant::now();
    let mut before = document.progress()?;
    let bar = bar(visible);
    while let Some(progress) = document.step()? {
        bar.set_length(progress.tokens_total.max(1));
        bar.set_position(progress.tokens_done);
        let left = progress.seconds_left.map(|s| format!("  {} left", duration(s))).unwrap_or_default();
        if progress.extracting {
            bar.set_message(format!("text of {}{left}", print::size(progress.bytes_total)));
            continue;
        }
        if before.extracting {
            clock = Instant::now();
            before = progress.clone();
        }
        let speed = progress.tokens_done.saturating_sub(before.tokens_done) as f64 / clock.elapsed().as_secs_f64();
        bar.set_message(format!("{} tokens  {}/s{left}", print::grouped(progress.tokens_done), print::grouped(speed as u64)));
    }
    bar.finish_and_clear();
    Ok(before.tokens_done)
}

/// For people.
pub fn duration(seconds: f64) -> String {
    indicatif::HumanDuration(Duration::from_secs_f64(seconds.clamp(0.0, 1e6))).to_string()
}
