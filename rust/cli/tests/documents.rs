//! Documents of every format on the command line: a file or standard input, with the page where there are pages.

mod common;

use std::process::{Command, Stdio};

use common::{Run, command, edgeinfinite, scratch};
use serde_json::Value;

const FACT: &str = "The north gate opens with the code 4711.";

/// With the folder that ships, which finds the fact.
fn ask(arguments: &[&str], stdin: &[u8]) -> Run {
    ask_of("demo", arguments, stdin)
}

fn ask_of(model: &str, arguments: &[&str], stdin: &[u8]) -> Run {
    let folder = common::tiny().with_file_name(model);
    edgeinfinite(&[&["--model", folder.to_str().unwrap(), "--reading", "recall"], arguments].concat(), stdin)
}

fn html() -> String {
    format!("<html><head><title>Gates</title></head><body><h1>Gates</h1><p>The mill stands by the river.</p><p>{FACT}</p></body></html>")
}

#[test]
fn a_file_and_standard_input_of_any_format() {
    let folder = scratch();
    let path = folder.path().join("gates.html");
    let question = "Which code opens the north gate?";
    let utf16: Vec<u8> = FACT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, start) in [(html().into_bytes(), "Gates\n\nThe mill stands by the river.\n\n".len()), (utf16, 0)] {
        std::fs::write(&path, &bytes).unwrap();
        let told = ask(&["ask", path.to_str().unwrap(), question], b"");
        assert_eq!((told.exit, told.stderr.as_str()), (0, ""));
        assert!(told.stdout.contains("4711") && told.stdout.contains("gates.html, line "), "{}", told.stdout);
        for run in [ask(&["ask", path.to_str().unwrap(), question, "--json"], b""), ask(&["ask", "-", question, "--json"], &bytes)] {
            let report: Value = serde_json::from_str(&run.stdout).unwrap();
            let quote = &report["answers"][0]["quotes"][0];
            assert_eq!((quote["text"].as_str(), quote["start"].as_u64()), (Some(FACT), Some(start as u64)));
            assert_eq!((&quote["place"], &quote["page"]), (&Value::Null, &Value::Null));
        }
    }
}

#[test]
fn a_saved_document_of_another_format_is_not_read_again() {
    let folder = scratch();
    let path = folder.path().join("gates.html");
    let state = folder.path().join("state");
    std::fs::write(&path, html()).unwrap();
    let file = path.to_str().unwrap();
    let saved = state.to_str().unwrap();
    let read = |run: Run| serde_json::from_str::<Value>(&run.stdout).expect("one JSON object");
    let first = read(ask(&["read", file, "--save", saved, "--json"], b""));
    assert_eq!(first["resumed_at"], 0);
    let again = read(ask(&["read", file, "--save", saved, "--json"], b""));
    assert_eq!(again["resumed_at"], first["document_tokens"]);
    let told = ask(&["ask", file, "Which code opens the north gate?", "--state", saved], b"");
    assert!(told.stdout.contains("4711"), "{}{}", told.stdout, told.stderr);
    std::fs::write(&path, html().replace("4711", "4712")).unwrap();
    let refused = ask(&["ask", file, "Which code opens the north gate?", "--state", saved], b"");
    assert!(refused.exit == 1 && refused.stderr.contains("[state.document]"), "{}", refused.stderr);
}

#[test]
fn a_saved_pdf_keeps_its_pages() {
    let folder = scratch();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../documents/tests/fixtures/reportlab-one-column.pdf");
    let state = folder.path().join("state");
    let saved = state.to_str().unwrap();
    let questions = ["How many crowns does berth 1 cost?", "How many crowns does berth 6 cost?"];
    let quotes = |options: &[&str]| -> Vec<Value> {
        let run = ask_of("finder", &[&["ask", file], &questions[..], &["--json"], options].concat(), b"");
        let report: Value = serde_json::from_str(&run.stdout).expect("one JSON object");
        report["answers"].as_array().unwrap().iter().map(|answer| answer["quotes"][0].clone()).collect()
    };
    assert_eq!(ask_of("finder", &["read", file, "--save", saved], b"").exit, 0);
    let restored = quotes(&["--state", saved]);
    assert_eq!(quotes(&[]), restored);
    assert_eq!([&restored[0]["page"], &restored[1]["page"]], [&Value::from(1), &Value::from(2)]);
    assert_eq!(restored[1]["text"], "Berth 6 costs 78 crowns.");
}

#[test]
fn a_text_with_form_feeds_has_pages() {
    let text = format!("Gates\n\nThe mill stands by the river.\n\n1\n\u{c}Gates\n\n{FACT}\n\n2\n\u{c}");
    let question = "Which code opens the north gate?";
    let told = ask(&["ask", "-", question], text.as_bytes());
    assert!(told.stdout.contains("standard input, page 2, bytes "), "{}", told.stdout);
    let report: Value = serde_json::from_str(&ask(&["ask", "-", question, "--json"], text.as_bytes()).stdout).unwrap();
    assert_eq!(report["answers"][0]["quotes"][0]["page"], 2);
}

/// `script` of util-linux plays the terminal.
#[test]
fn a_name_with_escape_sequences_commands_no_terminal() {
    if Command::new("script").arg("--version").stdout(Stdio::null()).status().is_err() {
        return;
    }
    let folder = scratch();
    std::fs::write(folder.path().join("a\u{1b}[2Jb.txt"), FACT).unwrap();
    let program = command(&[]).get_program().to_string_lossy().into_owned();
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/demo");
    let line = format!("'{program}' --model '{model}' ask a*b.txt 'Which code opens the north gate?'");
    let mut terminal = Command::new("script");
    terminal.args(["-qec", &line, "/dev/null"]).current_dir(folder.path()).stdin(Stdio::null());
    let told = terminal.output().expect("it ends");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("4711") && told.contains("a\u{fffd}[2Jb.txt"), "{told}");
    assert!(!told.contains("\u{1b}[2J"), "{told}");
}
