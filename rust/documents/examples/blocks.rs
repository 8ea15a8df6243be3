//! Prints the blocks of documents: `cargo run -p edgeinfinite-documents --example blocks -- FILE…`

use std::error::Error;
use std::fs::File;
use std::ops::ControlFlow;

use edgeinfinite_documents::{Kind, Options, StructuredText, read};

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        let options = Options { name: Some(path.clone()), ..Options::default() };
        let mut document = StructuredText::default();
        match read(File::open(&path)?, &options, &mut document, &mut |_| ControlFlow::Continue(())) {
            Ok(report) => println!("{path}: {report:?}"),
            Err(error) => println!("{path}: {}: {error}", error.code()),
        }
        for (number, block) in document.blocks.iter().enumerate() {
            let kind = match &block.kind {
                Kind::Heading { level } => format!("heading {level}"),
                Kind::Item { depth } => format!("item {depth}"),
                Kind::Quoted { depth } => format!("quoted {depth}"),
                Kind::Turn { speaker } => format!("turn of {:?}", &document.text[speaker.clone()]),
                Kind::Header { cells } => format!("header of {}", cells.len()),
                Kind::Row { cells } => format!("row of {}", cells.len()),
                Kind::Record { fields } => format!("record of {}", fields.len()),
                other => format!("{other:?}").to_lowercase(),
            };
            let lead = block.lead.map_or(String::new(), |lead| format!(" led by {lead}"));
            let heading = block.heading.map_or(String::new(), |heading| format!(" under {heading}"));
            println!("{number:4} {kind}{lead}{heading} {}: {:?}", block.place, block.text(&document.text));
        }
    }
    Ok(())
}
