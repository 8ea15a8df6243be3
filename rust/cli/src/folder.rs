//! `inspect`, `verify` and the table of errors.

use edgeinfinite_core::{CODES, Kind, Manifest, Result, inspect as inspect_folder};
use serde::Serialize;

use crate::{Common, print};

/// Says what a folder holds.
pub fn inspect(common: &Common) -> Result<()> {
    common.options()?;
    let mut info = inspect_folder(&common.model)?;
    if let Some(name) = &common.scenario {
        Manifest::load(&common.model)?.scenario(Some(name))?; // one that is not there is refused
        info.scenarios.retain(|s| s.name == *name);
    }
    if common.json {
        return print::json(&info);
    }
    print::line(&format!("{} {} ({})\n{}", info.name, info.version, info.licence, info.description))?;
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
    self_test_error: f64,
    self_test_bound: f64,
}

/// Checks hashes and numbers.
pub fn verify(common: &Common) -> Result<()> {
    common.options()?;
    let model = common.open()?; // compares every hash
    let test = model.self_test()?;
    let files = model.manifest().files.len();
    if common.json {
        return print::json(&Verified { files, self_test_error: test.error, self_test_bound: test.bound });
    }
    print::line(&format!(
        "{}: {files} files have the hashes of model.json; {} is {:.1e} off the reference (at most {:.1e})",
        common.model.display(),
        model.execution().file,
        test.error,
        test.bound,
    ))
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
