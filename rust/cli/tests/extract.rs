//! `extract`, and what a counted answer and an instruction look like on the command line.

mod common;

use common::{Run, edgeinfinite, scratch};
use serde_json::{Value, json};

const TEXT: &str = "# Lease\n\nThe rent is 840 euros a month. The lease begins on 1 April 2024.\n\n## Keys\n\n- front door\n- cellar\n";

fn run(model: &str, arguments: &[&str]) -> Run {
    let folder = common::tiny().with_file_name(model);
    edgeinfinite(&[arguments, &["--model", folder.to_str().unwrap()]].concat(), TEXT.as_bytes())
}

#[test]
fn values_are_json_and_lines() {
    let fields = ["--field", "rent:amount", "--field", "begins:date:When does the lease begin?", "--field", "keys:list"];
    let made = run("demo", &[&["extract", "-", "--json"], &fields[..]].concat());
    assert_eq!((made.exit, made.stderr.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&made.stdout).unwrap();
    let values: Vec<&Value> = report["fields"].as_array().unwrap().iter().map(|field| &field["value"]).collect();
    assert_eq!(values, [&json!({"amount": 840.0, "currency": "EUR"}), &json!("2024-04-01"), &json!(["front door", "cellar"])]);
    let words = &report["fields"][0]["words"];
    assert_eq!(&TEXT[words["start"].as_u64().unwrap() as usize..words["end"].as_u64().unwrap() as usize], "840 euros");
    let shown = run("demo", &[&["extract", "-"], &fields[..]].concat()).stdout;
    assert!(
        shown.starts_with("rent: 840 EUR\n  ╰ standard input, line 3, bytes ") && shown.contains("keys: front door; cellar\n"),
        "{shown}"
    );
}

#[test]
fn fields_come_out_of_a_file_and_wrong_ones_are_refused() {
    let folder = scratch();
    let file = folder.path().join("fields.json");
    let path = file.to_str().unwrap();
    std::fs::write(&file, r#"[{"name": "rent", "type": "amount"}, {"name": "zeppelins"}]"#).unwrap();
    let made = run("finder", &["extract", "-", "--fields", path]);
    assert!(made.stdout.contains("rent: 840 EUR") && made.stdout.contains("zeppelins: –\n  ╰ not found"), "{}", made.stdout);
    std::fs::write(&file, r#"[{"name": "rent", "type": "money"}]"#).unwrap();
    for (wrong, words) in [
        (&["--fields", path][..], "found type \"money\", expected one of text, number"),
        (&["--field", "a", "--field", "a"], "another field has"),
        (&["--field", "a:money"], "found type \"money\""),
        (&[], "--field"),
    ] {
        let made = run("finder", &[&["extract", "-"], wrong].concat());
        assert_eq!(made.exit, 2, "{wrong:?}");
        assert!(made.stderr.contains(words), "{}", made.stderr);
    }
}

#[test]
fn a_count_is_shown_with_its_entries() {
    let made = run("tiny-reader", &["ask", "-", "How many keys are there?"]);
    assert_eq!((made.exit, made.stderr.as_str()), (0, ""));
    assert!(made.stdout.starts_with("2\n- front door\n- cellar\n  ╰ 2 counted; from standard input, line 7"), "{}", made.stdout);
}

#[test]
fn an_instruction_is_for_models_that_write() {
    let made = run("demo", &["ask", "-", "How much is the rent?", "--instruction", "Answer in German."]);
    assert_eq!(made.exit, 2);
    assert!(made.stderr.contains("instruction: found a model that quotes sentences, expected"), "{}", made.stderr);
    assert_eq!(run("tiny", &["ask", "-", "How much is the rent?", "--scenario", "large", "--instruction", "Answer in German."]).exit, 0);
}
