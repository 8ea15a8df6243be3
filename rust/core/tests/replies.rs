//! Replies: what does not change an answer (drafts, other questions meanwhile) and what an option promises.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use edgeinfinite_core::{Answer, AskOptions, Document, DocumentOptions, Event, Model, OpenOptions, Reading, Reply, Source};

fn open(name: &str, scenario: &str) -> Arc<Model> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models").join(name);
    let options = OpenOptions { scenario: Some(scenario.into()), threads: Some(1), ..OpenOptions::default() };
    Model::open(&folder, &options).unwrap_or_else(|e| panic!("models/{name} opens: {e}"))
}

/// Copies what follows the question's words.
static COPIER: LazyLock<Arc<Model>> = LazyLock::new(|| open("tiny-copy", "default"));
static TINY: LazyLock<Arc<Model>> = LazyLock::new(|| open("tiny", "large"));

fn read(model: &Arc<Model>, text: &str, reading: Reading) -> Document {
    let options = DocumentOptions { reading: Some(reading), ..DocumentOptions::default() };
    let document = Document::open(Arc::clone(model), Source::text(text).unwrap(), options).unwrap();
    while document.step().unwrap().is_some() {}
    document
}

fn finish(reply: &Reply) -> Answer {
    let mut text = String::new();
    loop {
        match reply.next().unwrap().expect("a reply ends with an answer") {
            Event::Text { delta } => text.push_str(&delta),
            Event::Progress { .. } => {}
            Event::Done { answer } => {
                assert_eq!(text, answer.text);
                return *answer;
            }
        }
    }
}

fn ask(document: &Document, question: &str, options: AskOptions) -> Answer {
    finish(&document.ask(question, options).unwrap())
}

/// Sentences of words that do not repeat: what follows three tokens stands in one place only.
fn sentences(count: usize) -> Vec<String> {
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut pick = |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % most as u64) as usize
    };
    let mut word = || (0..3 + pick(5)).map(|_| letters[pick(letters.len())]).collect::<String>();
    (0..count).map(|_| format!("The {}.", [(); 9].map(|()| word()).join(" "))).collect()
}

#[test]
fn drafts_save_runs_and_change_nothing() {
    let sentences = sentences(40);
    let text = sentences.join(" ");
    let (mut without, mut with) = (0, 0);
    for (model, reading, first) in
        [(&*COPIER, Reading::Recall, 0), (&*COPIER, Reading::Memory, 35), (&*TINY, Reading::Recall, 0), (&*TINY, Reading::Memory, 0)]
    {
        let document = read(model, &text, reading);
        for sentence in &sentences[first..first + 5] {
            let words: Vec<&str> = sentence.split(' ').collect();
            let question = words[..4].join(" ");
            let slow = ask(&document, &question, AskOptions { lookup: false, ..AskOptions::default() });
            let fast = ask(&document, &question, AskOptions::default());
            assert_eq!((&slow.text, slow.quotes.len(), slow.found), (&fast.text, fast.quotes.len(), fast.found));
            assert_eq!(slow.usage.generated_tokens, fast.usage.generated_tokens);
            assert!((slow.confidence - fast.confidence).abs() < 1e-3);
            assert!(fast.usage.graph_runs <= slow.usage.graph_runs);
            if Arc::ptr_eq(model, &COPIER) {
                assert_eq!(fast.text.trim_start(), words[4..].join(" "), "{reading:?}");
                without += slow.usage.graph_runs;
                with += fast.usage.graph_runs;
            }
        }
        for most in 1..12 {
            let [slow, fast] = [false, true].map(|lookup| {
                let question = sentences[first].split(' ').take(4).collect::<Vec<_>>().join(" ");
                ask(&document, &question, AskOptions { lookup, max_tokens: Some(most), ..AskOptions::default() })
            });
            assert_eq!((slow.text, slow.usage.generated_tokens), (fast.text, fast.usage.generated_tokens));
        }
    }
    assert!(with * 2 < without, "{with} runs with drafts, {without} without");
}
