//! Citing models: whatever the weights say, an answer is a sentence of the document, with its place, or a clear no.

mod common;

use std::sync::{Arc, LazyLock};

use common::{copied, finish, open_at, read};
use edgeinfinite_core::testing::{Tokens, trimmed};
use edgeinfinite_core::{Answer, AnswerEvent, AskOptions, CoverageKind, Document, DocumentOptions, Manifest, Model, Reading, TextSource};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder of models/ with the prompt and the markers of a citing model.
fn folder(name: &str, words: Option<Value>) -> TempDir {
    let from = common::folder(name);
    let folder = copied(&from);
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(from.join("model.json")).unwrap()).unwrap();
    let tokenizer: Value = serde_json::from_slice(&std::fs::read(from.join("tokenizer.json")).unwrap()).unwrap();
    let token = |name: &str| {
        let found = tokenizer["added_tokens"].as_array().unwrap().iter().find(|t| t["content"] == name).unwrap();
        found["id"].as_u64().unwrap()
    };
    manifest["prompt"]["sentence"] = json!("<s{n}>{text}");
    manifest["prompt"]["heading"] = json!("<h{n}>{text}");
    let markers: Vec<u64> = (1..=8).map(|n| token(&format!("<s{n}>"))).collect();
    manifest["citation"] = json!({ "markers": markers, "headings": [token("<h1>"), token("<h2>")], "none": token("<s0>") });
    if let Some(words) = words {
        manifest["citation"]["words"] = words;
    }
    std::fs::write(folder.path().join("model.json"), manifest.to_string()).unwrap();
    folder
}

/// models/tiny: its weights are random, so its choices are too.
static CITING: LazyLock<Arc<Model>> = LazyLock::new(|| open_at(folder("tiny", None).path(), Some("large")));

fn answer(text: &str, question: Option<&str>, reading: Reading) -> (Vec<AnswerEvent>, Answer) {
    let document = read(&CITING, text, reading);
    let reply = match question {
        Some(question) => document.ask(question, AskOptions::default()).unwrap(),
        None => document.summarize(AskOptions::default()).unwrap(),
    };
    let mut events = Vec::new();
    while let Some(event) = reply.next().unwrap() {
        events.push(event);
    }
    match events.pop() {
        Some(AnswerEvent::Done { answer }) => (events, *answer),
        other => panic!("{other:?}"),
    }
}

fn check(text: &str, answer: &Answer) {
    for quote in &answer.quotes {
        let span = quote.span;
        assert_eq!(&text[span.start as usize..span.end as usize], quote.text);
        let units: Vec<u16> = text.encode_utf16().collect();
        let cut = &units[span.start_utf16 as usize..span.end_utf16 as usize];
        assert_eq!(String::from_utf16(cut).unwrap(), quote.text);
    }
    // What is drawn as nothing stands in a quote, and not in the answer.
    let folded = |text: &str| trimmed(text).into_owned();
    for quote in &answer.quotes {
        let units: Vec<u16> = answer.text.encode_utf16().collect();
        let cut = String::from_utf16(&units[quote.answer.start_utf16 as usize..quote.answer.end_utf16 as usize]).unwrap();
        assert_eq!(cut, &answer.text[quote.answer.start as usize..quote.answer.end as usize]);
        assert_eq!(folded(&cut), folded(&quote.text), "a quote stands where it says in the answer");
    }
    if answer.found && !answer.quotes.is_empty() {
        let quoted: Vec<String> = answer.quotes.iter().map(|q| folded(&q.text)).collect();
        assert_eq!(answer.text.lines().collect::<Vec<_>>(), quoted);
        let mut spans: Vec<_> = answer.quotes.iter().map(|q| q.span).collect();
        spans.sort();
        spans.dedup();
        assert_eq!(spans.len(), answer.quotes.len(), "no piece is cited twice");
    }
    assert!((0.0..=1.0).contains(&answer.confidence));
    let mut at = 0;
    let mut at_utf16 = 0;
    for range in &answer.coverage {
        assert_eq!((range.span.start, range.span.start_utf16), (at, at_utf16), "ranges follow each other");
        at = range.span.end;
        at_utf16 = range.span.end_utf16;
    }
    assert_eq!((at, at_utf16), (text.len() as u64, text.encode_utf16().count() as u64), "ranges are the whole text");
}

/// What stood in a prompt of its own.
fn recalled<'a>(text: &'a str, answer: &Answer) -> Vec<&'a str> {
    let parts = answer.coverage.iter().filter(|c| c.kind == CoverageKind::Recalled);
    parts.map(|c| text[c.span.start as usize..c.span.end as usize].trim()).collect()
}

const TEXT: &str = "Harbour rules\n\nThe north gate opens at six. Dogs wait outside;\nthey may bark. 🙂 Été comme hiver, the ferry sails.\n\n\
                    Fees\n\nA ticket costs 4 coins. Children pay nothing.\n\nLost things\n\nAsk Mr. Oak in room 7.\n";

#[test]
fn answers_are_sentences_of_the_document() {
    for reading in [Reading::Recall, Reading::Memory, Reading::Notes] {
        for question in ["When does the gate open?", "What does a ticket cost?", "Who is Zebedee?"] {
            let (events, answer) = answer(TEXT, Some(question), reading);
            let streamed: String =
                events.iter().filter_map(|e| if let AnswerEvent::TextDelta { delta } = e { Some(delta.as_str()) } else { None }).collect();
            assert_eq!(streamed, answer.text);
            assert_eq!(answer.found, !answer.quotes.is_empty());
            check(TEXT, &answer);
        }
        let (_, summary) = answer(TEXT, None, reading);
        assert!(!summary.quotes.is_empty());
        check(TEXT, &summary);
    }
}

#[test]
fn an_answer_far_away_is_brought_back_by_recall() {
    let filler = "The council met and spoke about the weather for a while. ".repeat(3000);
    let text = format!("{filler}\n\nThe lighthouse keeper is called Bartholomew.\n\n{filler}");
    let (_, answer) = answer(&text, Some("What is the lighthouse keeper called?"), Reading::Recall);
    let found = recalled(&text, &answer);
    assert!(found.iter().any(|r| r.contains("The lighthouse keeper is called Bartholomew.") && r.len() < 200), "{found:?}");
    assert!(answer.usage.prompt_tokens < 512);
}

#[test]
fn replies_do_not_see_each_other() {
    let document = read(&CITING, TEXT, Reading::Memory);
    let ask = |question: &str| document.ask(question, AskOptions::default()).unwrap();
    let text = |reply: &edgeinfinite_core::AnswerStream| {
        let mut text = String::new();
        while let Some(event) = reply.next().unwrap() {
            if let AnswerEvent::Done { answer } = event {
                text = answer.text;
            }
        }
        text
    };
    let alone = [text(&ask("When does it open?")), text(&ask("Who has lost things?"))];
    let a = ask("When does it open?");
    let b = ask("Who has lost things?");
    let mut more_a = true;
    let mut more_b = true;
    let mut texts = [String::new(), String::new()];
    while more_a || more_b {
        for (reply, more, text) in [(&a, &mut more_a, 0), (&b, &mut more_b, 1)] {
            match reply.next().unwrap() {
                Some(AnswerEvent::Done { answer }) => texts[text] = answer.text,
                Some(_) => {}
                None => *more = false,
            }
        }
    }
    assert_eq!(texts, alone);
}

#[test]
fn lines_that_look_like_headings_are_text_when_there_is_nothing_else() {
    let text = "Red Barn\n\nBlue Mill\n\nGreen Gate\n";
    let (_, summary) = answer(text, None, Reading::Recall);
    assert!(!summary.text.is_empty());
    check(text, &summary);
    let (_, found) = answer(text, Some("Which mill?"), Reading::Recall);
    assert!(recalled(text, &found).iter().any(|r| r.contains("Blue Mill")));
}

/// Texts that are hard to cut: no full stop, no space, one long line, short lines; what is asked about stands in the prompt all the same.
#[test]
fn nothing_is_too_short_or_too_long_to_be_read() {
    let thai = "ภาษาไทยเป็นภาษาที่มีระดับเสียงของคำแน่นอน".repeat(40);
    let emoji = "🙂🎉".repeat(500);
    let words = "unspaced,".repeat(400);
    for text in ["The mill stands in Oslo", "x", &thai, &emoji, &words] {
        let (_, summary) = answer(text, None, Reading::Recall);
        assert!(!summary.text.is_empty(), "{} bytes", text.len());
        check(text, &summary);
        assert!(!answer(text, Some("Where is the mill?"), Reading::Recall).1.coverage.is_empty(), "{} bytes", text.len());
    }
    for words in 14..50 {
        let long = "word ".repeat(words);
        let text = format!(
            "A {long}end. Another {long}end. The Secret Key Is 4711\n\nAnother paragraph about the weather. {}",
            "More of it. ".repeat(60)
        );
        let (_, found) = answer(&text, Some("What is the secret key?"), Reading::Recall);
        assert!(recalled(&text, &found).iter().any(|c| c.contains("Secret Key")), "{words} words");
    }
}

/// What a document was read for is what it is asked by; the other reading is refused, not faked.
#[test]
fn the_reading_chosen_for_a_document_is_the_default_of_its_questions() {
    for (chosen, runs) in [(None, true), (Some(Reading::Memory), true), (Some(Reading::Recall), false)] {
        let options = DocumentOptions { reading: chosen, ..DocumentOptions::default() };
        let document = Document::open(Arc::clone(&CITING), TextSource::text(TEXT.repeat(3)).unwrap(), options).unwrap();
        assert_eq!(document.ask("When?", AskOptions::default()).unwrap_err().code(), "call.unread");
        while document.step().unwrap().is_some() {}
        assert_eq!(document.runs().unwrap() > 0, runs);
        assert!(document.ask("When?", AskOptions::default()).is_ok() && document.summarize(AskOptions::default()).is_ok());
        let memory = document.ask("When?", AskOptions { reading: Some(Reading::Memory), ..AskOptions::default() });
        assert_eq!(memory.err().map(|e| e.code()), if runs { None } else { Some("call.unread") });
    }
}

/// models/tiny-copy says what followed the question's last words where they stood before. Where " nor" did, that begins its own words.
fn speaking(words: bool) -> Arc<Model> {
    let tokens = Tokens::open(&folder("tiny-copy", None).path().join("tokenizer.json"), 384).unwrap().encode(" nor").unwrap();
    open_at(folder("tiny-copy", words.then(|| json!(tokens[0]))).path(), Some("short"))
}

/// Makes that model say a sentence.
fn say(sentence: &str) -> String {
    format!("Qu zx nor {sentence} Qu zx")
}

const FACT: &str = "The gate opens with 48213.";
const FILLER: &str = "Dogs wait outside, for they may bark. Children pay half on a Sunday. ";

#[test]
fn what_the_memory_says_in_its_own_words_is_quoted_where_it_stands() {
    let (speaking, citing) = (speaking(true), speaking(false));
    let text = format!("Rules\n\n{}\n{}", FACT.replace(' ', "\n  "), FILLER.repeat(5));
    let document = read(&speaking, &text, Reading::Memory);
    let ask = |document: &Document, said: &str, options| finish(&document.ask(&say(said), options).unwrap());

    let right = ask(&document, FACT, AskOptions::default());
    assert_eq!((right.text.as_str(), right.found, right.quotes.len()), (FACT, true, 1));
    let at = right.quotes[0].span.start as usize;
    assert!(text[at..].starts_with("The\n  gate") && right.quotes[0].headings == ["Rules"]);
    assert_eq!(right.coverage[0].kind, CoverageKind::Absorbed);
    assert!(right.coverage[0].span.end as usize > at && right.usage.generated_tokens > 5 && right.confidence > 0.0);
    check(&text, &right);

    let invented = ask(&document, "The gate opens with 50721.", AskOptions::default());
    assert_eq!((invented.text.as_str(), invented.found), ("The gate opens with 50721.", true));
    assert!(invented.quotes.is_empty());
    check(&text, &invented);

    let cut = ask(&document, FACT, AskOptions { max_output_tokens: Some(5), ..AskOptions::default() });
    assert_eq!(cut.usage.generated_tokens, 5);
    assert!(FACT.starts_with(&cut.text) && cut.text.len() < FACT.len());

    // Not when nothing was absorbed, not by recall, not verbatim, not in a summary: there it is as without the token.
    let other = read(&citing, &text, Reading::Memory);
    assert_ne!(ask(&other, FACT, AskOptions::default()).text, FACT, "or the rest proves nothing");
    for (text, reading, verbatim) in [(FACT, Reading::Memory, false), (&text, Reading::Recall, false), (&text, Reading::Memory, true)] {
        let options = AskOptions { verbatim, ..AskOptions::default() };
        let [with, without] = [&speaking, &citing].map(|model| ask(&read(model, text, reading), FACT, options.clone()));
        assert_eq!((&with.text, with.found, &with.quotes), (&without.text, without.found, &without.quotes));
        assert!((with.confidence - without.confidence).abs() < 1e-12);
        check(text, &with);
    }
    let [with, without] = [&document, &other].map(|document| finish(&document.summarize(AskOptions::default()).unwrap()));
    assert_eq!((with.text, with.quotes), (without.text, without.quotes));
}

#[test]
fn a_token_that_cannot_begin_own_words_is_refused() {
    let load = |words: Value| Manifest::load(folder("tiny", Some(words)).path());
    assert_eq!(load(json!(null)).unwrap().generator.unwrap().citation.unwrap().words, None);
    assert_eq!(load(json!(8)).unwrap().generator.unwrap().citation.unwrap().words, Some(8));
    // <s1>, <s0>, <h1> and <eos> have a meaning already.
    for (wrong, sentence) in [
        (json!(384), "citation.words: found token 384, expected less than the vocabulary's 384"),
        (json!(12), "citation.words: found token 12, expected one that is no marker, not none and no end"),
        (json!(11), "citation.words: found token 11, expected"),
        (json!(9), "citation.words: found token 9, expected"),
        (json!(2), "citation.words: found token 2, expected"),
        (json!("<say>"), "expected u32"),
    ] {
        let error = load(wrong).unwrap_err();
        assert!(error.code() == "model.format" && error.message().contains(sentence), "{error}");
    }
}

/// `PROPTEST_CASES=10000` tries more of them (scripts/prove.sh does).
fn cases() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    ProptestConfig { cases, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_text_is_answered_or_refused(
        text in "\u{feff}?(([A-Za-zé字🙂#*0-9(|`]{1,12}|\\PC{1,4})[ .\n,;\t]{1,3}){0,80}",
        question in "[a-z字é? ]{1,30}",
        steps in 0..4,
    ) {
        for reading in [Reading::Recall, Reading::Memory, Reading::Notes] {
            if text.trim_matches('\u{feff}').trim().is_empty() || question.trim().is_empty() {
                continue;
            }
            check(&text, &answer(&text, Some(&question), reading).1);
            check(&text, &answer(&text, None, reading).1);
        }
        let Ok(source) = TextSource::text(text.as_str()) else { return Ok(()) };
        let state = tempfile::NamedTempFile::new().unwrap();
        let mut texts = Vec::new();
        std::fs::remove_file(state.path()).unwrap();
        for round in 0..2 {
            let resume = Some(state.path().to_owned());
            let document = Document::open(Arc::clone(&CITING), source.clone(), DocumentOptions { resume, ..DocumentOptions::default() }).unwrap();
            for _ in 0..if round == 0 { steps } else { i32::MAX } {
                let Ok(Some(_)) = document.step() else { break };
            }
            document.save(state.path()).unwrap();
            if let Ok(reply) = document.ask(&question, AskOptions::default()) {
                texts.push(finish(&reply).text);
            }
        }
        texts.dedup();
        prop_assert!(texts.len() <= 1, "a document answers the same before it was saved and after");
    }
}
