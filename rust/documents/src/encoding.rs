//! Bytes to text: UTF-8, UTF-16 and UTF-32 with and without a mark, and the legacy encodings, guessed.
//!
//! Text that is UTF-8 stays byte for byte as it is, so positions in the text form are positions in the file.

use std::io::{Read, SeekFrom};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::error::Result;
use crate::input::Input;
use crate::limits::{Budget, ProgressUnit};

/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;
/// Bytes that an encoding without a mark is guessed from.
const GUESSED: usize = 1 << 20;

/// How the bytes of a text are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// One of encoding_rs.
    Known(&'static Encoding),
    Utf32Le,
    Utf32Be,
}

impl Coding {
    pub fn name(self) -> &'static str {
        match self {
            Self::Known(encoding) => encoding.name(),
            Self::Utf32Le => "UTF-32LE",
            Self::Utf32Be => "UTF-32BE",
        }
    }
}

/// The coding that a mark at the beginning names, and the mark's length.
pub(crate) fn marked(bytes: &[u8]) -> Option<(Coding, usize)> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] => Some((Coding::Utf32Le, 4)),
        [0, 0, 0xFE, 0xFF, ..] => Some((Coding::Utf32Be, 4)),
        _ => Encoding::for_bom(bytes).map(|(encoding, length)| (Coding::Known(encoding), length)),
    }
}

/// Whether the first bytes are of text in two or four bytes a character, with a mark or without; it may be well-formed UTF-8 as well, of NULs and letters.
pub fn is_wide(head: &[u8]) -> bool {
    match marked(head) {
        Some((coding, _)) => coding != Coding::Known(UTF_8),
        None => wide(head).is_some(),
    }
}

/// The coding of wide characters that NULs at every second or fourth place show.
pub(crate) fn wide(bytes: &[u8]) -> Option<Coding> {
    let sample = &bytes[..bytes.len().min(4096) & !3];
    if sample.len() < 8 {
        return None;
    }
    let zeros = |phase: usize, step: usize| {
        let places = sample.len() / step;
        sample[phase..].iter().step_by(step).filter(|byte| **byte == 0).count() * 10 >= places * 8
    };
    let any = |phase: usize| sample[phase..].iter().step_by(2).filter(|byte| **byte == 0).count() * 10 < sample.len() / 2 * 2;
    match () {
        _ if zeros(1, 4) && zeros(2, 4) && zeros(3, 4) && !zeros(0, 4) => Some(Coding::Utf32Le),
        _ if zeros(0, 4) && zeros(1, 4) && zeros(2, 4) && !zeros(3, 4) => Some(Coding::Utf32Be),
        _ if zeros(1, 2) && any(0) => Some(Coding::Known(UTF_16LE)),
        _ if zeros(0, 2) && any(1) => Some(Coding::Known(UTF_16BE)),
        _ => None,
    }
}

/// The coding of bytes in memory, with the length of its mark.
pub(crate) fn coding_of(bytes: &[u8], declared: Option<&str>) -> (Coding, usize) {
    if let Some(found) = marked(bytes) {
        return found;
    }
    if let Some(found) = wide(bytes) {
        return (found, 0);
    }
    if std::str::from_utf8(bytes).is_ok() {
        return (Coding::Known(UTF_8), 0);
    }
    let declared = declared.and_then(|label| Encoding::for_label(label.as_bytes())).filter(|encoding| *encoding != UTF_8);
    (Coding::Known(declared.unwrap_or_else(|| guessed(bytes))), 0)
}

/// Text of bytes in memory; what is no character becomes U+FFFD.
pub(crate) fn decoded(bytes: &[u8], declared: Option<&str>) -> String {
    let (coding, mark) = coding_of(bytes, declared);
    match coding {
        Coding::Known(encoding) => encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned(),
        Coding::Utf32Le | Coding::Utf32Be => bytes[mark..].chunks_exact(4).map(|four| utf32(four, coding)).collect(),
    }
}

/// A legacy encoding, or UTF-8 where only single bytes are wrong.
fn guessed(bytes: &[u8]) -> &'static Encoding {
    let sample = &bytes[..bytes.len().min(GUESSED)];
    if mostly_utf8(sample) {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// Whether at most one character in fifty beyond ASCII is broken.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let mut broken = 0;
    let mut whole = 0;
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    broken * 50 <= whole
}

/// A text's bytes, decoded part by part.
pub(crate) struct Decoding<'i> {
    input: &'i mut dyn Input,
    pub coding: Coding,
    /// Bytes of the mark before the text.
    pub mark: usize,
    /// Whether the text form is the file's bytes, the mark left out.
    pub verbatim: bool,
    decoder: Option<Decoder>,
    chunk: Vec<u8>,
    read: u64,
    length: u64,
    ended: bool,
}

impl<'i> Decoding<'i> {
    /// Looks at the whole input once to tell its encoding.
    pub fn new(input: &'i mut dyn Input, length: u64, declared: Option<&str>, budget: &mut Budget) -> Result<Self> {
        let (coding, mark, verbatim) = survey(input, length, declared, budget)?;
        input.seek(SeekFrom::Start(mark as u64))?;
        let decoder = match coding {
            Coding::Known(encoding) => Some(encoding.new_decoder_without_bom_handling()),
            Coding::Utf32Le | Coding::Utf32Be => None,
        };
        Ok(Self { input, coding, mark, verbatim, decoder, chunk: vec![0; CHUNK], read: mark as u64, length, ended: false })
    }

    /// Appends the next part to a text; false at the end.
    pub fn append(&mut self, text: &mut String, budget: &mut Budget) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let mut count = 0;
        while count < CHUNK {
            match self.input.read(&mut self.chunk[count..])? {
                0 => break,
                read => count += read,
            }
        }
        self.ended = count < CHUNK;
        self.read += count as u64;
        budget.done(self.read, self.length, ProgressUnit::Bytes)?;
        let bytes = &self.chunk[..count];
        match &mut self.decoder {
            None => text.extend(bytes.chunks_exact(4).map(|four| utf32(four, self.coding))),
            Some(decoder) => {
                text.reserve(decoder.max_utf8_buffer_length(count).unwrap_or(count * 3));
                let (result, read, _) = decoder.decode_to_string(bytes, text, self.ended);
                debug_assert!(result == CoderResult::InputEmpty && read == count);
            }
        }
        Ok(true)
    }
}

/// The coding, its mark, and whether all of the input is UTF-8.
fn survey(input: &mut dyn Input, length: u64, declared: Option<&str>, budget: &mut Budget) -> Result<(Coding, usize, bool)> {
    let head = crate::input::bytes_at(input, 0, CHUNK)?;
    let mark = match marked(&head) {
        Some((Coding::Known(encoding), mark)) if encoding == UTF_8 => mark,
        Some((coding, mark)) => return Ok((coding, mark, false)),
        None => 0,
    };
    if let Some(coding) = wide(&head) {
        return Ok((coding, 0, false));
    }
    let Some(wrong) = first_wrong(input, mark as u64, budget)? else {
        return Ok((Coding::Known(UTF_8), mark, true));
    };
    if mark > 0 {
        return Ok((Coding::Known(UTF_8), mark, false));
    }
    // What decides is around the first byte that is not UTF-8, which may stand far into the text.
    let from = wrong.saturating_sub(GUESSED as u64 / 2).min(length);
    let sample = crate::input::bytes_at(input, from, GUESSED)?;
    let (coding, _) = coding_of(sample.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&sample), declared);
    Ok((coding, 0, false))
}

/// Where the input stops being UTF-8.
fn first_wrong(input: &mut dyn Input, from: u64, budget: &mut Budget) -> Result<Option<u64>> {
    input.seek(SeekFrom::Start(from))?;
    let mut at = from;
    let mut bytes = Vec::with_capacity(CHUNK + 4);
    loop {
        let kept = bytes.len();
        let read = (&mut *input).take(CHUNK as u64).read_to_end(&mut bytes)?;
        budget.check()?;
        match std::str::from_utf8(&bytes) {
            Ok(_) => {
                at += bytes.len() as u64;
                bytes.clear();
            }
            Err(error) if error.error_len().is_some() || read == 0 => return Ok(Some(at + error.valid_up_to() as u64)),
            Err(error) => {
                at += error.valid_up_to() as u64;
                bytes.drain(..error.valid_up_to());
            }
        }
        if read == 0 {
            return Ok((kept > 0 && !bytes.is_empty()).then_some(at));
        }
    }
}

fn utf32(four: &[u8], coding: Coding) -> char {
    let four = [four[0], four[1], four[2], four[3]];
    let value = if coding == Coding::Utf32Le { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) };
    char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_with_and_without_marks() {
        let text = "Grüße aus Łódź. Der Preis beträgt 12 €, die Fähre fährt täglich.";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let utf32: Vec<u8> = text.chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
        for bytes in [
            text.as_bytes(),
            &utf16,
            &utf16be,
            &utf32,
            &[b"\xFF\xFE", utf16.as_slice()].concat(),
            &[b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        ] {
            assert_eq!(decoded(bytes, None), text, "{bytes:?}");
        }
    }

    #[test]
    fn legacy_encodings_are_guessed() {
        let german = "Die Prüfung der Bürgschaft läuft über das Büro in Köln; Gebühren fällt keine an.";
        let latin: Vec<u8> = german.chars().map(|c| c as u8).collect();
        assert_eq!(decoded(&latin, None), german);
        let russian = "Собрание состоится во вторник в здании библиотеки, вход свободный.";
        let (koi, _, _) = encoding_rs::WINDOWS_1251.encode(russian);
        assert_eq!(decoded(&koi, None), russian);
        let japanese = "会議は火曜日に図書館で開かれます。入場は無料です。";
        let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode(japanese);
        assert_eq!(decoded(&sjis, None), japanese);
        assert_eq!(decoded(&sjis, Some("shift_jis")), japanese);
    }

    #[test]
    fn one_broken_character_does_not_make_a_text_legacy() {
        let mut bytes = "Łódź ".repeat(100).into_bytes();
        bytes.push(0xFF);
        assert!(decoded(&bytes, None).starts_with("Łódź Łódź"));
    }
}
