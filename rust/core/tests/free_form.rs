//! A model that answers in its own words: what its folder says of guards, lengths and relevance, and what a call says against it.

mod common;

use std::sync::Arc;

use common::{copied, finish, folder, open_at, read};
use edgeinfinite_core::{Answer, AskOptions, CoverageKind, Model, OpenOptions, Reading, Refusal, Sampling};
use serde_json::{Value, json};

const TEXT: &str = "The north gate opens at six. A ticket costs 4 coins. Children pay nothing.\n\nAsk Mr. Oak in room 7.\n";
const ASKED: &str = "When does the north gate open?";
const FOREIGN: &str = "Which composer wrote eleven symphonies in Vienna?";

/// models/tiny with some keys of its model.json changed.
fn with(change: impl FnOnce(&mut Value)) -> (tempfile::TempDir, Result<Arc<Model>, String>) {
    let folder = copied(&folder("tiny"));
    let path = folder.path().join("model.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    std::fs::write(&path, manifest.to_string()).unwrap();
    let options = OpenOptions { scenario: Some("large".into()), threads: Some(1), ..OpenOptions::default() };
    let model = Model::open(folder.path(), &options).map_err(|error| error.to_string());
    (folder, model)
}

fn ask(model: &Arc<Model>, question: &str, options: AskOptions) -> Answer {
    finish(&read(model, TEXT, Reading::Recall).ask(question, options).unwrap())
}

fn guarded() -> (tempfile::TempDir, Arc<Model>) {
    let (folder, model) = with(|manifest| {
        manifest["scoring"]["found_bm25"] = json!(0.25);
        manifest["decoding"] = json!({"no_repeat_ngram_size": 2});
        manifest["limits"]["ask"] = json!(9);
        manifest["limits"]["summary"] = json!(7);
    });
    (folder, model.unwrap())
}

#[test]
fn what_nothing_bears_on_is_refused_without_a_run() {
    let (_folder, model) = guarded();
    let refused = ask(&model, FOREIGN, AskOptions::default());
    assert_eq!((refused.found, refused.text.as_str(), refused.usage.graph_runs), (false, "", 0));
    assert!(refused.refusal == Some(Refusal::NoWords) && refused.quotes.is_empty() && refused.confidence > 0.9, "{refused:?}");
    assert!(refused.coverage.iter().all(|part| part.kind == CoverageKind::Skipped));
    let looked = ask(&model, FOREIGN, AskOptions { reading: Some(Reading::RecallAll), ..AskOptions::default() });
    assert!(looked.usage.graph_runs > 0, "who looks at all of it has the model asked");
    let answered = ask(&model, ASKED, AskOptions::default());
    assert!(answered.usage.graph_runs > 0);
    // Its weights are random: no sentence says what it says.
    assert_eq!((answered.found, answered.refusal), (false, Some(Refusal::Unsupported)), "{}", answered.text);
    assert!(!answered.text.is_empty());
    let old = ask(&open_at(&folder("tiny"), Some("large")), FOREIGN, AskOptions::default());
    assert!(old.found && old.usage.graph_runs > 0, "a folder that says nothing of it answers as before");
}

#[test]
fn a_call_says_more_than_the_folder() {
    let (_folder, model) = guarded();
    let plain = open_at(&folder("tiny"), Some("large"));
    let sampling = |size| Sampling { no_repeat_ngram_size: Some(size), ..Sampling::default() };
    let told = |model: &Arc<Model>, sampling| {
        ask(model, ASKED, AskOptions { max_output_tokens: Some(20), sampling, ..AskOptions::default() }).text
    };
    assert_eq!(told(&model, Sampling::default()), told(&plain, sampling(2)));
    assert_eq!(told(&model, sampling(0)), told(&plain, Sampling::default()));
    assert_ne!(told(&model, sampling(0)), told(&model, sampling(1)));
    assert!(ask(&model, ASKED, AskOptions::default()).usage.generated_tokens <= 9);
    assert!(ask(&model, ASKED, AskOptions { max_output_tokens: Some(15), ..AskOptions::default() }).usage.generated_tokens <= 15);
    let summary = finish(&read(&model, TEXT, Reading::Recall).summarize(AskOptions::default()).unwrap());
    assert!(summary.found && summary.usage.generated_tokens <= 7);
}

#[test]
fn the_question_stands_before_the_passages_as_well() {
    let (_folder, model) = with(|manifest| manifest["prompt"]["before"] = json!("{question} and now the text"));
    let model = model.unwrap();
    let plain = open_at(&folder("tiny"), Some("large"));
    for reading in [Reading::Recall, Reading::Notes] {
        let tokens =
            |model: &Arc<Model>| finish(&read(model, TEXT, reading).ask(ASKED, AskOptions::default()).unwrap()).usage.prompt_tokens;
        assert!(tokens(&model) > tokens(&plain), "{reading:?}");
    }
}

#[test]
fn a_folder_that_says_what_cannot_be_is_refused() {
    type Change = fn(&mut Value);
    let wrong: [(Change, &str); 6] = [
        (|manifest| manifest["decoding"] = json!({"repetition_penalty": 0}), "decoding: found a repetition_penalty of 0"),
        (|manifest| manifest["decoding"] = json!({"stop": [""]}), "stop without empty strings"),
        (|manifest| manifest["decoding"] = json!({"temperature": 1}), "temperature"),
        (|manifest| manifest["prompt"]["before"] = json!("Read this:"), "prompt.before: found no {question}"),
        (|manifest| manifest["limits"]["ask"] = json!(0), "limits"),
        (|manifest| manifest["limits"]["sentences"] = json!(0), "limits"),
    ];
    for (change, words) in wrong {
        let error = with(change).1.unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}
