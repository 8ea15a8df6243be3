//! Every kind of bad input gives one clear line, the right exit code, and no backtrace.

mod common;

use std::fs;

use common::{edgeinfinite, scratch, tiny_copy};

/// Runs and expects a failure: exit code, code of the error, and a word of its sentence.
fn refused(arguments: &[&str], stdin: &[u8], exit: i32, code: &str, word: &str) {
    let run = edgeinfinite(arguments, stdin);
    assert_eq!(run.exit, exit, "{arguments:?}: {}", run.stderr);
    assert_eq!(run.stdout, "", "{arguments:?}");
    assert_eq!(run.stderr.lines().count(), 1, "{arguments:?}: {}", run.stderr);
    assert!(run.stderr.contains(&format!("[{code}]")) && run.stderr.contains(word), "{arguments:?}: {}", run.stderr);
}

#[test]
fn documents() {
    let folder = scratch();
    let deep = "<html>".to_owned() + &"<ul><li>".repeat(5000) + "x";
    let cases: [(&str, &[u8], &str, &str); 6] = [
        ("empty", b"", "text.empty", "empty"),
        ("blank", b" \n\t\n ", "text.empty", "white space"),
        ("page", b"<html><script>gate()</script></html>", "text.empty", "no text"),
        ("deep", deep.as_bytes(), "document.too_large", "nesting"),
        ("gzip", b"\x1f\x8b\x08\0", "document.format", "gzip"),
        ("program", b"\x7fELF\x02\x01\x01\0\0", "document.format", "program"),
    ];
    for (name, bytes, code, word) in cases {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        refused(&["ask", path.to_str().unwrap(), "What?"], b"", 1, code, word);
        refused(&["summarize", "-"], bytes, 1, code, word);
    }
    let missing = folder.path().join("missing");
    refused(&["ask", missing.to_str().unwrap(), "What?"], b"", 1, "text.missing", "missing");
    refused(&["ask", folder.path().to_str().unwrap(), "What?"], b"", 1, "text.missing", "folder");
}

#[test]
fn questions_and_options() {
    let long = "why ".repeat(10_000);
    refused(&["ask", "-", &long], b"Some text.", 2, "argument.question", "at most 256");
    refused(&["ask", "-", "  "], b"Some text.", 2, "argument.question", "empty");
    refused(&["ask", "-", "What?", "--scenario", "huge"], b"Some text.", 2, "argument.scenario", "default, large");
    refused(&["ask", "-", "What?", "--reading", "tea-leaves"], b"Some text.", 2, "argument.reading", "memory, recall, recall_all or notes");
    refused(&["inspect", "--scenario", "huge"], b"", 2, "argument.scenario", "default, large");
    refused(&["verify", "--reading", "tea-leaves"], b"", 2, "argument.reading", "memory, recall, recall_all or notes");
    refused(&["summarize", "-", "--usage", "/proc/nowhere/usage.json"], b"Some text.", 1, "io", "/proc/nowhere");
    let folder = scratch();
    let path = folder.path().join("text");
    fs::write(&path, "Some text.").unwrap();
    refused(&["summarize", path.to_str().unwrap(), "--usage", path.to_str().unwrap()], b"", 2, "argument.options", "that is the document");
    assert_eq!(fs::read(&path).unwrap(), b"Some text.");
    refused(&["summarize", "-", "--usage", "-"], b"Some text.", 2, "argument.options", "--json");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    refused(&["summarize", "-", "--usage", link.to_str().unwrap()], b"Some text.", 1, "io", "a link to a file that is not there");
    refused(&["read", path.to_str().unwrap(), "--save", link.to_str().unwrap()], b"", 1, "io", "a link to a file that is not there");
    assert!(link.is_symlink() && !folder.path().join("nowhere").exists());
    refused(&["ask", "-", "What?", "--temperature", "-1"], b"Some text.", 2, "argument.sampling", "-1");
    for option in ["--threads", "--top-k", "--seed", "--max-output-tokens"] {
        let run = edgeinfinite(&["ask", "-", "What?", option, "-1"], b"Some text.");
        assert_eq!(run.exit, 2, "{option}");
        assert!(run.stderr.contains(&format!("invalid value '-1' for '{option}")), "{option}: {}", run.stderr);
    }
    for wrong in [&["ask", "-"][..], &["brew"], &["ask", "-", "What?", "--scenarios", "x"]] {
        let run = edgeinfinite(wrong, b"");
        assert_eq!(run.exit, 2, "{wrong:?}");
    }
}

/// One bit in the middle is another.
fn change_a_bit(bytes: &mut [u8]) {
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
}

#[test]
fn model_folders() {
    let break_json = |from: &str, to: &str| {
        let folder = tiny_copy();
        let path = folder.path().join("model.json");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
        folder
    };
    let cases = [
        (break_json("\"format\": 1", "\"format\": 2"), "model.format", "found format 2, expected 1"),
        (break_json("\"format\": 1", "\"colour\": 1, \"format\": 1"), "model.format", "colour"),
        (break_json("\"name\"", "\"nome\""), "model.format", "nome"),
        (break_json("\"licence\"", ""), "model.format", "not JSON"),
        (break_json("\"sha256\": \"", "\"sha256\": \"0"), "model.hash", "SHA-256"),
        (break_json("\"bytes\": ", "\"bytes\": 9"), "model.hash", "bytes"),
        (break_json("\"citation\": null,", ""), "model.format", "citation"),
        (break_json("\"end\": [2]", "\"end\": [999999]"), "model.format", "token 999999"),
        (break_json("\"window\": 32", "\"window\": 1152921504606846976"), "model.format", "scenarios.default"),
        (break_json("\"head_dim\": 8", "\"head_dim\": 8000000"), "model.format", "base"),
        (break_json("\"scenario\": \"default\"", "\"scenario\": \"nowhere\""), "model.format", "self_test"),
        (break_json("\"accelerator\": \"Cpu\"", "\"accelerator\": \"Abacus\""), "model.format", "Abacus"),
        (break_json("\"precision\"", "\"cache\": \"int8\", \"precision\""), "model.format", "found cache \"int8\", expected f16 or f32"),
        (break_json("\"precision\"", "\"cache\": \"f16\", \"precision\""), "model.graph", "found k_0 in f32, expected f16"),
        (break_json("\"summarize\": \"</doc><sum>\"", "\"summarize\": \"\""), "model.format", "prompt.summarize"),
        (
            break_json("\"summarize\": \"memory\"", "\"summarize\": \"recall_all\""),
            "model.format",
            "found recall_all, expected memory, recall or notes",
        ),
        (break_json("\"inverse_frequencies\": [", "\"inverse_frequencies\": [], \"x\": ["), "model.format", "unknown field"),
    ];
    for (folder, code, word) in cases {
        refused(&["--model", folder.path().to_str().unwrap(), "ask", "-", "What?"], b"Some text.", 1, code, word);
    }
    for (name, code) in [("cpu-fp32.onnx", "model.hash"), ("embedding.f16", "model.hash"), ("tokenizer.json", "model.hash")] {
        let folder = tiny_copy();
        let path = folder.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        change_a_bit(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        refused(&["--model", folder.path().to_str().unwrap(), "verify"], b"", 1, code, name);
        fs::remove_file(&path).unwrap();
        refused(&["--model", folder.path().to_str().unwrap(), "verify"], b"", 1, "model.missing", name);
    }
    // Weights are compared while they are loaded.
    let beside = || break_json("\"accelerator\": \"Cpu\"", "\"weights\": \"embedding.f16\", \"accelerator\": \"Cpu\"");
    type Change = fn(&mut Vec<u8>);
    let changes: [(Change, &str); 2] = [(|bytes| change_a_bit(bytes), "SHA-256"), (|bytes| bytes.truncate(100), "found 100 bytes")];
    for (change, word) in changes {
        let folder = beside();
        let path = folder.path().join("embedding.f16");
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        refused(&["--model", folder.path().to_str().unwrap(), "ask", "-", "What?"], b"Some text.", 1, "model.hash", word);
    }
    refused(&["--model", "/nowhere", "inspect"], b"", 1, "model.missing", "/nowhere");
    let empty = scratch();
    refused(&["--model", empty.path().to_str().unwrap(), "inspect"], b"", 1, "model.missing", "model.json");
}
