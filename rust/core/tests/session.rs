//! Properties of the stream that hold for any text: one call = many calls, forks do not see each other, state of bounded size.

mod common;

use std::sync::{Arc, LazyLock};

use common::{copied, folder, open, open_at};
use edgeinfinite_core::testing::{CancelToken, Session, TextStream, TokenStream};
use edgeinfinite_core::{Model, OpenOptions, inspect};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

static TINY: LazyLock<Arc<Model>> = LazyLock::new(|| open("tiny", None));
/// The same with keys and values in f16.
static HALF: LazyLock<Arc<Model>> = LazyLock::new(|| open("tiny-half", None));

fn tiny() -> Arc<Model> {
    Arc::clone(&TINY)
}

fn drain(session: &mut Session) {
    let cancel = CancelToken::between_runs();
    while session.flush(&cancel).unwrap() {}
}

#[test]
fn one_call_equals_many() {
    let model = tiny();
    let words: Vec<u32> = (0..700).map(|i| 30 + (i * i * 7 + i) % 300).collect();
    let mut whole = model.generator().unwrap().session().unwrap();
    whole.feed(&words);
    drain(&mut whole);
    let mut parts = model.generator().unwrap().session().unwrap();
    let cancel = CancelToken::between_runs();
    for part in words.chunks(13) {
        parts.feed(part);
        while parts.advance(&cancel).unwrap() {}
    }
    drain(&mut parts);
    assert_eq!(whole.logits(), parts.logits());
    assert_eq!((whole.absorbed(), whole.runs(), whole.bytes()), (parts.absorbed(), parts.runs(), parts.bytes()));
}

#[test]
fn a_session_goes_on_where_it_was_written() {
    let words: Vec<u32> = (0..300).map(|i| 30 + (i * i * 7 + i) % 300).collect();
    let cuts = [(0, 0), (3, 0), (17, 0), (40, 1), (41, 5), (100, 0), (250, 40)];
    for (model, (read, single)) in cuts.into_iter().flat_map(|cut| [(&*TINY, cut), (&*HALF, cut)]) {
        let mut session = model.generator().unwrap().session().unwrap();
        session.feed(&words[..read]);
        let cancel = CancelToken::between_runs();
        while session.advance(&cancel).unwrap() {}
        for word in &words[..single] {
            session.feed(&[*word]);
            drain(&mut session);
        }
        let mut bytes = Vec::new();
        let counts = session.counts();
        session.write(&mut bytes).unwrap();
        let mut resumed = model.generator().unwrap().session().unwrap().resumed(&counts, &mut bytes.as_slice()).unwrap();
        for session in [&mut session, &mut resumed] {
            session.feed(&words);
            drain(session);
        }
        assert_eq!(session.logits(), resumed.logits(), "{read} tokens and {single}");
        assert_eq!(session.memory_sums(), resumed.memory_sums());
        assert_eq!((session.runs(), session.absorbed()), (resumed.runs(), resumed.absorbed()));
        let short = model.generator().unwrap().session().unwrap().resumed(&counts, &mut &bytes[..bytes.len().saturating_sub(1)]);
        assert!(bytes.is_empty() || short.unwrap_err().code() == "state.damaged");
    }
}

/// The graph's rows of a verify run are those of single runs, but for rounding.
#[test]
fn several_rows_compute_what_single_rows_do() {
    let model = tiny();
    let cancel = CancelToken::between_runs();
    let words: Vec<u32> = (0..140).map(|i| 30 + (i * i * 7 + i) % 300).collect();
    let [mut single, mut drafted] = [(); 2].map(|()| {
        let mut session = model.generator().unwrap().session().unwrap();
        session.feed(&words[..50]);
        drain(&mut session);
        session
    });
    let mut at = 50;
    for (rows, right) in [(8, 7), (8, 3), (2, 0), (4, 3), (8, 5), (1, 0), (8, 7), (8, 7), (8, 6), (3, 1), (8, 7), (8, 7), (8, 7)] {
        let mut tokens = words[at..at + rows].to_vec();
        if right + 1 < rows {
            tokens[right + 1] = 29;
        }
        let mut next = at;
        let choose = |_: &[f32]| {
            next += 1;
            Some(words[next])
        };
        drafted.verify(&tokens, &cancel, choose).unwrap();
        for word in &words[at..next] {
            single.feed(&[*word]);
            drain(&mut single);
        }
        at = next;
        assert_eq!((single.position(), single.absorbed()), (drafted.position(), drafted.absorbed()));
        let close = |a: f64, b: f64| (a - b).abs() < 1e-4 * a.abs().max(1.0);
        assert!(single.logits().iter().zip(drafted.logits()).all(|(a, b)| close(f64::from(*a), f64::from(*b))), "at {at}");
        for ((m, z), (other_m, other_z)) in single.memory_sums().into_iter().zip(drafted.memory_sums()) {
            assert!(close(m, other_m) && close(z, other_z), "at {at}");
        }
    }
    assert!(at > 100 && drafted.absorbed() > 60 && drafted.runs() < single.runs());
    single.feed(&[40]);
    assert_eq!(single.verify(&[41], &cancel, |_| None).unwrap_err().code(), "fault", "what waits comes first");
}

#[test]
fn state_does_not_grow_and_forks_are_apart() {
    for model in [&*TINY, &*HALF] {
        let mut session = model.generator().unwrap().session().unwrap();
        session.feed(&[40; 20]);
        drain(&mut session);
        let bytes = session.bytes();
        let before = session.logits().to_vec();
        let [mut fork, mut other] = [session.fork().unwrap(), session.fork().unwrap()];
        fork.feed(&[50; 500]);
        drain(&mut fork);
        assert_eq!((fork.bytes(), session.bytes(), model.generator().unwrap().state_bytes()), (bytes, bytes, bytes));
        assert_eq!(session.logits(), before);
        assert!(fork.absorbed() > 0 && session.absorbed() == 0);
        for session in [&mut session, &mut other] {
            session.feed(&[60; 50]);
            drain(session);
        }
        assert_eq!(session.logits(), other.logits());
    }
}

/// The cache holds what was read and little more, until the window is full; what a restored or copied session computes is the same.
#[test]
fn the_cache_grows_up_to_the_window() {
    for name in ["tiny", "tiny-half"] {
        let options = OpenOptions { scenario: Some("large".into()), ..OpenOptions::default() };
        let model = Model::open(&folder(name), &options).unwrap();
        let generator = model.generator().unwrap();
        let most = generator.state_bytes();
        let base = &generator.manifest().base;
        let slot = (2 * base.layers * base.kv_heads * base.head_dim * if name == "tiny" { 4 } else { 2 }) as u64;
        let mut session = generator.session().unwrap();
        let mut before = 0;
        while session.position() < 540 {
            let read = session.position();
            let missing = (most - session.bytes()) / slot; // slots
            let sizes = generator.sizes();
            let needed = sizes.pinned as u64 + read.min(sizes.window as u64);
            let there = (sizes.pinned + sizes.window) as u64 - missing;
            assert!((needed..=(needed + needed / 4 + 64)).contains(&there), "{there} slots after {read} tokens");
            assert!(session.bytes() >= before);
            before = session.bytes();
            let mut other = session.fork().unwrap();
            assert_eq!(other.bytes(), session.bytes());
            for session in [&mut session, &mut other] {
                session.feed(&(0..13).map(|i| 30 + ((read + i) * 7 % 300) as u32).collect::<Vec<_>>());
                drain(session);
            }
            assert_eq!(session.logits(), other.logits());
        }
        assert_eq!(session.bytes(), most);
    }
}

#[test]
fn a_cache_that_grows_stays_with_the_graph_that_was_let_go_of() {
    let model = open("tiny", Some("large"));
    let generator = model.generator().unwrap();
    let mut session = generator.session().unwrap();
    session.feed(&[40; 30]);
    drain(&mut session);
    let before = session.bytes();
    generator.trim();
    session.feed(&[50; 200]);
    drain(&mut session);
    assert!(session.bytes() > before);
    drop(session);
    assert!(!generator.is_loaded(), "no second copy was loaded");
}

/// models/tiny with its embedding in f32, or in the blocks that f32 is made of; both in a file that begins with something else's bytes.
fn with_embedding(blocks: bool) -> tempfile::TempDir {
    let target = copied(&folder("tiny"));
    let path = target.path().join("model.json");
    let mut about: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let numbers = |key: &str| about["base"][key].as_u64().unwrap() as usize;
    let count = numbers("vocabulary") * numbers("hidden"); // hidden is one block
    let steps: Vec<u8> = (0..count).map(|i| (i * i * 31 + i * 7) as u8).collect();
    let scales: Vec<f32> = (0..count / 32).map(|row| 0.01 + (row % 13) as f32 / 1000.0).collect();
    let (name, bytes) = if blocks {
        let scales = scales.iter().flat_map(|s| s.to_le_bytes());
        ("weights", [7; 64].into_iter().chain(scales).chain(steps).collect::<Vec<_>>())
    } else {
        let row = |(i, step): (usize, &u8)| ((f32::from(*step) - 128.0) * scales[i / 32]).to_le_bytes();
        ("embedding.f32", steps.iter().enumerate().flat_map(row).collect())
    };
    let scales_end = 64 + scales.len() * 4;
    about["embedding"] = if blocks {
        json!({"file": name, "dtype": "q8", "scale": 1.0, "scales": 64, "steps": scales_end})
    } else {
        json!({"file": name, "dtype": "f32", "scale": 1.0})
    };
    about["files"][name] = json!({"bytes": bytes.len(), "sha256": format!("{:x}", Sha256::digest(&bytes))});
    std::fs::write(target.path().join(name), bytes).unwrap();
    std::fs::write(path, about.to_string()).unwrap();
    target
}

#[test]
fn rows_in_blocks_are_those_of_the_floats_that_they_stand_for() {
    let logits = [true, false].map(|blocks| {
        let folder = with_embedding(blocks);
        let model = open_at(folder.path(), None);
        let mut session = model.generator().unwrap().session().unwrap();
        session.feed(&(0..90).map(|i| 30 + i * 3).collect::<Vec<_>>());
        drain(&mut session);
        session.logits().to_vec()
    });
    assert_eq!(logits[0], logits[1]);
    assert!(logits[0].iter().any(|l| l.abs() > 0.1));
}

#[test]
fn keys_and_values_in_f16_take_half() {
    let shape = &TINY.generator().unwrap().manifest().base;
    let sizes = TINY.generator().unwrap().sizes();
    let numbers = 2 * shape.layers * shape.kv_heads * (sizes.pinned + sizes.window) * shape.head_dim;
    let [whole, half] = [&TINY, &HALF].map(|model| model.generator().unwrap().session().unwrap().bytes());
    assert_eq!(whole - half, 2 * numbers as u64);
    let [whole, half] = ["tiny", "tiny-half"].map(|name| inspect(&folder(name)).unwrap());
    for (whole, half) in whole.scenarios.iter().zip(&half.scenarios) {
        let numbers = 2 * shape.layers * shape.kv_heads * (whole.pinned + whole.window) * shape.head_dim;
        assert_eq!(whole.state_bytes - half.state_bytes, 2 * numbers as u64, "{}", whole.name);
        assert_eq!(half.memory.state_bytes, 2 * half.state_bytes);
        // What is lost again to one layer's keys and values in f32.
        assert_eq!(half.memory.run_bytes - whole.memory.run_bytes, 4 * (numbers / shape.layers) as u64);
    }
    let test = HALF.generator().unwrap().self_test().unwrap();
    assert!(1e-5 < test.error && test.error <= test.bound, "{test:?}");
}

#[test]
fn a_cancelled_run_changes_nothing() {
    let model = tiny();
    let cancel = CancelToken::new().unwrap();
    let mut session = model.generator().unwrap().session().unwrap();
    session.feed(&[60; 40]);
    cancel.cancel();
    assert_eq!(session.advance(&cancel).unwrap_err().code(), "cancelled");
    assert_eq!((session.runs(), session.position()), (0, 0));
    drain(&mut session);
    let mut other = model.generator().unwrap().session().unwrap();
    other.feed(&[60; 40]);
    drain(&mut other);
    assert_eq!(session.logits(), other.logits());
    cancel.cancel();
    assert_eq!(session.verify(&[61, 62], &cancel, |_| unreachable!()).unwrap_err().code(), "cancelled");
    for session in [&mut session, &mut other] {
        session.verify(&[61, 62], &cancel, |_| Some(62)).unwrap();
    }
    assert_eq!((session.logits(), session.position()), (other.logits(), 43)); // the window is full: no room for a draft
}

/// Text without a place to cut is not held back for long.
#[test]
fn a_stream_holds_back_little() {
    let model = tiny();
    let mut stream = TokenStream::default();
    let mut out = 0;
    let text = "unspaced,".repeat(3000);
    for _ in 0..20 {
        out += model.generator().unwrap().tokens().decode(&stream.push(model.generator().unwrap().tokens(), &text).unwrap()).unwrap().len();
    }
    assert!(20 * text.len() - out <= 2 * 4096, "{out} of {} bytes", 20 * text.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Tokenised in pieces = tokenised whole, wherever the pieces are cut.
    #[test]
    fn token_stream_equals_whole(text in "([a-zA-Zé字🙂0-9.,'\n\t-]{0,9}[ ]{0,3}){0,60}", cuts in prop::collection::vec(0_usize..400, 0..8)) {
        let model = tiny();
        let tokens = model.generator().unwrap().tokens();
        let mut stream = TokenStream::default();
        let mut found = Vec::new();
        let mut at = 0;
        let mut cuts: Vec<usize> = cuts.into_iter().map(|c| text.floor_char_boundary(c.min(text.len()))).collect();
        cuts.sort_unstable();
        for cut in cuts.into_iter().chain([text.len()]) {
            found.extend(stream.push(tokens, &text[at..cut.max(at)]).unwrap());
            at = cut.max(at);
        }
        found.extend(stream.finish(tokens).unwrap());
        prop_assert_eq!(found, tokens.encode(&text).unwrap());
    }

    /// Written token by token = decoded whole, and never half a character.
    #[test]
    fn text_stream_equals_whole(text in "[a-zé字🙂 \u{5d0}\u{0}]{0,40}", ids in prop::collection::vec(30_u32..380, 0..30)) {
        let model = tiny();
        let tokens = model.generator().unwrap().tokens();
        for ids in [tokens.encode(&text).unwrap(), ids] {
            let mut stream = TextStream::default();
            let mut found = String::new();
            for id in &ids {
                found.push_str(&stream.push(tokens, *id).unwrap());
            }
            found.push_str(&stream.finish(tokens).unwrap());
            prop_assert_eq!(found, tokens.decode(&ids).unwrap());
        }
    }
}
