//! `shelf`: documents in a folder, added, replaced, removed, listed, and questioned together.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, Subcommand};
use edgeinfinite_core::{Answer, AskOptions, Error, Filter, NewDocument, Passage, Refusal, Result, SearchOptions, Shelf, ShelfDocument};
use serde::Serialize;

use crate::print::JsonFile;
use crate::{Common, Style, answer, chat, count, print, read, search};

/// Passages under an answer that was not found.
const NEAREST: usize = 3;

#[derive(Subcommand)]
pub enum ShelfCommand {
    /// Adds documents, one after another; each is on the shelf or not at all.
    Add {
        /// Documents: PDF, Word, HTML, mail, text in any encoding and others; - reads standard input.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        about: About,
    },
    /// Puts a document in the place of the one with its id.
    Replace {
        /// A document: PDF, Word, HTML, mail, text in any encoding and others; - reads standard input.
        file: PathBuf,
        #[command(flatten)]
        about: About,
    },
    /// Takes documents off the shelf.
    Remove {
        /// Their ids.
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Lists the documents.
    List {
        #[command(flatten)]
        which: Which,
    },
    /// Finds the passages that match some words best; no graph runs.
    Search {
        /// What is searched for: words or a question.
        words: String,
        #[command(flatten)]
        which: Which,
        /// Most passages, at most 100.
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = count::<usize>, default_value_t = 10)]
        limit: usize,
        /// Passages before them that are left out: how many were seen.
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = count::<usize>, default_value_t = 0)]
        offset: usize,
    },
    /// Answers questions, with the document and the place each answer came from.
    Ask {
        /// One answer each; with --chat without any they are read from standard input, a line each.
        #[arg(required_unless_present = "chat")]
        questions: Vec<String>,
        /// A question may refer to those before it and their answers: "And who pays for it?" What was asked in full is shown.
        #[arg(long)]
        chat: bool,
        #[command(flatten)]
        which: Which,
    },
    /// Summarises the documents, of sentences of theirs; no graph runs.
    Summarize {
        #[command(flatten)]
        which: Which,
        /// Most sentences, from all of them; without it as many as are usual for their length.
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = count::<usize>)]
        length: Option<usize>,
        /// What the summary is to be about, such as "what I must pay".
        #[arg(long, value_name = "TEXT")]
        focus: Option<String>,
        /// bullets: each sentence and heading a line; paragraph: one running text without headings.
        #[arg(long, value_name = "NAME", value_enum, hide_possible_values = true, default_value_t = Style::Bullets)]
        style: Style,
    },
}

/// What is said of a document.
#[derive(Args)]
pub struct About {
    /// By which it is known; without it the file's name without folders.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Stands above its headings; without it the file's name.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Metadata by which documents are chosen; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    meta: Vec<(String, String)>,
}

/// Which documents are meant: those that pass all that is given.
#[derive(Args)]
pub struct Which {
    /// Only the document with that id; may be given several times.
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Only documents with that metadata; may be given several times.
    #[arg(long = "where", value_name = "KEY=VALUE", value_parser = pair)]
    metadata: Vec<(String, String)>,
}

/// What `--json` prints of documents and of passages.
#[derive(Serialize)]
struct Documents {
    documents: Vec<ShelfDocument>,
}

#[derive(Serialize)]
struct Passages {
    passages: Vec<Passage>,
}

fn pair(text: &str) -> std::result::Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected a key, = and a value")?;
    Ok((key.to_owned(), value.to_owned()))
}

impl Which {
    fn filter(&self) -> Filter {
        Filter { ids: Some(self.only.clone()).filter(|ids| !ids.is_empty()), metadata: self.metadata.iter().cloned().collect() }
    }
}

/// Runs a command of the shelf in a folder.
pub fn run(common: &Common, folder: &Path, command: &ShelfCommand) -> Result<()> {
    let usage = common.usage.as_ref().map(|path| JsonFile::create(path, folder)).transpose()?;
    let model = common.open()?;
    let clock = Instant::now();
    let shelf = model.shelf(folder)?;
    let seconds = clock.elapsed().as_secs_f64();
    match command {
        ShelfCommand::Add { files, about } => add(common, &shelf, files, about, usage),
        ShelfCommand::Replace { file, about } => {
            let document = put(common, &shelf, file, about, true)?;
            documents(common, vec![document], "replaced", usage)
        }
        ShelfCommand::Remove { ids } => {
            ids.iter().try_for_each(|id| shelf.remove(id))?;
            documents(common, Vec::new(), "removed", usage)
        }
        ShelfCommand::List { which } => documents(common, shelf.list(&which.filter())?, "", usage),
        ShelfCommand::Search { words, which, limit, offset } => {
            let options = SearchOptions { limit: *limit, offset: *offset };
            find(common, &shelf, words, &which.filter(), options, usage)
        }
        ShelfCommand::Ask { questions, which, chat: chats } => {
            let (options, filter) = (common.options()?, which.filter());
            let show = |answer: &Answer| places(&shelf, &filter, answer);
            let answers = if *chats {
                chat::turns(common, &shelf.chat(filter.clone()), &options, questions, show)?
            } else {
                ask(common, &shelf, questions, &filter, &options)?
            };
            answer::conclude(common, &model, &answers, true, seconds, true, usage)
        }
        ShelfCommand::Summarize { which, length, focus, style } => {
            let options = AskOptions { length: *length, focus: focus.clone(), style: (*style).into(), ..common.options()? };
            let filter = which.filter();
            let summary = answer::reply(common, &shelf.summarize(&filter, options)?)?;
            if !common.json && !summary.found {
                places(&shelf, &filter, &summary)?; // what a focus was refused for
            }
            answer::conclude(common, &model, &[summary], false, seconds, true, usage)
        }
    }
}

fn add(common: &Common, shelf: &Shelf, files: &[PathBuf], about: &About, usage: Option<JsonFile>) -> Result<()> {
    if files.len() > 1 && (about.id.is_some() || about.title.is_some()) {
        return Err(Error::new("argument.options", format!("found {} files, expected one with --id or --title", files.len())));
    }
    let added = files.iter().map(|file| put(common, shelf, file, about, false)).collect::<Result<Vec<_>>>()?;
    documents(common, added, "added", usage)
}

/// Adds or replaces one document.
fn put(common: &Common, shelf: &Shelf, file: &Path, about: &About, replaces: bool) -> Result<ShelfDocument> {
    let is_named = file.as_os_str() != "-";
    let name = file.file_name().filter(|_| is_named).map(|name| name.to_string_lossy().into_owned());
    let id = about.id.clone().or(name);
    let id = id.ok_or_else(|| Error::new("argument.options", "found no name, expected --id for a document from standard input"))?;
    let about = NewDocument { id, title: about.title.clone(), metadata: about.meta.iter().cloned().collect::<BTreeMap<_, _>>() };
    let source = read::source(file)?;
    let adding = if replaces { shelf.replace(source, about)? } else { shelf.add(source, about)? };
    let bar = read::bar(!common.json && std::io::stderr().is_terminal());
    while let Some(progress) = adding.step()? {
        bar.set_length(progress.bytes_total.max(1));
        bar.set_position(progress.bytes_done);
    }
    bar.finish_and_clear();
    adding.added()?.ok_or_else(|| Error::new("fault", "an addition ended without a document"))
}

/// Says which documents there are, or what was done with them.
fn documents(common: &Common, documents: Vec<ShelfDocument>, done: &str, usage: Option<JsonFile>) -> Result<()> {
    let report = Documents { documents };
    if common.json {
        print::json(&report)?;
    } else {
        if report.documents.is_empty() && done.is_empty() {
            print::line(&print::styled(2, "  ╰ no documents"))?;
        }
        for document in &report.documents {
            let ShelfDocument { id, title, metadata, tokens, .. } = document;
            let title = if title == id { String::new() } else { format!("  {}", print::folded(title)) };
            let metadata =
                metadata.iter().map(|(key, value)| format!("  {}={}", print::folded(key), print::folded(value))).collect::<String>();
            let done = if done.is_empty() { String::new() } else { format!("{done} ") };
            print::line(&format!("{done}{}{title}  {} tokens{metadata}", print::folded(id), print::grouped(*tokens)))?;
        }
    }
    usage.map_or(Ok(()), |file| file.write(&report))
}

fn find(common: &Common, shelf: &Shelf, words: &str, filter: &Filter, options: SearchOptions, usage: Option<JsonFile>) -> Result<()> {
    let offset = options.offset;
    let report = Passages { passages: shelf.search(words, filter, options)? };
    if common.json {
        print::json(&report)?;
    } else if report.passages.is_empty() {
        let what = if offset == 0 { "no word of it stands in the documents" } else { "no further passages" };
        print::line(&print::styled(2, &format!("  ╰ {what}")))?;
    } else {
        for (number, passage) in (offset + 1..).zip(&report.passages) {
            show(shelf, passage, &format!("{number}. "))?;
        }
    }
    usage.map_or(Ok(()), |file| file.write(&report))
}

fn show(shelf: &Shelf, passage: &Passage, before: &str) -> Result<()> {
    let id = passage.document.clone().unwrap_or_default();
    search::show(shelf.document(&id)?.source(), &print::folded(&id), passage, before)
}

fn ask(common: &Common, shelf: &Shelf, questions: &[String], filter: &Filter, options: &AskOptions) -> Result<Vec<Answer>> {
    let mut answers = Vec::new();
    for question in questions {
        if !common.json && questions.len() > 1 {
            print::line(&print::styled(1, question))?;
        }
        let answer = answer::reply(common, &shelf.ask(question, filter, options.clone())?)?;
        if !common.json {
            places(shelf, filter, &answer)?;
        }
        answers.push(answer);
    }
    Ok(answers)
}

/// Where an answer came from; without an answer the passages nearest to the question.
fn places(shelf: &Shelf, filter: &Filter, answer: &Answer) -> Result<()> {
    if !answer.found {
        let nothing = match answer.refusal {
            Some(Refusal::OtherLanguage) => "what is asked is in another language than the documents",
            Some(Refusal::NoWords) => "no word of it stands in the documents",
            Some(Refusal::Unsupported) => "the model's own words, which no sentence that it read supports",
            _ => "no sentence of the documents bears on it",
        };
        print::line(&print::styled(2, &format!("  ╰ nothing found: {nothing}")))?;
        let options = SearchOptions { limit: NEAREST, offset: 0 };
        let nearest = answer::asked(answer).map_or_else(|| Ok(Vec::new()), |question| shelf.search(question, filter, options))?;
        if !nearest.is_empty() {
            print::line(&print::styled(2, "  nearest passages, not an answer:"))?;
        }
        nearest.iter().try_for_each(|passage| show(shelf, passage, "  - "))?;
    }
    answer::short(answer)?;
    for quote in &answer.quotes {
        let id = quote.document.clone().unwrap_or_default();
        answer::quoted(shelf.document(&id)?.source(), &print::folded(&id), quote)?;
    }
    print::line("")
}
