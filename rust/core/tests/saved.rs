//! Saved documents: what comes back is what was saved, or is refused in a sentence of its own.

mod common;

use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use common::open as open_model;
use edgeinfinite_core::{Answer, AnswerEvent, AskOptions, Document, DocumentOptions, Model, OpenOptions, Reading, Result, TextSource};

static TINY: LazyLock<Arc<Model>> = LazyLock::new(|| open_model("tiny", None));
/// Its keys and values in f16.
static HALF: LazyLock<Arc<Model>> = LazyLock::new(|| open_model("tiny-half", None));
static LARGE: LazyLock<Arc<Model>> = LazyLock::new(|| open_model("tiny", Some("large")));
static FINDER: LazyLock<Arc<Model>> = LazyLock::new(|| open_model("finder", None));

/// Sentences that differ, headings, other alphabets; 900 parts are two blocks and more.
fn text(parts: usize) -> String {
    let part = |i: usize| format!("# Part {i}\n\nThe gate of house {i} opens with the code {}. Été {i}, 字 🙂.\n\n", i * 7919 % 10_000);
    (0..parts).map(part).collect()
}

fn open(model: &Arc<Model>, text: &str, reading: Reading, resume: Option<&Path>) -> Result<Document> {
    let resume = resume.map(Path::to_owned);
    let options = DocumentOptions { reading: Some(reading), resume, ..DocumentOptions::default() };
    Document::open(Arc::clone(model), TextSource::text(text)?, options)
}

fn read(document: &Document) {
    while document.step().unwrap().is_some() {}
}

/// An answer without what differs from run to run.
fn answer(document: &Document, question: Option<&str>) -> Answer {
    let options = AskOptions { max_output_tokens: Some(8), ..AskOptions::default() };
    let reply = match question {
        Some(question) => document.ask(question, options).unwrap(),
        None => document.summarize(options).unwrap(),
    };
    loop {
        if let Some(AnswerEvent::Done { mut answer }) = reply.next().unwrap() {
            let usage = &mut answer.usage;
            usage.ttft_ms = 0.0;
            usage.index_ms = 0.0;
            usage.read_ms = 0.0;
            usage.peak_rss_bytes = 0;
            usage.decode_tokens_per_second = None;
            usage.index_bytes = 0; // a checkpoint ends a run of postings early
            return *answer;
        }
    }
}

const QUESTION: Option<&str> = Some("Which code opens the gate of house 12?");

#[test]
fn what_was_saved_answers_as_before_and_reads_nothing_again() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        (&*FINDER, Reading::Recall, 900),
        (&*FINDER, Reading::Memory, 130),
        (&*TINY, Reading::Memory, 130),
        (&*HALF, Reading::Memory, 130),
        (&*LARGE, Reading::Recall, 130),
    ];
    for (model, reading, parts) in cases {
        let text = text(parts);
        let document = open(model, &text, reading, None).unwrap();
        read(&document);
        let question = answer(&document, QUESTION);
        let summary = answer(&document, None);
        let path = folder.path().join("state");
        document.save(&path).unwrap();
        let restored = Document::restore(Arc::clone(model), TextSource::text(text.as_str()).unwrap(), &path).unwrap();
        assert!(restored.step().unwrap().is_none());
        assert_eq!((answer(&restored, QUESTION), answer(&restored, None)), (question, summary));
        assert_eq!(restored.runs().unwrap(), document.runs().unwrap());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        restored.save(&path).unwrap(); // onto the file it is read from
        assert_eq!(answer(&restored, QUESTION), answer(&document, QUESTION));
        let again = Document::restore(Arc::clone(model), TextSource::text(text.as_str()).unwrap(), &path).unwrap();
        assert_eq!(answer(&again, QUESTION), answer(&document, QUESTION));
    }
}

#[test]
fn a_reading_goes_on_from_a_checkpoint_made_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    for (model, reading, parts) in [(&*FINDER, Reading::Recall, 900), (&*TINY, Reading::Memory, 30), (&*FINDER, Reading::Memory, 60)] {
        let text = "\u{feff}".to_owned() + &text(parts);
        let whole = open(model, &text, reading, None).unwrap();
        read(&whole);
        for steps in [0, 1, 2, 3, 7, 40] {
            let path = folder.path().join("checkpoint");
            let finished = folder.path().join("finished");
            let begun = open(model, &text, reading, None).unwrap();
            for _ in 0..steps {
                begun.step().unwrap();
            }
            begun.save(&path).unwrap();
            let left = begun.progress().unwrap();
            drop(begun);
            std::fs::copy(&path, &finished).unwrap();
            if left.bytes_done < left.bytes_total {
                let refused = Document::restore(Arc::clone(model), TextSource::text(text.as_str()).unwrap(), &path);
                assert_eq!(refused.unwrap_err().code(), "state.unfinished");
            }
            let resumed = open(model, &text, reading, Some(&finished)).unwrap();
            assert_eq!(resumed.progress().unwrap().tokens_done, left.tokens_done);
            read(&resumed);
            assert_eq!(answer(&resumed, QUESTION), answer(&whole, QUESTION), "after {steps} steps");
            assert_eq!(answer(&resumed, None), answer(&whole, None));
            assert_eq!(resumed.runs().unwrap(), whole.runs().unwrap());
            if left.bytes_done < left.bytes_total {
                let saved = Document::restore(Arc::clone(model), TextSource::text(text.as_str()).unwrap(), &finished).unwrap();
                assert_eq!(answer(&saved, QUESTION), answer(&whole, QUESTION), "the end is saved too");
            }
        }
    }
}

/// `recall` and `recall_all` read a document alike: what was read for one goes on for the other.
#[test]
fn a_document_read_for_recall_is_read_for_recall_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let text = text(12);
    read(&open(&FINDER, &text, Reading::Recall, Some(&path)).unwrap());
    let resumed = open(&FINDER, &text, Reading::RecallAll, Some(&path)).unwrap();
    assert!(resumed.step().unwrap().is_none());
    let refused = open(&FINDER, &text, Reading::Notes, Some(&path)).map(drop).unwrap_err();
    assert_eq!(refused.code(), "argument.reading");
}

#[test]
fn each_refusal_has_a_sentence_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let text = "The gate opens at six. ".repeat(2);
    let document = open(&TINY, &text, Reading::Memory, None).unwrap();
    read(&document);
    document.save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let refused = |model: &Arc<Model>, text: &str, path: &Path| {
        let error = Document::restore(Arc::clone(model), TextSource::text(text).unwrap(), path).unwrap_err();
        assert!(!error.message().contains("gate"), "no words of the document");
        (error.code(), error.message().to_owned())
    };
    // One file, changed in place: writing it anew each time would wait for the disk.
    let copy = folder.path().join("damaged");
    std::fs::write(&copy, &bytes).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&copy).unwrap();
    for (at, byte) in bytes.iter().enumerate() {
        file.write_all_at(&[byte ^ 1 << (at % 8)], at as u64).unwrap();
        let (code, sentence) = refused(&TINY, &text, &copy);
        assert_eq!(code, "state.damaged", "{at}: {sentence}");
        assert!(!sentence.contains("cut short"), "{at}: {sentence}");
        file.write_all_at(&[*byte], at as u64).unwrap();
    }
    for cut in (0..bytes.len()).rev() {
        file.set_len(cut as u64).unwrap();
        let (code, sentence) = refused(&TINY, &text, &copy);
        assert_eq!(code, "state.damaged", "{cut}: {sentence}");
        assert!(cut < 8 || sentence.contains("cut short"), "{cut}: {sentence}");
    }
    let damaged = |bytes: &[u8]| {
        std::fs::write(&copy, bytes).unwrap();
        refused(&TINY, &text, &copy)
    };
    assert!(damaged(&[&bytes[..], b"x"].concat()).1.contains("added to"));
    let mut newer = bytes.clone();
    newer[8..16].copy_from_slice(&[4_u32.to_le_bytes(), (!4_u32).to_le_bytes()].concat());
    assert_eq!(damaged(&newer).0, "state.version");
    assert_eq!(refused(&FINDER, &text, &path).0, "state.model");
    assert_eq!(refused(&LARGE, &text, &path).0, "state.model");
    assert_eq!(refused(&HALF, &text, &path).0, "state.model");
    let options = OpenOptions { precision: Some("int8".into()), threads: Some(1), ..OpenOptions::default() };
    let folder_of_tiny = common::folder("tiny");
    assert_eq!(refused(&Model::open(&folder_of_tiny, &options).unwrap(), &text, &path).0, "state.model");
    assert_eq!(refused(&TINY, &text.replace("six", "ten"), &path).0, "state.document");
    assert_eq!(refused(&TINY, &text[1..], &path).0, "state.document");
    assert_eq!(refused(&TINY, &text, &folder.path().join("nowhere")).0, "state.missing");
    assert_eq!(refused(&TINY, &text, folder.path()).0, "state.damaged");
    let other = open(&TINY, &text, Reading::Recall, Some(&path)).unwrap_err();
    assert_eq!(other.code(), "argument.reading");
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "a refusal loses nothing");
}

#[test]
fn saving_replaces_nothing_that_it_should_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text");
    std::fs::write(&file, "Some words. And more.").unwrap();
    let document = Document::open(Arc::clone(&TINY), TextSource::file(&file).unwrap(), DocumentOptions::default()).unwrap();
    read(&document);
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    for path in [&file, &link] {
        assert_eq!(document.save(path).unwrap_err().code(), "argument.options");
    }
    for path in [folder.path().to_owned(), folder.path().join("no/such/folder/state"), "/dev/null".into()] {
        assert_eq!(document.save(&path).unwrap_err().code(), "io");
    }
    let refused = open(&TINY, "Some words.", Reading::Recall, Some(&folder.path().join("no/such/folder/state")));
    assert_eq!(refused.unwrap_err().code(), "io", "before it is read");
    document.cancel();
    assert_eq!(document.save(&folder.path().join("state")).unwrap_err().code(), "cancelled");
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!((std::fs::read_to_string(&file).unwrap().as_str(), left), ("Some words. And more.", 2));
}

#[test]
fn what_a_killed_save_left_is_removed_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let [left, busy, other] = [".edgeinfinite-left", ".edgeinfinite-busy", "other"].map(|name| folder.path().join(name));
    std::fs::write(&left, "half").unwrap();
    std::fs::write(&other, "mine").unwrap();
    let writing = std::fs::File::create(&busy).unwrap();
    writing.lock().unwrap();
    let document = open(&TINY, "The gate opens at six.", Reading::Recall, None).unwrap();
    read(&document);
    document.save(&folder.path().join("state")).unwrap();
    assert_eq!([&left, &busy, &other].map(|path| path.exists()), [false, true, true]);
}

/// A header that somebody wrote by hand, seal and all, is refused or harmless: no panic, no allocation without bound.
#[test]
fn a_forged_header_is_refused() {
    use sha2::{Digest, Sha256};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let text = "The gate opens at six. ".repeat(2);
    let document = open(&TINY, &text, Reading::Memory, None).unwrap();
    read(&document);
    document.save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let length = u64::from_le_bytes(bytes[bytes.len() - 40..bytes.len() - 32].try_into().unwrap()) as usize;
    let begin = bytes.len() - 40 - length;
    let end = bytes.len() - 40;
    let header = std::str::from_utf8(&bytes[begin..end]).unwrap();
    let numbers: Vec<(usize, usize)> = {
        let digits: Vec<usize> = header.bytes().enumerate().filter(|(_, b)| b.is_ascii_digit()).map(|(at, _)| at).collect();
        digits.chunk_by(|a, b| a + 1 == *b).map(|run| (run[0], run[run.len() - 1] + 1)).collect()
    };
    for (from, to) in numbers {
        for number in ["0", "1", "7", "4294967296", "18446744073709551615"] {
            let forged = [&header[..from], number, &header[to..]].concat();
            let mut file = [&bytes[..begin], forged.as_bytes(), &(forged.len() as u64).to_le_bytes()].concat();
            let whole = (file.len() + 32) as u64;
            file[16..24].copy_from_slice(&whole.to_le_bytes());
            file[24..32].copy_from_slice(&(!whole).to_le_bytes());
            let seal = Sha256::digest(&file[32..]);
            file.extend(seal);
            std::fs::write(&path, &file).unwrap();
            if let Ok(document) = Document::restore(Arc::clone(&TINY), TextSource::text(text.as_str()).unwrap(), &path) {
                for question in ["When does the gate open?", "Who?"] {
                    let Ok(reply) = document.ask(question, AskOptions { max_output_tokens: Some(2), ..AskOptions::default() }) else {
                        continue;
                    };
                    while let Ok(Some(_)) = reply.next() {}
                }
            }
        }
    }
}

/// The same of the numbers and the index before the header: whatever stands there, what is quoted stands in the document.
#[test]
fn a_forged_body_is_refused_or_harmless() {
    use sha2::{Digest, Sha256};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let text = "# Hafen – é\n\nDas Tor öffnet um sechs Uhr. 🙂 Été comme hiver.\n\n```\nlet x = 1;\n```\n\n".repeat(40);
    for reading in [Reading::Recall, Reading::Memory] {
        let document = open(&FINDER, &text, reading, None).unwrap();
        read(&document);
        document.save(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let length = u64::from_le_bytes(bytes[bytes.len() - 40..bytes.len() - 32].try_into().unwrap()) as usize;
        let body = 32..bytes.len() - 40 - length;
        let index = body.end.saturating_sub(6000).max(body.start);
        let mut random = 7_u64;
        for round in 0..60_u32 {
            let mut file = bytes.clone();
            for _ in 0..=round % 9 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let from = if round % 5 == 0 { body.start } else { index };
                file[from + (random >> 33) as usize % (body.end - from)] ^= (random >> 20) as u8 | 1;
            }
            let end = file.len() - 32;
            let seal = Sha256::digest(&file[32..end]);
            file[end..].copy_from_slice(&seal);
            std::fs::write(&path, &file).unwrap();
            let Ok(document) = Document::restore(Arc::clone(&FINDER), TextSource::text(text.as_str()).unwrap(), &path) else { continue };
            for task in [Some("Wann öffnet das Tor?"), None] {
                let Ok(reply) = (match task {
                    Some(question) => document.ask(question, AskOptions { recall_prompts: Some(2), ..AskOptions::default() }),
                    None => document.summarize(AskOptions::default()),
                }) else {
                    continue;
                };
                while let Ok(Some(event)) = reply.next() {
                    let AnswerEvent::Done { answer } = event else { continue };
                    for quote in &answer.quotes {
                        assert_eq!(text[quote.span.start as usize..quote.span.end as usize], quote.text);
                    }
                }
            }
        }
    }
}

/// Somebody else's hand on the file that a restored document reads its index from.
#[test]
fn a_state_that_is_cut_or_replaced_while_it_is_open_breaks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let text = text(900);
    let document = open(&FINDER, &text, Reading::Recall, None).unwrap();
    read(&document);
    let expected = answer(&document, QUESTION);
    document.save(&path).unwrap();
    let restore = || Document::restore(Arc::clone(&FINDER), TextSource::text(text.as_str()).unwrap(), &path).unwrap();
    let restored = restore();
    document.save(&path).unwrap();
    assert_eq!(answer(&restored, QUESTION), expected, "replaced");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(answer(&restored, QUESTION), expected, "deleted");
    document.save(&path).unwrap();
    let restored = restore();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(100).unwrap();
    let error = restored.ask(QUESTION.unwrap(), AskOptions::default()).map(drop).unwrap_err();
    assert!(["io", "state.damaged"].contains(&error.code()), "{error:?}");
    assert_eq!(restored.save(&folder.path().join("copy")).unwrap_err().code(), error.code());
    assert!(!folder.path().join("copy").exists());
}

/// Before a passage held its units; the index is made anew from the text.
#[test]
fn a_state_of_the_first_version_answers_as_one_of_today() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    std::fs::write(&path, include_bytes!("fixtures/version-1.state")).unwrap();
    let text = "# Park rules\n\nVisitors must not:\n- fish in the pond;\n- light fires.\n\nThe gate opens at six. 🙂 It closes at nine.\n";
    let restored = Document::restore(Arc::clone(&TINY), TextSource::text(text).unwrap(), &path).unwrap();
    let fresh = open(&TINY, text, Reading::Recall, None).unwrap();
    read(&fresh);
    // Of the text's tokens it tells as many as were read then, cut by the first version's rules.
    let answered = |document: &Document| {
        let mut answer = answer(document, Some("six"));
        assert!((100..110).contains(&std::mem::take(&mut answer.usage.document_tokens)));
        answer
    };
    assert_eq!(answered(&restored), answered(&fresh));
    restored.save(&path).unwrap();
    let again = Document::restore(Arc::clone(&TINY), TextSource::text(text).unwrap(), &path).unwrap();
    assert_eq!(answered(&again), answered(&fresh));
}
