//! The reader against its reference (models/tiny-reader/golden.json), and what it answers.

mod common;

use std::sync::{Arc, LazyLock};

use common::{finish, folder, open, read};
use edgeinfinite_core::testing::{CancelToken, Piece, asks_yes_or_no, decide, fitting, lay_out};
use edgeinfinite_core::{AnswerEvent, AskOptions, CoverageKind, Model, OpenOptions, Reading, Verdict};
use serde::Deserialize;

static READER: LazyLock<Arc<Model>> = LazyLock::new(|| open("tiny-reader", None));

const LEASE: &str = "# Lease\n\nThe lease of the house was signed by Ada Brown in June 1904. Rent is due in May.\n\n# Roof\n\nThe roof of the \
                     harbour is paint. It was June.\n";

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    question: String,
    pieces: Vec<Given>,
    chosen: Vec<usize>,
    tokens: Vec<i32>,
    types: Vec<i32>,
    segments: Vec<i32>,
    starts: Vec<usize>,
    relevance: Vec<f32>,
    none: f32,
    /// None outside of sentences.
    begin: Vec<Option<f32>>,
    end: Vec<Option<f32>>,
    verdict: [f32; 3],
    decision: Decided,
}

#[derive(Deserialize)]
struct Given {
    sentence: String,
    heading: String,
    bm25: f64,
}

#[derive(Deserialize)]
struct Decided {
    /// Numbers of pieces.
    quotes: Vec<usize>,
    found: f64,
    is_found: bool,
    short_answer: String,
    asks_yes_or_no: bool,
    verdict: String,
}

fn golden() -> Golden {
    let text = std::fs::read(folder("tiny-reader").join("golden.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn close(found: f32, expected: f32) -> bool {
    (found - expected).abs() <= 1e-3
}

#[test]
fn runs_and_decisions_are_those_of_the_reference() {
    let reader = READER.reader().unwrap();
    let settings = reader.settings();
    for case in golden().cases {
        let name = &case.name;
        let question = reader.question(&case.question).unwrap();
        let pieces: Vec<Piece> = case.pieces.iter().map(|given| reader.piece(&given.sentence, &given.heading).unwrap()).collect();
        let all: Vec<&Piece> = pieces.iter().collect();
        let mut order: Vec<usize> = (0..pieces.len()).collect();
        order.sort_by(|a, b| case.pieces[*b].bm25.total_cmp(&case.pieces[*a].bm25).then(a.cmp(b)));
        let chosen = fitting(&settings.layout, &question, &all, &order);
        let laid = lay_out(&settings.layout, &question, chosen.iter().map(|i| all[*i]));
        let chosen = &chosen[..laid.starts.len()];
        assert_eq!(chosen, case.chosen, "{name}");
        assert_eq!((&laid.input.tokens, &laid.input.types), (&case.tokens, &case.types), "{name}");
        assert_eq!((&laid.input.segments, &laid.starts), (&case.segments, &case.starts), "{name}");

        let output = reader.run(&laid, &CancelToken::new().unwrap()).unwrap();
        assert!(output.relevance.iter().zip(&case.relevance).all(|(a, b)| close(*a, *b)), "{name}: {:?}", output.relevance);
        assert!(output.relevance[chosen.len()..].iter().all(|r| *r == -1e4), "{name}");
        assert!(close(output.none, case.none) && output.verdict.iter().zip(case.verdict).all(|(a, b)| close(*a, b)), "{name}");
        for (found, expected) in [(&output.begin, &case.begin), (&output.end, &case.end)] {
            let same = |(found, expected): (&f32, &Option<f32>)| expected.map_or(*found <= -5000.0, |expected| close(*found, expected));
            assert!(found.len() == expected.len() && found.iter().zip(expected).all(same), "{name}");
        }

        let of_run: Vec<&Piece> = chosen.iter().map(|i| all[*i]).collect();
        let bm25: Vec<Option<f64>> = chosen.iter().map(|i| Some(case.pieces[*i].bm25)).collect();
        let decision = decide(settings.scoring, &laid, &of_run, &bm25, &output).unwrap();
        let expected = &case.decision;
        let quotes: Vec<usize> = decision.quotes.iter().map(|place| chosen[*place]).collect();
        assert_eq!((&quotes, decision.is_found), (&expected.quotes, expected.is_found), "{name}");
        assert!((decision.found - expected.found).abs() < 1e-4, "{name}: {}", decision.found);
        assert_eq!(case.pieces[quotes[0]].sentence[decision.span], expected.short_answer, "{name}");
        assert_eq!(
            (asks_yes_or_no(&case.question), decision.verdict.to_string()),
            (expected.asks_yes_or_no, expected.verdict.clone()),
            "{name}"
        );
    }
}

#[test]
fn a_question_of_yes_or_no_begins_with_a_verb() {
    for question in ["Is it so?", "WERE they there?", "Can\u{2019}t it be late?", "won't it?", "\"May it be copied?\""] {
        assert!(asks_yes_or_no(question), "{question}");
    }
    for question in ["Who is it?", "In May, is it?", "Island?", "", "Does"] {
        assert_eq!(asks_yes_or_no(question), question == "Does", "{question}");
    }
}

#[test]
fn a_folder_may_hold_a_reader_alone() {
    let model = &*READER;
    let test = model.self_tests().unwrap();
    assert!(test.len() == 1 && test[0].file == "reader.onnx" && test[0].error <= test[0].bound, "{test:?}");
    let execution = model.execution();
    assert_eq!((&*execution.file, &*execution.accelerator, &*execution.precision), ("reader.onnx", "Cpu", "fp32"));
    let document = read(model, LEASE, Reading::Recall);
    let answer = finish(&document.ask("Who signed the lease?", AskOptions::default()).unwrap());
    assert!(answer.found && answer.confidence == answer.found_confidence && answer.verdict.is_none(), "{answer:?}");
    assert_eq!(answer.quotes[0].text, "The lease of the house was signed by Ada Brown in June 1904.");
    assert_eq!(answer.quotes[0].headings, ["Lease"]);
    let short = answer.short_answer.unwrap();
    let place = |start: u64, end: u64| start as usize..end as usize;
    assert_eq!(LEASE[place(short.span.start, short.span.end)], short.text);
    assert_eq!(answer.text[place(short.answer.start, short.answer.end)], short.text);
    assert!(short.span.start >= answer.quotes[0].span.start && short.span.end <= answer.quotes[0].span.end && short.headings == ["Lease"]);
    assert!(
        answer.coverage.iter().any(|c| c.kind == CoverageKind::Recalled) && answer.coverage.last().unwrap().span.end == LEASE.len() as u64
    );
    assert_eq!((answer.usage.graph_runs, answer.usage.generated_tokens, answer.usage.state_bytes), (1, 0, 0));
    assert!(answer.usage.prompt_tokens > 10);
    let judged = finish(&document.ask("Was the lease of the house signed by Ada Brown?", AskOptions::default()).unwrap());
    assert!(judged.found && judged.short_answer.is_none() && matches!(judged.verdict, Some(Verdict::Yes | Verdict::No | Verdict::Unclear)));
}

#[test]
fn a_reader_alone_summarises_by_sentences_of_the_document() {
    let document = read(&READER, LEASE, Reading::Recall);
    let summary = finish(&document.summarize(AskOptions { length: Some(1), ..AskOptions::default() }).unwrap());
    assert_eq!(summary.quotes[0].text, "Lease", "{}", summary.text);
    assert!(summary.quotes.len() == 2 && summary.found && summary.usage.graph_runs == 0, "{summary:?}");
}

#[test]
fn what_a_reader_alone_cannot_do_is_refused_by_code() {
    let document = read(&READER, LEASE, Reading::Recall);
    let code = |result: edgeinfinite_core::Result<()>| result.unwrap_err().code();
    assert_eq!(code(READER.chat().map(drop)), "model.no_generator");
    for reading in [Reading::Memory, Reading::Notes] {
        let options = AskOptions { reading: Some(reading), ..AskOptions::default() };
        assert_eq!(code(document.ask("Who?", options.clone()).map(drop)), "model.no_generator", "{reading:?}");
        assert_eq!(code(document.summarize(options).map(drop)), "model.no_generator", "{reading:?}");
    }
    assert_eq!(code(document.ask(" \n", AskOptions::default()).map(drop)), "argument.question");
    let none = AskOptions { recall_prompts: Some(0), ..AskOptions::default() };
    assert_eq!(code(document.ask("Who?", none).map(drop)), "argument.options");
    let opened = |options: OpenOptions| Model::open(&folder("tiny-reader"), &options).map(drop);
    assert_eq!(code(opened(OpenOptions { scenario: Some("large".into()), ..OpenOptions::default() })), "argument.scenario");
    for accelerators in [vec!["Npu".into()], vec!["Cpu".into(), "Gpu".into()], vec![]] {
        assert_eq!(code(opened(OpenOptions { accelerators: Some(accelerators), ..OpenOptions::default() })), "argument.accelerator");
    }
    let second = OpenOptions { accelerators: Some(vec!["Npu".into(), "Cpu".into()]), ..OpenOptions::default() };
    assert_eq!(Model::open(&folder("tiny-reader"), &second).unwrap().execution().skipped[0].accelerator, "Npu");
}

#[test]
fn what_is_not_found_has_no_text() {
    let document = read(&READER, LEASE, Reading::Recall);
    let answer = finish(&document.ask("xylophone", AskOptions::default()).unwrap());
    assert!(!answer.found && answer.text.is_empty() && answer.quotes.is_empty() && answer.short_answer.is_none());
    assert!((answer.confidence + answer.found_confidence - 1.0).abs() < 1e-12);
    assert!(answer.coverage.iter().any(|c| c.kind == CoverageKind::Recalled), "sentences are read in document order");
}

/// Far more sentences than a run holds; only the last one speaks of the lease.
fn long_document() -> String {
    let month = |i| if i < 120 { "june" } else { "may" };
    let sentences = (0..400).map(|i| format!("The harbour of house {i} was paint by Ada in {}. ", month(i)));
    sentences.collect::<String>() + "\n\nThe lease of the roof was signed by Brown in June 1904."
}

#[test]
fn several_runs_end_in_one_more_over_the_best() {
    let text = long_document();
    let document = read(&READER, &text, Reading::Recall);
    let ask = |prompts| {
        let options = AskOptions { recall_prompts: Some(prompts), ..AskOptions::default() };
        finish(&document.ask("Who signed the lease of the roof in june?", options).unwrap())
    };
    let one = ask(1);
    let three = ask(3);
    assert_eq!((one.usage.graph_runs, three.usage.graph_runs), (1, 4));
    let looked = |answer: &edgeinfinite_core::Answer| {
        let recalled = answer.coverage.iter().filter(|c| c.kind == CoverageKind::Recalled);
        recalled.map(|c| c.span.end - c.span.start).sum::<u64>()
    };
    assert!(looked(&three) > 2 * looked(&one));
    assert!(one.text.starts_with("The lease of the roof was signed by Brown in June 1904."), "{}", one.text);
}

#[test]
fn recall_all_looks_on_to_the_end_of_the_document() {
    let text = long_document();
    let document = read(&READER, &text, Reading::RecallAll);
    let answer = finish(&document.ask("xylophone", AskOptions::default()).unwrap());
    assert!(!answer.found || answer.usage.graph_runs < 20, "{:?}", answer.usage);
    if !answer.found {
        assert!(answer.coverage.iter().all(|c| c.kind == CoverageKind::Recalled), "{:?}", answer.coverage);
    }
}

#[test]
fn a_cancelled_run_is_made_again() {
    let document = read(&READER, LEASE, Reading::Recall);
    let whole = finish(&document.ask("Who signed the lease?", AskOptions::default()).unwrap());
    let stream = document.ask("Who signed the lease?", AskOptions::default()).unwrap();
    stream.cancel();
    assert_eq!(stream.next().unwrap_err().code(), "cancelled");
    let answer = finish(&stream);
    assert_eq!((answer.text, answer.quotes, answer.short_answer), (whole.text, whole.quotes, whole.short_answer));
}

#[test]
fn a_graph_that_was_let_go_is_loaded_again() {
    let model = open("tiny-reader", None);
    let document = read(&model, LEASE, Reading::Recall);
    let ask = || finish(&document.ask("Who signed the lease?", AskOptions::default()).unwrap()).text;
    let before = ask();
    model.trim();
    assert!(!model.is_loaded());
    assert_eq!(ask(), before);
    assert!(model.is_loaded());
}

#[test]
fn a_saved_document_is_asked_by_its_reader() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let source = || edgeinfinite_core::TextSource::text(LEASE).unwrap();
    let document = read(&READER, LEASE, Reading::Recall);
    document.save(&state).unwrap();
    let again = edgeinfinite_core::Document::restore(Arc::clone(&READER), source(), &state).unwrap();
    let ask =
        |document: &edgeinfinite_core::Document| finish(&document.ask("Who signed the lease?", AskOptions::default()).unwrap()).quotes;
    assert_eq!(ask(&again), ask(&document));
}

#[test]
fn a_readers_answer_streams_its_text_once() {
    let document = read(&READER, LEASE, Reading::Recall);
    let stream = document.ask("Who signed the lease?", AskOptions::default()).unwrap();
    let mut events = Vec::new();
    while let Some(event) = stream.next().unwrap() {
        events.push(match event {
            AnswerEvent::Progress { tokens_done, tokens_total, .. } => format!("{}", tokens_done <= tokens_total),
            AnswerEvent::TextDelta { .. } => "text".into(),
            AnswerEvent::Done { .. } => "done".into(),
        });
    }
    assert_eq!(events, ["true", "text", "done"]);
}
