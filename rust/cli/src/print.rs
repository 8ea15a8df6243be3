//! Words and numbers for people and programs.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use edgeinfinite_core::{Error, Place, Result, Span, TextSource};
use serde::Serialize;
use tempfile::NamedTempFile;

/// The message of the error that a closed standard output makes.
pub const READER_GONE: &str = "standard output was closed";

/// Writes to standard output at once.
pub fn text(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| match e.kind() {
        ErrorKind::BrokenPipe => Error::new("io", READER_GONE),
        _ => Error::new("io", format!("standard output: {e}")),
    })
}

/// Writes words of a document or of a model to standard output: on a terminal without what would command it.
pub fn words(words: &str) -> Result<()> {
    if std::io::stdout().is_terminal() { text(&visible(words)) } else { text(words) }
}

/// Writes a line to standard output.
pub fn line(words: &str) -> Result<()> {
    text(&format!("{words}\n"))
}

/// Writes a JSON object to standard output.
pub fn json(value: &impl Serialize) -> Result<()> {
    line(&to_json(value)?)
}

/// One line on standard error, wherever that leads.
pub fn complain(words: &str) {
    let _ = writeln!(std::io::stderr(), "edgeinfinite: {}", visible(&words.replace('\n', " ")));
}

/// A file's name for people, one line.
pub fn name(path: &Path) -> String {
    visible(&path.display().to_string()).replace(['\n', '\t'], "\u{fffd}")
}

/// A document's name for people; - is standard input.
pub fn document_name(file: &Path) -> String {
    if file.as_os_str() == "-" { "standard input".into() } else { name(file) }
}

/// Words of a document as one line.
pub fn folded(text: &str) -> String {
    visible(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Where something stands in the document of that name: its page or line, its bytes, the headings above it.
pub fn place(source: &TextSource, name: &str, span: Span, place: Place, headings: &[String]) -> Result<String> {
    let at = match place {
        Place::Whole => format!("line {}", grouped(source.line(span.start)?)),
        place => place.to_string(),
    };
    let headings = headings.iter().map(|heading| format!(" › {}", folded(heading))).collect::<String>();
    Ok(format!("{name}, {at}, bytes {}–{}{headings}", grouped(span.start), grouped(span.end)))
}

/// Control characters would command a terminal.
pub fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// A file that a JSON object will be written to: opened before the work begins, complete or not there at all.
pub struct JsonFile {
    path: PathBuf,
    /// None for what is no regular file: a pipe or a device is written to as it is.
    beside: Option<NamedTempFile>,
}

impl JsonFile {
    /// Opens a place for the object; refuses the document itself.
    pub fn create(path: &Path, document: &Path) -> Result<Self> {
        let failed = |e: std::io::Error| Error::new("io", format!("{}: {e}", path.display()));
        if path.as_os_str() == "-" {
            let message = "--usage -: found standard output, expected a file: --json writes the object there";
            return Err(Error::new("argument.options", message));
        }
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if document.canonicalize().is_ok_and(|d| d == real) {
            return Err(Error::new("argument.options", format!("--usage {}: that is the document", path.display())));
        }
        if real.is_symlink() {
            // What is renamed to its name would replace the link and leave its target as it was.
            let message = format!("--usage {}: found a link to a file that is not there, expected a file or a free name", path.display());
            return Err(Error::new("io", message));
        }
        let special = real.metadata().is_ok_and(|about| !about.is_file());
        let folder = real.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let beside = if special { None } else { Some(NamedTempFile::new_in(folder).map_err(failed)?) };
        Ok(Self { path: real, beside })
    }

    /// Writes the object.
    pub fn write(self, value: &impl Serialize) -> Result<()> {
        let failed = |e: std::io::Error| Error::new("io", format!("{}: {e}", self.path.display()));
        let text = to_json(value)?;
        let Some(mut beside) = self.beside else { return std::fs::write(&self.path, text).map_err(failed) };
        beside.write_all(text.as_bytes()).and_then(|()| beside.as_file().sync_all()).map_err(failed)?;
        beside.persist(&self.path).map(drop).map_err(|e| failed(e.error))
    }
}

fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string_pretty(value).map_err(|e| Error::new("fault", e.to_string()))
}

/// Bold or dim on a terminal, as it is elsewhere.
pub fn styled(style: u8, text: &str) -> String {
    let plain = !std::io::stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some();
    if plain { text.to_owned() } else { format!("\x1b[{style}m{text}\x1b[0m") }
}

/// `12345678` as `12,345,678`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap_or_default()).collect();
    groups.join(",")
}

/// Bytes as MB with one decimal, kB below.
pub fn size(bytes: u64) -> String {
    if bytes < 1_000_000 { format!("{:.0} kB", bytes as f64 / 1e3) } else { format!("{:.1} MB", bytes as f64 / 1e6) }
}
