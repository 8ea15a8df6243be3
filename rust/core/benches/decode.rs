//! What drafts save and what holding costs, as one JSON object; minimum, median and maximum, compared within this one run.
//!
//!     source scripts/env.sh && with_runtime true && cargo bench --profile dev -p edgeinfinite-core --bench decode

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use edgeinfinite_core::testing::{CancelToken, SpanConstraint, draft, folded, greedy};
use edgeinfinite_core::{AnswerEvent, AskOptions, Document, DocumentOptions, Model, OpenOptions, Reading, TextSource, Usage};
use serde_json::{Value, json};

const RUNS: usize = 9;
/// Tokens of a span.
const WITHIN: u32 = 24;

fn open(name: &str, scenario: Option<&str>) -> Arc<Model> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models").join(name);
    let options = OpenOptions { scenario: scenario.map(str::to_owned), threads: Some(1), ..OpenOptions::default() };
    Model::open(&folder, &options).unwrap_or_else(|e| panic!("models/{name}: {e}"))
}

/// Words that do not repeat, nine a sentence.
fn sentences(count: usize) -> Vec<String> {
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut pick = |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % most as u64) as usize
    };
    let mut word = || (0..3 + pick(5)).map(|_| letters[pick(letters.len())]).collect::<String>();
    (0..count).map(|_| format!("The {}.", [(); 9].map(|()| word()).join(" "))).collect()
}

fn spread(mut values: Vec<f64>) -> Value {
    values.sort_by(f64::total_cmp);
    json!({ "min": values[0], "median": values[values.len() / 2], "max": values[values.len() - 1] })
}

fn ask(document: &Document, question: &str, options: AskOptions) -> (String, Usage) {
    let reply = document.ask(question, options).unwrap();
    loop {
        if let Some(AnswerEvent::Done { answer }) = reply.next().unwrap() {
            return (answer.text, answer.usage);
        }
    }
}

/// The same questions with drafts and without, by turns: milliseconds a token after the first.
fn drafts(model: &Arc<Model>, verbatim: bool) -> Value {
    let sentences = sentences(60);
    let source = TextSource::text(sentences.join(" ")).unwrap();
    let options = DocumentOptions { reading: Some(Reading::Recall), ..DocumentOptions::default() };
    let document = Document::open(Arc::clone(model), source, options).unwrap();
    while document.step().unwrap().is_some() {}
    let mut times = [Vec::new(), Vec::new()];
    let mut runs = [0, 0];
    let mut tokens = 0;
    for round in 0..=RUNS {
        for sentence in sentences.iter().step_by(7) {
            let question = sentence.split(' ').take(4).collect::<Vec<_>>().join(" ");
            let both = [false, true]
                .map(|lookup| ask(&document, &question, AskOptions { prompt_lookup: lookup, verbatim, ..AskOptions::default() }));
            assert_eq!(both[0].0, both[1].0, "drafts change nothing");
            if round > 0 {
                for (at, (_, usage)) in both.iter().enumerate() {
                    times[at].push(1000.0 / usage.decode_tokens_per_second.unwrap());
                    runs[at] += usage.graph_runs;
                }
                tokens += both[0].1.generated_tokens;
            }
        }
    }
    let answers = times[0].len();
    let ratios = times[0].iter().zip(&times[1]).map(|(without, with)| without / with).collect();
    let [without, with] = times.map(spread);
    json!({
        "model": model.manifest().name, "verbatim": verbatim, "answers": answers, "tokens_per_answer": tokens as f64 / answers as f64,
        "runs_without": runs[0], "runs_with": runs[1],
        "ms_per_token_without": without, "ms_per_token_with": with, "speedup": spread(ratios),
    })
}

/// Milliseconds of a decode run by rows, after a prompt of 400 tokens.
fn rows(model: &Arc<Model>) -> Value {
    let cancel = CancelToken::new().unwrap();
    let mut session = model.generator().unwrap().session().unwrap();
    session.feed(&(0..400).map(|i| 300 + (i * i * 7) % 60).collect::<Vec<u32>>());
    while session.flush(&cancel).unwrap() {}
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..30 {
        for (at, rows) in [1, 2, 4, 8].into_iter().enumerate() {
            let mut fork = session.fork().unwrap();
            for round in 0..2 {
                let clock = Instant::now();
                fork.verify(&[301; 8][..rows], &cancel, |_| None).unwrap();
                if round == 1 {
                    times[at].push(clock.elapsed().as_secs_f64() * 1000.0); // the first one binds its tensors
                }
            }
        }
    }
    let [one, two, four, eight] = times.map(spread);
    json!({ "model": model.manifest().name, "parameters": model.generator().unwrap().manifest().base.parameters, "ms": { "1": one, "2": two, "4": four, "8": eight } })
}

/// Microseconds a token on the host, by tokens in sight: choosing freely, choosing where a span begins and within one, looking a draft up.
fn holding(model: &Arc<Model>, sight: usize) -> Value {
    let tokens = model.generator().unwrap().tokens();
    let mut pieces = Vec::new();
    let mut count = 0;
    for sentence in sentences(sight) {
        let ids = tokens.encode(&folded(&sentence)).unwrap();
        count += ids.len();
        pieces.push((ids, sentence));
        if count >= sight {
            break;
        }
    }
    let seen: Vec<u32> = pieces.iter().flat_map(|(ids, _)| ids.clone()).collect();
    let logits: Vec<f32> = (0..model.generator().unwrap().manifest().base.vocabulary).map(|i| (i as f32 * 0.7).sin()).collect();
    let mut times: [Vec<f64>; 5] = Default::default();
    for _ in 0..RUNS {
        let mut timed = |at: usize, work: &mut dyn FnMut()| {
            let clock = Instant::now();
            work();
            times[at].push(clock.elapsed().as_secs_f64() * 1e6);
        };
        timed(0, &mut || {
            std::hint::black_box(greedy(&logits));
        });
        let copy = pieces.clone();
        let clock = Instant::now();
        let mut hold = SpanConstraint::new(copy, tokens).unwrap();
        let made = clock.elapsed().as_secs_f64() * 1e6;
        let next = |hold: &mut SpanConstraint| {
            if let Some((token, _)) = hold.choose(&logits, &[]) {
                hold.take(token);
            }
        };
        timed(1, &mut || next(&mut hold));
        timed(2, &mut || (0..WITHIN).for_each(|_| next(&mut hold)));
        timed(3, &mut || {
            std::hint::black_box(draft(&seen, seen[seen.len() / 2], 7));
        });
        times[4].push(made);
    }
    let [free, begin, within, draft, made] = times;
    let within = within.into_iter().map(|t| t / f64::from(WITHIN)).collect();
    json!({
        "tokens_in_sight": count, "vocabulary": logits.len(), "free_choice_us": spread(free), "first_choice_us": spread(begin),
        "choice_within_us": spread(within), "lookup_us": spread(draft), "once_an_answer_us": spread(made),
    })
}

fn main() {
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = about.lines().find_map(|l| l.strip_prefix("model name")).map_or("", |l| l.trim_start_matches(['\t', ' ', ':']));
    let copier = open("tiny-copy", None);
    let random = open("tiny", Some("large"));
    let finder = open("finder", None);
    let holding = [128, 512, 2048, 8192].map(|sight| holding(&finder, sight));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let report = json!({
        "command": "cargo bench --profile dev -p edgeinfinite-core --bench decode",
        "machine": { "cpu": cpu, "cores": std::thread::available_parallelism().map_or(0, usize::from), "threads": 1, "load": load.trim() },
        "quoting": [drafts(&copier, false), drafts(&copier, true)],
        "not_quoting": [drafts(&random, false), drafts(&random, true)],
        "rows": [rows(&copier), rows(&finder)],
        "holding": holding,
    });
    println!("{}", serde_json::to_string_pretty(&report).unwrap());
}
