//! An instruction for one answer: free models are given it, others refuse it; options that would change nothing are refused in words.

mod common;

use common::{finish, open, read};
use edgeinfinite_core::{Answer, AskOptions, Document, Reading, SummaryStyle};

const TEXT: &str = "gora lu men ve la. The north gate opens with the code 4711. mira ta so gora.";

fn instructed(words: &str) -> AskOptions {
    AskOptions { instruction: Some(words.into()), ..AskOptions::default() }
}

fn ask(document: &Document, options: AskOptions) -> Answer {
    finish(&document.ask("Which code opens the north gate?", options).unwrap())
}

#[test]
fn a_free_model_reads_it_and_the_next_answer_does_not() {
    let model = open("tiny", Some("large"));
    for reading in [Reading::Recall, Reading::Notes, Reading::Memory] {
        let document = read(&model, TEXT, reading);
        let plain = ask(&document, AskOptions::default());
        let so = ask(&document, instructed("Answer in German."));
        assert!(so.usage.prompt_tokens > plain.usage.prompt_tokens, "{reading:?}");
        let again = ask(&document, AskOptions::default());
        assert_eq!((again.text, again.usage.prompt_tokens), (plain.text, plain.usage.prompt_tokens), "{reading:?}: nothing is kept of it");
    }
    let document = read(&model, TEXT, Reading::Recall);
    let summary = |options| finish(&document.summarize(options).unwrap()).usage.prompt_tokens;
    assert!(summary(instructed("Write in German.")) > summary(AskOptions::default()));
}

#[test]
fn it_is_refused_where_nothing_follows_it() {
    let refused = |document: &Document, options: AskOptions, words: &str| {
        let error = document.ask("Which code opens the gate?", options).map(drop).unwrap_err();
        assert_eq!(error.code(), "argument.options");
        assert!(error.message().starts_with("instruction: found ") && error.message().contains(words), "{error}");
    };
    let free = read(&open("tiny", Some("large")), TEXT, Reading::Recall);
    refused(&free, instructed(" \n"), "no word");
    refused(&free, AskOptions { verbatim: true, ..instructed("Answer in German.") }, "(verbatim)");
    refused(&free, instructed(&"word ".repeat(2000)), "tokens");
    for name in ["finder", "demo"] {
        refused(&read(&open(name, None), TEXT, Reading::Recall), instructed("Answer in German."), "a model that quotes sentences");
    }
    let reader = read(&open("tiny-reader", None), TEXT, Reading::Recall);
    refused(&reader, instructed("Answer in German."), "a reader");
    assert_eq!(reader.summarize(instructed("Write in German.")).map(drop).unwrap_err().code(), "argument.options");
}

#[test]
fn options_that_would_change_nothing_are_refused() {
    let document = read(&open("tiny", Some("large")), TEXT, Reading::Recall);
    let base = AskOptions::default;
    for (options, words) in [
        (AskOptions { length: Some(3), ..base() }, "length: found a question, expected a summary"),
        (AskOptions { focus: Some("gates".into()), ..base() }, "focus: found a question, expected a summary"),
        (AskOptions { style: SummaryStyle::Paragraph, ..base() }, "style: found a question, expected a summary"),
        (
            AskOptions { recall_prompts: Some(2), reading: Some(Reading::Notes), ..base() },
            "recall_prompts: found the reading Notes, expected recall",
        ),
        (
            AskOptions { recall_prompts: Some(2), reading: Some(Reading::RecallAll), ..base() },
            "recall_prompts: found the reading RecallAll",
        ),
    ] {
        let error = document.ask("Which code?", options).map(drop).unwrap_err();
        assert_eq!(error.code(), "argument.options");
        assert!(error.message().starts_with(words), "{error}");
    }
    let error = document.summarize(AskOptions { recall_prompts: Some(2), ..base() }).map(drop).unwrap_err();
    assert_eq!(error.message(), "recall_prompts: found a summary, expected a question");
}
