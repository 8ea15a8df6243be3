//! What the tests share: a document told line by line.
#![allow(dead_code)]

use edgeinfinite_documents::{Kind, Options, StructuredText, structured_text};

/// Reads bytes under a name.
pub fn read(bytes: &[u8], name: &str) -> StructuredText {
    let document = structured_text(bytes, &Options { name: Some(name.into()), ..Options::default() }).unwrap();
    check(&document);
    document
}

/// Each block that is said, a line each: its kind, `<` its lead if it has one, its text with line ends as spaces.
pub fn outline(document: &StructuredText) -> Vec<String> {
    let told = |number: usize| document.text_of(number).split_whitespace().collect::<Vec<_>>().join(" ");
    let said = (0..document.blocks.len()).filter(|&number| document.blocks[number].is_said());
    said.map(|number| {
        let kind = match &document.blocks[number].kind {
            Kind::Heading { level } => format!("h{level}"),
            Kind::Paragraph => "p".into(),
            Kind::Question => "q".into(),
            Kind::Item { depth } => format!("i{depth}"),
            Kind::Header { .. } => "header".into(),
            Kind::Row { .. } => "row".into(),
            Kind::Record { .. } => "record".into(),
            Kind::Code => "code".into(),
            Kind::Quoted { depth } => format!(">{depth}"),
            Kind::Turn { .. } => "turn".into(),
            Kind::Caption => "caption".into(),
            Kind::PageBreak | Kind::Furniture => unreachable!(),
        };
        let lead = document.blocks[number].lead.map_or(String::new(), |lead| format!(" < {}", told(lead)));
        format!("{kind}: {}{lead}", told(number))
    })
    .collect()
}

/// The outline of a text without a name.
pub fn plain(text: &str) -> Vec<String> {
    outline(&read(text.as_bytes(), "text"))
}

/// The number of the block with that text.
pub fn block(document: &StructuredText, text: &str) -> usize {
    let found = (0..document.blocks.len()).find(|&number| document.text_of(number) == text);
    found.unwrap_or_else(|| panic!("no block {text:?} in {:#?}", outline(document)))
}

/// The texts of the headings above a block.
pub fn path(document: &StructuredText, number: usize) -> Vec<String> {
    document.headings(number).into_iter().map(|heading| document.text_of(heading).into_owned()).collect()
}

/// Every piece lies within the text on whole characters, no two overlap, references go back, and nothing that is said is left out.
pub fn check(document: &StructuredText) {
    let mut pieces = Vec::new();
    for (number, block) in document.blocks.iter().enumerate() {
        for piece in &block.pieces {
            assert!(document.text.get(piece.clone()).is_some(), "block {number} reaches over the text or into a character");
            pieces.push(piece.clone());
        }
        assert!(block.lead.is_none_or(|lead| lead < number), "the lead of block {number} comes later");
        assert!(block.heading.is_none_or(|heading| heading < number), "the heading of block {number} comes later");
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces.sort_by_key(|piece| piece.start);
    for pair in pieces.windows(2) {
        assert!(pair[0].end <= pair[1].start, "{:?} is in two blocks", &document.text[pair[1].start..pair[0].end.min(pair[1].end)]);
    }
}

/// What of a text form belongs to no block, white space aside.
pub fn unowned(document: &StructuredText) -> String {
    let mut owned = vec![false; document.text.len()];
    for piece in document.blocks.iter().flat_map(|block| &block.pieces) {
        owned[piece.clone()].fill(true);
    }
    document.text.char_indices().filter(|(at, c)| !owned[*at] && !c.is_whitespace()).map(|(_, c)| c).collect()
}
