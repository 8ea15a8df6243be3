//! Every fixture cut short and with its bits turned: no panic of this crate's own, no hang, no overflow.

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use edgeinfinite_documents::{CODES, Limits, Options, StructuredText, structured_text};

/// Where this crate's own code panicked.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A text of every format that is not among the fixtures.
const TEXTS: [(&str, &str); 10] = [
    (
        "x.txt",
        "Pool\n\nNot allowed:\n- running\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\n\u{c}Page 2 of 3\nQ: Who?\nA: Ola.\n1.1 \"Goods\" means it.\n",
    ),
    ("x.md", "# Hut\n\n1. fire\n   - candles\n\n> Quiet\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n```\ncode\n```\n[a](b) ![c](d) <b>x</b>\n"),
    ("x.csv", "id,name\n1,\"a\"\"b\"\n2,\"c\nd\"\n"),
    ("x.json", "{\"a\": [{\"b\": 1.5e3}, \"x\\u00e9\"], \"c\": null}"),
    ("x.yaml", "server:\n  host: x\n  list:\n    - a: 1\n      b: |\n        text\n"),
    ("x.srt", "1\n00:00:01,000 --> 00:00:02,000\n- Who?\n- Ola.\n\n2\n00:00:03,000 --> 00:00:04,000\nBye.\n"),
    ("x.ics", "BEGIN:VEVENT\nSUMMARY:Dentist\nDTSTART:20240612T083000\nEND:VEVENT\n"),
    ("x.vcf", "BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:J=C3=BCrgen\nBDAY:1988-02-17\nEND:VCARD\n"),
    (
        "x.eml",
        "From: a@b.org\nMIME-Version: 1.0\nMessage-ID: <1@x>\nSubject: =?utf-8?q?x?=\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>x</p>\n--b--\n",
    ),
    ("x.mbox", "From x Mon Mar 11 10:00:00 2024\nFrom: x@b.org\nDate: 11 Mar 2024 10:00:00 +0000\n\nHello.\n"),
];

fn inputs() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let fixtures = files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()));
    let mut found: Vec<(String, Vec<u8>)> = fixtures.filter(|(name, _)| !name.starts_with("make.")).collect();
    found.extend(TEXTS.map(|(name, text)| (name.to_string(), text.as_bytes().to_vec())));
    found.sort();
    found
}

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most.max(1) as u64) as usize
    }
}

fn watch_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or(String::new(), |place| format!("{}:{}", place.file(), place.line()));
        if place.contains("documents/src") || place.contains("documents/tests") {
            PANICS.lock().unwrap().push(format!("{place}: {panic}"));
        }
    }));
}

/// Reads bytes that may be anything: a document, or an error with a known code, within the bound of time.
fn try_read(name: &str, bytes: &[u8], what: &str) {
    let limits = Limits { time: Duration::from_secs(5), ..Limits::default() };
    let begun = Instant::now();
    match structured_text(bytes, &Options { name: Some(name.into()), limits, ..Options::default() }) {
        Ok(document) => check(&document, name, what),
        Err(error) => assert!(CODES.iter().any(|known| known.0 == error.code()), "{name}, {what}: {}", error.code()),
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "{name}, {what}: took {:?}", begun.elapsed());
    let panics = std::mem::take(&mut *PANICS.lock().unwrap()); // a failing assertion calls the hook, which locks again
    assert!(panics.is_empty(), "{name}, {what}: {panics:?}");
}

fn check(document: &StructuredText, name: &str, what: &str) {
    for block in &document.blocks {
        assert!(block.pieces.iter().all(|piece| document.text.get(piece.clone()).is_some()), "{name}, {what}: a piece beyond the text");
    }
}

fn changed(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + numbers.below(8) {
        let at = numbers.below(bytes.len());
        match numbers.below(5) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << numbers.below(8),
            1 if !bytes.is_empty() => bytes[at] = numbers.below(256) as u8,
            2 => bytes.truncate(at),
            3 => {
                let end = (at + numbers.below(64)).min(bytes.len());
                let piece = bytes[at.min(end)..end].to_vec();
                let into = numbers.below(bytes.len());
                bytes.splice(into..into, piece);
            }
            _ => {
                let end = (at + numbers.below(32)).min(bytes.len());
                bytes.drain(at.min(end)..end);
            }
        }
    }
    bytes
}

#[test]
fn cut_short_and_changed_inputs_are_read_or_refused() {
    watch_panics();
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for (name, bytes) in inputs() {
        for part in 0..24 {
            let length = bytes.len() * part / 24;
            try_read(&name, &bytes[..length], &format!("cut to {length} bytes"));
        }
        for round in 0..40 {
            try_read(&name, &changed(&bytes, &mut numbers), &format!("change {round}"));
        }
    }
}

/// A longer look: `EDGEINFINITE_FUZZ_SECONDS` (60) for each format, as many formats at once as there are cores.
#[test]
#[ignore = "takes minutes"]
fn changed_inputs_for_a_while() {
    watch_panics();
    let seconds = std::env::var("EDGEINFINITE_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(60);
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64 | 1;
    let mut formats: BTreeMap<String, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    for (name, bytes) in inputs() {
        let format = name.rsplit('.').next().unwrap_or_default().to_string();
        formats.entry(format).or_default().push((name, bytes));
    }
    let waiting = Mutex::new(formats.into_iter());
    let next = || waiting.lock().unwrap().next();
    let work = || {
        while let Some((format, inputs)) = next() {
            let rounds = change_for_a_while(&inputs, seed, Duration::from_secs(seconds));
            println!("{format}: {rounds} changes of {} files", inputs.len());
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(work);
        }
    });
}

/// Changes the files of a format in turn until the time is over; gives how often.
fn change_for_a_while(inputs: &[(String, Vec<u8>)], seed: u64, time: Duration) -> u64 {
    let mut numbers = Numbers(seed);
    let until = Instant::now() + time;
    let mut rounds = 0;
    for (name, bytes) in inputs.iter().cycle() {
        if Instant::now() >= until {
            break;
        }
        rounds += 1;
        try_read(name, &changed(bytes, &mut numbers), &format!("seed {seed}, change {rounds}"));
    }
    rounds
}
