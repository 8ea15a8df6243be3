//! `shelf`: its commands, and `kill -9` at any moment of a change.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{Run, command, edgeinfinite, scratch};
use serde_json::Value;

/// Kills of the test; [`KILLS`] says another number.
const MOMENTS: usize = 60;
const KILLS: &str = "EDGEINFINITE_SHELF_KILLS";

const MILL: &str = "# Lease of 4 Mill Street\n\nThe rent is 940 euros a month. A lost key costs 25 euros.\n";
const HARBOUR: &str = "# Lease of 9 Harbour Lane\n\nDogs are not allowed in the yard. The rent is 1,310 euros a month.\n";

fn model() -> String {
    common::tiny().with_file_name("tiny-reader").to_str().unwrap().to_owned()
}

fn run(shelf: &Path, arguments: &[&str], stdin: &[u8]) -> Run {
    let model = model();
    edgeinfinite(&[&["--model", &model, "shelf", shelf.to_str().unwrap()], arguments].concat(), stdin)
}

fn json(shelf: &Path, arguments: &[&str]) -> Value {
    let run = run(shelf, &[arguments, &["--json"]].concat(), b"");
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{arguments:?}");
    serde_json::from_str(&run.stdout).expect("one JSON object")
}

fn ids(report: &Value) -> Vec<&str> {
    report["documents"].as_array().unwrap().iter().map(|document| document["id"].as_str().unwrap()).collect()
}

#[test]
fn documents_are_kept_and_questioned() {
    let folder = scratch();
    let (shelf, file) = (folder.path().join("leases"), folder.path().join("mill.md"));
    fs::write(&file, MILL).unwrap();
    let added = run(&shelf, &["add", file.to_str().unwrap(), "--meta", "kind=lease"], b"");
    assert_eq!((added.exit, added.stderr.as_str()), (0, ""));
    assert!(added.stdout.starts_with("added mill.md  ") && added.stdout.ends_with("tokens  kind=lease\n"), "{}", added.stdout);
    let from_stdin = ["add", "-", "--id", "harbour", "--title", "Harbour Lane", "--meta", "kind=lease", "--meta", "year=2026"];
    assert_eq!(run(&shelf, &from_stdin, HARBOUR.as_bytes()).exit, 0);
    assert_eq!(ids(&json(&shelf, &["list"])), ["mill.md", "harbour"]);
    assert_eq!(ids(&json(&shelf, &["list", "--where", "year=2026"])), ["harbour"]);
    let listed = &json(&shelf, &["list", "--only", "harbour"])["documents"][0];
    assert_eq!((listed["title"].as_str(), listed["metadata"]["kind"].as_str()), (Some("Harbour Lane"), Some("lease")));
    assert_eq!(listed["bytes"].as_u64(), Some(HARBOUR.len() as u64));

    let found = &json(&shelf, &["search", "dogs in the yard"])["passages"][0];
    assert_eq!((found["document"].as_str(), found["headings"][0].as_str()), (Some("harbour"), Some("Harbour Lane")));
    let shown = run(&shelf, &["search", "lost key"], b"").stdout;
    let expected = "1. A lost key costs 25 euros.\n    ╰ mill.md, line 3, bytes 57–83 › mill.md › Lease of 4 Mill Street; score ";
    assert!(shown.starts_with(expected), "{shown}");
    let answer = &json(&shelf, &["ask", "Are dogs allowed?", "--where", "kind=lease"])["answers"][0];
    assert!(answer["quotes"].as_array().unwrap().iter().all(|quote| quote["document"].is_string()), "{answer}");
    let summary = &json(&shelf, &["summarize", "--length", "2"])["summary"];
    assert!(summary["quotes"].as_array().unwrap().iter().all(|quote| quote["document"].is_string()) && summary["found"] == true);

    assert_eq!(run(&shelf, &["replace", file.to_str().unwrap()], b"").exit, 0);
    assert_eq!(ids(&json(&shelf, &["list"])), ["harbour", "mill.md"]);
    assert_eq!(run(&shelf, &["remove", "harbour"], b"").exit, 0);
    assert_eq!(ids(&json(&shelf, &["list"])), ["mill.md"]);
    for (wrong, code) in [
        (&["add", file.to_str().unwrap()][..], "shelf.exists"),
        (&["replace", file.to_str().unwrap(), "--id", "b"], "shelf.unknown"),
        (&["remove", "b"], "shelf.unknown"),
        (&["ask", "rent?", "--only", "b"], "shelf.empty"),
        (&["add", "-"], "argument.options"),
        (&["ask", "rent?", "--reading", "notes"], "argument.reading"),
    ] {
        let refused = run(&shelf, wrong, b"Words.");
        assert_eq!(refused.exit, 2, "{wrong:?}");
        assert!(refused.stderr.ends_with(&format!("[{code}]\n")), "{}", refused.stderr);
    }
}

#[test]
fn a_second_process_is_told() {
    let folder = scratch();
    let (model, shelf) = (model(), folder.path().join("shelf"));
    let mut first = command(&["--model", &model, "shelf", shelf.to_str().unwrap(), "add", "-", "--id", "a"]).spawn().unwrap();
    // The model is open and the shelf made; the document has no end yet.
    let since = Instant::now();
    while !shelf.join("terms").exists() && since.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = run(&shelf, &["list"], b"");
    assert_eq!(second.exit, 1);
    assert!(second.stderr.contains("open in another process") && second.stderr.ends_with("[shelf.locked]\n"), "{}", second.stderr);
    first.stdin.take().unwrap().write_all(b"The heron sleeps.").unwrap();
    assert!(first.wait().unwrap().success());
    assert_eq!(ids(&json(&shelf, &["list"])), ["a"]);
}

/// A text of its number, long enough that a change takes a while.
fn text(number: usize) -> String {
    let sentence = |n: usize| format!("The house {n} of row {number} has the code {}. ", (n * 7919 + number * 104_729) % 100_000);
    (0..400).map(sentence).collect()
}

/// What the shelf says: the SHA-256 of each document by its id.
fn state(shelf: &Path) -> BTreeMap<String, String> {
    let listed = json(shelf, &["list"]);
    let of = |document: &Value| (document["id"].as_str().unwrap().to_owned(), document["sha256"].as_str().unwrap().to_owned());
    listed["documents"].as_array().unwrap().iter().map(of).collect()
}

/// Each document says what its version says, and nothing else lies about.
fn check(shelf: &Path, state: &BTreeMap<String, String>, versions: &BTreeMap<String, usize>) {
    let count = |name: &str| fs::read_dir(shelf.join(name)).unwrap().count();
    assert_eq!(count("documents"), state.len());
    for (id, sha256) in state {
        let version = versions[sha256];
        let found = json(shelf, &["search", &format!("house 7 of row {version}"), "--only", id, "--limit", "1"]);
        let passage = &found["passages"][0];
        assert!(passage["text"].as_str().unwrap().contains(&format!("of row {version} ")), "{id}");
        assert_eq!(passage["document"], **id);
    }
}

#[test]
fn killed_at_any_moment_it_is_old_or_new() {
    let moments = std::env::var(KILLS).ok().and_then(|kills| kills.parse().ok()).unwrap_or(MOMENTS);
    let folder = scratch();
    let (model, shelf) = (model(), folder.path().join("shelf"));
    let mut versions = BTreeMap::new();
    let mut random = Random(42);
    let (mut next, mut longest, mut changed) = (0, Duration::from_millis(60), 0);
    let mut known = state(&shelf);
    for moment in 0..moments {
        let id = format!("d{}", random.below(4));
        next += 1;
        let file = folder.path().join("document.txt");
        fs::write(&file, text(next)).unwrap();
        let change = match known.contains_key(&id) {
            true if random.below(2) == 0 => vec!["remove", &id],
            true => vec!["replace", file.to_str().unwrap(), "--id", &id],
            false => vec!["add", file.to_str().unwrap(), "--id", &id],
        };
        let mut child = command(&[&["--model", &model, "shelf", shelf.to_str().unwrap()], &change[..]].concat()).spawn().unwrap();
        let since = Instant::now();
        // Now and then it is let to its end, so that it is known how long that takes.
        if moment % 10 == 0 {
            assert!(child.wait().unwrap().success());
            longest = longest.max(since.elapsed()).min(Duration::from_secs(2));
        } else {
            std::thread::sleep(longest * random.below(1000) as u32 / 1000);
            let _ = child.kill();
            child.wait().unwrap();
        }
        let now = state(&shelf);
        let mut expected = known.clone();
        match change[0] {
            "remove" => drop(expected.remove(&id)),
            _ => {
                let sha256 = now.get(&id).filter(|sha256| known.get(&id) != Some(sha256)).cloned();
                if let Some(sha256) = sha256 {
                    assert!(!versions.contains_key(&sha256), "a version that was there before");
                    versions.insert(sha256.clone(), next);
                    expected.insert(id.clone(), sha256);
                }
            }
        }
        assert!(now == known || now == expected, "{change:?}: {known:?} became {now:?}");
        assert!(moment % 10 > 0 || now == expected, "what ended is there");
        check(&shelf, &now, &versions);
        changed += usize::from(now != known);
        known = now;
    }
    println!("{moments} changes, {changed} of them made, {} kept from being made", moments - changed);
    assert!(changed > moments / 10 && moments - changed > moments / 10, "{changed} of {moments}: kills come too early or too late");
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) as usize % bound
    }
}
