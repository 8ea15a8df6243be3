//! Questions for a count or a list, with every kind of model: counted over the whole document where that is sure, and answered as ever where not.

mod common;

use common::{finish, open, read};
use edgeinfinite_core::{AnswerEvent, AskOptions, Document, Reading};

const CLUB: &str = "# Rowing club 🙂\n\nThe club was founded by eleven fishermen.\n\n## Members\n\n- Ada Lund\n- Ben Ode\n- Cy Park\n\n## Boats\n\n\
    | Boat | Seats | Colour |\n|---|---|---|\n| Heron | 4 | red |\n| Plover | 2 | blue |\n| Gannet | 4 | blue |\n";

fn ask(document: &Document, question: &str) -> edgeinfinite_core::Answer {
    finish(&document.ask(question, AskOptions::default()).unwrap())
}

#[test]
fn rows_and_items_are_counted_with_every_kind_of_model_and_no_graph_runs() {
    for (name, scenario) in [("finder", None), ("demo", None), ("tiny-reader", None), ("tiny", Some("large"))] {
        let document = read(&open(name, scenario), CLUB, Reading::Recall);
        let blue = ask(&document, "How many boats are blue?");
        assert_eq!((blue.count, blue.text.as_str()), (Some(2), "2\n| Plover | 2 | blue |\n| Gannet | 4 | blue |"), "{name}");
        assert_eq!((blue.usage.graph_runs, blue.found, blue.confidence), (0, true, 1.0), "{name}");
        for quote in &blue.quotes {
            assert_eq!(&CLUB[quote.span.start as usize..quote.span.end as usize], quote.text);
            assert_eq!(quote.headings, ["Rowing club 🙂", "Boats"]);
            assert_eq!(CLUB[..quote.span.start as usize].encode_utf16().count() as u64, quote.span.start_utf16);
        }
        let (first, last) = (blue.coverage.first().unwrap(), blue.coverage.last().unwrap());
        assert_eq!((first.span.start, last.span.end), (0, CLUB.len() as u64), "all of the document, in order");
        let members = ask(&document, "List all members");
        assert_eq!((members.count, members.text.as_str()), (Some(3), "- Ada Lund\n- Ben Ode\n- Cy Park"), "{name}");
    }
}

#[test]
fn what_is_not_sure_is_answered_as_any_question() {
    let document = read(&open("finder", None), CLUB, Reading::Recall);
    for question in
        ["How many fishermen founded the club?", "How many boats were sold?", "How many seats does the Heron have?", "Which boat is blue?"]
    {
        assert_eq!(ask(&document, question).count, None, "{question}");
    }
    assert!(ask(&document, "How many fishermen founded the club?").text.contains("eleven fishermen"));
    let by_notes = AskOptions { reading: Some(Reading::Notes), ..AskOptions::default() };
    assert_eq!(finish(&document.ask("How many boats are there?", by_notes).unwrap()).count, None, "another reading is the model's");
}

#[test]
fn a_count_over_a_long_table_can_be_cancelled_and_goes_on() {
    let rows: String = (0..40_000).map(|row| format!("{row},{},x\n", if row % 4 == 0 { "open" } else { "shut" })).collect();
    let document = read(&open("tiny-reader", None), &format!("gate,state,mark\n{rows}"), Reading::Recall);
    let stream = document.ask("How many gates are open?", AskOptions::default()).unwrap();
    assert!(matches!(stream.next().unwrap(), Some(AnswerEvent::Progress { .. })));
    stream.cancel();
    assert_eq!(stream.next().unwrap_err().code(), "cancelled");
    let answer = finish(&stream);
    assert_eq!((answer.count, answer.quotes.len()), (Some(10_000), 100));
    assert!(answer.text.starts_with("10000\n0,open,x\n4,open,x\n"));
}

#[test]
fn in_a_chat_a_count_is_followed_up() {
    let document = read(&open("demo", None), CLUB, Reading::Recall);
    let chat = document.chat();
    let ask = |question: &str| finish(&chat.ask(question, AskOptions::default()).unwrap());
    assert_eq!(ask("How many boats are there?").count, Some(3));
    assert_eq!(ask("How many boats are red?").count, Some(1));
}
