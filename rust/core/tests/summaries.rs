//! Summaries of a document's own sentences: what they hold, what they leave out, and what they cost.

mod common;

use std::sync::{Arc, LazyLock};

use common::{finish, open, read};
use edgeinfinite_core::{Answer, AnswerEvent, AskOptions, CoverageKind, Document, Model, Quote, Reading, Refusal};

static FINDER: LazyLock<Arc<Model>> = LazyLock::new(|| open("finder", Some("default")));

const LEASE: &str = include_str!("../../../scripts/lab/evaluate/facts/lease.txt");

fn document(text: &str) -> Document {
    read(&FINDER, text, Reading::Recall)
}

fn summary(text: &str, options: AskOptions) -> Answer {
    let answer = finish(&document(text).summarize(options).unwrap());
    let mut end = 0;
    for quote in &answer.quotes {
        assert_eq!(&text[quote.span.start as usize..quote.span.end as usize], quote.text, "a quote stands where it says");
        assert!(quote.span.start >= end, "in the document's order");
        end = quote.span.end;
    }
    assert_eq!(answer.usage.graph_runs, 0, "no graph is run");
    answer
}

fn focused(text: &str, focus: &str) -> Answer {
    summary(text, AskOptions { focus: Some(focus.to_owned()), ..AskOptions::default() })
}

fn is_heading(quote: &Quote) -> bool {
    quote.headings.last() == Some(&quote.text)
}

fn sentences(answer: &Answer) -> Vec<&str> {
    answer.quotes.iter().filter(|quote| !is_heading(quote)).map(|quote| quote.text.as_str()).collect()
}

/// A text of numbered chapters about different things, each sentence another one.
fn chapters(count: usize, each: usize) -> String {
    let things = ["harbour", "lantern", "orchard", "violin", "glacier", "bakery", "compass", "meadow", "engine", "library"];
    let mut text = String::from("# The book of things\n\n");
    for chapter in 0..count {
        let thing = things[chapter % things.len()];
        text.push_str(&format!("## Chapter {chapter} on the {thing}\n\n"));
        for number in 0..each {
            let other = things[(chapter + number) % things.len()];
            text.push_str(&format!("The {thing} of row {chapter} was seen beside the {other} by guest {number} of that year. "));
        }
        text.push_str("\n\n");
    }
    text
}

#[test]
fn a_lease_is_summarised_by_rent_and_deposit() {
    let told = summary(LEASE, AskOptions::default());
    for words in ["RESIDENTIAL LEASE AGREEMENT", "940 euros", "1,880 euros"] {
        assert!(told.text.contains(words), "{words} is missing: {}", told.text);
    }
    assert!(told.text.starts_with("RESIDENTIAL LEASE AGREEMENT"), "the title comes first");
    assert!(told.found && told.confidence == 1.0 && told.refusal.is_none());
    let quoted = |at: u64| told.quotes.iter().any(|quote| (quote.span.start..quote.span.end).contains(&at));
    for part in &told.coverage {
        assert_eq!(part.kind == CoverageKind::Recalled, quoted(part.span.start), "what is quoted is covered");
    }
}

#[test]
fn what_is_repeated_is_told_once() {
    let notice = "The gate must be closed by 8 in the evening.";
    let mut text = String::new();
    for day in ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] {
        text.push_str(&format!("{notice} On {day} the choir sings in the barn. THE GATE  must be closed by 8 in the evening.\n\n"));
    }
    let told = summary(&text, AskOptions { length: Some(7), ..AskOptions::default() });
    assert_eq!(told.text.to_lowercase().matches("the gate").count(), 1, "{}", told.text);
    assert_eq!(sentences(&told).len(), 7, "the other days are there");
}

#[test]
fn each_third_of_a_long_text_is_heard() {
    for (count, each) in [(30, 8), (90, 40)] {
        let text = chapters(count, each);
        for length in [3, 6, 12] {
            let told = summary(&text, AskOptions { length: Some(length), ..AskOptions::default() });
            assert_eq!(sentences(&told).len(), length);
            for third in 0..3 {
                let heard = |quote: &Quote| !is_heading(quote) && quote.span.start as usize * 3 / text.len() == third;
                assert!(told.quotes.iter().any(heard), "third {third} of {count} chapters in {length} sentences");
            }
        }
    }
}

#[test]
fn the_same_document_is_summarised_in_the_same_way() {
    let text = chapters(12, 10);
    let first = summary(&text, AskOptions::default());
    let document = document(&text);
    for _ in 0..2 {
        let again = finish(&document.summarize(AskOptions::default()).unwrap());
        assert_eq!((&again.text, &again.quotes), (&first.text, &first.quotes));
    }
}

/// What is held for the choice does not grow with the document, and no step looks at much of it.
#[test]
fn a_text_of_five_megabytes_is_summarised_in_bounded_memory() {
    let [short, long] = [100, 5400].map(|count| {
        let text = chapters(count, 12);
        let document = document(&text);
        let held = edgeinfinite_core::testing::held_for_summary(&document).unwrap();
        (text.len(), held)
    });
    assert!(long.0 > 5_000_000, "{} bytes", long.0);
    assert!(short.1.sentences >= 500 && long.1.sentences <= 1024, "{} and {} sentences", short.1.sentences, long.1.sentences);
    assert!(long.1.bytes < 2_500_000 && long.1.bytes < short.1.bytes + 400_000, "{} and {} bytes", short.1.bytes, long.1.bytes);
}

#[test]
fn a_long_document_reports_progress_and_can_be_cancelled() {
    let document = document(&chapters(600, 12));
    let stream = document.summarize(AskOptions::default()).unwrap();
    let mut done = 0;
    let mut steps = 0;
    loop {
        match stream.next().unwrap().unwrap() {
            AnswerEvent::Progress { tokens_done, .. } => {
                assert!(tokens_done >= done, "it does not go back");
                done = tokens_done;
                steps += 1;
                if steps == 2 {
                    stream.cancel();
                    assert_eq!(stream.next().unwrap_err().code(), "cancelled");
                }
            }
            AnswerEvent::TextDelta { .. } => {}
            AnswerEvent::Done { answer } => {
                assert!(!answer.text.is_empty() && steps > 10, "{steps} steps");
                break;
            }
        }
    }
}

#[test]
fn a_focus_chooses_what_bears_on_it() {
    let told = focused(LEASE, "what I must pay");
    for words in ["940 euros", "110 euros", "1,880 euros"] {
        assert!(told.text.contains(words), "{words} is missing: {}", told.text);
    }
    for words in ["Pets", "balcony", "Noise"] {
        assert!(!told.text.contains(words), "{words} is there: {}", told.text);
    }
    let told = focused(LEASE, "pets");
    assert!(told.text.contains("Pets other than small caged animals"), "{}", told.text);
    assert_eq!(sentences(&told).len(), 1, "nothing else bears on it: {}", told.text);
}

#[test]
fn a_focus_on_which_nothing_bears_is_refused() {
    for (focus, refusal) in [
        ("chess openings", Refusal::NoWords),
        ("Welche Wohnung gehört der Frau in dem Haus, und wer hat den Garten?", Refusal::OtherLanguage),
        ("the history of the world championship in floor gymnastics", Refusal::NoAnswer),
    ] {
        let told = focused(LEASE, focus);
        assert_eq!((told.found, told.refusal, told.text.as_str()), (false, Some(refusal), ""), "{focus}");
        assert!(told.quotes.is_empty() && told.coverage.iter().all(|part| part.kind == CoverageKind::Skipped));
        assert_eq!(told.found_confidence, 0.0);
    }
}

#[test]
fn a_focus_that_cannot_be_served_is_refused_in_words() {
    let document = document(LEASE);
    let focus = Some("pets".to_owned());
    let refused = |answer: edgeinfinite_core::Result<_>| {
        let error = Result::map(answer, drop).unwrap_err();
        (error.code(), error.message().to_owned())
    };
    for reading in [Reading::Notes, Reading::Memory] {
        let (code, message) =
            refused(document.summarize(AskOptions { focus: focus.clone(), reading: Some(reading), ..AskOptions::default() }));
        assert!(code == "argument.options" && message.contains("memory or notes"), "{message}");
    }
    let (code, message) = refused(document.summarize(AskOptions { focus: Some("  ".into()), ..AskOptions::default() }));
    assert!(code == "argument.options" && message.contains("no word"), "{message}");
    let (code, message) = refused(document.ask("Who?", AskOptions { focus: focus.clone(), ..AskOptions::default() }));
    assert!(code == "argument.options" && message.contains("question"), "{message}");
    // A free model in its own words; held to the document it is served.
    let free = read(&open("tiny", Some("large")), LEASE, Reading::Recall);
    let (code, message) = refused(free.summarize(AskOptions { focus: focus.clone(), ..AskOptions::default() }));
    assert!(code == "argument.options" && message.contains("verbatim"), "{message}");
    let verbatim = finish(&free.summarize(AskOptions { focus, verbatim: true, ..AskOptions::default() }).unwrap());
    assert!(verbatim.text.contains("Pets other than small caged animals"), "{}", verbatim.text);
}
