//! Folders that hold a reader, beside a generator, damaged, or described before they are opened.

mod common;

use std::path::Path;

use common::{copied, finish, folder, open_at, read};
use edgeinfinite_core::{AskOptions, Model, OpenOptions, Reading, inspect};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const SIGNED: &str = "The lease of the house was signed by Ada Brown in June 1904.";
const LEASE: &str = "# Lease\n\nThe lease of the house was signed by Ada Brown in June 1904. Rent is due in May.\n";

/// model.json of a folder, changed; its entries of files are those of the files as they are.
fn change(folder: &Path, edit: impl FnOnce(&mut Value)) {
    let path = folder.join("model.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    edit(&mut manifest);
    for (name, entry) in manifest["files"].as_object_mut().unwrap() {
        if let Ok(bytes) = std::fs::read(folder.join(name)) {
            *entry = json!({ "bytes": bytes.len(), "sha256": format!("{:x}", Sha256::digest(&bytes)) });
        }
    }
    std::fs::write(path, manifest.to_string()).unwrap();
}

/// A folder with the tiny reader beside its generator.
fn both(generator: &str) -> tempfile::TempDir {
    let target = copied(&folder(generator));
    let reader: Value = serde_json::from_slice(&std::fs::read(folder("tiny-reader").join("model.json")).unwrap()).unwrap();
    for name in reader["files"].as_object().unwrap().keys() {
        std::fs::copy(folder("tiny-reader").join(name), target.path().join(name)).unwrap();
    }
    change(target.path(), |manifest| {
        manifest["reader"] = reader["reader"].clone();
        manifest["files"].as_object_mut().unwrap().extend(reader["files"].as_object().unwrap().clone());
    });
    target
}

#[test]
fn beside_a_generator_the_reader_answers_by_recall() {
    let folder = both("tiny");
    let model = open_at(folder.path(), None);
    assert_eq!(model.self_tests().unwrap().iter().map(|t| t.file.clone()).collect::<Vec<_>>(), ["cpu-fp32.onnx", "reader.onnx"]);
    assert_eq!(model.execution().file, "cpu-fp32.onnx");
    let document = read(&model, LEASE, Reading::Memory);
    let ask =
        |reading| finish(&document.ask("Who signed the lease?", AskOptions { reading: Some(reading), ..AskOptions::default() }).unwrap());
    let answer = ask(Reading::Recall);
    assert!(answer.text.starts_with("The lease of the house was signed by Ada Brown") && answer.short_answer.is_some(), "{answer:?}");
    let spoken = ask(Reading::Memory);
    assert!(spoken.short_answer.is_none() && spoken.usage.generated_tokens > 0, "the generator's own words");
    assert!(finish(&document.summarize(AskOptions::default()).unwrap()).usage.generated_tokens > 0);
    let info = inspect(folder.path()).unwrap();
    let reader = info.reader.unwrap();
    assert!(info.generator && reader.file == "reader.onnx" && info.layers == 2);
    let alone = inspect(&common::folder("tiny")).unwrap().scenarios[0].memory;
    assert_eq!(info.scenarios[0].memory.weights_bytes, alone.weights_bytes + reader.memory.weights_bytes, "both graphs are in memory");
}

/// models/tiny-copy says what follows the question's words where they stand.
#[test]
fn a_free_model_words_what_the_reader_found() {
    let folder = both("tiny-copy");
    let model = open_at(folder.path(), None);
    let document = read(&model, LEASE, Reading::Recall);
    let ask = |question: &str, options| finish(&document.ask(question, options).unwrap());
    let asked = "The lease of the house was signed";
    let verbatim = ask(asked, AskOptions { verbatim: true, ..AskOptions::default() });
    let words = ask(asked, AskOptions::default());
    assert_eq!((verbatim.text.lines().next().unwrap(), verbatim.usage.generated_tokens), (SIGNED, 0));
    assert_eq!(words.text, " by Ada Brown in June 1904.");
    assert_eq!(
        words.quotes.iter().map(|quote| (quote.text.trim(), quote.verbatim)).collect::<Vec<_>>(),
        [("by Ada Brown in June 1904.", true)]
    );
    assert_eq!((words.found_confidence, words.confidence), (verbatim.found_confidence, verbatim.confidence), "the reader decides");
    assert!(words.usage.graph_runs > verbatim.usage.graph_runs && words.usage.prompt_tokens > verbatim.usage.prompt_tokens);
    let short = words.short_answer.unwrap();
    assert_eq!(verbatim.short_answer.unwrap().text, short.text);
    let part = &words.text[short.answer.start as usize..short.answer.end as usize];
    assert_eq!(part, if words.text.contains(short.text.trim()) { short.text.trim() } else { "" });
    let foreign = ask("xylophone", AskOptions::default());
    assert_eq!((foreign.found, foreign.usage.generated_tokens), (false, 0), "what the reader does not find is not worded");
    let long = ask(&format!("{asked} {}", "and ".repeat(2000)), AskOptions::default());
    assert_eq!(long.usage.generated_tokens, 0, "too long for the generator");
}

#[test]
fn words_that_rest_on_nothing_leave_the_sentences() {
    let folder = both("tiny");
    let model = open_at(folder.path(), Some("large"));
    let document = read(&model, LEASE, Reading::Recall);
    let answer = finish(&document.ask("Who signed the lease?", AskOptions::default()).unwrap());
    assert!(answer.usage.generated_tokens > 0, "its weights are random, and what it says of no use");
    assert!(answer.found && answer.text.starts_with(SIGNED) && answer.quotes[0].text == SIGNED, "{answer:?}");
}

#[test]
fn inspect_says_what_a_reader_takes() {
    let info = inspect(&folder("tiny-reader")).unwrap();
    assert!(!info.generator && info.layers == 0 && info.scenarios.is_empty() && info.accelerators == ["Cpu"] && !info.chat && !info.citing);
    let reader = info.reader.unwrap();
    assert_eq!((&*reader.precision, reader.length, reader.sentences), ("fp32", 512, 32));
    assert!(reader.bytes == info.folder_bytes && reader.parameters > 1000 && reader.memory.peak_bytes > reader.memory.weights_bytes);
    assert_eq!(
        (reader.memory.state_bytes, reader.memory.weights_bytes),
        (0, std::fs::metadata(folder("tiny-reader").join("reader.onnx")).unwrap().len())
    );
    assert!(inspect(&folder("tiny")).unwrap().reader.is_none());
}

/// The code and the sentence that a changed folder is refused with.
fn refused(edit: impl FnOnce(&Path)) -> (&'static str, String) {
    let folder = copied(&folder("tiny-reader"));
    edit(folder.path());
    let error = Model::open(folder.path(), &OpenOptions::default()).unwrap_err();
    (error.code(), error.message().to_owned())
}

#[test]
fn a_broken_folder_is_refused_by_name() {
    let write = |name: &'static str, text: &'static [u8]| move |folder: &Path| std::fs::write(folder.join(name), text).unwrap();
    let edited = |edit: fn(&mut Value)| move |folder: &Path| change(folder, edit);
    let settings = |edit: fn(&mut Value)| {
        move |folder: &Path| {
            let path = folder.join("reader.json");
            let mut found: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            edit(&mut found);
            std::fs::write(path, found.to_string()).unwrap();
            change(folder, |_| {});
        }
    };
    let mut cases: Vec<(&str, &str, (&str, String))> = Vec::new();
    cases.push(("model.missing", "reader.onnx", refused(|folder| std::fs::remove_file(folder.join("reader.onnx")).unwrap())));
    cases.push(("model.hash", "reader.json", refused(write("reader.json", b"{}"))));
    cases.push((
        "model.format",
        "files: found no entry for \"reader.onnx\"",
        refused(edited(|m| drop(m["files"].as_object_mut().unwrap().remove("reader.onnx")))),
    ));
    cases.push(("model.format", "unknown field `vocabulary`", refused(edited(|m| m["reader"]["vocabulary"] = json!(3)))));
    cases.push((
        "model.format",
        "missing field `settings`",
        refused(edited(|m| drop(m["reader"].as_object_mut().unwrap().remove("settings")))),
    ));
    cases.push(("model.format", "for two things", refused(edited(|m| m["reader"]["tokenizer"] = json!("reader.json")))));
    cases.push(("model.format", "missing field `base`", refused(edited(|m| drop(m.as_object_mut().unwrap().remove("reader"))))));
    cases.push((
        "model.format",
        "missing field",
        refused(edited(|m| m["scoring"] = json!({ "bm25_weight": 1.0, "found_threshold": 0.0 }))),
    ));
    cases.push(("model.format", "found format 2, expected 1", refused(settings(|s| s["format"] = json!(2)))));
    cases.push(("model.format", "unknown field `beam`", refused(settings(|s| s["scoring"]["beam"] = json!(2)))));
    cases.push(("model.format", "a question shorter than a run", refused(settings(|s| s["layout"]["question"] = json!(511)))));
    cases.push(("model.format", "layout: found sizes", refused(settings(|s| s["layout"]["sentences"] = json!(0)))));
    cases.push(("model.format", "scoring: found final", refused(settings(|s| s["scoring"]["quotes"] = json!(0)))));
    cases.push(("model.format", "out of range", refused(settings(|s| s["scoring"]["found"] = json!(1.5)))));
    cases.push(("model.format", "found marks", refused(settings(|s| s["layout"]["cls"] = json!(9999)))));
    cases.push(("model.format", "self_test: found", refused(settings(|s| drop(s["self_test"]["types"].as_array_mut().unwrap().pop())))));
    cases.push(("model.graph", "expected f32 [31]", refused(settings(|s| s["layout"]["sentences"] = json!(31)))));
    cases.push((
        "model.tokenizer",
        "less than the vocabulary's",
        refused(settings(|s| s["encoder"]["vocabulary"] = json!(s["encoder"]["vocabulary"].as_u64().unwrap() - 1))),
    ));
    let replaced = |name: &'static str, text: &'static [u8]| {
        move |folder: &Path| {
            std::fs::write(folder.join(name), text).unwrap();
            change(folder, |_| {});
        }
    };
    cases.push(("model.format", "not JSON", refused(replaced("reader.json", b"{\"format\": 1"))));
    cases.push(("model.tokenizer", "reader-tokenizer.json", refused(replaced("reader-tokenizer.json", b"{}"))));
    cases.push(("model.graph", "reader.onnx", refused(replaced("reader.onnx", b"no graph"))));
    for (code, words, (found, message)) in cases {
        assert_eq!(found, code, "{words}: {message}");
        assert!(message.contains(words), "{words}: {message}");
    }
}

#[test]
fn a_graph_of_other_weights_fails_the_self_test() {
    let folder = copied(&folder("tiny-reader"));
    let path = folder.path().join("reader.json");
    let mut settings: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    settings["self_test"]["none"] = json!(settings["self_test"]["none"].as_f64().unwrap() + 1.0);
    std::fs::write(path, settings.to_string()).unwrap();
    change(folder.path(), |_| {});
    assert_eq!(open_at(folder.path(), None).self_tests().unwrap_err().code(), "model.self_test");
}
