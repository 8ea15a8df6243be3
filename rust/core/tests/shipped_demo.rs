//! The folder that ships, models/demo: by recall its reader answers, and all else is the finder's.

mod common;

use std::sync::Arc;

use common::{finish, open, read};
use edgeinfinite_core::{Answer, AskOptions, Document, Quote, Reading, TextSource};

const LETTER: &str = "# Renting the hall\n\nThe parish hall seats a hundred and twenty people. Keys are handed out by Mrs Albrecht. \
    Whoever books it pays two hundred francs in advance.\n\n# History\n\nThe building was put up by the weavers' guild in 1883.\n";
const QUESTION: &str = "Who hands out the keys?";

fn ask(document: &Document, reading: Reading) -> Answer {
    finish(&document.ask(QUESTION, AskOptions { reading: Some(reading), ..AskOptions::default() }).unwrap())
}

/// What an answer says, without what it cost.
fn said(answer: Answer) -> (String, bool, Vec<Quote>, f64) {
    (answer.text, answer.found, answer.quotes, answer.confidence)
}

#[test]
fn by_recall_the_reader_answers() {
    for (name, reads) in [("demo", true), ("reader", true), ("finder", false)] {
        let document = read(&open(name, None), LETTER, Reading::Recall);
        for reading in [Reading::Recall, Reading::RecallAll] {
            let answer = ask(&document, reading);
            assert!(answer.found && answer.text.contains("Albrecht"), "{name}: {}", answer.text);
            assert_eq!((answer.short_answer.is_some(), answer.usage.state_bytes == 0), (reads, reads), "{name}");
        }
    }
}

#[test]
fn by_memory_and_notes_the_finder_answers_as_alone() {
    let [demo, finder] = ["demo", "finder"].map(|name| read(&open(name, None), LETTER, Reading::Memory));
    for reading in [Reading::Memory, Reading::Notes] {
        let answer = ask(&demo, reading);
        assert!(answer.short_answer.is_none() && answer.usage.state_bytes > 0, "{reading:?}");
        assert_eq!(said(answer), said(ask(&finder, reading)), "{reading:?}");
    }
}

#[test]
fn saved_or_trimmed_it_answers_as_before() {
    let model = open("demo", None);
    let files: Vec<String> = model.self_tests().unwrap().into_iter().map(|test| test.file).collect();
    assert_eq!(files, ["cpu-int8.onnx", "reader.onnx"]);
    let document = read(&model, LETTER, Reading::Memory);
    let answers = |document: &Document| [Reading::Memory, Reading::Recall].map(|reading| said(ask(document, reading)));
    let before = answers(&document);
    model.trim();
    assert!(!model.is_loaded(), "neither graph is in memory");
    assert_eq!(answers(&document), before);
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    document.save(&state).unwrap();
    let restored = Document::restore(Arc::clone(&model), TextSource::text(LETTER).unwrap(), &state).unwrap();
    assert_eq!(answers(&restored), before);
    let other = Document::restore(open("finder", None), TextSource::text(LETTER).unwrap(), &state);
    assert_eq!(other.unwrap_err().code(), "state.model");
}
