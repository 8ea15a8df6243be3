//! Searching a document, and what of another text stands in it: places, pages of results, languages, and no graph run.

mod common;

use std::sync::{Arc, LazyLock};

use common::{open, read};
use edgeinfinite_core::testing::candidates;
use edgeinfinite_core::{
    Document, DocumentOptions, Model, Passage, Place, Quote, Reading, SearchOptions, Span, Statement, Support, TextSource,
};

/// A folder with a generator, and one with a reader alone.
static TINY: LazyLock<Arc<Model>> = LazyLock::new(|| open("tiny", None));
static READER: LazyLock<Arc<Model>> = LazyLock::new(|| open("tiny-reader", None));

const HANDBOOK: &str = "# The Handbook of Skerry 🙂\n\n## Gates\n\nThe north gate opens with the code 4711. The south gate is closed in winter.\n\n\
## Fees\n\n| Night | Fee |\n|---|---|\n| first | 12 crowns |\n| fourth | 47 crowns |\n\n## Packing\n\nBring to the island:\n\n- a warm sleeping bag\n- a torch\n\n\
## Dogs\n\nDogs are not allowed in the hall. The keeper's name is Ada Brown; she rows to the island every Monday at six.\n";

fn document(model: &Arc<Model>, text: &str) -> Document {
    read(model, text, Reading::Recall)
}

fn search(document: &Document, words: &str, limit: usize, offset: usize) -> Vec<Passage> {
    document.search(words, SearchOptions { limit, offset }).unwrap()
}

/// What stands in a stretch of a text, by bytes and by UTF-16 units.
fn slice(text: &str, span: Span) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let wide = String::from_utf16(&units[span.start_utf16 as usize..span.end_utf16 as usize]).unwrap();
    assert_eq!(wide, &text[span.start as usize..span.end as usize]);
    wide
}

/// The best sentence and the marked words of each passage; every place is compared with the text.
fn shown(text: &str, passages: &[Passage]) -> Vec<(String, Vec<String>)> {
    let check = |passage: &Passage| {
        assert_eq!(slice(text, passage.span), passage.text);
        assert!(passage.score > 0.0 && passage.matches.is_sorted());
        assert!(passage.span.start <= passage.sentence.start && passage.sentence.end <= passage.span.end);
        (slice(text, passage.sentence), passage.matches.iter().map(|span| slice(text, *span)).collect())
    };
    passages.iter().map(check).collect()
}

#[test]
fn a_passage_has_its_place_and_says_why() {
    for model in [&*TINY, &*READER] {
        let document = document(model, HANDBOOK);
        let found = search(&document, "Which code opens the north gate?", 3, 0);
        let (sentence, marked) = shown(HANDBOOK, &found).swap_remove(0);
        assert_eq!(sentence, "The north gate opens with the code 4711.");
        assert_eq!(&marked[marked.len() - 5..], ["north", "gate", "opens", "code", "gate"]);
        assert_eq!(found[0].headings.last().unwrap(), "Gates");
        assert_eq!(found[0].words, ["code", "opens", "north", "gate"]);
        assert_eq!(found[0].place, Place::Whole);
        assert_eq!(document.runs().unwrap(), 0);
    }
}

#[test]
fn items_rows_and_mail_come_with_what_they_are_read_with() {
    let rows: String = (1..200).map(|n| format!("K-{n},Shelf {n},{} crowns\n", n * 7)).collect();
    let table = format!("Number,Thing,Price\n{rows}");
    let found = search(&document(&READER, &table), "Price of shelf 150", 3, 0);
    let (row, marked) = shown(&table, &found).swap_remove(0);
    assert_eq!(row, "K-150,Shelf 150,1050 crowns");
    assert!(marked.contains(&"150".to_owned()) && found[0].words == ["Price", "shelf", "150"], "{found:?}");
    assert_eq!(found[0].context, ["Number,Thing,Price"]);

    let items: String = (1..120).map(|n| format!("- a box of tins with the number {n} on its lid\n")).collect();
    let list = format!("Bring to the island:\n\n{items}");
    let found = search(&document(&READER, &list), "What must I bring, which tins, number 110?", 3, 0);
    assert_eq!(shown(&list, &found)[0].0, "- a box of tins with the number 110 on its lid");
    assert_eq!(found[0].context, ["Bring to the island:"]);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.eml");
    let mail = "From: ada@example.org\r\nSubject: The boat\r\nDate: Mon, 4 May 2026 10:00:00 +0000\r\n\r\nThe boat leaves at six.\r\n\r\n> When does the boat leave?\r\n";
    std::fs::write(&path, mail).unwrap();
    let document = Document::open(Arc::clone(&READER), TextSource::file(&path).unwrap(), DocumentOptions::default()).unwrap();
    while document.step().unwrap().is_some() {}
    let text = document.text(0, u64::from(u32::MAX)).unwrap();
    let found = search(&document, "boat at six", 5, 0);
    assert!(shown(&text, &found).iter().any(|(sentence, _)| sentence == "The boat leaves at six."), "{found:?}");
}

/// Many passages, some of them in the same words.
fn long() -> String {
    (0..400)
        .map(|n| format!("## Part {n}\n\nThe mill of part {} grinds {} sacks. A boat brings wheat and rye to the quay.\n\n", n % 90, n % 7))
        .collect()
}

#[test]
fn pages_are_one_list() {
    let text = long();
    let document = document(&READER, &text);
    let whole: Vec<Passage> =
        (0..).map(|page| search(&document, "sacks 0 1 2 3 4 5 6", 100, page * 100)).take_while(|page| !page.is_empty()).flatten().collect();
    shown(&text, &whole);
    let mut starts: Vec<u64> = whole.iter().map(|passage| passage.span.start).collect();
    assert!(starts.len() > 300, "{}", starts.len());
    for limit in [1, 7, 24, 25, 60] {
        let last = if limit == 1 { 30 } else { whole.len() };
        for offset in (0..last).step_by(limit) {
            assert_eq!(
                search(&document, "sacks 0 1 2 3 4 5 6", limit, offset),
                whole[offset..whole.len().min(offset + limit)],
                "{limit} from {offset}"
            );
        }
    }
    starts.sort_unstable();
    starts.dedup();
    assert_eq!(starts.len(), whole.len(), "no passage comes twice");
    for offset in [whole.len(), whole.len() + 1, 1 << 20, usize::MAX] {
        assert!(search(&document, "sacks 0 1 2 3 4 5 6", 5, offset).is_empty(), "{offset}");
    }
}

/// By recall an answer reads sentences; the passages come in the order of the best sentence of each.
#[test]
fn the_order_is_that_of_recall() {
    let text = long();
    for (text, words) in
        [(HANDBOOK, "Which code opens the north gate?"), (HANDBOOK, "the island"), (&text, "sacks of rye in part 30"), (&text, "quay")]
    {
        let document = document(&READER, text);
        let read = candidates(&document, words).unwrap();
        let found = search(&document, words, 24, 0);
        let holds = |passage: &Passage, span: &Span| passage.span.start <= span.start && span.end <= passage.span.end;
        let mut order: Vec<usize> = Vec::new();
        for (span, score) in &read {
            let at = found.iter().position(|passage| holds(passage, span)).expect("what is read is found");
            if !order.contains(&at) {
                assert_eq!((found[at].sentence, found[at].score), (*span, f64::from(*score)));
                order.push(at);
            }
        }
        assert_eq!(order, (0..found.len()).collect::<Vec<_>>(), "{words}");
    }
}

#[test]
fn other_languages_and_spellings() {
    for (text, words, marked) in [
        (
            "Die Häuser am Fluss sind alt. Der Schlüssel liegt unter der Matte im Flur des Hauses.\n",
            "Wo liegt der Schluessel des Hauses?",
            "Hauses",
        ),
        ("La llave está debajo del felpudo. El pago de la fianza vence en mayo.\n", "pago fianzas", "fianza"),
        ("Ключ лежит под ковриком. Залог возвращают в мае.\n", "когда возвращают залог", "Залог"),
        ("北門の暗証番号は四七一一です。毎朝六時に開きます。\n", "暗証番号", "暗証番号"),
        ("The key is with the may\u{ad}or of the village.\n", "who is the mayor", "may\u{ad}or"),
        ("The deposit is with the mayor of the village.\n", "who is the mayer", "mayor"),
    ] {
        let found = search(&document(&READER, text), words, 3, 0);
        let all: Vec<String> = shown(text, &found).into_iter().flat_map(|(_, marked)| marked).collect();
        assert!(all.iter().any(|word| word == marked), "{words}: {all:?}");
    }
    let found = search(&document(&READER, "The deposit is with the mayor of the village.\n"), "Is the depposit with the mayor?", 1, 0);
    assert_eq!(found[0].words, ["deposit", "mayor"]);
    assert!(search(&document(&READER, HANDBOOK), "Où se trouve la clé du bateau?", 3, 0).is_empty());
}

#[test]
fn what_cannot_be_searched_is_refused() {
    let document = document(&READER, HANDBOOK);
    let code = |words: &str, limit: usize| {
        document.search(words, SearchOptions { limit, offset: 0 }).map(|found| found.len()).map_err(|e| e.code())
    };
    assert_eq!(code("", 5), Err("argument.question"));
    assert_eq!(code(" \n", 5), Err("argument.question"));
    assert_eq!(code(&"gate ".repeat(4000), 5), Err("argument.question"));
    assert_eq!(code("gate", 0), Err("argument.options"));
    assert_eq!(code("gate", 101), Err("argument.options"));
    for words in ["zeppelin", "what is the", "?!", "\u{1b}[2J\u{0}"] {
        assert_eq!(code(words, 5), Ok(0), "{words:?}");
    }
    let unread = Document::open(Arc::clone(&READER), TextSource::text(HANDBOOK).unwrap(), DocumentOptions::default()).unwrap();
    assert_eq!(unread.search("gate", SearchOptions::default()).map_err(|e| e.code()).err(), Some("call.unread"));
    assert_eq!(unread.quotes("The gate.", None).map_err(|e| e.code()).err(), Some("call.unread"));
    document.cancel();
    assert_eq!(code("gate", 5), Err("cancelled"));
    assert!(code("gate", 5).is_ok());
}

/// The sentences of a text with what each rests on; every place is compared with the text and the document.
fn statements(document: &Document, source: &str, text: &str, question: Option<&str>) -> Vec<Statement> {
    let found = document.quotes(text, question).unwrap();
    let mut at = 0;
    for statement in &found {
        assert_eq!(slice(text, statement.span), statement.text);
        assert!(statement.span.start >= at);
        at = statement.span.end;
        for Quote { span, text: quoted, answer, verbatim, .. } in &statement.quotes {
            assert_eq!(slice(source, *span), *quoted);
            assert!(statement.span.start <= answer.start && answer.end <= statement.span.end);
            if *verbatim {
                let words = |text: &str| {
                    text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()).collect::<Vec<_>>()
                };
                assert_eq!(words(&slice(text, *answer)), words(quoted));
            }
        }
        assert_eq!(statement.support == Support::None, statement.quotes.is_empty());
    }
    found
}

const EXPECTED: [Support; 9] = [
    Support::None,
    Support::Verbatim,
    Support::Reworded,
    Support::Partial,
    Support::Reworded,
    Support::None,
    Support::None,
    Support::None,
    Support::None,
];

#[test]
fn a_text_is_told_apart_sentence_by_sentence() {
    let document = document(&READER, HANDBOOK);
    let said = "🙂 Here is what I found:\n\n1. The north gate opens with the code 4711. [1]\n2. Ada Brown, the keeper, rows to the island on every Monday.\n\
- As far as I know, she rows to the island every Monday at six in a red boat with two oars and an old sail.\n\
- The fourth night costs 47 crowns.\n- The fourth night costs 49 crowns.\n- Dogs are allowed in the hall.\n- The keeper is Ada Black.\nI hope this helps!";
    let found = statements(&document, HANDBOOK, said, None);
    let supports: Vec<Support> = found.iter().map(|statement| statement.support).collect();
    assert_eq!(supports, EXPECTED, "{found:#?}");
    let quoted = |at: usize| found[at].quotes.iter().map(|quote| quote.text.as_str()).collect::<Vec<_>>();
    assert_eq!(quoted(1), ["The north gate opens with the code 4711."]);
    assert_eq!(found[1].quotes[0].headings, ["The Handbook of Skerry 🙂", "Gates"]);
    assert_eq!(found[1].text, "The north gate opens with the code 4711. [1]");
    let row = found[4].quotes.last().unwrap();
    assert!(row.text.contains("47 crowns") && !row.verbatim && row.answer == found[4].span, "{row:?}");
    assert_eq!(quoted(3), ["she rows to the island every Monday at six"]);
    assert_eq!(slice(said, found[3].quotes[0].answer), "she rows to the island every Monday at six");
}

#[test]
fn two_records_are_no_statement_together() {
    let text = "Name,Phone,Street,Due\nAda Brown,555-0101,Elm Street,47.50\nJonas Ek,555-0102,Mill Road,12.00\n";
    let said = "Jonas Ek lives at Elm Street. Jonas Ek owes 12.00. Ada Brown owes 12.00. The phone of Ada Brown is 555-0101.";
    let found = statements(&document(&READER, text), text, said, None);
    let supports: Vec<Support> = found.iter().map(|of| of.support).collect();
    assert_eq!(supports, [Support::None, Support::Reworded, Support::None, Support::Reworded], "{found:#?}");
}

#[test]
fn the_question_says_what_a_short_answer_is_about() {
    let document = document(&READER, HANDBOOK);
    let question = "Which code opens the north gate?";
    assert_eq!(statements(&document, HANDBOOK, "4711", Some(question))[0].support, Support::Reworded);
    assert_eq!(statements(&document, HANDBOOK, "4712", Some(question))[0].support, Support::None);
    assert_eq!(statements(&document, HANDBOOK, "4711", None)[0].support, Support::None);
}

#[test]
fn texts_of_any_kind_have_an_end() {
    let document = document(&READER, HANDBOOK);
    for text in ["", " \n \u{feff}", "?", "[[[[[", "\u{0}\u{1b}[2J", "- \n- \n"] {
        assert!(statements(&document, HANDBOOK, text, None).iter().all(|of| of.support == Support::None), "{text:?}");
    }
    let french = "La porte nord s'ouvre avec le code secret. Les chiens sont interdits dans la salle.";
    assert!(statements(&document, HANDBOOK, french, None).iter().all(|of| of.support == Support::None));
    for hostile in ["gate ".repeat(60_000), "a b. ".repeat(2000), "北".repeat(20_000), "[1".repeat(20_000), "\n".repeat(100_000)] {
        statements(&document, HANDBOOK, &hostile, None);
    }
    assert_eq!(document.quotes(&"x".repeat((1 << 20) + 1), None).map_err(|e| e.code()).err(), Some("argument.text"));
    assert_eq!(document.quotes("The gate.", Some(" ")).map_err(|e| e.code()).err(), Some("argument.question"));
    let whole = statements(&document, HANDBOOK, HANDBOOK, None);
    let own: Vec<&str> = whole.iter().filter(|of| of.support == Support::None).map(|of| of.text.as_str()).collect();
    assert!(own.iter().all(|text| text.split_whitespace().count() < 4), "{own:?}");
}

#[test]
fn another_script_is_quoted_word_for_word() {
    let text = "北門の暗証番号は四七一一です。毎朝六時に開きます。\n";
    let found = statements(&document(&READER, text), text, "北門の暗証番号は四七一一です。犬は入れます。", None);
    assert_eq!(found.iter().map(|of| of.support).collect::<Vec<_>>(), [Support::Verbatim, Support::None]);
    let german = "Die Kaution beträgt 900 Euro. Hunde sind im Haus nicht erlaubt.\n";
    let found = statements(&document(&READER, german), german, "Die Kaution beträgt also 900 Euro. Hunde sind im Haus erlaubt.", None);
    assert_eq!(found.iter().map(|of| of.support).collect::<Vec<_>>(), [Support::Reworded, Support::None]);
}
