//! `search`, `quotes`, and what is shown under a "not in the document".

mod common;

use common::{Run, edgeinfinite, scratch};
use serde_json::Value;

const TEXT: &str =
    "# Gates\n\nThe north gate opens with the code 4711. 🙂 The south gate is closed.\n\n# Fees\n\nThe fourth night costs 47 crowns.\n";

/// Of both kinds of folders: one that holds a reader alone, and one that holds a generator.
fn run(model: &str, arguments: &[&str], stdin: &[u8]) -> Run {
    let folder = common::tiny().with_file_name(model);
    edgeinfinite(&[arguments, &["--model", folder.to_str().unwrap()]].concat(), stdin)
}

fn json(model: &str, arguments: &[&str], stdin: &[u8]) -> Value {
    let run = run(model, &[arguments, &["--json"]].concat(), stdin);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{arguments:?}");
    serde_json::from_str(&run.stdout).expect("one JSON object")
}

fn stretch(of: &Value) -> &'static str {
    let place = |key: &str| of[key].as_u64().unwrap() as usize;
    &TEXT[place("start")..place("end")]
}

#[test]
fn passages_are_found_by_both_kinds_of_folders() {
    for model in ["tiny", "tiny-reader"] {
        let report = json(model, &["search", "-", "which code opens the gate"], TEXT.as_bytes());
        let best = &report["passages"][0];
        assert_eq!(best["text"], *stretch(best));
        assert_eq!(stretch(&best["sentence"]), "The north gate opens with the code 4711.");
        let marked: Vec<&str> = best["matches"].as_array().unwrap().iter().map(stretch).collect();
        assert!(marked.contains(&"code") && best["words"].as_array().unwrap().contains(&"opens".into()), "{best}");
        for key in ["start_utf16", "end_utf16", "headings", "context", "place", "page", "score"] {
            assert!(best.get(key).is_some(), "{key}");
        }
        let second = json(model, &["search", "-", "gate code night", "--limit", "1", "--offset", "1"], TEXT.as_bytes());
        let both = json(model, &["search", "-", "gate code night", "--limit", "2"], TEXT.as_bytes());
        assert_eq!((second["passages"].as_array().map(Vec::len), &second["passages"][0]), (Some(1), &both["passages"][1]));
    }
}

#[test]
fn people_read_the_sentence_its_place_and_why() {
    let shown = run("tiny-reader", &["search", "-", "which code opens the gate"], TEXT.as_bytes()).stdout;
    let expected = "1. The north gate opens with the code 4711.\n    ╰ standard input, line 3, bytes 9–49 › Gates; score ";
    assert!(shown.starts_with(expected) && shown.contains("by code, opens, gate"), "{shown}");
    let nothing = run("tiny-reader", &["search", "-", "zeppelin"], TEXT.as_bytes());
    assert_eq!((nothing.exit, nothing.stdout.as_str()), (0, "  ╰ no word of it stands in the text\n"));
    assert!(run("tiny-reader", &["search", "-", "gate", "--offset", "50"], TEXT.as_bytes()).stdout.contains("no further passages"));
    for wrong in [&["search", "-", " "][..], &["search", "-", "gate", "--limit", "0"], &["search", "-", "gate", "--limit", "-1"]] {
        assert_eq!(run("tiny-reader", wrong, TEXT.as_bytes()).exit, 2, "{wrong:?}");
    }
}

#[test]
fn nearest_passages_stand_under_what_was_not_found() {
    let asked = |question: &str| run("finder", &["ask", "-", question], TEXT.as_bytes()).stdout;
    let shown = asked("Who painted the fourth picture in the museum?");
    let (refusal, nearest) = shown.split_once("  nearest passages, not an answer:\n").unwrap_or_else(|| panic!("{shown}"));
    assert!(refusal.contains("looked at"), "{shown}");
    assert!(nearest.starts_with("  - The fourth night costs 47 crowns.\n    ╰ standard input, line 7"), "{shown}");
    assert!(!asked("Which code opens the north gate?").contains("nearest"));
    assert!(!asked("Wer malte Zeppeline?").contains("nearest"), "no word of it stands there");
}

#[test]
fn quotes_tell_the_words_of_the_document_from_others() {
    let folder = scratch();
    let (document, text) = (folder.path().join("d.md"), folder.path().join("t.txt"));
    std::fs::write(&document, TEXT).unwrap();
    std::fs::write(&text, "- The north gate opens with the code 4711.\n- The south gate also stays closed.\n- I hope this helps.\n")
        .unwrap();
    let (document, text) = (document.to_str().unwrap(), text.to_str().unwrap());
    for model in ["tiny", "tiny-reader"] {
        let report = json(model, &["quotes", document, text], b"");
        let statements = report["statements"].as_array().unwrap();
        let supports: Vec<&str> = statements.iter().map(|of| of["support"].as_str().unwrap()).collect();
        assert_eq!(supports, ["verbatim", "none", "none"], "{report}");
        let quote = &statements[0]["quotes"][0];
        assert_eq!(
            (stretch(quote), &quote["verbatim"], quote["answer"]["start"].as_u64()),
            ("The north gate opens with the code 4711.", &Value::from(true), Some(2))
        );
    }
    let answered = json("tiny-reader", &["quotes", document, "-", "--question", "What does the fourth night cost?"], b"47 crowns.");
    assert_eq!(answered["statements"][0]["support"], "reworded");
    let shown = run("tiny-reader", &["quotes", document, text], b"").stdout;
    let place = format!("    ╰ {document}, line 3, bytes 9–49 › Gates\n");
    assert!(shown.starts_with(&format!("[word for word] The north gate opens with the code 4711.\n{place}")), "{shown}");
    assert!(shown.ends_with("[own words] I hope this helps.\n"), "{shown}");

    let refused = |arguments: &[&str], stdin: &[u8]| run("tiny-reader", arguments, stdin);
    let code = |run: &Run| run.stderr.rsplit('[').next().unwrap_or_default().trim_end().trim_end_matches(']').to_owned();
    let both = refused(&["quotes", "-", "-"], b"");
    assert_eq!((both.exit, code(&both).as_str()), (2, "argument.options"));
    let bytes = refused(&["quotes", document, "-"], b"caf\xe9");
    assert_eq!((bytes.exit, code(&bytes).as_str()), (1, "text.utf8"));
    let long = refused(&["quotes", document, "-"], "é".repeat(3 << 20).as_bytes());
    assert_eq!((long.exit, code(&long).as_str()), (2, "argument.text"));
    let missing = refused(&["quotes", document, "/nowhere/text"], b"");
    assert_eq!((missing.exit, code(&missing).as_str()), (1, "text.missing"));
    assert_eq!(json("tiny-reader", &["quotes", document, "-"], b"")["statements"], Value::Array(Vec::new()));
}
