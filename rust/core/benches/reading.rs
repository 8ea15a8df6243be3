//! Where the time of a reading by recall goes, stage by stage, on one thread: no graph runs. Processor time, not the clock's, so that a busy
//! machine does not count. Linux only.
//!
//!     cargo bench --profile dev -p edgeinfinite-core --bench reading -- TEXT.txt [MODEL_FOLDER]

use std::path::Path;

use edgeinfinite_core::testing::{Blocks, Fence, Index, TextUnit, Tokens, tokenized, units_after};
use edgeinfinite_core::{Manifest, Result, TextSource};

const RUNS: usize = 3;
const STAGES: [&str; 4] = ["read", "sentences", "tokens", "index"];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let Some(file) = arguments.first() else {
        println!("usage: cargo bench --profile dev -p edgeinfinite-core --bench reading -- TEXT.txt [MODEL_FOLDER]");
        return Ok(());
    };
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo");
    let folder = arguments.get(1).map_or(demo, |folder| folder.into());
    let manifest = Manifest::load(&folder)?;
    let mut rows = Vec::new();
    for _ in 0..RUNS {
        let tokens = Tokens::open(&folder.join(&manifest.tokenizer.file), manifest.base.vocabulary)?;
        rows.push(read(&TextSource::file(file.as_ref())?, &tokens)?);
    }
    println!("MB/s of {RUNS} runs");
    for (stage, name) in STAGES.iter().chain(&["all"]).enumerate() {
        let speeds: Vec<String> = rows.iter().map(|row| format!("{:8.2}", row[stage])).collect();
        println!("{name:>10} {}", speeds.join(" "));
    }
    Ok(())
}

/// MB/s of each stage and of all.
fn read(source: &TextSource, tokens: &Tokens) -> Result<Vec<f64>> {
    let mut blocks = Blocks::new(source.clone());
    let (mut index, mut fence) = (Index::new(None)?, Fence::default());
    let (mut spent, mut count) = ([0.0; STAGES.len()], 0);
    let mut clock = seconds();
    let mut lap = |stage: usize| {
        spent[stage] += seconds() - clock;
        clock = seconds();
    };
    while let Some(block) = blocks.advance()? {
        lap(0);
        let units = units_after(&block.text, &mut fence);
        lap(1);
        let pieces = tokenized(&block.text, units, 96, tokens)?;
        count += pieces.iter().map(|p| p.1.len()).sum::<usize>();
        lap(2);
        let mut at = 0;
        while at < pieces.len() {
            let mut tokens = 0;
            let fits = |piece: &&(TextUnit, Vec<u32>)| {
                tokens += piece.1.len();
                tokens <= 128
            };
            let more = pieces[at..].iter().take_while(fits).count().max(1);
            let (start, end) = (pieces[at].0.start, pieces[at + more - 1].0.end);
            index.add(block.start + start as u64, block.start_utf16, &block.text[start..end], pieces[at].0.first())?;
            at += more;
        }
        lap(3);
    }
    index.finish()?;
    lap(3);
    let rate = |time: f64| source.length() as f64 / 1e6 / time;
    println!("{count} tokens, {} passages, {:.2} bytes of index a token", index.passages(), index.bytes() as f64 / count as f64);
    Ok(spent.into_iter().map(rate).chain([rate(spent.iter().sum())]).collect())
}

/// Seconds that this thread has run.
fn seconds() -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    spent.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).map_or(f64::NAN, |ns| ns / 1e9)
}
