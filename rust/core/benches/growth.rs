//! How the time and the memory of a reading by memory grow with the document: one document, read once, told at thirty-two places; as JSON. The line through
//! the times is that of least squares. Linux only.
//!
//!     source scripts/env.sh && with_runtime true && cargo bench --profile dev -p edgeinfinite-core --bench growth -- MODEL_FOLDER TOKENS [SCENARIO]
//!
//! The text is docs/ of this project, again and again, each time under a heading of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use edgeinfinite_core::{Document, DocumentOptions, Model, OpenOptions, Reading, Result, TextSource};
use serde_json::{Value, json};

const PLACES: u64 = 32;
/// Bytes of a token are fewer in this text.
const TOKEN: usize = 6;
/// Clock ticks a second of /proc.
const TICKS: f64 = 100.0;

/// What was spent when so many tokens were read.
struct Point {
    tokens: f64,
    seconds: f64,
    processor_seconds: f64,
    resident_bytes: f64,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let (Some(folder), Some(tokens)) = (arguments.first(), arguments.get(1).and_then(|text| text.parse::<u64>().ok())) else {
        println!("usage: cargo bench --profile dev -p edgeinfinite-core --bench growth -- MODEL_FOLDER TOKENS [SCENARIO]");
        return Ok(());
    };
    let options = OpenOptions { scenario: arguments.get(2).cloned(), ..OpenOptions::default() };
    let model = Model::open(folder.as_ref(), &options)?;
    let document = Document::open(
        Arc::clone(&model),
        TextSource::text(text(tokens as usize * TOKEN))?,
        DocumentOptions { reading: Some(Reading::Memory), ..DocumentOptions::default() },
    )?;
    let (begun, before) = (Instant::now(), processor_seconds());
    let (mut points, mut state) = (Vec::new(), 0);
    while let Some(progress) = document.step()? {
        if progress.tokens_done >= tokens * (points.len() as u64 + 1) / PLACES {
            points.push(Point {
                tokens: progress.tokens_done as f64,
                seconds: begun.elapsed().as_secs_f64(),
                processor_seconds: processor_seconds() - before,
                resident_bytes: resident_bytes(),
            });
            state = document.session()?.map_or(0, |session| session.bytes());
            eprint!("\r{} of {tokens} tokens", progress.tokens_done);
        }
        if points.len() as u64 == PLACES {
            break;
        }
    }
    eprintln!();
    let report = json!({
        "model": folder,
        "scenario": arguments.get(2),
        "state_bytes": state,
        "seconds": line(&points, |point| point.seconds),
        "processor_seconds": line(&points, |point| point.processor_seconds),
        "resident_bytes": line(&points[points.len() / 4..], |point| point.resident_bytes),
        "points": points.iter().map(|p| json!([p.tokens, p.seconds, p.processor_seconds, p.resident_bytes])).collect::<Vec<_>>(),
    });
    println!("{}", serde_json::to_string_pretty(&report).expect("JSON"));
    Ok(())
}

/// The project's pages, repeated.
fn text(bytes: usize) -> String {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut pages: Vec<_> = docs.read_dir().expect("docs").flatten().map(|entry| entry.path()).collect();
    pages.retain(|path| path.extension().is_some_and(|end| end == "md"));
    pages.sort();
    let pages: Vec<String> = pages.iter().map(|path| std::fs::read_to_string(path).expect("a page")).collect();
    let mut text = String::with_capacity(bytes + 1_000_000);
    for copy in 1.. {
        text.push_str(&format!("# Copy {copy}\n\n"));
        pages.iter().for_each(|page| text.push_str(page));
        if text.len() >= bytes {
            break;
        }
    }
    text
}

/// The line of least squares through what `of` tells of the points.
fn line(points: &[Point], of: impl Fn(&Point) -> f64) -> Value {
    let count = points.len() as f64;
    let mean_x = points.iter().map(|p| p.tokens).sum::<f64>() / count;
    let mean_y = points.iter().map(&of).sum::<f64>() / count;
    let spread_x = points.iter().map(|p| (p.tokens - mean_x).powi(2)).sum::<f64>();
    let slope = points.iter().map(|p| (p.tokens - mean_x) * (of(p) - mean_y)).sum::<f64>() / spread_x;
    let start = mean_y - slope * mean_x;
    let off = |p: &Point| of(p) - start - slope * p.tokens;
    let spread_y = points.iter().map(|p| (of(p) - mean_y).powi(2)).sum::<f64>();
    json!({
        "at_0": start,
        "a_million_tokens": slope * 1e6,
        "r_squared": 1.0 - points.iter().map(|p| off(p).powi(2)).sum::<f64>() / spread_y,
        "furthest_off": points.iter().map(|p| off(p).abs()).fold(0.0, f64::max),
        "last": points.last().map(of),
    })
}

/// Seconds that this process has run, on all processors.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<f64>().ok()).sum::<f64>() / TICKS
}

fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).map_or(f64::NAN, |kb| kb * 1024.0)
}
