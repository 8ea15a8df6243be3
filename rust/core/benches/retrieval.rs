//! How often the best sentence by the index alone holds the answer, by language, and how well its score tells questions about the document from
//! questions about another one: no graph runs.
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
/// Foreign questions that are to be refused (%).
const REFUSED: f64 = 90.0;

fn main() {
    let Some(folder) = std::env::args().skip(1).find(|a| a != "--bench") else {
        println!("usage: cargo bench --profile dev -p edgeinfinite-core --bench retrieval -- FOLDER");
        return;
    };
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/finder");
    let model = Model::open(&model, &OpenOptions::default()).expect("models/finder opens");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    println!(
        "language  questions  {}  score below which {REFUSED:.0} % of the foreign are  % of its own below",
        FIRST.map(|first| format!("% in the first {first}")).join("  ")
    );
    for file in files {
        let lines = std::fs::read_to_string(&file).expect("a file of JSON lines");
        let articles: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let (mut found, mut asked, mut own, mut foreign) = (FIRST.map(|_| 0), 0, Vec::new(), Vec::new());
        for (number, article) in articles.iter().enumerate() {
            let document = document(&model, &text(article));
            ask(&document, article, &mut found, &mut asked, &mut own);
            let other = &articles[(number + articles.len() / 2) % articles.len()];
            foreign.extend(questions(other).map(|question| best_score(&candidates(&document, question).expect("candidates"))));
        }
        let shares = found.map(|found| format!("{:>16.1}", 100.0 * f64::from(found) / f64::from(asked)));
        foreign.sort_by(f32::total_cmp);
        let bound = foreign[(foreign.len() as f64 * REFUSED / 100.0) as usize];
        let refused = 100.0 * own.iter().filter(|score| **score < bound).count() as f64 / own.len() as f64;
        println!(
            "{:<9} {asked:>9}  {} {bound:>20.3} {refused:>20.1}",
            file.file_stem().unwrap_or_default().to_string_lossy(),
            shares.join(" ")
        );
    }
}

fn text(article: &Value) -> String {
    let paragraphs = article["paragraphs"].as_array().expect("paragraphs");
    paragraphs.iter().map(|p| p["text"].as_str().expect("a text")).collect::<Vec<_>>().join("\n\n")
}

fn questions(article: &Value) -> impl Iterator<Item = &str> {
    let paragraphs = article["paragraphs"].as_array().expect("paragraphs").iter();
    paragraphs.flat_map(|p| p["questions"].as_array().expect("questions")).map(|q| q["question"].as_str().expect("a question"))
}

fn document(model: &Arc<Model>, text: &str) -> Document {
    let options = DocumentOptions { reading: Some(Reading::Recall), ..DocumentOptions::default() };
    let document = Document::open(Arc::clone(model), TextSource::text(text).expect("text"), options).expect("a document");
    while document.step().expect("read").is_some() {}
    document
}

fn best_score(best: &[(edgeinfinite_core::Span, f32)]) -> f32 {
    best.first().map_or(0.0, |best| best.1)
}

/// Asks all questions about one article.
fn ask(document: &Document, article: &Value, found: &mut [u32; 2], asked: &mut u32, scores: &mut Vec<f32>) {
    let (text, mut start) = (text(article), 0);
    for paragraph in article["paragraphs"].as_array().expect("paragraphs") {
        let own = paragraph["text"].as_str().expect("a text");
        let inside = start as u64..(start + own.len()) as u64;
        start += own.len() + 2;
        for question in paragraph["questions"].as_array().expect("questions") {
            let best = candidates(document, question["question"].as_str().expect("a question")).expect("candidates");
            let told = |span: &edgeinfinite_core::Span| {
                let words = &text[span.start as usize..span.end as usize];
                let answers = question["answers"].as_array().expect("answers");
                inside.contains(&span.start) && answers.iter().any(|a| words.contains(a["text"].as_str().expect("an answer")))
            };
            *asked += 1;
            scores.push(best_score(&best));
            for (found, first) in found.iter_mut().zip(FIRST) {
                *found += u32::from(best.iter().take(first).any(|(span, _)| told(span)));
            }
        }
    }
}
