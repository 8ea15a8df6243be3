//! Which accelerator is taken, and why not the others. What needs Qualcomm's simulator is ignored here; `scripts/test.sh npu` runs it.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::copied;
use edgeinfinite_core::testing::CancelToken;
use edgeinfinite_core::{Manifest, Model, OpenOptions};
use sha2::{Digest, Sha256};

const SOCS: [&str; 3] = ["SM8550", "SM8650", "SM8750"];

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/tiny")
}

fn options(accelerators: &[&str]) -> OpenOptions {
    let accelerators = Some(accelerators.iter().map(|a| (*a).to_owned()).collect());
    OpenOptions { accelerators, threads: Some(1), ..OpenOptions::default() }
}

/// Changes a file of a folder and its model.json.
fn change(folder: &Path, name: &str, change: impl FnOnce(String) -> String) {
    let text = change(std::fs::read_to_string(folder.join(name)).unwrap());
    std::fs::write(folder.join(name), &text).unwrap();
    let path = folder.join("model.json");
    let mut about: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    about["files"][name] = serde_json::json!({ "bytes": text.len(), "sha256": format!("{:x}", Sha256::digest(&text)) });
    std::fs::write(path, about.to_string()).unwrap();
}

#[test]
fn what_the_model_has_no_graph_for_is_passed_over_with_its_reason() {
    let model = Model::open(&tiny(), &options(&["Npu", "Nnapi", "Xnnpack", "Cpu"])).unwrap();
    let execution = model.execution();
    assert_eq!((&*execution.accelerator, execution.requested.len()), ("Cpu", 4));
    let passed: Vec<&str> = execution.skipped.iter().map(|p| &*p.accelerator).collect();
    assert_eq!(passed, ["Npu", "Nnapi", "Xnnpack"]);
    assert!(execution.skipped.iter().all(|p| p.reason == "the model has no graph for it"), "{:?}", execution.skipped);
    assert_eq!((execution.graphs.len(), execution.self_test_error), (1, None));
    let none = Model::open(&tiny(), &options(&["Npu", "Nnapi"])).unwrap_err();
    assert_eq!(none.code(), "argument.accelerator");
}

#[test]
fn what_does_not_load_here_is_passed_over_with_its_reason() {
    let folder = copied(&tiny());
    let path = folder.path().join("model.json");
    let mut about: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let artefacts = about["artefacts"].as_array_mut().unwrap();
    for accelerator in ["Xnnpack", "Nnapi"] {
        let mut artefact = artefacts[0].clone();
        artefact["accelerator"] = accelerator.into();
        artefacts.push(artefact);
    }
    std::fs::write(path, about.to_string()).unwrap();
    // ONNX Runtime's library for the desk has neither.
    let model = Model::open(folder.path(), &options(&["Xnnpack", "Nnapi", "Cpu"])).unwrap();
    assert_eq!(model.execution().accelerator, "Cpu");
    assert_eq!(model.execution().skipped.len(), 2);
    assert!(model.execution().skipped.iter().all(|p| p.reason.contains("cpu-fp32.onnx")), "{:?}", model.execution().skipped);
    let both = Model::open(folder.path(), &options(&["Xnnpack", "Nnapi"])).unwrap_err();
    assert!(both.message().contains("Xnnpack: ") && both.message().contains("Nnapi: "), "{both}");
}

/// models/tiny with graphs for the NPU, and the plugin: what scripts/test.sh npu has made.
fn compiled() -> (PathBuf, OpenOptions) {
    let named =
        |name: &str| PathBuf::from(std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set: scripts/test.sh npu sets it")));
    let options = OpenOptions { npu_library: Some(named("EDGEINFINITE_NPU_LIBRARY")), ..options(&["Npu", "Cpu"]) };
    (named("EDGEINFINITE_NPU_TINY"), options)
}

fn for_soc(soc: &str) -> (Arc<Model>, PathBuf, OpenOptions) {
    let (folder, options) = compiled();
    let options = OpenOptions { soc: Some(soc.into()), ..options };
    (Model::open(&folder, &options).unwrap(), folder, options)
}

/// Logits of a stream that fills the memory, of drafts and of single rows; kept and read again on the way.
fn read(model: &Model) -> Vec<Vec<f32>> {
    let cancel = CancelToken::new().unwrap();
    let mut logits = Vec::new();
    let mut session = model.generator().unwrap().session().unwrap();
    session.feed(&(0..150).map(|i| 30 + (i * i * 7 + i) % 300).collect::<Vec<u32>>());
    while session.flush(&cancel).unwrap() {}
    logits.push(session.logits().to_vec());
    let mut saved = Vec::new();
    session.write(&mut saved).unwrap();
    let counts = session.counts();
    let mut session = model.generator().unwrap().session().unwrap().resumed(&counts, &mut &saved[..]).unwrap().fork().unwrap();
    session
        .verify(&[40, 50, 60], &cancel, |row| {
            logits.push(row.to_vec());
            None
        })
        .unwrap();
    for token in [70, 80] {
        session.feed(&[token]);
        session.flush(&cancel).unwrap();
        logits.push(session.logits().to_vec());
    }
    assert!(session.absorbed() > 100);
    logits
}

#[test]
#[ignore = "needs Qualcomm's simulator: scripts/test.sh npu"]
fn the_simulator_computes_what_the_cpu_computes() {
    let (folder, _) = compiled();
    let wanted = read(&Model::open(&folder, &options(&["Cpu"])).unwrap());
    for soc in SOCS {
        let (model, ..) = for_soc(soc);
        let execution = model.execution();
        assert_eq!((&*execution.accelerator, execution.skipped.len()), ("Npu", 0), "{execution:?}");
        assert_eq!(execution.graphs.len(), 3);
        assert!(execution.self_test_error.is_some_and(|e| e < 0.15) && !execution.self_test_cached);
        let ran: Vec<&String> = execution.graphs.iter().flat_map(|g| g.nodes.keys()).collect();
        assert!(!ran.is_empty() && ran.iter().all(|provider| *provider == "QNNExecutionProvider"), "{:?}", execution.graphs);
        for (got, want) in read(&model).iter().zip(&wanted) {
            let largest = want.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
            let error = got.iter().zip(want).fold(0.0_f32, |a, (b, c)| a.max((b - c).abs())) / largest;
            assert!(error < 0.15, "{soc}: logits {error} off");
        }
        assert!(model.generator().unwrap().self_test().is_ok_and(|t| t.error <= t.bound));
    }
}

/// The graphs that NNAPI and XNNPACK take, run by the CPU, since ONNX Runtime's library for the desk has neither.
#[test]
#[ignore = "needs a folder that scripts/test.sh npu makes"]
fn fixed_shapes_in_f32_compute_what_open_ones_compute() {
    let (folder, _) = compiled();
    let exact = OpenOptions { precision: Some("fp32".into()), ..options(&["Cpu"]) };
    let open = Model::open(&folder, &exact).unwrap();
    let wanted = read(&open);
    for accelerator in ["Nnapi", "Xnnpack"] {
        let passed = Model::open(&folder, &options(&[accelerator, "Cpu"])).unwrap().execution().skipped.clone();
        assert!(passed[0].reason.contains("fixed-default-16.onnx"), "{passed:?}");
        let relabelled = copied(&folder);
        let path = relabelled.path().join("model.json");
        let mut about: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let artefacts = about["artefacts"].as_array_mut().unwrap();
        artefacts.retain(|a| a["accelerator"] == accelerator);
        artefacts.iter_mut().for_each(|a| a["accelerator"] = "Cpu".into());
        std::fs::write(path, about.to_string()).unwrap();
        let model = Model::open(relabelled.path(), &exact).unwrap();
        assert_eq!(model.execution().graphs.iter().map(|g| g.rows).collect::<Vec<_>>(), [16, 8, 1]);
        assert!(model.generator().unwrap().self_test().is_ok_and(|t| t.error < 1e-5));
        for (got, want) in read(&model).iter().zip(&wanted) {
            let largest = want.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
            assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-5 * largest), "{accelerator}");
        }
    }
}

#[test]
#[ignore = "needs Qualcomm's simulator: scripts/test.sh npu"]
fn the_cpu_is_taken_with_the_reason_where_the_npu_fails() {
    let (folder, options) = compiled();
    let why = |options: &OpenOptions, folder: &Path| {
        let model = Model::open(folder, options).unwrap();
        assert_eq!(model.execution().accelerator, "Cpu");
        model.execution().skipped[0].reason.clone()
    };
    let nowhere =
        OpenOptions { npu_library: Some("/nowhere/libonnxruntime_providers_qnn.so".into()), soc: Some("SM8650".into()), ..options.clone() };
    assert!(why(&nowhere, &folder).contains("does not load"));
    assert!(why(&options, &folder).contains("processor unknown"));
    assert!(why(&OpenOptions { soc: Some("SM9999".into()), ..options.clone() }, &folder).contains("processor SM9999"));
    let large = OpenOptions { soc: Some("SM8650".into()), scenario: Some("large".into()), ..options };
    assert!(why(&large, &folder).contains("scenario large"));
}

#[test]
#[ignore = "needs Qualcomm's simulator: scripts/test.sh npu"]
fn a_wrong_graph_is_caught_once_and_for_all() {
    let (model, folder, options) = for_soc("SM8650");
    let cache = tempfile::tempdir().unwrap();
    let options = OpenOptions { self_test_cache: Some(cache.path().to_owned()), ..options };
    let seen = |folder: &Path| Model::open(folder, &options).unwrap();
    let first = seen(&folder);
    let second = seen(&folder);
    assert_eq!((first.execution().self_test_cached, second.execution().self_test_cached), (false, true));
    assert_eq!(first.execution().self_test_error, model.execution().self_test_error);
    assert_eq!(first.execution().self_test_error, second.execution().self_test_error);
    // The graphs as they are, but what they are fed is held otherwise: they load, run, and compute something else.
    let damaged = copied(&folder);
    let manifest = Manifest::load(&folder).unwrap().generator.unwrap();
    let encodings = manifest.artefacts.iter().find_map(|a| a.fixed.as_ref()?.encodings.clone()).unwrap();
    change(damaged.path(), &encodings, |text| {
        let mut kept: serde_json::Value = serde_json::from_str(&text).unwrap();
        let scale = kept["tensors"]["x"]["scale"].as_f64().unwrap();
        kept["tensors"]["x"]["scale"] = (scale * 3.0).into();
        kept.to_string()
    });
    for _ in 0..2 {
        let execution = seen(damaged.path()).execution().clone();
        assert_eq!(execution.accelerator, "Cpu");
        assert!(execution.skipped[0].reason.contains("off the reference"), "{:?}", execution.skipped);
    }
    assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 2);
}
