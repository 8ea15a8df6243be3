//! `extract`: values of a document by fields, one after another, each with where it stands or why there is none.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use edgeinfinite_core::{Error, Execution, Extracted, Field, FieldEvent, FieldType, Reading, Result, TextSource, Value};
use serde::Serialize;

use crate::print::JsonFile;
use crate::{Common, print, read};

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    fields: Vec<Extracted>,
    execution: &'a Execution,
}

/// The fields of the command line: `NAME`, `NAME:TYPE` or `NAME:TYPE:QUESTION` each, after those of a file: a JSON array of objects with name, type and question.
pub fn fields(given: &[String], file: Option<&Path>) -> Result<Vec<Field>> {
    let mut fields: Vec<Field> = match file {
        None => Vec::new(),
        Some(path) => {
            let failed = |e: std::io::Error| Error::new("io", format!("{}: {e}", path.display()));
            let text = std::fs::read(path).map_err(failed)?;
            let wrong = |e: serde_json::Error| {
                let expected = "expected a JSON array of objects with name, type and question";
                Error::new("argument.fields", format!("{}: found {e}, {expected}", path.display()))
            };
            serde_json::from_slice(&text).map_err(wrong)?
        }
    };
    for one in given {
        let mut parts = one.splitn(3, ':').map(str::trim);
        let name = parts.next().unwrap_or_default().to_owned();
        let kind = parts.next().map_or(Ok(FieldType::Text), FieldType::named)?;
        fields.push(Field { name, kind, question: parts.next().map(str::to_owned) });
    }
    Ok(fields)
}

/// Prints each value as it is found.
pub fn run(common: &Common, file: &Path, fields: Vec<Field>, state: Option<&Path>) -> Result<()> {
    let usage_file: Option<JsonFile> = common.usage.as_ref().map(|path: &PathBuf| JsonFile::create(path, file)).transpose()?;
    let source = read::source(file)?;
    let model = common.open()?;
    let watched = !common.json && std::io::stderr().is_terminal();
    let document = read::document(&model, &source, state, Some(Reading::Recall), watched)?;
    let stream = document.extract(fields)?;
    let mut found = Vec::new();
    while let Some(event) = stream.next()? {
        if let FieldEvent::Field { field } = event {
            if !common.json {
                show(&source, &print::document_name(file), &field)?;
            }
            found.push(*field);
        }
    }
    let report = Report { fields: found, execution: model.execution() };
    if common.json {
        print::json(&report)?;
    }
    usage_file.map_or(Ok(()), |file| file.write(&report))
}

/// A value on a line, and under it where it stands, or why there is none.
fn show(source: &TextSource, name: &str, field: &Extracted) -> Result<()> {
    let value = field.value.as_ref().map_or_else(|| "–".to_owned(), |value| print::folded(&shown(value)));
    print::line(&format!("{}: {value}", print::styled(1, &print::folded(&field.name))))?;
    if let Some(missing) = field.missing {
        print::line(&print::styled(2, &format!("  ╰ {missing}")))?;
    }
    let quote = field.quotes.first();
    if let Some(quote) = quote {
        let place = print::place(source, name, quote.span, quote.place, &quote.headings)?;
        print::line(&print::styled(2, &format!("  ╰ {place}: {}", print::folded(&quote.text))))?;
    }
    Ok(())
}

fn shown(value: &Value) -> String {
    match value {
        Value::YesNo(yes) => (if *yes { "yes" } else { "no" }).to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Amount { amount, currency } => format!("{amount} {currency}"),
        Value::Text(text) => text.clone(),
        Value::List(parts) => parts.join("; "),
    }
}
