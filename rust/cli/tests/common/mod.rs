//! Runs the real binary on models/tiny.
#![allow(dead_code)] // each test file uses its share

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct Run {
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
}

pub fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/tiny")
}

pub fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// A copy of models/tiny to damage.
pub fn tiny_copy() -> tempfile::TempDir {
    let folder = scratch();
    for entry in fs::read_dir(tiny()).expect("models/tiny") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, folder.path().join(path.file_name().expect("a name"))).expect("copied");
    }
    folder
}

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_edgeinfinite"));
    command.args(arguments).env("EDGEINFINITE_MODEL", tiny()).env_remove("RUST_BACKTRACE");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn edgeinfinite(arguments: &[&str], stdin: &[u8]) -> Run {
    let mut child = command(arguments).spawn().expect("the binary starts");
    let _ = child.stdin.take().expect("a pipe").write_all(stdin); // it may have refused before it read
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Run { exit: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}
