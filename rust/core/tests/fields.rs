//! Values by fields, with every kind of model.

mod common;

use common::{open, read};
use edgeinfinite_core::{Document, Extracted, Field, FieldEvent, FieldType, Missing, Reading, Value};

const LEASE: &str = "# Lease 🙂\n\nThe rent is 840 euros a month. The lease begins on 1 April 2024. It was handed over on 03/04/2024.\n\n\
    ## Keys\n\n- front door\n- cellar\n\nTenant: Ada Lund\nPets: no\nLandlord: Ben Ode\n";

fn field(name: &str, kind: FieldType, question: &str) -> Field {
    Field { name: name.into(), kind, question: (!question.is_empty()).then(|| question.into()) }
}

fn extract(document: &Document, fields: Vec<Field>) -> Vec<Extracted> {
    let stream = document.extract(fields).unwrap();
    let mut found = Vec::new();
    while let Some(event) = stream.next().unwrap() {
        if let FieldEvent::Field { field } = event {
            found.push(*field);
        }
    }
    found
}

#[test]
fn values_come_with_the_words_that_they_stand_in() {
    let document = read(&open("finder", None), LEASE, Reading::Recall);
    let found = extract(
        &document,
        vec![
            field("rent", FieldType::Amount, ""),
            field("begins", FieldType::Date, "When does the lease begin?"),
            field("handed_over", FieldType::Date, "When was it handed over?"),
            field("tenant", FieldType::Text, ""),
            field("keys", FieldType::List, ""),
            field("zeppelins", FieldType::Number, "How many zeppelins fly over Rosario?"),
        ],
    );
    let values: Vec<_> = found.iter().map(|field| (field.value.clone(), field.missing)).collect();
    let text = |text: &str| Some(Value::Text(text.into()));
    assert_eq!(
        values,
        [
            (Some(Value::Amount { amount: 840.0, currency: "EUR".into() }), None),
            (text("2024-04-01"), None),
            (None, Some(Missing::Ambiguous)),
            (text("Ada Lund"), None),
            (Some(Value::List(vec!["front door".into(), "cellar".into()])), None),
            (None, Some(Missing::NotFound)),
        ]
    );
    for (field, words) in found.iter().zip(["840 euros", "1 April 2024", "", "Ada Lund", "", ""]) {
        assert_eq!(field.words.as_ref().map_or("", |quote| quote.text.as_str()), words);
        for quote in field.words.iter().chain(&field.quotes) {
            assert_eq!(&LEASE[quote.span.start as usize..quote.span.end as usize], quote.text);
            assert_eq!(LEASE[..quote.span.start as usize].encode_utf16().count() as u64, quote.span.start_utf16);
        }
    }
    assert_eq!(found[0].question, "How much is the rent?");
    assert!(found[5].quotes.is_empty() && found[5].found_confidence < 0.5);
}

#[test]
fn every_kind_of_model_gives_values() {
    for (name, scenario) in [("demo", None), ("reader", None), ("tiny-reader", None), ("tiny", Some("large"))] {
        let document = read(&open(name, scenario), LEASE, Reading::Recall);
        let found =
            extract(&document, vec![field("keys", FieldType::List, ""), field("rent", FieldType::Amount, "How much is the rent a month?")]);
        assert_eq!(found.len(), 2, "{name}");
        assert_eq!(found[0].value, Some(Value::List(vec!["front door".into(), "cellar".into()])), "{name}");
        if ["demo", "reader"].contains(&name) {
            assert_eq!(found[1].value, Some(Value::Amount { amount: 840.0, currency: "EUR".into() }), "{name}");
        }
    }
}

#[test]
fn fields_are_refused_before_anything_is_asked_and_a_cancel_is_not_the_end() {
    let document = read(&open("demo", None), LEASE, Reading::Recall);
    for fields in [vec![], vec![field("a", FieldType::Text, ""), field("a", FieldType::Date, "")]] {
        assert_eq!(document.extract(fields).map(drop).unwrap_err().code(), "argument.fields");
    }
    let long = field("a", FieldType::Text, &"when ".repeat(5000));
    assert_eq!(document.extract(vec![long]).map(drop).unwrap_err().code(), "argument.question");
    let stream = document.extract(vec![field("rent", FieldType::Amount, ""), field("tenant", FieldType::Text, "")]).unwrap();
    stream.cancel();
    assert_eq!(stream.next().unwrap_err().code(), "cancelled");
    let mut names = Vec::new();
    while let Some(event) = stream.next().unwrap() {
        if let FieldEvent::Field { field } = event {
            names.push(field.name);
        }
    }
    assert_eq!(names, ["rent", "tenant"]);
}

#[test]
fn fields_are_read_from_json() {
    let read = |text: &str| serde_json::from_str::<Vec<Field>>(text);
    assert_eq!(read(r#"[{"name":"due","type":"date","question":"When?"}]"#).unwrap(), [field("due", FieldType::Date, "When?")]);
    assert_eq!(read(r#"[{"name":"due"}]"#).unwrap(), [field("due", FieldType::Text, "")]);
    for (text, words) in [(r#"[{"name":"due","type":"money"}]"#, "\"money\", expected one of"), (r#"[{"name":"a","kind":"text"}]"#, "kind")]
    {
        assert!(read(text).unwrap_err().to_string().contains(words), "{text}");
    }
}
