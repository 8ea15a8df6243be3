//! `bench`: reading and answering by length of the document. Minimum, median and maximum over runs, each on a text of its own.

use std::time::Instant;

use edgeinfinite_core::{AnswerEvent, Document, DocumentOptions, Result, TextSource, Usage};
use serde::Serialize;

use crate::{Common, print};

const NOUNS: [&str; 12] =
    ["harbour", "ledger", "engine", "garden", "council", "bridge", "letter", "market", "signal", "archive", "mill", "ferry"];
const VERBS: [&str; 8] = ["crossed", "repaired", "noticed", "measured", "closed", "carried", "painted", "followed"];

/// Minimum, median and maximum.
#[derive(Serialize)]
struct Spread {
    min: f64,
    median: f64,
    max: f64,
}

#[derive(Serialize)]
struct Row {
    tokens: u64,
    read_tokens_per_second: Spread,
    ttft_ms: Spread,
    state_bytes: u64,
    index_bytes: u64,
    peak_rss_bytes: u64,
}

/// Measures every length `runs` times.
pub fn run(common: &Common, lengths: &[u64], runs: usize) -> Result<()> {
    let model = common.open()?;
    let options = common.options()?;
    let reading = options.reading.unwrap_or(model.readings().ask);
    let mut rows = Vec::new();
    if !common.json {
        print::line("    tokens   read tokens/s (min median max)   first text, ms (min median max)    state    index  peak memory")?;
    }
    for length in lengths {
        let _ = std::fs::write("/proc/self/clear_refs", "5"); // the peak begins anew, where the kernel lets it
        let mut speeds = Vec::new();
        let mut firsts = Vec::new();
        let mut last = Usage::default();
        for run in 0..runs.max(1) {
            let source = TextSource::spool(text(*length, run as u64).as_bytes(), None)?;
            let document = Document::open(model.clone(), source, DocumentOptions { reading: Some(reading), ..DocumentOptions::default() })?;
            let clock = Instant::now();
            while document.step()?.is_some() {}
            let seconds = clock.elapsed().as_secs_f64();
            let question = "Which code opens the north gate?";
            let reply = document.ask(question, options.clone())?;
            while let Some(event) = reply.next()? {
                if let AnswerEvent::Done { answer } = event {
                    last = answer.usage;
                }
            }
            speeds.push(last.document_tokens as f64 / seconds);
            firsts.push(last.ttft_ms);
        }
        let row = Row {
            tokens: last.document_tokens,
            read_tokens_per_second: spread(speeds),
            ttft_ms: spread(firsts),
            state_bytes: last.state_bytes,
            index_bytes: last.index_bytes,
            peak_rss_bytes: last.peak_rss_bytes,
        };
        if !common.json {
            let speed = &row.read_tokens_per_second;
            let first = &row.ttft_ms;
            print::line(&format!(
                "{:>10} {:>10.0} {:>10.0} {:>10.0} {:>10.1} {:>10.1} {:>10.1} {:>8} {:>8} {:>12}",
                print::grouped(row.tokens),
                speed.min,
                speed.median,
                speed.max,
                first.min,
                first.median,
                first.max,
                print::size(row.state_bytes),
                print::size(row.index_bytes),
                print::size(row.peak_rss_bytes),
            ))?;
        }
        rows.push(row);
    }
    if common.json {
        let report = serde_json::json!({ "reading": reading, "runs": runs, "lengths": rows, "execution": model.execution() });
        return print::json(&report);
    }
    Ok(())
}

fn spread(mut values: Vec<f64>) -> Spread {
    values.sort_by(f64::total_cmp);
    Spread { min: values[0], median: values[values.len() / 2], max: values[values.len() - 1] }
}

/// A text of about that many tokens (four and a half bytes each) with one fact in its middle.
fn text(tokens: u64, seed: u64) -> String {
    let bytes = tokens as usize * 9 / 2;
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::new();
    let mut pick = move |count: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % count as u64) as usize
    };
    let mut told = false;
    while text.len() < bytes {
        if !told && text.len() * 2 > bytes {
            text.push_str("The north gate opens with the code 4711. ");
            told = true;
        }
        let a = NOUNS[pick(12)];
        let b = NOUNS[pick(12)];
        let verb = VERBS[pick(8)];
        let number = pick(900) + 100;
        text.push_str(&format!("The {a} {verb} the {b} near house {number}. "));
        if pick(8) == 0 {
            text.push_str("\n\n");
        }
    }
    text
}
