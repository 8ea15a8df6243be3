//! Models, documents and answers that several test files share.
#![allow(dead_code)] // each test file uses its share

use std::path::{Path, PathBuf};
use std::sync::Arc;

use edgeinfinite_core::testing::trimmed;
use edgeinfinite_core::{Answer, AnswerEvent, AnswerStream, Document, DocumentOptions, Model, OpenOptions, Reading, TextSource};

/// A folder of models/.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models").join(name)
}

/// A copy of a folder, to be changed.
pub fn copied(from: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    folder
}

/// A model of models/, on one thread; without a scenario in its default one.
pub fn open(name: &str, scenario: Option<&str>) -> Arc<Model> {
    open_at(&folder(name), scenario)
}

/// The model of a folder, on one thread.
pub fn open_at(folder: &Path, scenario: Option<&str>) -> Arc<Model> {
    let options = OpenOptions { scenario: scenario.map(Into::into), threads: Some(1), ..OpenOptions::default() };
    Model::open(folder, &options).unwrap_or_else(|e| panic!("{} opens: {e}", folder.display()))
}

/// A text read to its end.
pub fn read(model: &Arc<Model>, text: &str, reading: Reading) -> Document {
    let options = DocumentOptions { reading: Some(reading), ..DocumentOptions::default() };
    let document = Document::open(Arc::clone(model), TextSource::text(text).unwrap(), options).unwrap();
    while document.step().unwrap().is_some() {}
    document
}

/// White space folded, and no hyphen before it: an answer has words whole that the document parts over two lines.
pub fn whole(text: &str) -> String {
    trimmed(text).replace("- ", "")
}

/// The answer that a stream ends with: its text is what was shown, and each quote stands in it where it says.
pub fn finish(stream: &AnswerStream) -> Answer {
    let mut text = String::new();
    loop {
        match stream.next().unwrap().expect("a stream ends with an answer") {
            AnswerEvent::TextDelta { delta } => text.push_str(&delta),
            AnswerEvent::Progress { .. } => {}
            AnswerEvent::Done { answer } => {
                assert_eq!(text, answer.text);
                for quote in answer.quotes.iter().filter(|quote| quote.verbatim) {
                    let said = &text[quote.answer.start as usize..quote.answer.end as usize];
                    assert_eq!(whole(said), whole(&quote.text), "a quote stands where it says in the answer");
                }
                return *answer;
            }
        }
    }
}
