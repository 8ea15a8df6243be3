//! How often the best sentence by the index alone holds the answer, by language: no graph runs.
//!
//!     cargo bench --profile dev -p edgeinfinite-core --bench retrieval -- FOLDER
//!
//! FOLDER holds a file of JSON lines for each language, such as XQuAD's (`de.jsonl`): an object an article, with `paragraphs` of `text` and
//! `questions` with `answers`. The article's paragraphs are one document.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use edgeinfinite_core::testing::candidates;
use edgeinfinite_core::{Document, DocumentOptions, Model, OpenOptions, Reading, TextSource};
use serde_json::Value;

/// Sentences among which the answer is looked for.
const FIRST: [usize; 2] = [1, 10];

fn main() {
    let Some(folder) = std::env::args().skip(1).find(|a| a != "--bench") else {
        println!("usage: cargo bench --profile dev -p edgeinfinite-core --bench retrieval -- FOLDER");
        return;
    };
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo");
    let model = Model::open(&model, &OpenOptions::default()).expect("models/demo opens");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    println!("language  questions  {}", FIRST.map(|first| format!("% in the first {first}")).join("  "));
    for file in files {
        let lines = std::fs::read_to_string(&file).expect("a file of JSON lines");
        let (mut found, mut asked) = (FIRST.map(|_| 0), 0);
        for article in lines.lines() {
            ask(&model, &serde_json::from_str(article).expect("JSON"), &mut found, &mut asked);
        }
        let shares = found.map(|found| format!("{:>16.1}", 100.0 * f64::from(found) / f64::from(asked)));
        println!("{:<9} {asked:>9}  {}", file.file_stem().unwrap_or_default().to_string_lossy(), shares.join(" "));
    }
}

/// Asks all questions about one article.
fn ask(model: &Arc<Model>, article: &Value, found: &mut [u32; 2], asked: &mut u32) {
    let paragraphs = article["paragraphs"].as_array().expect("paragraphs");
    let texts: Vec<&str> = paragraphs.iter().map(|p| p["text"].as_str().expect("a text")).collect();
    let text = texts.join("\n\n");
    let options = DocumentOptions { reading: Some(Reading::Recall), ..DocumentOptions::default() };
    let document = Document::open(Arc::clone(model), TextSource::text(text.as_str()).expect("text"), options).expect("a document");
    while document.step().expect("read").is_some() {}
    let mut start = 0;
    for (paragraph, own) in paragraphs.iter().zip(&texts) {
        let inside = start as u64..(start + own.len()) as u64;
        start += own.len() + 2;
        for question in paragraph["questions"].as_array().expect("questions") {
            let best = candidates(&document, question["question"].as_str().expect("a question")).expect("candidates");
            let told = |span: &edgeinfinite_core::Span| {
                let words = &text[span.start as usize..span.end as usize];
                let answers = question["answers"].as_array().expect("answers");
                inside.contains(&span.start) && answers.iter().any(|a| words.contains(a["text"].as_str().expect("an answer")))
            };
            *asked += 1;
            for (found, first) in found.iter_mut().zip(FIRST) {
                *found += u32::from(best.iter().take(first).any(|(span, _)| told(span)));
            }
        }
    }
}
