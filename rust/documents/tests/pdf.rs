//! PDFs that real programs wrote.
#![cfg(feature = "pdf")]

mod common;

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use common::{outline, path, read};
use edgeinfinite_documents::{Kind, Limits, Options, Place, StructuredText, structured_text};

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

/// A PDF of one page: its objects from the fourth on, the fourth being the page's content.
fn by_hand(resources: &str, objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes =
        b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n".to_vec();
    bytes.extend(
        format!("3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<<{resources}>>>>\nendobj\n").bytes(),
    );
    for (number, object) in objects.iter().enumerate() {
        bytes.extend(format!("{} 0 obj\n", number + 4).bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    bytes.extend(b"trailer\n<</Root 1 0 R>>\n%%EOF\n");
    bytes
}

fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    [format!("<<{dictionary}/Length {}>>\nstream\n", data.len()).as_bytes(), data, b"\nendstream"].concat()
}

#[test]
fn streams_that_unfold_without_end_are_refused() {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let zeros = vec![b' '; 1 << 20];
    (0..200).for_each(|_| packed.write_all(&zeros).unwrap());
    let packed = packed.finish().unwrap();
    let code = |bytes: &[u8]| structured_text(bytes, &Options::default()).unwrap_err().code();
    assert_eq!(code(&by_hand("", &[stream("/Filter/FlateDecode", &packed)])), "document.too_large");
    assert_eq!(code(&by_hand("", &[stream("/Filter[/FlateDecode/FlateDecode]", &packed[..100])])), "document.damaged");
}

#[test]
fn forms_in_forms_end_within_the_bound() {
    // Each of thirty forms draws the next one ten times.
    let mut objects = vec![stream("", b"/F5 Do")];
    for number in 5..35 {
        let names = format!("/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</N {} 0 R>>>>", number + 1);
        objects.push(stream(&names, "/N Do ".repeat(10).as_bytes()));
    }
    objects.push(stream("/Type/XObject/Subtype/Form/BBox[0 0 1 1]", b"0 0 1 1 re f"));
    let limits = Limits { time: Duration::from_secs(2), ..Limits::default() };
    let begun = Instant::now();
    let error = structured_text(&by_hand("/XObject<</F5 5 0 R>>", &objects), &Options { limits, ..Options::default() }).unwrap_err();
    assert_eq!(error.code(), "document.too_large");
    assert!(begun.elapsed() < Duration::from_secs(30), "took {:?}", begun.elapsed());
}
