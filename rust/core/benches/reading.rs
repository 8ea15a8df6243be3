//! Where the time of a reading by recall goes, stage by stage: no graph runs. Processor time, not the clock's, so that a busy
//! machine does not count; of the units what is cut here, not what the thread takes that finds the blocks. Linux only.
//!
//!     cargo bench --profile dev -p edgeinfinite-core --bench reading -- TEXT.txt [MODEL_FOLDER]

use std::hint::black_box;
use std::path::Path;

use edgeinfinite_core::testing::{Index, Language, Terms, TextUnit, Tokens, UnitStream, folded, for_each_term, tokenized};
use edgeinfinite_core::{Manifest, Result, TextSource};

const RUNS: usize = 3;
const STAGES: [&str; 3] = ["units", "tokens", "index"];
const SHORTCUTS: [&str; 4] = ["tokens, word by word", "tokens, as a whole", "terms, with the memo", "terms, without it"];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let Some(file) = arguments.first() else {
        println!("usage: cargo bench --profile dev -p edgeinfinite-core --bench reading -- TEXT.txt [MODEL_FOLDER]");
        return Ok(());
    };
    let finder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/finder");
    let folder = arguments.get(1).map_or(finder, |folder| folder.into());
    let manifest = Manifest::load(&folder)?.generator.expect("a generator");
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
    println!("MB/s of the shortcuts and of what they stand for, {RUNS} runs");
    let tokens = Tokens::open(&folder.join(&manifest.tokenizer.file), manifest.base.vocabulary)?;
    let runs = (0..RUNS).map(|_| shortcuts(&TextSource::file(file.as_ref())?, &tokens)).collect::<Result<Vec<_>>>()?;
    for (at, name) in SHORTCUTS.iter().enumerate() {
        let speeds: Vec<String> = runs.iter().map(|run| format!("{:8.2}", run[at])).collect();
        println!("{name:>24} {}", speeds.join(" "));
    }
    Ok(())
}

/// MB/s of each of [`SHORTCUTS`], on the sentences of a text.
fn shortcuts(source: &TextSource, tokens: &Tokens) -> Result<Vec<f64>> {
    let mut stream = UnitStream::new(source.clone());
    let mut terms = Terms::new(Language::ENGLISH);
    let mut spent = [0.0; SHORTCUTS.len()];
    while let Some(batch) = stream.advance()? {
        let sentences: Vec<String> = batch.units.iter().map(|unit| folded(&unit.text)).collect();
        let begun = seconds();
        for sentence in &sentences {
            black_box(tokens.encode(sentence)?);
        }
        let by_word = seconds();
        for sentence in &sentences {
            black_box(tokens.encode_whole(sentence)?);
        }
        let whole = seconds();
        for sentence in &sentences {
            terms.for_each(sentence, |term| _ = black_box(term));
        }
        let memo = seconds();
        for sentence in &sentences {
            for_each_term(sentence, Language::ENGLISH, |term| _ = black_box(term));
        }
        let times = [by_word - begun, whole - by_word, memo - whole, seconds() - memo];
        spent.iter_mut().zip(times).for_each(|(spent, time)| *spent += time);
    }
    Ok(spent.into_iter().map(|time| source.length() as f64 / 1e6 / time).collect())
}

/// MB/s of each stage and of all.
fn read(source: &TextSource, tokens: &Tokens) -> Result<Vec<f64>> {
    let mut stream = UnitStream::new(source.clone());
    let mut index = Index::new(None)?;
    let (mut spent, mut count) = ([0.0; STAGES.len()], 0);
    let mut clock = seconds();
    let mut lap = |stage: usize| {
        spent[stage] += seconds() - clock;
        clock = seconds();
    };
    while let Some(batch) = stream.advance()? {
        lap(0);
        let pieces = tokenized(batch.units, 96, tokens)?;
        count += pieces.iter().map(|p| p.1.len()).sum::<usize>();
        lap(1);
        let (mut passage, mut tokens): (Vec<TextUnit>, usize) = (Vec::new(), 0);
        for (unit, ids) in pieces {
            if tokens + ids.len() > 128 {
                index.add(&passage)?;
                passage.clear();
                tokens = 0;
            }
            tokens += ids.len();
            passage.push(unit);
        }
        index.add(&passage)?;
        lap(2);
    }
    index.finish()?;
    lap(2);
    let rate = |time: f64| source.length() as f64 / 1e6 / time;
    println!("{count} tokens, {} passages, {:.2} bytes of index a token", index.passages(), index.bytes() as f64 / count as f64);
    Ok(spent.into_iter().map(rate).chain([rate(spent.iter().sum())]).collect())
}

/// Seconds that this thread has run.
fn seconds() -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    spent.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).map_or(f64::NAN, |ns| ns / 1e9)
}
