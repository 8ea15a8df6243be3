//! Words and numbers for people and programs.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;

use edgeinfinite_core::{Error, Result};
use serde::Serialize;

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

/// Writes a line to standard output.
pub fn line(words: &str) -> Result<()> {
    text(&format!("{words}\n"))
}

/// Writes a JSON object to standard output.
pub fn json(value: &impl Serialize) -> Result<()> {
    line(&to_json(value)?)
}

/// Writes a JSON object to a file: a temporary name beside it, synced, renamed.
pub fn json_file(path: &Path, value: &impl Serialize) -> Result<()> {
    let failed = |e: std::io::Error| Error::new("io", format!("{}: {e}", path.display()));
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(to_json(value).map_err(std::io::Error::other)?.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|e| {
        let _ = std::fs::remove_file(&beside);
        failed(e)
    })
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
