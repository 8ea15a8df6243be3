//! What the structure of a document decides: the units of a text, what each of them is read with, and what the shipped model answers because of it.

use std::path::Path;
use std::sync::Arc;

use edgeinfinite_core::testing::{TextUnit, UnitKind, UnitStream};
use edgeinfinite_core::{
    Answer, AnswerEvent, AnswerStream, AskOptions, CoverageKind, Document, DocumentOptions, Model, OpenOptions, Reading, TextSource,
};
use serde::Deserialize;

/// The units of a text; each stands where it says, byte for byte and by its UTF-16 units.
fn units(text: &str) -> Vec<TextUnit> {
    let mut stream = UnitStream::new(TextSource::text(text).unwrap());
    let units: Vec<TextUnit> = std::iter::from_fn(|| stream.advance().unwrap()).flat_map(|batch| batch.units).collect();
    let utf16: Vec<u16> = text.encode_utf16().collect();
    for unit in &units {
        let quoted: String = unit.spans.iter().map(|span| &text[span.start as usize..span.end as usize]).collect();
        assert_eq!(quoted, unit.text);
        let wide: Vec<u16> =
            unit.spans.iter().flat_map(|span| &utf16[span.start_utf16 as usize..span.end_utf16 as usize]).copied().collect();
        assert_eq!(String::from_utf16(&wide).unwrap(), unit.text);
        for part in unit.context.iter() {
            assert_eq!(&text[part.span.start as usize..part.span.end as usize], part.text);
        }
    }
    units
}

/// What can be an answer: each unit that says something, with what it is read with before a bar; white space folded.
fn said(text: &str) -> Vec<String> {
    let folded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = |unit: &TextUnit| {
        let context: Vec<String> = unit.context.iter().map(|part| folded(&part.text)).collect();
        if context.is_empty() { folded(&unit.text) } else { format!("{} | {}", context.join(" > "), folded(&unit.text)) }
    };
    units(text).iter().filter(|unit| matches!(unit.kind, UnitKind::Said)).map(shown).collect()
}

fn holds(text: &str, expected: &str) {
    let found = said(text);
    assert!(found.iter().any(|unit| unit == expected), "{expected:?} is not among {found:#?}");
}

#[test]
fn questions_have_their_answers() {
    holds("How long is the warranty?\nThree years.\n\nMay I wash it?\nNo.\n", "How long is the warranty? | Three years.");
    holds("Q: Who feeds the hens?\nA: The neighbours.\n\nQ: Who pays?\nA: The club.\n", "Q: Who pays? | A: The club.");
    holds(
        "## When is the pool cleaned?\n\nOn Mondays before six.\n\n## Who has the key?\n\nMs Ek.\n",
        "When is the pool cleaned? | On Mondays before six.",
    );
}

#[test]
fn sentences_do_not_end_at_shortened_words() {
    holds("Die Anlage wird am 29. Juli 2026 abgenommen. Danach läuft sie.\n", "Die Anlage wird am 29. Juli 2026 abgenommen.");
    holds("The lease ends on Sept. 30 of next year. Rent is due monthly.\n", "The lease ends on Sept. 30 of next year.");
    holds("Der Kurs beginnt am 4. November im 2. Stock. Er ist voll.\n", "Der Kurs beginnt am 4. November im 2. Stock.");
}

#[test]
fn furniture_of_pages_is_in_no_sentence() {
    let page = |n: u32, body: &str| format!("Harbour Rules 2023\n\n{body}\n\n{n}\n\u{c}");
    let text = page(1, "Boats may moor for three nights. The fee for a fourth night is")
        + &page(2, "forty crowns. Dogs stay on a lead.")
        + &page(3, "Fires are forbidden.");
    holds(&text, "The fee for a fourth night is forty crowns.");
    assert!(said(&text).iter().all(|unit| !unit.contains("Harbour")), "{:?}", said(&text));
}

#[test]
fn items_have_their_lead_ins() {
    let many: String = ('a'..='j').map(|letter| format!("({letter}) ring the bell {letter};\n")).collect();
    holds(&format!("Park rules\n\nVisitors must not\n{many}\nVisitors may\n{many}"), "Visitors must not | (i) ring the bell i;");
    holds("Park rules\n\nVisitors must not:\n(a) fish in the pond;\n(b) light fires.\n", "Visitors must not: | (a) fish in the pond;");
    holds(
        "Members may not\n- lend their key to others\n- sleep in the boats\n\nThe club meets monthly.\n",
        "Members may not | - sleep in the boats",
    );
    holds("# Kitchen\n\n## Never in the oven\n\n- glass lids\n- plastic\n", "Never in the oven | - plastic");
}

#[test]
fn one_record_a_line_is_one_record() {
    holds("id,name,salary\n1,Inga Halvorsen,57300\n2,Tomas Quiroga,36100\n", "id,name,salary | 2,Tomas Quiroga,36100");
    holds("Invoice no: 2024-118\nNet amount: 310.00 EUR\nTotal due: 368.90 EUR\n", "Total due: 368.90 EUR");
    holds(
        "2024-05-01 03:11:09 INFO server started\n2024-05-01 04:00:02 INFO backup finished in 418 seconds\n",
        "2024-05-01 04:00:02 INFO backup finished in 418 seconds",
    );
    holds("ship=heron berth=4\nship=tern berth=9\n", "ship=tern berth=9");
    holds("[fan]\npower=90W\nspeed = 1400\n[pump]\npower=2kW\n", "[fan] | speed = 1400");
    holds("[fan]\npower=90W\nspeed = 1400\n[pump]\npower=2kW\n", "[pump] | power=2kW");
    holds("# keepers\nheron\t\t81/tcp\t\t# the gate\ntern\t\t82/tcp\ngull\t\t83/udp\tlarus\n", "tern 82/tcp");
    holds("-a     all of it\n-b     the best,\n       and the rest\n-c     nothing\n", "-b the best, and the rest");
}

#[test]
fn rows_have_their_header() {
    holds("| Boat | Deposit |\n|---|---|\n| Canoe | 30 € |\n| Raft | 45 € |\n", "| Boat | Deposit | | | Canoe | 30 € |");
    holds("city\tmayor\nLund\tSara Ek\nEspoo\tJukka Maki\n", "city mayor | Espoo Jukka Maki");
    holds("name;count;since\nash;12;1988\noak;7;1921\nelm;31;1874\n", "name;count;since | elm;31;1874");
}

#[test]
fn headings_may_be_digits_and_carriage_returns_end_lines() {
    let heading = |text: &str, words: &str| units(text).iter().any(|unit| matches!(unit.kind, UnitKind::Heading(_)) && unit.text == words);
    assert!(heading("# Report\n\n## 2021\n\nThe surplus was small.\n\n## 2022\n\nIt grew.\n", "2021"));
    assert!(heading("# Changes\n\n## 3.1.0 (2023-11-20)\n\nThe port is 8081.\n", "3.1.0 (2023-11-20)"));
    assert!(heading("# Club rules\r\rThe pool opens at six.\r\r# Lost property\r\rTowels are kept.\r", "Lost property"));
}

#[test]
fn syllables_are_not_torn() {
    let thai = "เมื่อวันที่สามมกราคมคณะกรรมการหมู่บ้านได้ประชุมกันที่ศาลาวัดเพื่อพิจารณาเรื่องการซ่อมแซมสะพานไม้".repeat(6);
    for unit in units(&thai) {
        let first = unit.text.chars().next().unwrap();
        assert!(!matches!(first, '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}'), "{}", unit.text);
    }
    holds("पुस्तकालय सुबह नौ बजे खुलता है। देखरेख का काम रमा करेगी।\n", "देखरेख का काम रमा करेगी।");
    holds("စာကြည့်တိုက် နံနက် ကိုးနာရီ ဖွင့်သည်။ သော့ကို ဒေါ်မြ သိမ်းသည်။\n", "သော့ကို ဒေါ်မြ သိမ်းသည်။");
}

#[test]
fn what_a_message_quotes_is_told_apart() {
    let mail =
        "The piano comes on Friday at nine.\n\nNadia\n\nOn Tue, 12 Mar 2024, Oskar wrote:\n> Does it come\n> on Wednesday? I must know.\n";
    let quoted: Vec<TextUnit> = units(mail).into_iter().filter(|unit| unit.kind == UnitKind::Quoted).collect();
    assert!(!quoted.is_empty() && quoted.iter().all(|unit| !unit.text.contains('>')), "{quoted:?}");
    holds(mail, "The piano comes on Friday at nine.");
}

fn finder() -> Arc<Model> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/finder");
    Model::open(&folder, &OpenOptions { threads: Some(1), ..OpenOptions::default() }).expect("the model opens")
}

fn told(stream: AnswerStream) -> Answer {
    loop {
        if let Some(AnswerEvent::Done { answer }) = stream.next().unwrap() {
            return *answer;
        }
    }
}

fn read(model: &Arc<Model>, text: &str) -> Document {
    let options = DocumentOptions { reading: Some(Reading::Recall), ..DocumentOptions::default() };
    let document = Document::open(Arc::clone(model), TextSource::text(text).unwrap(), options).unwrap();
    while document.step().unwrap().is_some() {}
    document
}

#[test]
fn a_text_that_fits_one_prompt_is_looked_at_whole() {
    let model = finder();
    let page = |n: u32, body: &str| format!("Harbour Rules\n\n{body}\n\n{n}\n\u{c}");
    let texts = [
        "The village has 412 inhabitants. No train stops there.\n\nThe bakery sells rye bread.\n".to_owned(),
        "# Boats\n\n## Prices\n\n| Boat | Fee |\n|---|---|\n| Canoe | 30 |\n| Raft | 45 |\n\n## Rules\n\nBoats must not:\n- race\n- turn over\n".to_owned(),
        "The office is shut.\n\nThe office is shut.\n\nThe office is shut.\n\nIt opens on Tuesday in the muni-\ncipality.\n".to_owned(),
        page(1, "Boats may moor for three nights.") + &page(2, "Dogs stay on a lead.") + &page(3, "Fires are forbidden."),
        "On Friday at nine.\n\nNadia\n\n> When does the piano\n> come? It was late.\n".to_owned(),
        (0..40).map(|n| format!("- part {n}\n")).collect(),
    ];
    for text in texts {
        let answer = told(read(&model, &text).ask("Which submarine won the chess cup?", AskOptions::default()).unwrap());
        assert!(answer.coverage.iter().all(|part| part.kind != CoverageKind::Skipped), "{text:?}: {:?}", answer.coverage);
    }
}

/// A text of `fixtures/structure.jsonl`: one kind of structure, what is asked of it and what the answers hold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    what: String,
    text: String,
    #[serde(default)]
    asks: Vec<Ask>,
    /// What the summary holds, each once.
    #[serde(default)]
    summary: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    question: String,
    /// In this order.
    holds: Vec<String>,
    #[serde(default)]
    lacks: Vec<String>,
}

/// Texts of each kind, written for this test, with the answers that a reader would give.
#[test]
fn a_letter_is_summarised_by_what_it_says() {
    let model = finder();
    let said = "The crane will be closed on Monday because the inspector comes at eight. Boats can be lifted on Tuesday from seven. The fee stays the same.";
    for head in [
        "From: Petra Novak <petra@harbour.example>\nTo: Jonas Weber <jonas@harbour.example>\nSubject: Crane\nDate: Mon, 4 Mar 2024 09:12:00 +0100\n\nHello Jonas,\n",
        "To: All staff\nCc: The board\nRe: Crane\n\nDear colleagues,\n",
        "Date: 4 March 2024\nOur reference: 118/24\n\nSehr geehrte Frau Novak,\n",
    ] {
        let text = format!("{head}\n{said}\n\nRegards,\nPetra\n");
        let summary = told(read(&model, &text).summarize(AskOptions::default()).unwrap()).text;
        assert!(summary.contains("inspector comes at eight."), "{summary}");
        assert!(!summary.contains(head.lines().next().unwrap()), "{summary}");
    }
    let form = "Name: Ola Berg\nBerth: 14\nLength: 9 m\nPaid: yes\n";
    assert!(told(read(&model, form).summarize(AskOptions::default()).unwrap()).text.contains("Berth: 14"));
}

#[test]
fn answers_are_read_with_what_they_need() {
    let model = finder();
    let mut wrong = Vec::new();
    for line in std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/structure.jsonl")).unwrap().lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let document = read(&model, &case.text);
        for Ask { question, holds, lacks } in case.asks {
            let answer = told(document.ask(&question, AskOptions::default()).unwrap());
            let answer = if answer.found { answer.text } else { String::new() };
            let (shown, mut from) = (answer.split_whitespace().collect::<Vec<_>>().join(" "), 0);
            let in_order = holds.iter().all(|words| {
                let found = shown[from..].find(words.as_str());
                from += found.map_or(0, |at| at + words.len());
                found.is_some()
            });
            if !in_order || lacks.iter().any(|words| shown.contains(words.as_str())) {
                wrong.push(format!("{}: {question} -> {shown:?}, expected {holds:?} without {lacks:?}", case.what));
            }
        }
        if !case.summary.is_empty() {
            let summary = told(document.summarize(AskOptions::default()).unwrap()).text;
            if !case.summary.iter().all(|words| summary.matches(words.as_str()).count() == 1) {
                wrong.push(format!("{}: the summary {summary:?}, expected each of {:?} once", case.what, case.summary));
            }
        }
    }
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
