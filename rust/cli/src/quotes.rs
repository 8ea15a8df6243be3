//! `quotes`: what of a text stands in a document, sentence by sentence.

use std::io::{IsTerminal, Read};
use std::path::Path;

use edgeinfinite_core::{Error, Reading, Result, Statement, Support};
use serde::Serialize;

use crate::print::JsonFile;
use crate::{Common, print, read};

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    statements: Vec<Statement>,
}

/// Prints each sentence of the text with its quotes.
pub fn run(common: &Common, file: &Path, text: &Path, question: Option<&str>, state: Option<&Path>) -> Result<()> {
    if file.as_os_str() == "-" && text.as_os_str() == "-" {
        return Err(Error::new("argument.options", "found - for the document and for the text, expected a file for one of them"));
    }
    let usage_file = common.usage.as_ref().map(|path| JsonFile::create(path, file)).transpose()?;
    let given = given(text)?; // before a long document is read
    let source = read::source(file)?;
    let model = common.open()?;
    let watched = !common.json && std::io::stderr().is_terminal();
    let document = read::document(&model, &source, state, Some(Reading::Recall), watched)?;
    let report = Report { statements: document.quotes(&given, question)? };
    if common.json {
        print::json(&report)?;
    } else {
        let name = print::document_name(file);
        if report.statements.is_empty() {
            print::line(&print::styled(2, "  ╰ no sentence in the text"))?;
        }
        for statement in &report.statements {
            let label = match statement.support {
                Support::Verbatim => "word for word",
                Support::Reworded => "in other words",
                Support::Partial => "in part",
                Support::None => "own words",
            };
            print::line(&format!("{} {}", print::styled(1, &format!("[{label}]")), print::folded(&statement.text)))?;
            for quote in &statement.quotes {
                let place = print::place(&source, &name, quote.span, quote.place, &quote.headings)?;
                print::line(&print::styled(2, &format!("    ╰ {place}")))?;
                print::line(&format!("      {}", print::folded(&quote.text)))?;
            }
        }
    }
    usage_file.map_or(Ok(()), |file| file.write(&report))
}

/// The text that is compared, which has to be UTF-8.
fn given(path: &Path) -> Result<String> {
    let failed = |e: std::io::Error| Error::new("text.missing", format!("{}: {e}", path.display()));
    let mut bytes = Vec::new();
    let most = 1 << 21; // more than is compared at once: it is refused by its length
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        std::fs::File::open(path).map_err(failed)?.take(most).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 == most {
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Error::new("text.utf8", format!("{}: found a byte at {at} that is not UTF-8, expected UTF-8 text", path.display()))
    })
}
