//! models/tiny/golden.json: what the PyTorch reference computed, to the token. Kotlin and Python read the same file.

mod common;

use std::collections::BTreeMap;

use std::sync::{Arc, Mutex};

use common::folder;
use edgeinfinite_core::testing::CancelToken;
use edgeinfinite_core::{AnswerEvent, AskOptions, Document, DocumentOptions, Model, OpenOptions, Reading, TextSource};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    scenario: String,
    task: String,
    document: String,
    question: String,
    prompt_tokens: Vec<u32>,
    generated: Vec<u32>,
    text: String,
    logits: Logits,
    absorbed: u64,
    memory: Vec<Sums>,
}

#[derive(Deserialize)]
struct Logits {
    indices: Vec<usize>,
    values: Vec<f32>,
}

#[derive(Deserialize)]
struct Sums {
    m: f64,
    z: f64,
}

fn golden() -> Vec<Case> {
    let text = std::fs::read_to_string(folder("tiny").join("golden.json")).expect("models/tiny/golden.json");
    serde_json::from_str::<Golden>(&text).expect("golden.json").cases
}

/// Opened once for all cases.
fn open(name: &str, scenario: &str, precision: &str) -> Arc<Model> {
    static OPENED: Mutex<BTreeMap<[String; 3], Arc<Model>>> = Mutex::new(BTreeMap::new());
    let open = || {
        let options =
            OpenOptions { scenario: Some(scenario.into()), precision: Some(precision.into()), threads: Some(1), ..OpenOptions::default() };
        Model::open(&folder(name), &options).expect("the model opens")
    };
    Arc::clone(OPENED.lock().unwrap().entry([name.into(), scenario.into(), precision.into()]).or_insert_with(open))
}

fn tail(case: &Case, model: &Model) -> Vec<u32> {
    match case.task.as_str() {
        "ask" => {
            model
                .generator()
                .unwrap()
                .template()
                .ask(&case.question, None, 256, model.generator().unwrap().tokens())
                .expect("a question")
                .after
        }
        _ => model.generator().unwrap().template().summarize(None, 256, model.generator().unwrap().tokens()).unwrap().after,
    }
}

/// The prompt as one stream of tokens: tokens, first logits, every generated token, absorbed count and memory.
#[test]
fn sessions_compute_what_the_reference_computes() {
    computes("tiny", 1e-4, 1e-4);
}

/// Keys of ±100 are among what it rounds: after the prompt the logits are off by 8e-3 at worst, and sums of M, which cancel, by a hundredth.
#[test]
fn a_cache_in_f16_computes_it_but_for_rounding() {
    computes("tiny-half", 2e-2, 1e-2);
}

/// Logits within `bound` of the largest, the memory's sums within `memory`.
fn computes(name: &str, bound: f32, memory: f64) {
    let cancel = CancelToken::between_runs();
    for case in golden() {
        let model = open(name, &case.scenario, "fp32");
        let words = model.generator().unwrap().tokens().encode(&case.document).unwrap();
        let tail = tail(&case, &model);
        assert_eq!([model.generator().unwrap().template().start(), &words, &tail].concat(), case.prompt_tokens, "{}: prompt", case.name);
        let mut session = model.generator().unwrap().session().unwrap();
        session.feed(&words);
        session.feed(&tail);
        while session.flush(&cancel).unwrap() {}
        let scale = session.logits().iter().fold(0.0_f32, |a, b| a.max(b.abs()));
        for (index, expected) in case.logits.indices.iter().zip(&case.logits.values) {
            let error = (session.logits()[*index] - expected).abs() / scale;
            assert!(error < bound, "{}: logit {index} is {error:e} off", case.name);
        }
        let mut generated: Vec<u32> = Vec::new();
        while generated.len() < case.generated.len() {
            if let Some(last) = generated.last() {
                session.feed(&[*last]);
                session.flush(&cancel).unwrap();
            }
            let best = session.logits().iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
            generated.push(best.0 as u32);
        }
        assert_eq!(generated, case.generated, "{}", case.name);
        assert_eq!(session.absorbed(), case.absorbed, "{}: absorbed", case.name);
        for ((m, z), expected) in session.memory_sums().into_iter().zip(&case.memory) {
            assert!((m - expected.m).abs() <= memory * expected.m.abs().max(10.0), "{}: M {m} {}", case.name, expected.m);
            assert!((z - expected.z).abs() <= memory * expected.z.abs().max(10.0), "{}: z {z} {}", case.name, expected.z);
        }
    }
}

/// The whole way of an app: a document, read in steps, asked, pulled piece by piece.
#[test]
fn documents_answer_with_the_golden_text() {
    let mut asked = 0;
    for case in golden().into_iter().filter(|c| !c.document.is_empty()) {
        let model = open("tiny", &case.scenario, "fp32");
        let document = Document::open(
            model,
            TextSource::text(case.document.as_str()).unwrap(),
            DocumentOptions { reading: Some(Reading::Memory), ..DocumentOptions::default() },
        )
        .unwrap();
        while document.step().unwrap().is_some() {}
        for _ in 0..2 {
            let reply = match case.task.as_str() {
                "ask" => document.ask(&case.question, AskOptions::default()).unwrap(),
                _ => document.summarize(AskOptions::default()).unwrap(),
            };
            let mut text = String::new();
            let mut answer = None;
            while let Some(event) = reply.next().unwrap() {
                match event {
                    AnswerEvent::TextDelta { delta } => text.push_str(&delta),
                    AnswerEvent::Done { answer: done } => answer = Some(done),
                    AnswerEvent::Progress { .. } => {}
                }
            }
            let answer = answer.expect("a reply ends with an answer");
            assert_eq!((&text, &answer.text), (&case.text, &case.text), "{}", case.name);
        }
        asked += 1;
    }
    assert!(asked > 20, "golden.json holds {asked} cases");
}

/// Int8 weights change the numbers, not what is read: within the bound that the lab stated, and whatever the cutting.
#[test]
fn the_int8_graph_stays_within_its_bound() {
    let model = open("tiny", "default", "int8");
    let test = model.generator().unwrap().self_test().unwrap();
    assert!(test.error > 0.0 && test.error <= test.bound, "{} {}", test.error, test.bound);
}
