//! `inspect`, `verify` and the table of errors.

use edgeinfinite_core::{CODES, Kind, Manifest, Result, SelfTestResult, inspect as inspect_folder};
use serde::Serialize;

use crate::{Common, print};

/// Says what a folder holds.
pub fn inspect(common: &Common) -> Result<()> {
    common.options()?;
    let mut info = inspect_folder(&common.model)?;
    if let Some(name) = &common.scenario {
        let known = Manifest::load(&common.model)?.generator;
        known.map(|generator| generator.scenario(Some(name))).transpose()?; // one that is not there is refused
        info.scenarios.retain(|s| s.name == *name);
    }
    if common.json {
        return print::json(&info);
    }
    print::line(&format!("{} {} ({})\n{}", info.name, info.version, info.licence, info.description))?;
    if let Some(reader) = &info.reader {
        print::line(&format!(
            "{}, the reader: {} parameters, {}, {} · numbers at most {:.1e} off the reference's · {} tokens and {} sentences a run · alone the process about {} at most",
            reader.file,
            print::grouped(reader.parameters),
            reader.precision,
            print::size(reader.bytes),
            reader.max_error,
            reader.length,
            reader.sentences,
            print::size(reader.memory.peak_bytes),
        ))?;
    }
    if !info.generator {
        return print::line("no generator: it answers questions and summarises by recall, and does not chat");
    }
    print::line(&format!(
        "{} parameters, {} of them gates · {} layers of {} · vocabulary {} · {} · {} on disk · {}",
        print::grouped(info.parameters),
        print::grouped(info.gate_parameters),
        info.layers,
        info.hidden,
        print::grouped(info.vocabulary as u64),
        info.family,
        print::size(info.folder_bytes),
        info.accelerators.join(", "),
    ))?;
    for a in &info.variants {
        let cost = a.cost.map_or_else(String::new, |c| {
            let share = 100.0 * c.agreement;
            format!(
                ": found {:.2e}; {:.4} nats a token from the reference, the same next token after {share:.1} % of {}",
                c.error, c.divergence, c.tokens
            )
        });
        let on = &a.accelerator;
        let bytes = print::size(a.bytes);
        print::line(&format!(
            "{} for {on}, {}, {bytes} · logits at most {:.1e} off the reference's{cost}",
            a.file, a.precision, a.max_error
        ))?;
    }
    if info.memory_layers == 0 {
        print::line(
            "no memory (its gates are not trained): by recall and notes it answers from any length, by memory from the window alone",
        )?;
    }
    print::line(&format!(
        "questions of up to {} tokens, answers of up to {}",
        print::grouped(info.max_question_tokens as u64),
        print::grouped(info.max_output_tokens as u64),
    ))?;
    for s in info.scenarios {
        let mark = if s.name == info.default_scenario { " (default)" } else { "" };
        print::line(&format!(
            "scenario {}{mark}: segment {}, pinned {}, window {}, recall {} · state {} whatever the document's length
  = {} heads · ({} layers · (2 · {} bytes · (pinned + window) + 4 bytes · pinned) · {d} + {} with a memory · 2 · 4 bytes · ({d}² + {d}))
  the process about {} at most: weights {}, engine and tokenizer {}, and either {} to load or two states and {} of activations",
            s.name,
            s.segment,
            s.pinned,
            s.window,
            s.recall,
            print::size(s.state_bytes),
            info.kv_heads,
            info.layers,
            info.cache.bytes(),
            info.memory_layers,
            print::size(s.memory.peak_bytes),
            print::size(s.memory.weights_bytes),
            print::size(s.memory.runtime_bytes),
            print::size(s.memory.loading_bytes),
            print::size(s.memory.run_bytes),
            d = info.head_dim,
        ))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Verified {
    files: usize,
    self_tests: Vec<SelfTestResult>,
}

/// Checks hashes and numbers.
pub fn verify(common: &Common) -> Result<()> {
    common.options()?;
    let model = common.open()?; // compares every hash
    let self_tests = model.self_tests()?;
    let files = model.manifest().files.len();
    if common.json {
        return print::json(&Verified { files, self_tests });
    }
    let told =
        self_tests.iter().map(|test| format!("; {} is {:.1e} off the reference (at most {:.1e})", test.file, test.error, test.bound));
    let told: String = told.collect();
    print::line(&format!("{}: {files} files have the hashes of model.json{told}", common.model.display()))
}

/// docs/errors.md.
pub fn errors() -> String {
    let rows = CODES.iter().map(|(code, kind, meaning)| {
        let whose = match kind {
            Kind::Argument | Kind::State => "the caller",
            Kind::World => "the world",
            Kind::Cancelled => "nobody",
            Kind::Fault => "this library",
        };
        // As NativeException.kt has it; its tests read the table.
        let kotlin = match code.split_once('.').map_or(*code, |(area, _)| area) {
            "argument" => "IllegalArgumentException",
            "call" if *code == "call.closed" => "ClosedException",
            "call" => "IllegalStateException",
            "model" => "ModelException",
            "text" | "document" => "TextException",
            "state" => "SavedDocumentException",
            "shelf" if matches!(kind, Kind::Argument) => "IllegalArgumentException",
            "shelf" => "ShelfException",
            "engine" => "EngineMissingException",
            "runtime" => "OnnxRuntimeException",
            "io" => "StorageException",
            "cancelled" => "CancellationException; ClosedException when closed meanwhile",
            _ => "EngineFault",
        };
        format!("| `{code}` | {meaning} | {whose} | {kotlin} |")
    });
    let head = "# Errors\n\nGenerated by `scripts/edgeinfinite errors`. Codes are stable; messages are not.\n\n\
                | code | what happened | whose fault | in Kotlin |\n|---|---|---|---|\n";
    head.to_owned() + &rows.collect::<Vec<_>>().join("\n")
}
