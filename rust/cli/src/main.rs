//! `edgeinfinite`: summarises and questions documents of any length, on a desktop.
//!
//! Text goes to standard output, progress and numbers to standard error. Exit code 0; 2 wrong use; 1 all else, with one line.

mod answer;
mod bench;
mod chat;
mod extract;
mod folder;
mod print;
mod quotes;
mod read;
mod search;
mod shelf;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use edgeinfinite_core::{AskOptions, Error, Kind, Model, OpenOptions, Reading, Result, Sampling, SearchOptions, SummaryStyle};

/// Summarises and questions documents of any length, on this machine, in constant memory.
#[derive(Parser)]
#[command(name = "edgeinfinite", version, max_term_width = 110)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Common {
    /// Model folder.
    #[arg(long, global = true, value_name = "DIR", env = "EDGEINFINITE_MODEL", hide_env_values = true, default_value = "models/demo")]
    model: PathBuf,
    /// Sizes to use: a name in model.json.
    #[arg(long, global = true, value_name = "NAME")]
    scenario: Option<String>,
    /// How the document is answered: memory, notes, recall, recall:N (in at most N prompts) or recall:all (until an answer is found or the
    /// document ends); without it what the model names for the task.
    #[arg(long, global = true, value_name = "NAME")]
    reading: Option<String>,
    /// Holds a free model's answer to the document: each line of it is a quote (a citing model quotes anyway, save for what
    /// it answers out of its memory).
    #[arg(long, global = true)]
    verbatim: bool,
    /// How a free model is to answer: "Answer in German, in one sentence."
    #[arg(long, global = true, value_name = "TEXT")]
    instruction: Option<String>,
    /// Threads of a graph run.
    #[arg(long, global = true, value_name = "N", allow_negative_numbers = true, value_parser = count::<usize>)]
    threads: Option<usize>,
    /// A precision among the model's graphs, such as int8.
    #[arg(long, global = true, value_name = "NAME")]
    precision: Option<String>,
    /// Weights stay in their file, mapped: little memory of the process's own, half as many words a second.
    #[arg(long, global = true)]
    mapped_weights: bool,
    /// One JSON object on standard output instead of text.
    #[arg(long, global = true)]
    json: bool,
    /// Also writes that JSON object to a file.
    #[arg(long, global = true, value_name = "FILE")]
    usage: Option<PathBuf>,
    #[command(flatten)]
    accelerator: Accelerator,
    #[command(flatten)]
    chance: Chance,
}

/// Where the graph runs.
#[derive(Args)]
#[command(next_help_heading = "Accelerator")]
struct Accelerator {
    /// Npu, Nnapi, Xnnpack, Cpu, in order of preference; each that is not used says why.
    #[arg(long, global = true, value_name = "NAME", value_delimiter = ',')]
    accelerator: Vec<String>,
    /// The processor whose graphs are used, such as SM8650; on x86 Qualcomm's simulator plays it.
    #[arg(long, global = true, value_name = "NAME")]
    soc: Option<String>,
    /// ONNX Runtime's plugin for the NPU, libonnxruntime_providers_qnn.so.
    #[arg(long, global = true, value_name = "FILE", env = "EDGEINFINITE_NPU_LIBRARY", hide_env_values = true)]
    npu_library: Option<PathBuf>,
    /// A folder where results of self-tests are kept.
    #[arg(long, global = true, value_name = "DIR")]
    self_test_cache: Option<PathBuf>,
}

/// How a model's own words are chosen; names and values as in `transformers`.
#[derive(Args)]
#[command(next_help_heading = "Sampling")]
struct Chance {
    /// Divides the logits; 0: the likeliest token each time.
    #[arg(long, global = true, value_name = "T", allow_negative_numbers = true, default_value_t = 0.0)]
    temperature: f32,
    /// Only so many of the likeliest tokens; 0: all.
    #[arg(long, global = true, value_name = "N", allow_negative_numbers = true, value_parser = count::<usize>, default_value_t = 0)]
    top_k: usize,
    /// Only the likeliest tokens that together have this probability.
    #[arg(long, global = true, value_name = "P", allow_negative_numbers = true, default_value_t = 1.0)]
    top_p: f32,
    /// Only tokens at least this times as likely as the likeliest.
    #[arg(long, global = true, value_name = "P", allow_negative_numbers = true, default_value_t = 0.0)]
    min_p: f32,
    /// Makes tokens that were read or said lately less likely.
    /// Without it as the model says.
    #[arg(long, global = true, value_name = "X", allow_negative_numbers = true)]
    repetition_penalty: Option<f32>,
    /// No run of so many tokens is said twice in an answer; 0: any may be. Without it as the model says.
    #[arg(long, global = true, value_name = "N", allow_negative_numbers = true, value_parser = count::<usize>)]
    no_repeat_ngram_size: Option<usize>,
    /// The same seed gives the same answer.
    #[arg(long, global = true, value_name = "N", allow_negative_numbers = true, value_parser = count::<u64>, default_value_t = 0)]
    seed: u64,
    /// Ends the answer and is no part of it; may be given several times.
    #[arg(long, global = true, value_name = "TEXT")]
    stop: Vec<String>,
    /// Most tokens of an answer; without it, and at most, the model's limit.
    #[arg(long, global = true, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    max_output_tokens: Option<u32>,
}

/// The form of a summary.
#[derive(Clone, Copy, ValueEnum)]
enum Style {
    Bullets,
    Paragraph,
}

impl From<Style> for SummaryStyle {
    fn from(style: Style) -> Self {
        match style {
            Style::Bullets => Self::Bullets,
            Style::Paragraph => Self::Paragraph,
        }
    }
}

#[derive(Subcommand)]
enum Command {
    /// Summarises a document.
    Summarize {
        /// A document: PDF, Word, HTML, mail, text in any encoding and others; - reads standard input.
        file: PathBuf,
        /// What `read --save` wrote of that file: it is not read again.
        #[arg(long, value_name = "STATE")]
        state: Option<PathBuf>,
        /// Most sentences, from all over the document; without it as many as are usual for its length.
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = count::<usize>)]
        length: Option<usize>,
        /// What the summary is to be about, such as "what I must pay": by recall, of sentences of the document.
        #[arg(long, value_name = "TEXT")]
        focus: Option<String>,
        /// bullets: each sentence and heading a line; paragraph: one running text without headings.
        #[arg(long, value_name = "NAME", value_enum, hide_possible_values = true, default_value_t = Style::Bullets)]
        style: Style,
    },
    /// Reads a document once and for all; after a cut it goes on where it was.
    Read {
        /// A document: PDF, Word, HTML, mail, text in any encoding and others; - reads standard input.
        file: PathBuf,
        /// Where the document is saved: while it is read about every ten seconds, and in the end.
        #[arg(long, value_name = "STATE")]
        save: PathBuf,
    },
    /// Answers questions about a document, with the place each answer came from.
    Ask {
        /// A document: PDF, Word, HTML, mail, text in any encoding and others; - reads standard input.
        file: PathBuf,
        /// One answer each; with --chat without any they are read from standard input, a line each.
        #[arg(required_unless_present = "chat")]
        questions: Vec<String>,
        /// A question may refer to those before it and their answers: "And who pays for it?" What was asked in full is shown.
        #[arg(long)]
        chat: bool,
        /// What `read --save` wrote of that file: it is not read again.
        #[arg(long, value_name = "STATE")]
        state: Option<PathBuf>,
    },
    /// Takes values out of a document by fields, each with the words that it stands in.
    Extract {
        /// A document: PDF, Word, HTML, mail, text in any encoding and others; - reads standard input.
        file: PathBuf,
        /// NAME, NAME:TYPE or NAME:TYPE:QUESTION, once a field. Types: text, number, amount, date, yes_no, list; without a question one is made of
        /// the name.
        #[arg(long, value_name = "FIELD", required_unless_present = "fields")]
        field: Vec<String>,
        /// A file with a JSON array of fields: {"name": "due", "type": "date", "question": "When is the rent due?"}.
        #[arg(long, value_name = "FILE")]
        fields: Option<PathBuf>,
        /// What `read --save` wrote of that file: it is not read again.
        #[arg(long, value_name = "STATE")]
        state: Option<PathBuf>,
    },
    /// Finds the passages of a document that match some words best; no graph runs.
    Search {
        /// A document: PDF, Word, HTML, mail, text in any encoding and others; - reads standard input.
        file: PathBuf,
        /// What is searched for: words or a question.
        words: String,
        /// What `read --save` wrote of that file: it is not read again.
        #[arg(long, value_name = "STATE")]
        state: Option<PathBuf>,
        /// Most passages, at most 100.
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = count::<usize>, default_value_t = 10)]
        limit: usize,
        /// Passages before them that are left out: how many were seen.
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = count::<usize>, default_value_t = 0)]
        offset: usize,
    },
    /// Says of each sentence of a text, such as another model's answer, what of it stands in a document; no graph runs.
    Quotes {
        /// A document: PDF, Word, HTML, mail, text in any encoding and others; - reads standard input.
        file: PathBuf,
        /// A file of the text, in UTF-8; - reads standard input.
        text: PathBuf,
        /// What the text answers.
        #[arg(long, value_name = "WORDS")]
        question: Option<String>,
        /// What `read --save` wrote of the document: it is not read again.
        #[arg(long, value_name = "STATE")]
        state: Option<PathBuf>,
    },
    /// Keeps documents in a folder, and questions them together.
    Shelf {
        /// The shelf's folder; made unless it is there.
        folder: PathBuf,
        #[command(subcommand)]
        command: shelf::ShelfCommand,
    },
    /// Says what a model folder holds, without loading it.
    Inspect,
    /// Checks a model folder: every file's hash, then the graph against the reference's logits.
    Verify,
    /// Measures reading and answering by length of the document.
    Bench {
        /// Document lengths in tokens.
        #[arg(long, value_delimiter = ',', default_value = "512,2048,8192", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
        lengths: Vec<u64>,
        /// Runs a length.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
        runs: u16,
    },
    /// Prints the table of error codes (docs/errors.md).
    #[command(hide = true)]
    Errors,
}

/// A whole number, from 0 on.
fn count<N: std::str::FromStr>(text: &str) -> std::result::Result<N, String> {
    text.parse().map_err(|_| "expected a whole number, 0 or more".into())
}

impl Common {
    fn open(&self) -> Result<std::sync::Arc<Model>> {
        let options = OpenOptions {
            scenario: self.scenario.clone(),
            threads: self.threads,
            precision: self.precision.clone(),
            accelerators: Some(self.accelerator.accelerator.clone()).filter(|list| !list.is_empty()),
            soc: self.accelerator.soc.clone(),
            npu_library: self.accelerator.npu_library.clone(),
            self_test_cache: self.accelerator.self_test_cache.clone(),
            mapped_weights: self.mapped_weights,
        };
        let model = Model::open(&self.model, &options)?;
        for one in &model.execution().skipped {
            print::complain(&format!("{} is not used: {}", one.accelerator, one.reason));
        }
        Ok(model)
    }

    fn options(&self) -> Result<AskOptions> {
        let c = &self.chance;
        let sampling = Sampling {
            temperature: c.temperature,
            top_k: c.top_k,
            top_p: c.top_p,
            min_p: c.min_p,
            repetition_penalty: c.repetition_penalty,
            no_repeat_ngram_size: c.no_repeat_ngram_size,
            seed: c.seed,
            stop: c.stop.clone(),
        };
        let max_output_tokens = c.max_output_tokens.map(|n| n as usize);
        let instruction = self.instruction.clone();
        let mut options = AskOptions { verbatim: self.verbatim, max_output_tokens, instruction, sampling, ..AskOptions::default() };
        let Some(name) = self.reading.as_deref() else { return Ok(options) };
        match name.strip_prefix("recall:") {
            None => options.reading = Some(name.parse()?),
            Some("all") => options.reading = Some(Reading::RecallAll),
            Some(prompts) => {
                options.reading = Some(Reading::Recall);
                options.recall_prompts = prompts.parse().ok().filter(|n| *n > 0);
                if options.recall_prompts.is_none() {
                    let message = format!("found reading \"{name}\", expected recall:all or recall: and a number of prompts");
                    return Err(Error::new("argument.reading", message));
                }
            }
        }
        Ok(options)
    }
}

fn main() -> ExitCode {
    // A defect is one line too, and says where, not what: the words of a panic may quote the document.
    // What a broken document does to its reader is an error of its own.
    std::panic::set_hook(Box::new(|defect| {
        if std::thread::current().name() == Some(edgeinfinite_core::DOCUMENT_THREAD) {
            return;
        }
        let place = defect.location().map(ToString::to_string).unwrap_or_default();
        print::complain(&format!("a defect of this program at {place} [fault]"));
    }));
    match std::panic::catch_unwind(run) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => fail(&error),
        Err(_) => ExitCode::FAILURE,
    }
}

fn run() -> Result<()> {
    let arguments = Arguments::parse();
    let common = &arguments.common;
    match &arguments.command {
        Command::Summarize { file, state, length, focus, style } => {
            let options = AskOptions { length: *length, focus: focus.clone(), style: (*style).into(), ..common.options()? };
            answer::run(common, &options, file, state.as_deref(), &[])
        }
        Command::Ask { file, questions, chat: true, state } => chat::run(common, &common.options()?, file, state.as_deref(), questions),
        Command::Ask { file, questions, state, .. } => answer::run(common, &common.options()?, file, state.as_deref(), questions),
        Command::Read { file, save } => read::run(common, file, save),
        Command::Search { file, words, state, limit, offset } => {
            search::run(common, file, words, state.as_deref(), SearchOptions { limit: *limit, offset: *offset })
        }
        Command::Extract { file, field, fields, state } => {
            extract::run(common, file, extract::fields(field, fields.as_deref())?, state.as_deref())
        }
        Command::Quotes { file, text, question, state } => quotes::run(common, file, text, question.as_deref(), state.as_deref()),
        Command::Shelf { folder, command } => shelf::run(common, folder, command),
        Command::Inspect => folder::inspect(common),
        Command::Verify => folder::verify(common),
        Command::Bench { lengths, runs } => bench::run(common, lengths, usize::from(*runs)),
        Command::Errors => print::line(&folder::errors()),
    }
}

fn fail(error: &Error) -> ExitCode {
    if error.message() == print::READER_GONE {
        return ExitCode::SUCCESS; // `edgeinfinite … | head` is no failure
    }
    print::complain(&format!("{} [{}]", error.message(), error.code()));
    ExitCode::from(if error.kind() == Kind::Argument { 2 } else { 1 })
}
