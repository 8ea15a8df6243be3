//! Writes the function words of the languages that have a stemmer into a source file: what `index::language` reads.

use std::fmt::Write;
use std::path::Path;

/// By their ISO 639-1 codes; English has a list of its own.
const LANGUAGES: &[&str] = &["ar", "da", "de", "el", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ro", "ru", "sv", "ta", "tr"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let mut out = String::from("/// Code and function words of each language.\nconst FUNCTION_WORDS: &[(&str, &str)] = &[\n");
    for code in LANGUAGES {
        let words = stop_words::lookup(code).expect("a language of the list");
        writeln!(out, "    ({code:?}, {:?}),", words.join("\n")).expect("a string takes all");
    }
    out.push_str("];\n");
    let folder = std::env::var("OUT_DIR").expect("set by cargo");
    std::fs::write(Path::new(&folder).join("function_words.rs"), out).expect("the folder of this build can be written");
}
