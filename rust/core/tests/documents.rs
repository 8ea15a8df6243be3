//! Files of every format: a fact that stands in them is quoted with its place, and what cannot be read says why.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use edgeinfinite_core::{
    Answer, AnswerEvent, AskOptions, Document, DocumentOptions, Error, Model, OpenOptions, Place, Progress, Reading, TextSource,
};
use tempfile::TempDir;

static FINDER: LazyLock<Arc<Model>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/finder");
    Model::open(&folder, &OpenOptions { threads: Some(1), ..OpenOptions::default() }).expect("the model opens")
});

const QUESTION: &str = "Which code opens the north gate?";
const FACT: &str = "The north gate opens with the code 4711.";

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn open(path: &Path) -> Result<(Document, TextSource), Error> {
    let source = TextSource::file(path)?;
    let options = DocumentOptions { reading: Some(Reading::Recall), ..DocumentOptions::default() };
    Ok((Document::open(Arc::clone(&FINDER), source.clone(), options)?, source))
}

/// Steps to the end; gives what each step said.
fn read(document: &Document) -> Result<Vec<Progress>, Error> {
    std::iter::from_fn(|| document.step().transpose()).collect()
}

fn ask(document: &Document) -> Answer {
    answer(document, QUESTION)
}

fn answer(document: &Document, question: &str) -> Answer {
    let reply = document.ask(question, AskOptions::default()).unwrap();
    loop {
        if let Some(AnswerEvent::Done { answer }) = reply.next().unwrap() {
            return *answer;
        }
    }
}

fn refusal(path: &Path) -> Error {
    open(path).and_then(|(document, _)| read(&document)).expect_err("a refusal")
}

fn html(scripts: usize) -> String {
    let script = format!("<script>{}</script>\n", "let mill = 1; ".repeat(70));
    format!("<html><body><h1>Gates</h1>{}<p>The mill stands by the river.</p><p>{FACT}</p></body></html>", script.repeat(scripts))
}

fn utf16(text: &str) -> Vec<u8> {
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_fact_is_quoted_where_it_stands_in_the_text_form() {
    let files = Files::new();
    let prose = format!("Die Mühle steht am Fluß. 🙂 Das Café schließt früh.\n\n{FACT} Niemand weiß, warum.\n");
    let latin: Vec<u8> = prose.chars().filter(|c| *c as u32 <= 0xff).map(|c| c as u8).collect();
    let late = [FACT.as_bytes(), &b"\n\nThe mill stands by the river.".repeat(3000), b"\n\nCaf\xe9 au lait est pr\xeat."].concat();
    let unmarked: Vec<u8> = format!("The mill stands by the river.\n\n{FACT}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    let cases: [(&str, Vec<u8>); 8] = [
        ("gates.html", html(0).into_bytes()),
        ("without a name for it", html(0).into_bytes()),
        ("utf16.txt", utf16(&prose)),
        ("unmarked", unmarked),
        ("latin.txt", latin),
        ("late.txt", late),
        ("gates.json", format!("[{{\"gate\": \"north\", \"note\": \"{FACT}\"}}]").into_bytes()),
        ("marked.txt", format!("\u{feff}{prose}").into_bytes()),
    ];
    for (name, bytes) in cases {
        let (document, source) = open(&files.put(name, &bytes)).unwrap();
        read(&document).unwrap();
        let answer = ask(&document);
        assert!(answer.found && answer.text.contains("4711"), "{name}: {}", answer.text);
        let quote = &answer.quotes[0];
        assert_eq!(source.slice(quote.span.start, quote.span.end).unwrap(), quote.text, "{name}");
        assert_eq!(document.text(quote.span.start_utf16, quote.span.end_utf16).unwrap(), quote.text, "{name}");
        assert_eq!(quote.place, Place::Whole, "{name}");
        let last = answer.coverage.last().unwrap().span;
        assert_eq!(last.end, source.length(), "{name}");
        let whole = document.text(0, u64::from(u32::MAX)).unwrap();
        assert_eq!((whole.len() as u64, whole.encode_utf16().count() as u64), (last.end, last.end_utf16), "{name}");
    }
}

/// What real programs wrote; made for the tests of the crate that reads them.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../documents/tests/fixtures").join(name)
}

#[test]
fn what_real_programs_wrote_is_quoted_with_its_page() {
    let berth = "What does berth 6 cost?";
    let fee = "What is the fee for a fourth night?";
    let cases = [
        ("reportlab-one-column.pdf", berth, "78 crowns", Place::Page(2)),
        ("pandoc.docx", fee, "forty crowns", Place::Whole),
        ("pandoc.odt", fee, "forty crowns", Place::Whole),
        ("pandoc.rtf", fee, "forty crowns", Place::Whole),
        ("pandoc.html", fee, "forty crowns", Place::Whole),
        ("libreoffice.docx", fee, "forty crowns", Place::Whole),
    ];
    for (name, question, words, place) in cases {
        let (document, source) = open(&fixture(name)).unwrap();
        read(&document).unwrap();
        let answer = answer(&document, question);
        let quote = answer.quotes.first().unwrap_or_else(|| panic!("{name}: found no quote: {}", answer.text));
        let text = quote.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(words), "{name}: {text}");
        assert_eq!(quote.place, place, "{name}");
        assert_eq!(source.slice(quote.span.start, quote.span.end).unwrap(), quote.text, "{name}");
        assert_eq!(document.text(quote.span.start_utf16, quote.span.end_utf16).unwrap(), quote.text, "{name}");
        let json = serde_json::to_value(quote).unwrap();
        let page = place.number();
        assert_eq!(json["page"], serde_json::json!(page), "{name}");
        assert_eq!(json["place"], page.map_or(serde_json::Value::Null, |number| serde_json::json!({ "kind": "page", "number": number })));
    }
    let (book, _) = open(&fixture("pandoc.epub")).unwrap();
    read(&book).unwrap();
    let place = answer(&book, fee).quotes.first().map(|quote| quote.place);
    assert!(matches!(place, Some(Place::Chapter(1..))), "{place:?}");
}

#[test]
fn a_page_of_a_text_ends_at_a_form_feed() {
    let files = Files::new();
    let mill = "The mill stands by the river.";
    let report = format!("Harbour report\n\n{mill}\n\n1\n\u{c}Harbour report\n\n{FACT}\n\n2\n\u{c}Harbour report\n\n{mill}\n\n3\n\u{c}");
    let long = format!("{}\n\u{c}\n{FACT}\n", "The mill 🙂 stands by the river.\n\n".repeat(4000));
    let cases = [
        (report, Place::Page(2)),
        (format!("# Gates\n\n{FACT}\n\u{c}\n## Mill\n\n{mill}\n"), Place::Page(1)),
        (format!("{mill}\u{c}\u{c}{FACT}\u{c}"), Place::Page(3)),
        (format!("{FACT}\n\u{c}"), Place::Page(1)),
        (long, Place::Page(2)),
        (format!("{mill}\n\n{FACT}\n"), Place::Whole),
    ];
    for (text, place) in cases {
        let held = TextSource::text(text.as_str()).unwrap();
        let file = TextSource::file(&files.put("gates.txt", text.as_bytes())).unwrap();
        let wide = TextSource::file(&files.put("wide.txt", &utf16(&text))).unwrap();
        let stream = TextSource::spool(text.as_bytes(), None).unwrap();
        for source in [held, file, wide, stream] {
            let options = DocumentOptions { reading: Some(Reading::Recall), ..DocumentOptions::default() };
            let document = Document::open(Arc::clone(&FINDER), source.clone(), options).unwrap();
            read(&document).unwrap();
            let saved = files.0.path().join("state");
            document.save(&saved).unwrap();
            let restored = Document::restore(Arc::clone(&FINDER), source, &saved).unwrap();
            read(&restored).unwrap();
            for document in [document, restored] {
                let quote = ask(&document).quotes.remove(0);
                assert_eq!((quote.text.as_str(), quote.place), (FACT, place));
            }
        }
    }
}

#[test]
fn what_is_encrypted_scanned_or_cut_short_says_so() {
    let files = Files::new();
    let whole = std::fs::read(fixture("pandoc.docx")).unwrap();
    let cut = files.put("cut.docx", &whole[..whole.len() / 2]);
    let cases = [
        (fixture("reportlab-encrypted.pdf"), "document.encrypted"),
        (fixture("reportlab-scan.pdf"), "document.scanned"),
        (cut, "document.damaged"),
        (files.put("junk.pdf", b"%PDF-1.7\n1 0 obj"), "document.damaged"),
    ];
    for (path, code) in cases {
        let error = refusal(&path);
        assert_eq!(error.code(), code, "{}: {error}", path.display());
    }
}

#[test]
fn utf8_text_is_read_where_it_is() {
    let files = Files::new();
    for repeated in [1, 4000] {
        let text = format!("\u{feff}# Gates\n\n{FACT}\n\n") + &"The mill stands by the river. Été, 字 🙂.\n\n".repeat(repeated);
        let (document, source) = open(&files.put("gates.md", text.as_bytes())).unwrap();
        read(&document).unwrap();
        assert_eq!(source.slice(0, source.length()).unwrap(), text);
        let held = TextSource::text(text.as_str()).unwrap();
        let held = Document::open(Arc::clone(&FINDER), held, DocumentOptions::default()).unwrap();
        read(&held).unwrap();
        assert_eq!(ask(&document).quotes, ask(&held).quotes);
    }
}

#[test]
fn a_text_in_memory_is_plain_text() {
    let source = TextSource::text(html(0)).unwrap();
    let document = Document::open(Arc::clone(&FINDER), source, DocumentOptions::default()).unwrap();
    read(&document).unwrap();
    assert_eq!(document.text(0, 6).unwrap(), "<html>");
}

#[test]
fn what_cannot_be_read_says_why() {
    let files = Files::new();
    let cases: [(&str, &[u8], &str); 6] = [
        ("empty.pdf", b"", "text.empty"),
        ("blank.html", b"<html><body> <script>1</script> </body></html>", "text.empty"),
        ("report.gz", b"\x1f\x8b\x08\0\0", "document.format"),
        ("photo.txt", b"\x89PNG\r\n\x1a\n", "document.format"),
        ("program", b"\x7fELF\x02\x01\x01\0\0", "document.format"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document.format"),
    ];
    for (name, bytes, code) in cases {
        let error = refusal(&files.put(name, bytes));
        assert_eq!(error.code(), code, "{name}: {error}");
    }
    let nested = format!("<p>x{}</p>", "<ul><li>".repeat(5000));
    assert_eq!(refusal(&files.put("nested.html", nested.as_bytes())).code(), "document.too_large");
}

#[test]
fn each_code_of_a_document_is_one_of_ours() {
    for (code, _) in edgeinfinite_documents::CODES {
        let error = Error::from(edgeinfinite_documents::Error::new(code, "x"));
        assert!(edgeinfinite_core::CODES.iter().any(|known| known.0 == error.code()), "{code}");
    }
}

#[test]
fn an_extraction_says_how_far_it_is_and_can_be_stopped() {
    let files = Files::new();
    // A step waits a while for the text: the file is made as long as this machine takes longer for.
    let begun = (0..8).find_map(|doublings| {
        let path = files.put("scripts.html", html(20_000 << doublings).as_bytes());
        let (document, source) = open(&path).unwrap();
        let first = document.step().unwrap().unwrap();
        first.extracting.then(|| (document, source, first.bytes_total, path.metadata().unwrap().len()))
    });
    let (document, source, total, length) = begun.expect("a file whose extraction outlasts a step");
    assert_eq!(total, length);
    assert_eq!(source.length(), 0);
    assert_eq!(document.save(&files.0.path().join("state")).unwrap_err().code(), "call.unread");
    assert_eq!(document.ask(QUESTION, AskOptions::default()).unwrap_err().code(), "call.unread");
    assert_eq!(document.text(0, 1).unwrap_err().code(), "call.unread");
    document.cancel();
    assert_eq!(document.step().unwrap_err().code(), "cancelled");
    let steps = read(&document).unwrap(); // and goes on afterwards
    let (extracting, reading): (Vec<Progress>, Vec<Progress>) = steps.into_iter().partition(|step| step.extracting);
    assert!(extracting.windows(2).all(|pair| pair[0].bytes_done <= pair[1].bytes_done));
    assert!(extracting.iter().all(|step| step.bytes_done <= step.bytes_total && step.tokens_done <= step.tokens_total));
    assert_eq!(reading.last().map(|step| step.bytes_done), Some(source.length()));
    assert!(ask(&document).text.contains("4711"));
}

#[test]
fn a_saved_document_is_extracted_again_before_it_is_compared() {
    let files = Files::new();
    for scripts in [0, 2000] {
        let path = files.put("gates.html", html(scripts).as_bytes());
        let (document, _) = open(&path).unwrap();
        read(&document).unwrap();
        let state = files.0.path().join("state");
        document.save(&state).unwrap();
        let restored = Document::restore(Arc::clone(&FINDER), TextSource::file(&path).unwrap(), &state).unwrap();
        read(&restored).unwrap();
        assert_eq!(ask(&restored).quotes, ask(&document).quotes);
        let options = DocumentOptions { reading: Some(Reading::Recall), resume: Some(state.clone()), ..DocumentOptions::default() };
        let resumed = Document::open(Arc::clone(&FINDER), TextSource::file(&path).unwrap(), options).unwrap();
        read(&resumed).unwrap();
        assert_eq!(ask(&resumed).quotes, ask(&document).quotes);
        let other = files.put("other.html", html(scripts).replace("4711", "4712").as_bytes());
        let other = Document::restore(Arc::clone(&FINDER), TextSource::file(&other).unwrap(), &state);
        assert_eq!(other.and_then(|other| read(&other)).unwrap_err().code(), "state.document");
    }
    let missing = Document::restore(Arc::clone(&FINDER), TextSource::file(&files.0.path().join("gates.html")).unwrap(), "nowhere".as_ref());
    assert_eq!(missing.unwrap_err().code(), "state.missing");
}

#[test]
fn what_is_shown_is_whole_characters() {
    let source = TextSource::text("\u{feff}é🙂字").unwrap();
    let document = Document::open(Arc::clone(&FINDER), source, DocumentOptions::default()).unwrap();
    let text = |start, end| document.text(start, end).unwrap();
    assert_eq!((text(0, 1).as_str(), text(1, 2).as_str(), text(2, 3).as_str(), text(3, 4).as_str()), ("\u{feff}", "é", "🙂", "🙂"));
    assert_eq!((text(2, 4).as_str(), text(4, 9).as_str(), text(5, 9).as_str(), text(2, 2).as_str()), ("🙂", "字", "", ""));
    assert_eq!(document.text(3, 2).unwrap_err().code(), "argument.range");
    let long = TextSource::text("字".repeat((1 << 22) + 1)).unwrap();
    let document = Document::open(Arc::clone(&FINDER), long, DocumentOptions::default()).unwrap();
    assert_eq!(document.text(0, (1 << 22) + 1).unwrap_err().code(), "argument.range");
    assert_eq!(document.text(1, u64::MAX).unwrap().len(), 3 << 22);
}
