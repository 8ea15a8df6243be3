//! A shelf as an app uses it: documents are added, replaced, removed, listed, asked, searched and summarised; whose quotes they are, and what is refused.

mod common;
mod shelf_common;

use std::fs;
use std::sync::{Arc, LazyLock};

use common::{finish as answer, open};
use edgeinfinite_core::{
    Answer, AskOptions, Filter, Model, Place, Quote, Reading, Refusal, Result, SearchOptions, Shelf, SummaryStyle, TextSource,
};
use shelf_common::{about, add, all, finish, having, only, replace};

static FINDER: LazyLock<Arc<Model>> = LazyLock::new(|| open("finder", None));
static READER: LazyLock<Arc<Model>> = LazyLock::new(|| open("reader", None));
static TINY: LazyLock<Arc<Model>> = LazyLock::new(|| open("tiny", None));
static FREE: LazyLock<Arc<Model>> = LazyLock::new(|| open("tiny-copy", None));

const MILL: &str = "# Lease of 4 Mill Street\n\n## Rent\n\nThe rent is 940 euros a month. It is due on the third working day.\n\n\
## Keys\n\nThe tenant received three keys. A lost key costs 25 euros.\n";
const HARBOUR: &str = "# Lease of 9 Harbour Lane 🙂\n\n## Rent\n\nThe rent is 1,310 euros a month. It is due on the first day.\n\n\
## Pets\n\nDogs are not allowed in the yard. A cat may be kept.\n";
const NOTES: &str =
    "Minutes of the meeting. The boiler is serviced every October. Ada Brown pays for the paint.\n\nThe next meeting is on 4 May.\n";

fn leases(model: &Arc<Model>) -> (tempfile::TempDir, Shelf) {
    let folder = tempfile::tempdir().unwrap();
    let shelf = model.shelf(&folder.path().join("shelf")).unwrap();
    for (id, text, kind) in [("mill", MILL, "lease"), ("harbour", HARBOUR, "lease"), ("notes", NOTES, "minutes")] {
        let title = if id == "notes" { Some("House meeting") } else { None };
        let adding = shelf.add(TextSource::text(text).unwrap(), about(id, title, &[("kind", kind), ("year", "2026")])).unwrap();
        finish(&adding).unwrap();
        assert_eq!(adding.added().unwrap().unwrap().id, id);
    }
    (folder, shelf)
}

fn ask(shelf: &Shelf, question: &str, filter: &Filter) -> Answer {
    answer(&shelf.ask(question, filter, AskOptions::default()).unwrap())
}

/// Each quote stands in the document that it names, by bytes and by UTF-16 units.
fn check(shelf: &Shelf, quotes: &[Quote]) {
    for quote in quotes {
        let document = shelf.document(quote.document.as_deref().unwrap()).unwrap();
        assert_eq!(document.text(quote.span.start_utf16, quote.span.end_utf16).unwrap(), quote.text);
        assert_eq!(document.source().slice(quote.span.start, quote.span.end).unwrap(), quote.text);
    }
}

#[test]
fn an_answer_names_its_document() {
    for model in [&*FINDER, &*READER] {
        let (_folder, shelf) = leases(model);
        for (question, id, words, headings) in [
            ("When is the boiler serviced?", "notes", "The boiler is serviced every October.", vec!["House meeting"]),
            (
                "Are dogs allowed in the yard?",
                "harbour",
                "Dogs are not allowed in the yard.",
                vec!["harbour", "Lease of 9 Harbour Lane 🙂", "Pets"],
            ),
            ("What does a lost key cost?", "mill", "A lost key costs 25 euros.", vec!["mill", "Lease of 4 Mill Street", "Keys"]),
        ] {
            let answer = ask(&shelf, question, &all());
            assert!(answer.found, "{question}");
            let best = &answer.quotes[0];
            assert_eq!((best.document.as_deref(), best.text.as_str()), (Some(id), words), "{question}");
            assert_eq!(best.headings, headings);
            assert!(answer.coverage.is_empty() && answer.usage.document_tokens > 0);
            check(&shelf, &answer.quotes);
            check(&shelf, answer.short_answer.as_slice());
        }
        let foreign = ask(&shelf, "Zeppelin xylophone?", &all());
        assert_eq!((foreign.found, foreign.refusal), (false, Some(Refusal::NoWords)));
    }
}

#[test]
fn a_title_that_a_heading_follows_answers_nothing() {
    for model in [&*FINDER, &*READER] {
        let (_folder, shelf) = leases(model);
        for (question, id) in [("What is the rent in Mill Street a month?", "mill"), ("What does a lost key cost in Mill Street?", "mill")]
        {
            let answer = ask(&shelf, question, &all());
            assert!(answer.found && answer.quotes.iter().all(|quote| !quote.text.contains("Lease")), "{question}: {:?}", answer.text);
            assert_eq!(answer.quotes[0].document.as_deref(), Some(id), "{question}");
        }
    }
}

#[test]
fn every_kind_of_model_answers() {
    for (model, verbatim) in [(&*TINY, false), (&*FREE, false), (&*FREE, true)] {
        let (_folder, shelf) = leases(model);
        let options = AskOptions { verbatim, max_output_tokens: Some(12), ..AskOptions::default() };
        let answer = answer(&shelf.ask("The rent?", &all(), options).unwrap());
        check(&shelf, &answer.quotes);
        assert!(answer.coverage.is_empty());
    }
}

#[test]
fn a_filter_chooses_documents() {
    let (_folder, shelf) = leases(&READER);
    let ids = |filter: &Filter| shelf.list(filter).unwrap().into_iter().map(|document| document.id).collect::<Vec<_>>();
    assert_eq!(ids(&all()), ["mill", "harbour", "notes"]);
    assert_eq!(ids(&having("kind", "lease")), ["mill", "harbour"]);
    assert_eq!(ids(&only(&["notes", "nobody"])), ["notes"]);
    let both = Filter { ids: only(&["mill", "notes"]).ids, ..having("kind", "lease") };
    assert_eq!(ids(&both), ["mill"]);
    assert!(ids(&having("kind", "novel")).is_empty() && ids(&having("colour", "lease")).is_empty());

    let rent = |filter: &Filter| ask(&shelf, "What is the rent a month?", filter).quotes[0].clone();
    assert_eq!(
        (rent(&only(&["harbour"])).document.as_deref(), rent(&only(&["mill"])).document.as_deref()),
        (Some("harbour"), Some("mill"))
    );
    let found = shelf.search("rent meeting", &having("kind", "minutes"), SearchOptions::default()).unwrap();
    assert!(!found.is_empty() && found.iter().all(|passage| passage.document.as_deref() == Some("notes")));
    assert!(shelf.search("rent", &having("kind", "novel"), SearchOptions::default()).unwrap().is_empty());
    for refused in [shelf.ask("rent?", &having("kind", "novel"), AskOptions::default()), shelf.summarize(&only(&[]), AskOptions::default())]
    {
        assert_eq!(refused.unwrap_err().code(), "shelf.empty");
    }
}

#[test]
fn a_title_counts_for_each_passage() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = READER.shelf(folder.path()).unwrap();
    for (id, title, price) in [("a", "Ferry to Skerry", 12), ("b", "Ferry to Orvay", 17), ("c", "Ferry to Hest", 15)] {
        let text = format!("Tickets are sold on board. A ticket costs {price} crowns. The crossing takes an hour.");
        finish(&shelf.add(TextSource::text(text).unwrap(), about(id, Some(title), &[])).unwrap()).unwrap();
    }
    for (name, id) in [("Orvay", "b"), ("Hest", "c"), ("Skerry", "a")] {
        let found = shelf.search(&format!("What does a ticket to {name} cost?"), &all(), SearchOptions::default()).unwrap();
        assert_eq!(found[0].document.as_deref(), Some(id));
        assert_eq!(found[0].headings, [format!("Ferry to {name}")]);
    }
}

#[test]
fn places_of_a_file_stay_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "Page one says little.\n\u{c}The second page holds the code 4711.\n").unwrap();
    let html = folder.path().join("b.html");
    fs::write(&html, "<html><body><h1>Birds</h1><p>The heron eats &amp; sleeps by the pond.</p></body></html>").unwrap();
    let shelf = READER.shelf(&folder.path().join("shelf")).unwrap();
    for (id, path) in [("a", &path), ("b", &html)] {
        finish(&shelf.add(TextSource::file(path).unwrap(), about(id, None, &[])).unwrap()).unwrap();
        fs::remove_file(path).unwrap();
    }
    drop(shelf);
    let shelf = READER.shelf(&folder.path().join("shelf")).unwrap();
    let quote = ask(&shelf, "Which code does the second page hold?", &all()).quotes[0].clone();
    assert_eq!((quote.document.as_deref(), quote.place, quote.headings), (Some("a"), Place::Page(2), vec!["a.txt".to_owned()]));
    let heron = &shelf.search("heron", &all(), SearchOptions::default()).unwrap()[0];
    assert_eq!((heron.document.as_deref(), heron.headings.as_slice()), (Some("b"), ["b.html".to_owned(), "Birds".into()].as_slice()));
    assert!(heron.text.contains("eats & sleeps"));
    let listed = &shelf.list(&all()).unwrap()[0];
    assert_eq!((listed.name.as_deref(), listed.title.as_str(), listed.sha256.len()), (Some("a.txt"), "a.txt", 64));
}

#[test]
fn a_summary_tells_each_document_under_its_title() {
    let (_folder, shelf) = leases(&READER);
    let summary = answer(&shelf.summarize(&all(), AskOptions { length: Some(6), ..AskOptions::default() }).unwrap());
    assert!(summary.found && summary.quotes.len() >= 4, "{}", summary.text);
    check(&shelf, &summary.quotes);
    let told: Vec<&str> = summary.quotes.iter().filter_map(|quote| quote.document.as_deref()).collect();
    assert!(["mill", "harbour", "notes"].iter().all(|id| told.contains(id)), "{told:?}");
    assert!(summary.text.contains("House meeting"), "{}", summary.text);
    assert_eq!(summary.usage.graph_runs, 0);
    let style = SummaryStyle::Paragraph;
    let focus = AskOptions { focus: Some("rent".into()), style, ..AskOptions::default() };
    let focused = answer(&shelf.summarize(&having("kind", "lease"), focus).unwrap());
    assert!(focused.text.contains("940") && focused.text.contains("1,310") && !focused.text.contains("Dogs"), "{}", focused.text);
    let foreign = AskOptions { focus: Some("zeppelins".into()), ..AskOptions::default() };
    let refused = answer(&shelf.summarize(&all(), foreign).unwrap());
    assert_eq!((refused.found, refused.refusal, refused.text.as_str()), (false, Some(Refusal::NoWords), ""));
}

#[test]
fn a_document_is_replaced_and_removed() {
    let (folder, shelf) = leases(&READER);
    let before = shelf.document("mill").unwrap();
    replace(&shelf, "mill", "The garden has been sold to the miller.");
    assert!(shelf.search("keys", &all(), SearchOptions::default()).unwrap().is_empty());
    assert_eq!(shelf.search("garden miller", &all(), SearchOptions::default()).unwrap()[0].document.as_deref(), Some("mill"));
    assert!(before.text(0, 20).unwrap().starts_with("# Lease"), "one that is open stays what it was");
    assert!(shelf.list(&all()).unwrap().iter().find(|document| document.id == "mill").unwrap().metadata.is_empty());
    shelf.remove("harbour").unwrap();
    assert!(shelf.search("dogs yard", &all(), SearchOptions::default()).unwrap().is_empty());
    let refused = |result: Result<()>| result.unwrap_err().code();
    assert_eq!(refused(shelf.remove("harbour")), "shelf.unknown");
    assert_eq!(refused(shelf.document("harbour").map(drop)), "shelf.unknown");
    let text = || TextSource::text("Something.").unwrap();
    assert_eq!(refused(shelf.replace(text(), about("harbour", None, &[])).map(drop)), "shelf.unknown");
    assert_eq!(refused(shelf.add(text(), about("mill", None, &[])).map(drop)), "shelf.exists");
    // Two additions of one id: the first that ends counts.
    let [first, second] = [0; 2].map(|_| shelf.add(text(), about("twice", None, &[])).unwrap());
    finish(&second).unwrap();
    assert_eq!(refused(finish(&first)), "shelf.exists");
    drop((first, second, shelf));
    let shelf = READER.shelf(&folder.path().join("shelf")).unwrap();
    assert_eq!(shelf.list(&all()).unwrap().into_iter().map(|d| d.id).collect::<Vec<_>>(), ["notes", "mill", "twice"]);
}

#[test]
fn what_is_out_of_bounds_is_refused() {
    let (_folder, shelf) = leases(&READER);
    let long = "x".repeat(20_000);
    for wrong in [
        about("", None, &[]),
        about(&long, None, &[]),
        about("a", Some(&long), &[]),
        about("a", None, &[("", "b")]),
        about("a", None, &[("k", &long)]),
    ] {
        assert_eq!(shelf.add(TextSource::text("Words.").unwrap(), wrong).unwrap_err().code(), "argument.id");
    }
    let with = |options: AskOptions| shelf.ask("rent?", &all(), options).unwrap_err().code();
    assert_eq!(with(AskOptions { reading: Some(Reading::Notes), ..AskOptions::default() }), "argument.reading");
    assert_eq!(with(AskOptions { recall_prompts: Some(0), ..AskOptions::default() }), "argument.options");
    assert_eq!(with(AskOptions { focus: Some("rent".into()), ..AskOptions::default() }), "argument.options");
    assert_eq!(shelf.ask(" ", &all(), AskOptions::default()).unwrap_err().code(), "argument.question");
    assert_eq!(shelf.search(" ", &all(), SearchOptions::default()).unwrap_err().code(), "argument.question");
    assert_eq!(shelf.search("rent", &all(), SearchOptions { limit: 0, offset: 0 }).unwrap_err().code(), "argument.options");
    let everywhere = AskOptions { reading: Some(Reading::RecallAll), ..AskOptions::default() };
    assert!(answer(&shelf.ask("Are dogs allowed in the yard?", &all(), everywhere).unwrap()).found);
}

#[test]
fn an_addition_that_fails_or_is_cancelled_leaves_nothing() {
    let (folder, shelf) = leases(&READER);
    let documents = folder.path().join("shelf/documents");
    let files = || fs::read_dir(&documents).unwrap().count();
    let long = "The heron sleeps by the pond and eats in the morning. ".repeat(20) + "\n\n";
    let long = long.repeat(3000);
    for steps in [0, 1, 5, 30, 60] {
        let adding = shelf.add(TextSource::text(long.clone()).unwrap(), about("long", None, &[])).unwrap();
        for _ in 0..steps {
            assert!(adding.step().unwrap().is_some(), "it takes more steps");
        }
        adding.cancel();
        assert_eq!(adding.step().unwrap_err().code(), "cancelled");
        assert_eq!(adding.step().unwrap_err().code(), "call.failed");
        drop(adding);
        assert_eq!((files(), shelf.list(&all()).unwrap().len()), (3, 3));
    }
    let broken = shelf.add(TextSource::text(b"Words and \xff bytes.".to_vec()).unwrap(), about("broken", None, &[])).unwrap();
    assert_eq!(finish(&broken).unwrap_err().code(), "text.utf8");
    drop(broken);
    assert_eq!((files(), shelf.list(&all()).unwrap().len()), (3, 3));
    add(&shelf, "long", &long);
    assert_eq!(files(), 4);
}

#[test]
fn the_second_is_told_so() {
    let (folder, shelf) = leases(&READER);
    let path = folder.path().join("shelf");
    assert_eq!(READER.shelf(&path).unwrap_err().code(), "shelf.locked");
    let stream = shelf.ask("What is the rent?", &all(), AskOptions::default()).unwrap();
    drop(shelf);
    assert_eq!(READER.shelf(&path).unwrap_err().code(), "shelf.locked", "an answer is under way");
    drop(stream);
    READER.shelf(&path).unwrap();
    assert_eq!(READER.shelf(&folder.path().join("no/folder")).unwrap_err().code(), "shelf.missing");
    fs::write(folder.path().join("letter.txt"), "Dear Ada,").unwrap();
    let refused = READER.shelf(folder.path()).unwrap_err();
    assert_eq!(refused.code(), "shelf.missing");
    assert!(refused.message().contains("expected a shelf or an empty folder"), "{refused}");
}

/// Another model of the app takes the shelf as it is.
#[test]
fn another_model_asks_the_same_shelf() {
    let (folder, shelf) = leases(&READER);
    let listed = shelf.list(&all()).unwrap();
    drop(shelf);
    let shelf = FINDER.shelf(&folder.path().join("shelf")).unwrap();
    assert_eq!(shelf.list(&all()).unwrap(), listed);
    let answer = ask(&shelf, "When is the boiler serviced?", &all());
    assert_eq!(answer.quotes[0].document.as_deref(), Some("notes"));
}

#[test]
fn documents_in_several_languages_are_found_in_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = READER.shelf(folder.path()).unwrap();
    add(&shelf, "de", "Die Häuser wurden im Herbst gestrichen. Der Schlüssel liegt bei der Nachbarin, und die Miete ist am Ersten fällig.");
    add(&shelf, "en", "The houses were painted in the autumn. The key is with the neighbour, and the rent is due on the first.");
    let best = |words: &str| shelf.search(words, &all(), SearchOptions::default()).unwrap()[0].document.clone().unwrap();
    assert_eq!((best("Wann wurde das Haus gestrichen?").as_str(), best("When was the house painted?").as_str()), ("de", "en"));
}
