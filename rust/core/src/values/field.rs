//! What is to be taken out of a document, and what was.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::answer::Quote;
use crate::error::{Error, Result};

/// Most fields of one call, and bytes of a name.
const MOST: usize = 100;
const NAME: usize = 100;

/// A field: a value that a document may give.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its key in what is found: "due_date".
    pub name: String,
    /// Of what type the value is.
    #[serde(rename = "type", default)]
    pub kind: FieldType,
    /// What the document is asked; without it one that is made of the name.
    #[serde(default)]
    pub question: Option<String>,
}

/// The types of values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// The words that answer: a reader's short answer, or else the quoted sentence.
    #[default]
    Text,
    /// A number, in digits or in English words up to a hundred.
    Number,
    /// A number with a currency.
    Amount,
    /// A day, as ISO 8601.
    Date,
    /// Yes or no.
    YesNo,
    /// Several texts.
    List,
}

impl FieldType {
    const ALL: [(&'static str, Self); 6] = [
        ("text", Self::Text),
        ("number", Self::Number),
        ("amount", Self::Amount),
        ("date", Self::Date),
        ("yes_no", Self::YesNo),
        ("list", Self::List),
    ]; // fmt: skip

    /// The type of that name.
    ///
    /// # Errors
    /// `argument.fields`.
    pub fn named(name: &str) -> Result<Self> {
        Self::ALL.iter().find(|(one, _)| *one == name).map(|(_, kind)| *kind).ok_or_else(|| {
            let known = Self::ALL.map(|(name, _)| name).join(", ");
            Error::new("argument.fields", format!("found type \"{name}\", expected one of {known}"))
        })
    }
}

impl<'de> Deserialize<'de> for FieldType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).map_err(serde::de::Error::custom)
    }
}

/// A value by its type. As JSON: a string, a number, `{"amount": 840.0, "currency": "EUR"}`, "2024-03-03", true or false, or strings.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[allow(missing_docs)]
pub enum Value {
    YesNo(bool),
    Number(f64),
    /// The currency's code of ISO 4217 where its sign or name is of one currency, else as it is written.
    Amount {
        amount: f64,
        currency: String,
    },
    /// Text, and the days of ISO 8601.
    Text(String),
    List(Vec<String>),
}

/// Why a field has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The document does not answer.
    NotFound,
    /// What was quoted holds no value of the type.
    NoValue,
    /// What was quoted holds several values of the type, and no word of the question tells which.
    SeveralValues,
    /// A date whose day and month may be either way round.
    Ambiguous,
    /// A date without a day or a year, or with a year of two digits.
    Incomplete,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not found",
            Self::NoValue => "no such value in what was quoted",
            Self::SeveralValues => "several values in what was quoted",
            Self::Ambiguous => "day and month may be either way round",
            Self::Incomplete => "no whole date",
        })
    }
}

/// A field's value, with what it stands in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Extracted {
    /// The field's name.
    pub name: String,
    /// The field's type.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// What the document was asked.
    pub question: String,
    /// None where `missing` says why.
    pub value: Option<Value>,
    /// Why there is no value; None where there is one.
    pub missing: Option<Missing>,
    /// What was quoted: the value stands in the first of them. Of a list that was counted its first hundred entries. None where nothing was found.
    pub quotes: Vec<Quote>,
    /// The value's own words in the document, where they stand in one place.
    pub words: Option<Quote>,
    /// The probability that the document answers, 0 to 1.
    pub found_confidence: f64,
}

impl Field {
    /// The question that is asked.
    pub(crate) fn asks(&self) -> String {
        if let Some(question) = &self.question {
            return question.clone();
        }
        let name = self.name.replace(['_', '-'], " ");
        match self.kind {
            FieldType::Text | FieldType::Number => format!("What is the {name}?"),
            FieldType::Amount => format!("How much is the {name}?"),
            FieldType::Date => format!("When is the {name}?"),
            FieldType::YesNo => format!("Is there {name}?"),
            FieldType::List => format!("What are the {name}?"),
        }
    }
}

/// Refuses fields that cannot be asked for.
///
/// # Errors
/// `argument.fields`, with what was found.
pub(crate) fn check(fields: &[Field]) -> Result<()> {
    let wrong = |message: String| Err(Error::new("argument.fields", message));
    if fields.is_empty() {
        return wrong("found no fields, expected 1 to 100".into());
    }
    if fields.len() > MOST {
        return wrong(format!("found {} fields, expected at most {MOST}", fields.len()));
    }
    let mut names = HashSet::new();
    for (number, field) in fields.iter().enumerate() {
        let place = number + 1;
        if field.name.trim().is_empty() || field.name.len() > NAME {
            return wrong(format!("field {place}: found a name of {} bytes, expected 1 to {NAME}, and a word in it", field.name.len()));
        }
        if !names.insert(&field.name) {
            return wrong(format!("field {place}: found a name that another field has, expected each once"));
        }
        if field.question.as_ref().is_some_and(|question| question.trim().is_empty()) {
            return wrong(format!("field {place}: found a question without words, expected one, or none to make it of the name"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> Field {
        Field { name: name.into(), kind: FieldType::Date, question: None }
    }

    #[test]
    fn fields_that_cannot_be_asked_for_are_refused() {
        assert!(check(&[field("due"), field("end")]).is_ok());
        let many: Vec<Field> = (0..101).map(|number| field(&format!("f{number}"))).collect();
        let asked = Field { question: Some(" ".into()), ..field("due") };
        for (fields, words) in [
            (&[][..], "no fields"),
            (&many, "101 fields"),
            (&[field("due"), field("due")], "field 2"),
            (&[field(" ")], "name of 1 bytes"),
            (&[asked], "without words"),
        ] {
            let error = check(fields).unwrap_err();
            assert_eq!(error.code(), "argument.fields");
            assert!(error.message().contains(words), "{error}");
        }
        assert!(FieldType::named("money").unwrap_err().message().contains("\"money\", expected one of text, number, amount"));
    }

    #[test]
    fn values_are_plain_json() {
        let json = |value: Value| serde_json::to_string(&value).unwrap();
        assert_eq!(json(Value::Number(40.0)), "40.0");
        assert_eq!(json(Value::Amount { amount: 1234.5, currency: "EUR".into() }), r#"{"amount":1234.5,"currency":"EUR"}"#);
        assert_eq!(json(Value::YesNo(true)), "true");
        assert_eq!(json(Value::List(vec!["a".into()])), r#"["a"]"#);
        assert_eq!(field("due_date").asks(), "When is the due date?");
    }
}
