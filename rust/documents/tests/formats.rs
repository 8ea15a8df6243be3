//! Documents of each format, built here by hand.

mod common;

use std::io::Cursor;
use std::ops::ControlFlow;

use common::{block, outline, path, read};
use edgeinfinite_documents::{Block, Format, Kind, Limits, Options, Spool, StructuredText, structured_text};

/// The cell of a row under a name of its header.
fn cell<'t>(document: &'t StructuredText, row: &str, column: &str) -> &'t str {
    let found = document.blocks.iter().find_map(|block| {
        let (Kind::Row { cells }, Some(lead)) = (&block.kind, block.lead) else { return None };
        let Kind::Header { cells: names } = &document.blocks[lead].kind else { return None };
        let at = names.iter().position(|name| &document.text[name.clone()] == column)?;
        cells.iter().any(|cell| &document.text[cell.clone()] == row).then(|| &document.text[cells[at].clone()])
    });
    found.unwrap_or_else(|| panic!("no {column} of {row} in {:#?}", outline(document)))
}

#[test]
fn separated_values() {
    for (mark, name) in [(",", "x.csv"), (";", "x.csv"), ("\t", "x.tsv"), ("|", "x.csv")] {
        let text =
            "id,name,city,salary\n1,Ola Nord,\"Bergen, west\",41200\n2,\"Ruth \"\"Ru\"\" Berg\",Tartu,38900\n\n3,Kim,\"Two\nlines\",5\n"
                .replace(',', mark);
        let document = read(text.as_bytes(), name);
        assert_eq!(document.text, text);
        assert_eq!(cell(&document, "Ola Nord", "salary"), "41200");
        assert_eq!(cell(&document, "Ola Nord", "city"), format!("Bergen{mark} west"));
        assert_eq!(cell(&document, "38900", "name"), "Ruth \"\"Ru\"\" Berg");
        assert_eq!(cell(&document, "Kim", "city"), "Two\nlines");
        assert_eq!(document.blocks.len(), 4);
    }
    let untitled = read(b"Lund,94703,Sara Ek\nEspoo,305274,Jukka Maki\nAarhus,285273,Bo Holm\n", "x.csv");
    assert!(untitled.blocks.iter().all(|block| matches!(block.kind, Kind::Row { .. }) && block.lead.is_none()));
    let open = read(b"a,b,c\n1,\"never closed,3\n4,5,6\n", "x.csv");
    assert_eq!(open.blocks.len(), 2, "{:?}", outline(&open));
}

#[test]
fn many_rows_keep_their_header() {
    let mut text = String::from("id,name,salary\n");
    for number in 0..60_000 {
        text.push_str(&format!("{number},Person {number},{}\n", number * 7));
    }
    let document = read(text.as_bytes(), "x.csv");
    assert_eq!(document.blocks.len(), 60_001);
    assert_eq!(cell(&document, "Person 59999", "salary"), "419993");
}

#[test]
fn json_in_every_layout() {
    let orders = r#"[{"order":"A-1","buyer":{"name":"Ola","city":"Bergen"},"status":"open","items":["lamp","bulb"]},{"order":"A-2","buyer":{"name":"Ruth","city":"Tartu"},"status":"lost","items":[]}]"#;
    let lines = orders[1..orders.len() - 1].replace("},{\"order", "}\n{\"order");
    for text in [orders.to_string(), orders.replace(',', ",\n  ").replace('}', "\n}"), lines] {
        let document = read(text.as_bytes(), "x.json");
        assert_eq!(
            outline(&document),
            [
                "record: order: A-1; buyer.name: Ola; buyer.city: Bergen; status: open; items: lamp, bulb",
                "record: order: A-2; buyer.name: Ruth; buyer.city: Tartu; status: lost"
            ]
        );
    }
    let nested = read(br#"{"shop": "Nord", "hours": {"open": "09:00", "close": "18:30"}, "staff": [{"name": "Ola", "since": 2019}, {"name": "Ruth"}], "open": true}"#, "x.json");
    let expected = [
        "record: shop: Nord",
        "record: hours.open: 09:00; hours.close: 18:30 < shop: Nord",
        "record: name: Ola; since: 2019 < shop: Nord",
        "record: name: Ruth < shop: Nord",
        "record: open: yes",
    ];
    assert_eq!(outline(&nested), expected);
    let broken = read(b"{\"a\": 1,\n \"b\": ", "x.json");
    assert!(!broken.blocks.is_empty(), "what is no JSON is read as text");
}

#[test]
fn json_in_json_is_bounded() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(
        structured_text(deep.as_bytes(), &Options { name: Some("x.json".into()), ..Options::default() }).unwrap_err().code(),
        "document.too_large"
    );
    let open = "{\"a\":".repeat(100_000);
    assert!(structured_text(open.as_bytes(), &Options { name: Some("x.json".into()), ..Options::default() }).is_ok());
}

#[cfg(feature = "markdown")]
#[test]
fn markdown_over_its_own_text() {
    let text = "# Hut\n\nOpens at *nine*. See [map](m.png).\n\n## Forbidden\n\n1. open fire\n   - candles as well\n\n   Ask the warden.\n2. drones\n\nBring:\n\n* a lamp\n* [x] a map\n\n> Quiet\n> after ten.\n\n```sh\nrun it\n```\n\n| Boat | Deposit |\n|:--|--:|\n| Canoe | 30 € |\n\n## 2021\n\nThe loss was 4.\n\n**Is there a stove?**\n\nYes, in the hall.\n";
    let document = read(text.as_bytes(), "x.md");
    assert_eq!(document.text, text);
    let expected = [
        "h1: Hut",
        "p: Opens at *nine*. See [map](m.png).",
        "h2: Forbidden",
        "i0: 1. open fire",
        "i1: - candles as well < 1. open fire",
        "p: Ask the warden. < 1. open fire",
        "i0: 2. drones",
        "p: Bring:",
        "i0: * a lamp < Bring:",
        "i0: * [x] a map < Bring:",
        "p: Quiet after ten.",
        "code: run it",
        "header: | Boat | Deposit |",
        "row: | Canoe | 30 € | < | Boat | Deposit |",
        "h2: 2021",
        "p: The loss was 4.",
        "q: **Is there a stove?**",
        "p: Yes, in the hall. < **Is there a stove?**",
    ];
    assert_eq!(outline(&document), expected);
    assert_eq!(cell(&document, "Canoe", "Deposit"), "30 €");
    assert_eq!(path(&document, block(&document, "The loss was 4.")), ["Hut", "2021"]);
}

#[cfg(feature = "html")]
#[test]
fn html_as_it_is_seen() {
    let text = "<!doctype html><html><head><title>Bakery</title><style>p{color:red}</style></head><body><nav><a href=/>Home</a></nav>
        <h1>Opening&nbsp;hours</h1><p>The bakery opens at <b>six</b> o&#39;clock.<p>Not sold:<ul><li>Rye bread<li>Plum cake<ol><li>whole</ol></ul>
        <script>var p = '<p>no</p>';</script><table><caption>Prices</caption><tr><th>Bread<th>Price<tr><td>Rye<td>3 &euro;<tr><td>Oat<td>4 &euro;</table>
        <p hidden>secret</p><pre>a  b\n c</pre><h2>Staff</h2><p>Owner: J&uuml;rgen M&auml;hler</p><p>Who bakes?</p><p>Ola does.</p><dl><dt>Rye</dt><dd>A grain.</dd></dl>
        <p>Ola: 12<br>Ruth: 14</p></body></html>";
    let document = read(text.as_bytes(), "x.html");
    let expected = [
        "h1: Bakery",
        "h1: Opening hours",
        "p: The bakery opens at six o'clock.",
        "p: Not sold:",
        "i0: - Rye bread < Not sold:",
        "i0: - Plum cake < Not sold:",
        "i1: 1. whole < - Plum cake",
        "caption: Prices",
        "header: Bread | Price < Prices",
        "row: Rye | 3 € < Bread | Price",
        "row: Oat | 4 € < Bread | Price",
        "code: a b c",
        "h2: Staff",
        "record: Owner: Jürgen Mähler",
        "q: Who bakes?",
        "p: Ola does. < Who bakes?",
        "p: Rye",
        "p: A grain. < Rye",
        "record: Ola: 12",
        "record: Ruth: 14",
    ];
    assert_eq!(outline(&document), expected);
    assert_eq!(cell(&document, "Oat", "Price"), "4 €");
}

#[cfg(feature = "html")]
#[test]
fn html_of_any_depth_and_encoding() {
    let deep = format!("{}x{}", "<div><blockquote>".repeat(200_000), "</blockquote></div>".repeat(200_000));
    assert_eq!(outline(&read(deep.as_bytes(), "x.html")), ["p: x"]);
    let lists = "<ul><li>".repeat(100_000);
    let error = structured_text(lists.as_bytes(), &Options { name: Some("x.html".into()), ..Options::default() });
    assert_eq!(error.unwrap_err().code(), "document.too_large");
    let mut latin = b"<html><head><meta charset=\"iso-8859-1\"></head><p>Caf\xe9 f\xfcr Gr\xfc\xdfe</p>".to_vec();
    assert_eq!(outline(&read(&latin, "x.html")), ["p: Café für Grüße"]);
    latin.truncate(latin.len() - 4);
    assert_eq!(outline(&read(&latin, "x.html")), ["p: Café für Grüße"]);
}

#[test]
fn encodings_are_decoded() {
    let text = "Die Fähre fährt täglich um neun. Sie kostet 12 €.\n";
    let wide: Vec<u8> = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    assert_eq!(read(&wide, "x.txt").text, text);
    let mut marked = b"\xEF\xBB\xBF".to_vec();
    marked.extend_from_slice(text.as_bytes());
    let mut found = StructuredText::default();
    let report =
        edgeinfinite_documents::read(Cursor::new(&marked), &Options::default(), &mut found, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((found.text.as_str(), report.verbatim, report.encoding), (text, Some(3), Some("UTF-8")));
    let late = [vec![b'a'; 300_000], b" caf\xe9 ".to_vec()].concat();
    assert!(read(&late, "x.txt").text.ends_with(" café "));
}

#[test]
fn a_text_may_keep_its_own_form() {
    let options = Options { verbatim: true, ..Options::default() };
    let text = r#"{"order": "A-1"}"#;
    assert_eq!(structured_text(text.as_bytes(), &options).unwrap().text, text);
}

#[test]
fn limits_are_kept() {
    let code = |bytes: &[u8], limits: Limits| structured_text(bytes, &Options { limits, ..Options::default() }).unwrap_err().code();
    let text = b"The pool opens at six. ".repeat(1000);
    assert_eq!(code(&text, Limits { input_bytes: 100, ..Limits::default() }), "document.too_large");
    assert_eq!(code(&text, Limits { text_bytes: 100, ..Limits::default() }), "document.too_large");
    assert_eq!(code(&text, Limits { time: std::time::Duration::ZERO, ..Limits::default() }), "document.too_large");
    assert_eq!(code(b"", Limits::default()), "document.empty");
    assert_eq!(code(b" \n\n ", Limits::default()), "document.empty");
}

#[test]
fn reading_is_watched_and_cancelled() {
    let text = b"The pool opens at six.\n\n".repeat(50_000);
    let mut calls = Vec::new();
    let mut found = StructuredText::default();
    let error = edgeinfinite_documents::read(Cursor::new(&text), &Options::default(), &mut found, &mut |progress| {
        calls.push(progress);
        if progress.done > 500_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(error.unwrap_err().code(), "cancelled");
    assert!(calls.len() > 5 && calls.iter().all(|progress| progress.total == text.len() as u64));
}

#[test]
fn a_spool_holds_neither_text_nor_blocks() {
    let text = b"The pool opens at six.\n\n".repeat(1000);
    let mut count = 0;
    let mut spool = Spool {
        output: Vec::new(),
        blocks: |_: Block| {
            count += 1;
            Ok(())
        },
    };
    let report =
        edgeinfinite_documents::read(Cursor::new(&text), &Options::default(), &mut spool, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((spool.output.len(), report.text_bytes, report.format), (text.len(), text.len() as u64, Format::Plain));
    assert_eq!((count, report.blocks), (1000, 1000));
}
