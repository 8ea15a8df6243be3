//! The command line's promises: JSON of one object, standard input, state of constant size, quiet when nobody watches.

mod common;

use std::process::Stdio;

use common::{command, edgeinfinite, scratch};
use serde_json::Value;

fn json(arguments: &[&str], stdin: &[u8]) -> Value {
    let run = edgeinfinite(arguments, stdin);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{arguments:?}");
    serde_json::from_str(&run.stdout).expect("one JSON object")
}

const USAGE: [&str; 10] = [
    "document_tokens",
    "prompt_tokens",
    "generated_tokens",
    "index_ms",
    "read_ms",
    "ttft_ms",
    "decode_tokens_per_second",
    "state_bytes",
    "index_bytes",
    "peak_rss_bytes",
];

#[test]
fn json_has_the_promised_keys() {
    let report = json(&["ask", "-", "Who?", "And when?", "--json"], "Ada wrote it. 🙂 In 1843.".as_bytes());
    assert_eq!(report["answers"].as_array().map(Vec::len), Some(2));
    for key in [
        "question",
        "resolved_question",
        "text",
        "found",
        "confidence",
        "found_confidence",
        "refusal",
        "quotes",
        "short_answer",
        "verdict",
        "coverage",
    ] {
        assert!(report["answers"][0].get(key).is_some(), "{key}");
    }
    for key in USAGE {
        assert!(report["usage"].get(key).is_some(), "{key}");
    }
    assert_eq!(report["execution"]["accelerator"], "Cpu");
    let report = json(&["summarize", "-", "--json"], b"One. Two.");
    assert!(report["summary"]["text"].is_string() && report.get("answers").is_none());
}

#[test]
fn a_reader_alone_answers_and_refuses() {
    let folder = common::tiny().with_file_name("tiny-reader");
    let model = ["--model", folder.to_str().unwrap()];
    let text = "The lease of the house was signed by Ada Brown in June 1904. Rent is due in May.".as_bytes();
    let report = json(&[&["ask", "-", "Who signed the lease?", "Was the lease signed by Ada Brown?", "--json"][..], &model].concat(), text);
    let [who, was] = [0, 1].map(|number| report["answers"][number].clone());
    assert_eq!((&who["found"], &who["verdict"]), (&Value::from(true), &Value::Null), "{who}");
    let place = |key: &str| who["short_answer"][key].as_u64().unwrap() as usize;
    assert_eq!(text[place("start")..place("end")], *who["short_answer"]["text"].as_str().unwrap().as_bytes());
    assert!(was["short_answer"].is_null() && ["yes", "no", "unclear"].contains(&was["verdict"].as_str().unwrap()), "{was}");
    assert_eq!(report["execution"]["file"], "reader.onnx");

    let shown = edgeinfinite(&[&["ask", "-", "Who signed the lease?"][..], &model].concat(), text);
    assert!(shown.stdout.contains(&format!("  = {}", who["short_answer"]["text"].as_str().unwrap())), "{}", shown.stdout);
    let summary = json(&[&["summarize", "-", "--json"][..], &model].concat(), text)["summary"].clone();
    assert!(summary["text"].as_str().unwrap().contains("Ada Brown"), "{summary}");
    let refused = edgeinfinite(&[&["summarize", "-", "--reading", "notes"][..], &model].concat(), text);
    assert_eq!(refused.exit, 1);
    assert!(refused.stderr.contains("[model.no_generator]"), "{}", refused.stderr);
    let about = json(&[&["inspect", "--json"][..], &model].concat(), b"");
    assert!(about["generator"] == false && about["reader"]["memory"]["peak_bytes"].as_u64() > Some(1 << 20), "{about}");
    assert!(edgeinfinite(&[&["inspect"][..], &model].concat(), b"").stdout.contains("reader.onnx, the reader"));
    let tests = json(&[&["verify", "--json"][..], &model].concat(), b"")["self_tests"].clone();
    assert!(tests[0]["error"].as_f64() < tests[0]["bound"].as_f64(), "{tests}");
}

#[test]
fn a_file_and_standard_input_are_the_same() {
    let folder = scratch();
    let path = folder.path().join("text");
    let text = "A sentence about a mill. ".repeat(200) + "x".repeat(9000).as_str();
    std::fs::write(&path, &text).unwrap();
    for reading in ["memory", "recall"] {
        let file = json(&["ask", path.to_str().unwrap(), "What mill?", "--json", "--reading", reading], b"");
        let pipe = json(&["ask", "-", "What mill?", "--json", "--reading", reading], text.as_bytes());
        assert_eq!(file["answers"][0]["text"], pipe["answers"][0]["text"]);
        let counted = |report: &Value| report["usage"]["document_tokens"].as_u64().expect("a number");
        assert!(counted(&file) > 1000);
        assert_eq!(counted(&file), counted(&pipe));
    }
}

#[test]
fn state_is_what_inspect_says_at_most() {
    let about = json(&["inspect", "--json"], b"");
    let scenarios = about["scenarios"].as_array().unwrap();
    let most = scenarios.iter().find(|s| s["name"] == about["default_scenario"]).unwrap()["state_bytes"].as_u64().unwrap();
    for reading in ["memory", "recall"] {
        let sizes: Vec<u64> = [10, 1000, 5000]
            .iter()
            .map(|count| json(&["ask", "-", "What mill?", "--json", "--reading", reading], "The old mill. ".repeat(*count).as_bytes())["usage"]["state_bytes"].as_u64().unwrap())
            .collect();
        assert!(sizes[0] > 0 && sizes[1] == sizes[2], "{reading}: {sizes:?}");
        assert!(sizes.iter().all(|size| *size <= 2 * most), "{reading}: {sizes:?}, expected at most {most} twice");
    }
}

#[test]
fn text_goes_to_standard_output_alone() {
    let run = edgeinfinite(&["summarize", "-"], "The old mill stands. ".repeat(50).as_bytes());
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
    assert!(!run.stdout.is_empty());
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let mut child = command(&["inspect"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn the_usage_file_is_the_report() {
    let folder = scratch();
    let path = folder.path().join("usage.json");
    let run = edgeinfinite(&["ask", "-", "What?", "--usage", path.to_str().unwrap()], b"The old mill stands.");
    assert_eq!(run.exit, 0, "{}", run.stderr);
    let report: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert!(report["usage"]["state_bytes"].as_u64() > Some(0));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn inspect_verify_and_bench() {
    let about = json(&["inspect", "--json"], b"");
    assert!(about["scenarios"].as_array().map(Vec::len) == Some(2));
    assert!(about["variants"].as_array().is_some_and(|all| all.iter().all(|a| a["bytes"].as_u64() > Some(10_000))));
    for scenario in about["scenarios"].as_array().unwrap() {
        let part = |name: &str| scenario["memory"][name].as_u64().unwrap();
        assert!(part("state_bytes") == 2 * scenario["state_bytes"].as_u64().unwrap() && part("peak_bytes") > part("weights_bytes"));
    }
    assert!(json(&["verify", "--json"], b"")["self_tests"][0]["error"].as_f64() < Some(1e-4));
    let report = json(&["bench", "--lengths", "100,400", "--runs", "2", "--json"], b"");
    assert_eq!(report["lengths"].as_array().map(Vec::len), Some(2));
    assert!(report["lengths"][0]["ttft_ms"]["median"].as_f64() > Some(0.0));
}

#[test]
fn the_error_table_is_up_to_date() {
    let table = edgeinfinite(&["errors"], b"").stdout;
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    assert_eq!(std::fs::read_to_string(path).unwrap(), table, "scripts/edgeinfinite errors > docs/errors.md");
}

#[test]
fn a_saved_document_answers_as_the_read_one() {
    let folder = scratch();
    let path = folder.path().join("text");
    let state = folder.path().join("state");
    std::fs::write(&path, "# Gates\n\nThe north gate opens with the code 4711. ".to_owned() + &"A sentence about a mill. ".repeat(200))
        .unwrap();
    let path = path.to_str().unwrap();
    let state = state.to_str().unwrap();
    for reading in ["memory", "recall"] {
        let saved = json(&["read", path, "--save", state, "--json", "--scenario", "large", "--reading", reading], b"");
        assert_eq!((saved["resumed_at"].as_u64(), saved["bytes"].as_u64()), (Some(0), std::fs::metadata(state).ok().map(|m| m.len())));
        let again = json(&["read", path, "--save", state, "--json", "--scenario", "large", "--reading", reading], b"");
        assert_eq!(again["resumed_at"], saved["document_tokens"], "nothing is read twice");
        for task in [&["ask", path, "Which code opens the north gate?"][..], &["summarize", path]] {
            let read = json(&[task, &["--json", "--scenario", "large", "--reading", reading]].concat(), b"");
            let restored = json(&[task, &["--json", "--scenario", "large", "--state", state]].concat(), b"");
            let text = |report: &Value| (report["answers"][0]["text"].clone(), report["summary"]["text"].clone());
            assert_eq!(text(&read), text(&restored));
        }
        std::fs::remove_file(state).unwrap();
    }
    let refused = edgeinfinite(&["ask", path, "Which code?", "--state", path], b"");
    assert_eq!(refused.exit, 1);
    assert!(refused.stderr.contains("state.damaged"), "{}", refused.stderr);
}

#[test]
fn every_reading_answers() {
    let text = "Ada wrote it in 1843. The mill stood by the river. ".repeat(30);
    for reading in ["memory", "recall", "recall:3", "recall:all", "recall_all", "notes"] {
        let report = json(&["ask", "-", "Who?", "--json", "--scenario", "large", "--reading", reading], text.as_bytes());
        let coverage = report["answers"][0]["coverage"].as_array().unwrap();
        assert_eq!(coverage.last().map(|c| c["end"].as_u64()), Some(Some(text.len() as u64)), "{reading}");
        let summarize = ["summarize", "-", "--json", "--scenario", "large", "--reading", reading];
        if reading == "recall:3" {
            let refused = edgeinfinite(&summarize, text.as_bytes());
            assert_eq!((refused.exit, refused.stderr.contains("recall_prompts: found a summary")), (2, true), "{}", refused.stderr);
            continue;
        }
        assert!(json(&summarize, text.as_bytes())["summary"]["text"].is_string());
    }
    for reading in ["recal", "recall:", "recall:0", "recall:x", "notes:2"] {
        let refused = edgeinfinite(&["ask", "-", "Who?", "--reading", reading], b"Some text.");
        assert_eq!(refused.exit, 2, "{reading}: {}", refused.stderr);
    }
}

#[test]
fn a_chat_puts_follow_ups_in_full_and_shows_it() {
    let text = b"The boiler is serviced every September by the firm Halberg. The landlord bears the cost of servicing the boiler. Cats may be kept.";
    let asked = ["ask", "-", "When is the boiler serviced?", "By whom?", "May cats be kept?", "--chat"];
    let report = json(&[&asked[..], &["--json"]].concat(), text);
    let resolved = |number: usize| report["answers"][number]["resolved_question"].clone();
    assert_eq!([resolved(0), resolved(1), resolved(2)], [Value::Null, "By whom is the boiler serviced?".into(), Value::Null]);
    assert_eq!(report["answers"][1]["question"], "By whom?");
    let shown = edgeinfinite(&asked, text);
    assert_eq!(shown.stdout.matches("asked as: By whom is the boiler serviced?").count(), 1, "{}", shown.stdout);
    let alone = json(&["ask", "-", "When is the boiler serviced?", "By whom?", "--json"], text);
    assert_eq!(alone["answers"][1]["resolved_question"], Value::Null);
}

#[test]
fn a_chat_without_questions_reads_them_line_by_line() {
    let folder = scratch();
    let file = folder.path().join("lease.txt");
    std::fs::write(&file, "The boiler is serviced every September by the firm Halberg. Cats may be kept.").unwrap();
    let report = json(&["ask", file.to_str().unwrap(), "--chat", "--json"], b"When is the boiler serviced?\n\nBy whom?\n");
    let questions: Vec<&str> = report["answers"].as_array().unwrap().iter().map(|answer| answer["question"].as_str().unwrap()).collect();
    assert_eq!(questions, ["When is the boiler serviced?", "By whom?"]);
    let both = edgeinfinite(&["ask", "-", "--chat"], b"text");
    assert_eq!(both.exit, 2, "{}", both.stderr);
    assert!(both.stderr.contains("argument.question"), "{}", both.stderr);
    assert_eq!(edgeinfinite(&["ask", "-"], b"text").exit, 2);
}
