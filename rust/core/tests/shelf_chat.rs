//! A chat over a shelf: a follow-up is put in full, looked for where the answer before stands, and its quotes name their document.

mod common;
mod shelf_common;

use std::sync::{Arc, LazyLock};

use common::{finish as answer, open};
use edgeinfinite_core::{Answer, AskOptions, DocumentChat, Filter, Model, Shelf, TextSource};
use shelf_common::{about, add, all, having, only, replace};

static FINDER: LazyLock<Arc<Model>> = LazyLock::new(|| open("finder", None));
static READER: LazyLock<Arc<Model>> = LazyLock::new(|| open("reader", None));

/// As many leases that read alike as recall could not look at all of.
const LEASES: usize = 60;

/// A name that no other lease has.
fn name(number: usize) -> String {
    let first = ["Alder", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Larch", "Maple", "Oak", "Pine"][number % 10];
    format!("{first} {}", ["Row", "Lane", "Court", "Hill", "Yard", "Green"][number / 10])
}

fn lease(number: usize) -> String {
    let name = name(number);
    format!(
        "# Lease of {name}\n\nThe boiler of {name} is serviced by the firm Halberg. The cost is borne by the landlord.\n\n\
         ## Rent\n\nThe rent of {name} is {} euros a month. It is due on day {number} of the month.\n",
        900 + number
    )
}

fn leases(model: &Arc<Model>, most: usize) -> (tempfile::TempDir, Shelf) {
    let folder = tempfile::tempdir().unwrap();
    let shelf = model.shelf(&folder.path().join("shelf")).unwrap();
    for number in 0..most {
        let kind = if number % 2 == 0 { "even" } else { "odd" };
        let adding =
            shelf.add(TextSource::text(lease(number)).unwrap(), about(&format!("lease-{number}"), None, &[("kind", kind)])).unwrap();
        shelf_common::finish(&adding).unwrap();
    }
    (folder, shelf)
}

fn ask(chat: &DocumentChat, question: &str) -> Answer {
    answer(&chat.ask(question, AskOptions::default()).unwrap())
}

/// A quote has those words, and all stand in that document.
fn assert_quotes(answer: &Answer, document: &str, words: &str) {
    let found: Vec<_> = answer.quotes.iter().map(|quote| (quote.document.as_deref(), quote.text.as_str())).collect();
    assert!(found.contains(&(Some(document), words)), "{found:?} {:?}", answer.resolved_question);
    assert!(found.iter().all(|(of, _)| *of == Some(document)), "{found:?}");
}

#[test]
fn a_follow_up_is_looked_for_where_the_answer_before_stands() {
    for model in [&*FINDER, &*READER] {
        let (_folder, shelf) = leases(model, LEASES);
        let chat = shelf.chat(all());
        let first = ask(&chat, "How much is the rent of Birch Yard?");
        assert_quotes(&first, "lease-41", "The rent of Birch Yard is 941 euros a month.");
        assert_eq!(first.resolved_question, None);
        let second = ask(&chat, "When is it due?");
        assert_eq!(second.question.as_deref(), Some("When is it due?"));
        assert_eq!(second.resolved_question.as_deref(), Some("When is the rent of Birch Yard due?"));
        assert_quotes(&second, "lease-41", "It is due on day 41 of the month.");
        // A question of its own goes to all documents.
        let third = ask(&chat, "Which firm services the boiler of Cedar Lane?");
        assert_quotes(&third, "lease-12", "The boiler of Cedar Lane is serviced by the firm Halberg.");
        assert_eq!(third.resolved_question, None);
    }
}

#[test]
fn a_filter_holds_for_each_question() {
    let (_folder, shelf) = leases(&READER, 8);
    let chat = shelf.chat(having("kind", "odd"));
    let first = ask(&chat, "How much is the rent of Hazel Row?");
    assert_quotes(&first, "lease-5", "The rent of Hazel Row is 905 euros a month.");
    let second = ask(&chat, "And of Maple Row?");
    assert_quotes(&second, "lease-7", "The rent of Maple Row is 907 euros a month.");
    let none = shelf.chat(having("kind", "prime"));
    assert_eq!(none.ask("How much is the rent?", AskOptions::default()).unwrap_err().code(), "shelf.empty");
}

#[test]
fn what_was_quoted_may_be_gone() {
    let (_folder, shelf) = leases(&FINDER, 6);
    for gone in ["removed", "replaced", "shorter"] {
        let chat = shelf.chat(all());
        assert_quotes(&ask(&chat, "How much is the rent of Elm Row?"), "lease-3", "The rent of Elm Row is 903 euros a month.");
        match gone {
            "removed" => shelf.remove("lease-3").unwrap(),
            "replaced" => replace(&shelf, "lease-3", &lease(3).replace("due", "payable")),
            _ => replace(&shelf, "lease-3", "Void."),
        }
        let next = ask(&chat, "When is it due?");
        assert_eq!(next.resolved_question.as_deref(), Some("When is the rent of Elm Row due?"), "{gone}");
        let quoted = next.quotes.iter().any(|quote| quote.document.as_deref() == Some("lease-3"));
        assert!(!quoted || gone == "replaced", "{gone}");
        if gone == "removed" {
            add(&shelf, "lease-3", &lease(3));
        } else {
            replace(&shelf, "lease-3", &lease(3));
        }
    }
}

#[test]
fn chats_of_a_shelf_and_of_its_documents_are_apart() {
    let (_folder, shelf) = leases(&FINDER, 3);
    let [of_shelf, of_document] = [shelf.chat(only(&["lease-1"])), shelf.document("lease-1").unwrap().chat()];
    ask(&of_shelf, "How much is the rent of Birch Row?");
    assert_eq!(ask(&of_document, "When is it due?").resolved_question, None);
    let under_way = of_shelf.ask("When is it due?", AskOptions::default()).unwrap();
    assert_eq!(of_shelf.ask("Why?", AskOptions::default()).unwrap_err().code(), "call.busy");
    drop(under_way);
    assert_eq!(ask(&of_shelf.clone(), "When is it due?").resolved_question.as_deref(), Some("When is the rent of Birch Row due?"));
}

#[test]
fn entries_are_counted_in_a_whole_document_alone() {
    let (_folder, shelf) = leases(&FINDER, 2);
    let mut table = String::from("order,status,place\n");
    for number in 0..900 {
        table.push_str(&format!("{number},{},Oslo\n", if number % 3 == 0 { "open" } else { "paid" }));
    }
    add(&shelf, "orders", &table);
    let count = |filter: &Filter| answer(&shelf.ask("How many orders are open?", filter, AskOptions::default()).unwrap());
    let one = count(&only(&["orders"]));
    assert_eq!((one.found, one.count), (true, Some(300)));
    assert!(!one.quotes.is_empty() && one.quotes.iter().all(|quote| quote.document.as_deref() == Some("orders")));
    assert!(one.quotes[0].headings.first().is_some_and(|first| first == "orders"), "{:?}", one.quotes[0].headings);
    assert_eq!(count(&all()).count, None, "of several documents nothing is counted");
}
