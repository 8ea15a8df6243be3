//! `ask --chat` and `shelf ask --chat`: questions of which a later one may refer to those before it; out of the arguments, or line by line from standard input.

use std::io::{BufRead, IsTerminal};
use std::path::Path;

use edgeinfinite_core::{Answer, AskOptions, DocumentChat, Error, Result};

use crate::answer;
use crate::print::JsonFile;
use crate::{Common, print};

/// Answers the questions on a document in turn.
pub fn run(common: &Common, options: &AskOptions, file: &Path, state: Option<&Path>, questions: &[String]) -> Result<()> {
    let typed = questions.is_empty();
    if typed && file.as_os_str() == "-" {
        let message =
            "found standard input as the document and no question, expected one of them: --chat without questions reads them from there";
        return Err(Error::new("argument.question", message));
    }
    let usage_file = common.usage.as_ref().map(|path| JsonFile::create(path, file)).transpose()?;
    let opened = answer::open(common, options, file, state, questions, true)?;
    let show = |answer: &Answer| answer::places(&opened.document, &opened.source, file, Some(answer));
    let answers = turns(common, &opened.document.chat(), options, questions, show)?;
    answer::conclude(common, &opened.model, &answers, true, opened.seconds, state.is_some(), usage_file)
}

/// The answers to questions in turn; without any to those that are typed, until the input ends. A typed question that cannot be asked is said, and the next one
/// is read. `show` says where an answer came from.
pub fn turns(
    common: &Common,
    chat: &DocumentChat,
    options: &AskOptions,
    questions: &[String],
    show: impl Fn(&Answer) -> Result<()>,
) -> Result<Vec<Answer>> {
    let ask = |question: &str| -> Result<Answer> {
        let answer = answer::reply(common, &chat.ask(question, options.clone())?)?;
        if !common.json {
            if let Some(resolved) = &answer.resolved_question {
                print::line(&print::styled(2, &format!("  ╰ asked as: {}", print::visible(resolved))))?;
            }
            show(&answer)?;
        }
        Ok(answer)
    };
    let mut answers = Vec::new();
    for question in questions {
        if !common.json && questions.len() > 1 {
            print::line(&print::styled(1, &print::visible(question)))?;
        }
        answers.push(ask(question)?);
    }
    while questions.is_empty()
        && let Some(line) = typed_line(common)?
    {
        if line.trim().is_empty() {
            continue;
        }
        match ask(line.trim()) {
            Ok(answer) => answers.push(answer),
            Err(error) if error.code() == "argument.question" => print::complain(&format!("{} [{}]", error.message(), error.code())),
            Err(error) => return Err(error),
        }
    }
    Ok(answers)
}

/// The next line of standard input, asked for where somebody sits before it; None at its end.
fn typed_line(common: &Common) -> Result<Option<String>> {
    if !common.json && std::io::stdin().is_terminal() {
        print::text("? ")?;
    }
    let mut line = String::new();
    let bytes = std::io::stdin().lock().read_line(&mut line).map_err(|e| Error::new("io", format!("standard input: {e}")))?;
    Ok((bytes > 0).then_some(line))
}
