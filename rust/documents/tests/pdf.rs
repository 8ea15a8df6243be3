//! PDFs that real programs wrote.
#![cfg(feature = "pdf")]

mod common;

use std::path::PathBuf;

use common::{outline, path, read};
use edgeinfinite_documents::{Kind, Options, Place, StructuredText, structured_text};

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// The block whose text, its line ends as spaces, holds some words.
fn holds(document: &StructuredText, words: &str) -> usize {
    let told = |number: usize| document.text_of(number).split_whitespace().collect::<Vec<_>>().join(" ");
    let found = (0..document.blocks.len()).find(|&number| document.blocks[number].is_said() && told(number).contains(words));
    found.unwrap_or_else(|| panic!("no block holds {words:?}: {:#?}", outline(document)))
}

#[test]
fn sentences_go_on_over_lines_and_pages() {
    for (name, berths) in [("reportlab-one-column.pdf", 6), ("reportlab-two-columns.pdf", 8)] {
        let document = read(&bytes(name), name);
        for berth in 1..=berths {
            let found = holds(&document, &format!("in the evening. Berth {berth} costs {} crowns.", berth * 13));
            assert_eq!(path(&document, found).last().unwrap(), &format!("{berth}. Berth number {berth}"), "{name}");
        }
        let said: String = (0..document.blocks.len()).filter(|&at| document.blocks[at].is_said()).map(|at| document.text_of(at)).collect();
        assert!(!said.contains("Harbour rules 2023"), "{name}: a page's header is said");
    }
}

#[test]
fn pages_are_kept() {
    let document = read(&bytes("reportlab-one-column.pdf"), "x.pdf");
    let place = |words: &str| document.place(document.text.find(words).unwrap());
    assert_eq!(place("Berth 1 costs"), Place::Page(1));
    assert_eq!(place("Berth 6 costs"), Place::Page(2));
    assert_eq!(document.blocks.iter().filter(|block| block.kind == Kind::PageBreak).count(), 2);
}

#[test]
fn tables_keep_their_header() {
    let document = read(&bytes("reportlab-one-column.pdf"), "x.pdf");
    let row = holds(&document, "Dinghy");
    let Kind::Row { cells } = &document.blocks[row].kind else { panic!("{:#?}", outline(&document)) };
    assert_eq!(&document.text[cells[2].clone()], "120");
    let header = document.blocks[row].lead.unwrap();
    assert!(document.text_of(header).contains("Deposit"));
}

#[test]
fn turned_pages_are_read() {
    let document = read(&bytes("reportlab-turned.pdf"), "x.pdf");
    assert!(document.text.contains("The mast is eleven metres high."), "{}", document.text);
}

#[test]
fn what_cannot_be_read_is_named() {
    let code = |bytes: &[u8]| structured_text(bytes, &Options::default()).unwrap_err().code();
    assert_eq!(code(&bytes("reportlab-encrypted.pdf")), "document.encrypted");
    assert_eq!(code(&bytes("reportlab-scan.pdf")), "document.scanned");
    assert_eq!(code(b"%PDF-1.7\nnothing else"), "document.damaged");
    assert!(read(&bytes("reportlab-owner-password.pdf"), "x.pdf").text.contains("The vault code is seven."));
}
