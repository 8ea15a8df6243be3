//! HTML and XHTML: what a reader sees, as it comes; no tree is built, so depth costs nothing.
//!
//! Scripts, styles, menus and what is hidden are left out. A table's cell that holds headings or tables is taken for layout.

mod page;

use std::cell::RefCell;

use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

use crate::encoding::Decoding;
use crate::error::Result;
use crate::flow::Flow;
use crate::writer::Writer;

use page::{Form, Page};

/// Reads a page of any length.
pub(crate) fn read(mut source: Decoding, writer: &mut Writer) -> Result<()> {
    let mut flow = Flow::new(writer);
    let page = Page::new(&mut flow, Form { xml: false, titled: true });
    let (tokenizer, queue) = tokenizer(page);
    let mut text = String::new();
    loop {
        let more = source.append(&mut text, tokenizer.sink.0.borrow_mut().flow.writer.budget())?;
        feed(&tokenizer, &queue, &text)?;
        text.clear();
        if !more {
            return finish(&tokenizer);
        }
    }
}

/// Reads a page that is a part of a document: a chapter, a message's body. `xml` if empty elements may close themselves. Its title is left out.
pub(crate) fn read_text(text: &str, xml: bool, flow: &mut Flow) -> Result<()> {
    let (tokenizer, queue) = tokenizer(Page::new(flow, Form { xml, titled: false }));
    for part in parts(text) {
        feed(&tokenizer, &queue, part)?;
    }
    finish(&tokenizer)
}

/// The encoding that a page's head declares.
pub(crate) fn declared(head: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&head[..head.len().min(4096)]).to_lowercase();
    let after = ["charset=", "encoding="].iter().find_map(|name| head.find(name).map(|at| &head[at + name.len()..]))?;
    let label: String =
        after.trim_start_matches(['"', '\'']).chars().take_while(|c| c.is_ascii_alphanumeric() || "-_:".contains(*c)).collect();
    (!label.is_empty()).then_some(label)
}

type Reading<'p, 'f, 's, 'w> = Tokenizer<Tokens<'p, 'f, 's, 'w>>;

fn tokenizer<'p, 'f, 's, 'w>(page: Page<'p, 'f, 's, 'w>) -> (Reading<'p, 'f, 's, 'w>, BufferQueue) {
    (Tokenizer::new(Tokens(RefCell::new(page)), TokenizerOpts::default()), BufferQueue::default())
}

fn feed(tokenizer: &Reading, queue: &BufferQueue, text: &str) -> Result<()> {
    if !text.is_empty() {
        queue.push_back(StrTendril::from_slice(text));
        // A script's end stops the tokenizer until it is asked again.
        while !matches!(tokenizer.feed(queue), TokenizerResult::Done) {}
    }
    tokenizer.sink.0.borrow_mut().failed.take().map_or(Ok(()), Err)
}

fn finish(tokenizer: &Reading) -> Result<()> {
    tokenizer.end();
    let mut page = tokenizer.sink.0.borrow_mut();
    page.failed.take().map_or(Ok(()), Err)?;
    page.end()
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (part, after) = rest.split_at(rest.floor_char_boundary(64 << 10));
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

struct Tokens<'p, 'f, 's, 'w>(RefCell<Page<'p, 'f, 's, 'w>>);

impl TokenSink for Tokens<'_, '_, '_, '_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut page = self.0.borrow_mut();
        if page.failed.is_some() {
            return TokenSinkResult::Continue;
        }
        let mut raw = TokenSinkResult::Continue;
        let result = match token {
            Token::TagToken(tag) => {
                if tag.kind == TagKind::StartTag && !(page.form.xml && tag.self_closing) {
                    raw = match &*tag.name {
                        "script" => TokenSinkResult::RawData(ScriptData),
                        "style" | "iframe" | "noembed" | "noframes" | "xmp" => TokenSinkResult::RawData(Rawtext),
                        "title" | "textarea" => TokenSinkResult::RawData(Rcdata),
                        _ => raw,
                    };
                }
                page.tag(&tag)
            }
            Token::CharacterTokens(text) => {
                page.characters(&text);
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(error) = result {
            page.failed = Some(error);
        }
        raw
    }
}
