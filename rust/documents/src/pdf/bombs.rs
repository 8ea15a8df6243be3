//! Streams that unfold to more than the budget has: found before they are unfolded, for the PDF's reader knows no bound.

use flate2::{Decompress, FlushDecompress, Status};

use crate::error::{Error, Result};
use crate::limits::Budget;

/// A stream shorter than this cannot unfold to much: deflate gives at most 1032 bytes for one.
const SHORT: usize = 64 << 10;
/// Bytes of a stream's dictionary that are looked at.
const DICTIONARY: usize = 2048;

/// Fails if the streams of a PDF unfold to more than the budget has, or are packed twice.
pub(crate) fn refuse(bytes: &[u8], budget: &mut Budget) -> Result<()> {
    let mut at = 0;
    while let Some(found) = find(&bytes[at..], b"stream") {
        let keyword = at + found;
        at = keyword + 6;
        let before = &bytes[keyword.saturating_sub(DICTIONARY)..keyword];
        if before.ends_with(b"end") {
            continue;
        }
        let dictionary = before
            .windows(4)
            .rposition(|four| four == b"obj<" || four == b"obj " || four == b"obj\n" || four == b"obj\r")
            .map_or(before, |at| &before[at..]);
        let data = &bytes[at..];
        let end = find(data, b"endstream").unwrap_or(data.len());
        let packed = [b"/FlateDecode".as_slice(), b"/Fl ", b"/Fl]", b"/Fl/", b"/LZWDecode", b"/LZW"]
            .iter()
            .map(|name| count(dictionary, name))
            .sum::<usize>();
        let twice = count(dictionary, b"/FlateDecode") + count(dictionary, b"/LZWDecode") > 1;
        if twice {
            return Err(Error::damaged("the PDF holds a stream that is packed twice, as none that is meant to be read does"));
        }
        if packed > 0 && end >= SHORT {
            unfold(&data[..end], budget)?;
        }
        at += end;
    }
    Ok(())
}

/// Counts what a stream unfolds to.
fn unfold(data: &[u8], budget: &mut Budget) -> Result<()> {
    let start = data.iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let mut inflate = Decompress::new(true);
    let mut scratch = vec![0; 64 << 10];
    let mut charged = 0;
    loop {
        let input = &data[(start + inflate.total_in() as usize).min(data.len())..];
        let before = (inflate.total_in(), inflate.total_out());
        let status = inflate.decompress(input, &mut scratch, FlushDecompress::None);
        budget.expand(inflate.total_out() - charged)?;
        charged = inflate.total_out();
        let moved = (inflate.total_in(), inflate.total_out()) != before;
        if !moved || !matches!(status, Ok(Status::Ok)) {
            return budget.check();
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = wanted[0];
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|byte| *byte == first) {
        at += found;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn count(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).filter(|part| *part == wanted).count()
}
