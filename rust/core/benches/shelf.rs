//! A shelf of many documents beside one document of the same bytes: adding, opening, the first answer and memory, as one JSON object. Each opening is a
//! process of its own, the two kinds by turns within this one run.
//!
//!     source scripts/env.sh && with_runtime true && cargo bench --profile dev -p edgeinfinite-core --bench shelf -- 10000 9
//!
//! The numbers: documents, and runs of each kind. The texts are generated, the same each time: words by Zipf's law, 3 to 5 kB a document, and in each a fact of its own.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use edgeinfinite_core::{
    AnswerEvent, AnswerStream, AskOptions, Document, DocumentOptions, Filter, Model, NewDocument, OpenOptions, Reading, SearchOptions,
    TextSource,
};
use serde_json::{Value, json};

const VOCABULARY: usize = 50_000;
/// Questions of a run; the first one is *first*.
const ASKED: usize = 8;
const CONSONANTS: &[u8] = b"bdfghjklmnprstvwz";
const VOWELS: &[u8] = b"aeiou";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["shelf", model, folder, run, documents] => println!("{}", ask_shelf(model, folder.as_ref(), number(run), number(documents))),
        ["single", model, folder, run, documents] => println!("{}", ask_single(model, folder.as_ref(), number(run), number(documents))),
        ["fill", model, folder, documents] => println!("{}", fill(model, folder.as_ref(), number(documents))),
        [documents, runs] => println!("{}", serde_json::to_string_pretty(&measure(number(documents), number(runs))).expect("JSON")),
        _ => println!("usage: cargo bench --profile dev -p edgeinfinite-core --bench shelf -- DOCUMENTS RUNS"),
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() * bound as f64) as usize
    }

    /// The rank of a word by Zipf's law: of rank r with a chance of about 1/r.
    fn rank(&mut self) -> usize {
        ((VOCABULARY as f64).powf(self.next()) - 1.0) as usize
    }
}

/// A word that no other rank has.
fn word(rank: usize) -> String {
    let (mut rest, mut word) = (rank + 40, String::new());
    while rest > 0 {
        word.push(CONSONANTS[rest % CONSONANTS.len()] as char);
        rest /= CONSONANTS.len();
        word.push(VOWELS[rest % VOWELS.len()] as char);
        rest /= VOWELS.len();
    }
    word
}

/// Names that a single document has.
fn name(document: usize) -> String {
    let mut name = word(VOCABULARY + document * 7);
    name[..1].make_ascii_uppercase();
    name + "ford"
}

fn question(document: usize) -> String {
    format!("Which code opens the gate of {}?", name(document))
}

fn code(document: usize) -> usize {
    1000 + document * 7919 % 100_000
}

/// A document: sections of sentences, and the fact somewhere in it.
fn text(document: usize) -> String {
    let mut random = Random((document as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let bytes = 3000 + random.below(2000);
    let place = random.below(bytes);
    let (mut text, mut told) = (format!("# Report {document}\n\n"), false);
    while text.len() < bytes {
        if !told && text.len() >= place {
            text.push_str(&format!("The gate of {} opens with the code {}. ", name(document), code(document)));
            told = true;
        }
        let words: Vec<String> = (0..6 + random.below(10)).map(|_| word(random.rank())).collect();
        text.push_str(&format!("The {}. ", words.join(" ")));
        match random.below(40) {
            0 => text.push_str(&format!("\n\n## {} {}\n\n", word(random.rank()), word(random.rank()))),
            1..=5 => text.push_str("\n\n"),
            _ => {}
        }
    }
    if !told {
        text.push_str(&format!("The gate of {} opens with the code {}.", name(document), code(document)));
    }
    text + "\n"
}

fn open(name: &str) -> Arc<Model> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models").join(name);
    Model::open(&folder, &OpenOptions::default()).unwrap_or_else(|e| panic!("models/{name}: {e}"))
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// A line of /proc/self/status in bytes.
fn memory(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Milliseconds to the first text and to the end, and the answer's text.
fn pulled(begun: Instant, stream: &AnswerStream) -> (f64, f64, String) {
    let mut first = None;
    loop {
        match stream.next().expect("an event") {
            Some(AnswerEvent::TextDelta { .. }) => drop(first.get_or_insert_with(|| milliseconds(begun))),
            Some(AnswerEvent::Done { answer }) => return (first.unwrap_or(f64::NAN), milliseconds(begun), answer.text),
            _ => {}
        }
    }
}

fn questions(run: usize, documents: usize) -> Vec<usize> {
    let mut random = Random((run as u64 + 77).wrapping_mul(0x2545_f491_4f6c_dd1d) | 1);
    (0..ASKED).map(|_| random.below(documents)).collect()
}

/// Words of every document: what a shelf opens most documents for.
fn common_words(run: usize) -> String {
    [3, 11, 40, 160, 700].map(|rank| word(rank + run)).join(" ")
}

fn fill(model: &str, folder: &Path, documents: usize) -> Value {
    let model = open(model);
    let shelf = model.shelf(folder).expect("a shelf");
    let (begun, mut bytes) = (Instant::now(), 0);
    let mut times = Vec::with_capacity(documents);
    for document in 0..documents {
        let (text, about) = (text(document), NewDocument { id: format!("report-{document}"), ..NewDocument::default() });
        bytes += text.len();
        let since = Instant::now();
        let adding = shelf.add(TextSource::text(text).expect("text"), about).expect("an addition");
        while adding.step().expect("a step").is_some() {}
        times.push(milliseconds(since));
    }
    let last = times.split_off(documents - documents.min(100));
    json!({
        "documents": documents, "text_bytes": bytes, "seconds": begun.elapsed().as_secs_f64(), "add_ms": spread(times), "add_ms_last_100": spread(last),
        "peak_rss_bytes": memory("VmHWM"),
    })
}

fn ask_shelf(model: &str, folder: &Path, run: usize, documents: usize) -> Value {
    let model = open(model);
    let before = memory("RssAnon");
    let begun = Instant::now();
    let shelf = model.shelf(folder).expect("a shelf");
    let open_ms = milliseconds(begun);
    let held = memory("RssAnon").saturating_sub(before);
    let mut rows = Vec::new();
    for document in questions(run, documents) {
        let opened = shelf.opened();
        let begun = Instant::now();
        let stream = shelf.ask(&question(document), &Filter::default(), AskOptions::default()).expect("an answer");
        let (first, all, text) = pulled(begun, &stream);
        rows.push(
            json!({ "first": first, "all": all, "right": text.contains(&code(document).to_string()), "opened": shelf.opened() - opened }),
        );
    }
    let opened = shelf.opened();
    let begun = Instant::now();
    shelf.search(&common_words(run), &Filter::default(), SearchOptions::default()).expect("passages");
    json!({
        "open_ms": open_ms, "open_bytes": held, "rows": rows, "search_common_ms": milliseconds(begun), "search_common_opened": shelf.opened() - opened,
        "peak_rss_bytes": memory("VmHWM"), "rss_anon_bytes": memory("RssAnon"),
    })
}

fn ask_single(model: &str, folder: &Path, run: usize, documents: usize) -> Value {
    let model = open(model);
    let (file, state) = (folder.join("all.md"), folder.join("all.state"));
    let source = TextSource::file(&file).expect("a file");
    let before = memory("RssAnon");
    let begun = Instant::now();
    let document = if state.exists() {
        Document::restore(Arc::clone(&model), source, &state).expect("a saved document")
    } else {
        Document::open(Arc::clone(&model), source, DocumentOptions { reading: Some(Reading::Recall), ..DocumentOptions::default() })
            .expect("a document")
    };
    while document.step().expect("a step").is_some() {}
    let open_ms = milliseconds(begun);
    let held = memory("RssAnon").saturating_sub(before);
    if !state.exists() {
        document.save(&state).expect("saved");
    }
    let mut rows = Vec::new();
    for number in questions(run, documents) {
        let begun = Instant::now();
        let stream = document.ask(&question(number), AskOptions::default()).expect("an answer");
        let (first, all, text) = pulled(begun, &stream);
        rows.push(json!({ "first": first, "all": all, "right": text.contains(&code(number).to_string()) }));
    }
    let begun = Instant::now();
    document.search(&common_words(run), SearchOptions::default()).expect("passages");
    json!({
        "open_ms": open_ms, "open_bytes": held, "rows": rows, "search_common_ms": milliseconds(begun),
        "peak_rss_bytes": memory("VmHWM"), "rss_anon_bytes": memory("RssAnon"),
    })
}

fn spread(mut values: Vec<f64>) -> Value {
    values.sort_by(f64::total_cmp);
    values.first().map_or(Value::Null, |min| json!({ "min": min, "median": values[values.len() / 2], "max": values[values.len() - 1] }))
}

fn child(arguments: &[&str]) -> Value {
    let output = Command::new(std::env::current_exe().expect("this program")).args(arguments).output().expect("a process");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Of runs of one kind: minimum, median and maximum of each number, over the first question and over the others.
fn summed(runs: &[Value]) -> Value {
    let of = |key: &str| spread(runs.iter().filter_map(|run| run[key].as_f64()).collect());
    let rows = |key: &str, later: bool| {
        let rows = runs.iter().flat_map(|run| run["rows"].as_array().into_iter().flatten().enumerate());
        spread(rows.filter(|(at, _)| (*at > 0) == later).filter_map(|(_, row)| row[key].as_f64()).collect())
    };
    let all = runs.iter().flat_map(|run| run["rows"].as_array().into_iter().flatten());
    let right = all.clone().filter(|row| row["right"] == true).count();
    json!({
        "open_ms": of("open_ms"), "open_bytes": of("open_bytes"), "peak_rss_bytes": of("peak_rss_bytes"), "rss_anon_bytes": of("rss_anon_bytes"),
        "first_answer_ms": { "first_text": rows("first", false), "whole": rows("all", false) },
        "later_answers_ms": { "first_text": rows("first", true), "whole": rows("all", true) },
        "documents_opened": { "first": rows("opened", false), "later": rows("opened", true) },
        "search_common_ms": of("search_common_ms"), "search_common_opened": of("search_common_opened"),
        "right": right, "asked": all.count(),
    })
}

fn measure(documents: usize, runs: usize) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name).to_str().expect("a name in UTF-8").to_owned();
    let (shelf, single) = (place("shelf"), place("single"));
    fs::create_dir(&single).expect("a folder");
    let whole: String = (0..documents).map(|document| text(document) + "\n").collect();
    fs::write(place("single/all.md"), whole).expect("written");
    let count = documents.to_string();
    let added = child(&["fill", "finder", &shelf, &count]);
    let read = child(&["single", "finder", &single, "0", &count]);
    let mut models = serde_json::Map::new();
    for model in ["finder", "reader"] {
        let (mut of_shelf, mut of_single) = (Vec::new(), Vec::new());
        for run in 0..runs {
            let run = run.to_string();
            if model == "reader" && run == "0" {
                fs::remove_file(place("single/all.state")).expect("a saved document"); // of the other model
                child(&["single", model, &single, "0", &count]);
            }
            of_shelf.push(child(&["shelf", model, &shelf, &run, &count]));
            of_single.push(child(&["single", model, &single, &run, &count]));
        }
        let ratio = |key: &str| {
            let of = |runs: &[Value]| runs.iter().filter_map(|run| run["rows"][0][key].as_f64()).collect::<Vec<_>>();
            spread(of(&of_shelf).iter().zip(of(&of_single)).map(|(shelf, single)| shelf / single).collect())
        };
        let times = json!({ "first_text": ratio("first"), "whole": ratio("all") });
        models.insert(
            model.to_owned(),
            json!({ "shelf": summed(&of_shelf), "one_document": summed(&of_single), "first_answer_times_as_long": times }),
        );
    }
    let size = |folder: &str| -> u64 {
        let files = fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file"));
        files.map(|file| file.metadata().expect("metadata").len()).sum()
    };
    let sizes = ["documents", "terms"].map(|name| size(&format!("{shelf}/{name}")));
    let catalogue = fs::metadata(format!("{shelf}/catalogue")).expect("a catalogue").len();
    json!({
        "command": format!("cargo bench --profile dev -p edgeinfinite-core --bench shelf -- {documents} {runs}"),
        "machine": machine(), "runs": runs, "added": added, "disk_bytes": { "documents": sizes[0], "terms": sizes[1], "catalogue": catalogue },
        "one_document_read": { "open_ms": read["open_ms"], "peak_rss_bytes": read["peak_rss_bytes"], "state_bytes": fs::metadata(place("single/all.state")).map_or(0, |about| about.len()) },
        "models": models,
    })
}

fn machine() -> Value {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu =
        info.lines().find_map(|line| line.strip_prefix("model name")).and_then(|line| line.split_once(':')).map(|(_, name)| name.trim());
    json!({ "cpu": cpu, "cores": std::thread::available_parallelism().map_or(0, usize::from), "system": "Linux" })
}
