//! Replies: what does not change an answer (drafts, other questions meanwhile) and what an option promises.

mod common;

use std::sync::{Arc, LazyLock};

use common::{finish, open, read, whole};
use edgeinfinite_core::{Answer, AnswerEvent, AskOptions, CoverageKind, Document, Model, Quote, Reading, Sampling, SummaryStyle};
use proptest::prelude::*;

/// Copies what follows the question's words.
static COPIER: LazyLock<Arc<Model>> = LazyLock::new(|| open("tiny-copy", Some("default")));
static FINDER: LazyLock<Arc<Model>> = LazyLock::new(|| open("finder", Some("default")));
static TINY: LazyLock<Arc<Model>> = LazyLock::new(|| open("tiny", Some("large")));

fn ask(document: &Document, question: &str, options: AskOptions) -> Answer {
    finish(&document.ask(question, options).unwrap())
}

/// Sentences of words that do not repeat: what follows three tokens stands in one place only.
fn sentences(count: usize) -> Vec<String> {
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut pick = |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % most as u64) as usize
    };
    let mut word = || (0..3 + pick(5)).map(|_| letters[pick(letters.len())]).collect::<String>();
    (0..count).map(|_| format!("The {}.", [(); 9].map(|()| word()).join(" "))).collect()
}

#[test]
fn drafts_save_runs_and_change_nothing() {
    let sentences = sentences(40);
    let text = sentences.join(" ");
    let mut without = 0;
    let mut with = 0;
    for (model, reading, first) in
        [(&*COPIER, Reading::Recall, 0), (&*COPIER, Reading::Memory, 35), (&*TINY, Reading::Recall, 0), (&*TINY, Reading::Memory, 0)]
    {
        let document = read(model, &text, reading);
        for sentence in &sentences[first..first + 5] {
            let words: Vec<&str> = sentence.split(' ').collect();
            let question = words[..4].join(" ");
            let slow = ask(&document, &question, AskOptions { prompt_lookup: false, ..AskOptions::default() });
            let fast = ask(&document, &question, AskOptions::default());
            assert_eq!((&slow.text, slow.quotes.len(), slow.found), (&fast.text, fast.quotes.len(), fast.found));
            assert_eq!(slow.usage.generated_tokens, fast.usage.generated_tokens);
            assert!((slow.confidence - fast.confidence).abs() < 1e-3);
            assert!(fast.usage.graph_runs <= slow.usage.graph_runs);
            if Arc::ptr_eq(model, &COPIER) {
                assert_eq!(fast.text.trim_start(), words[4..].join(" "), "{reading:?}");
                assert_eq!(fast.quotes.len(), 1);
                without += slow.usage.graph_runs;
                with += fast.usage.graph_runs;
            }
        }
        for most in 1..12 {
            let [slow, fast] = [false, true].map(|lookup| {
                let question = sentences[first].split(' ').take(4).collect::<Vec<_>>().join(" ");
                ask(&document, &question, AskOptions { prompt_lookup: lookup, max_output_tokens: Some(most), ..AskOptions::default() })
            });
            assert_eq!((slow.text, slow.usage.generated_tokens), (fast.text, fast.usage.generated_tokens));
        }
    }
    assert!(with * 2 < without, "{with} runs with drafts, {without} without");
}

/// Every line of a held answer is a quote, and stands where it says.
fn check_verbatim(text: &str, answer: &Answer) {
    let units: Vec<u16> = text.encode_utf16().collect();
    for quote in &answer.quotes {
        assert_eq!(&text[quote.span.start as usize..quote.span.end as usize], quote.text);
        assert_eq!(String::from_utf16(&units[quote.span.start_utf16 as usize..quote.span.end_utf16 as usize]).unwrap(), quote.text);
    }
    let lines: Vec<_> = answer.quotes.iter().map(|q| whole(&q.text)).collect();
    assert_eq!(answer.text.lines().map(whole).collect::<Vec<_>>(), lines);
    assert_eq!(answer.found, !answer.quotes.is_empty());
    assert!((0.0..=1.0).contains(&answer.confidence));
}

#[test]
fn a_held_answer_is_what_a_model_that_quotes_says_anyway() {
    let sentences = sentences(40);
    let text = sentences.join("\n\u{a0}🙂 ");
    for (reading, first) in [(Reading::Recall, 3), (Reading::Memory, 36)] {
        let document = read(&COPIER, &text, reading);
        for sentence in &sentences[first..first + 3] {
            let words: Vec<&str> = sentence.split(' ').collect();
            let question = words[..4].join(" ");
            let free = ask(&document, &question, AskOptions::default());
            let held = ask(&document, &question, AskOptions { verbatim: true, ..AskOptions::default() });
            let places = |answer: &Answer| answer.quotes.iter().map(|q| (q.span, q.text.clone())).collect::<Vec<_>>(); // a free answer begins with a space
            assert_eq!((held.text.as_str(), places(&held)), (free.text.trim_start(), places(&free)));
            let whole = if reading == Reading::Recall { Reading::RecallAll } else { reading };
            for verbatim in [false, true] {
                let all = ask(&document, &question, AskOptions { reading: Some(whole), verbatim, ..AskOptions::default() });
                assert_eq!((all.text.trim_start(), places(&all)), (held.text.as_str(), places(&held)), "one prompt had the answer");
            }
            assert_eq!(held.quotes[0].text, words[4..].join(" "));
            check_verbatim(&text, &held);
        }
    }
    // After a full stop this model ends: it has nothing to quote, whatever the prompt.
    let document = read(&COPIER, &text, Reading::Recall);
    let held = |reading| ask(&document, "Nothing of it.", AskOptions { verbatim: true, reading: Some(reading), ..AskOptions::default() });
    let one = held(Reading::Recall);
    let all = held(Reading::RecallAll);
    assert!(!one.found && !all.found && one.text.is_empty() && all.text.is_empty());
    assert!(all.usage.prompt_tokens > 3 * one.usage.prompt_tokens, "it looked everywhere");
}

#[test]
fn a_question_that_leaves_no_room_is_refused_at_once() {
    let model = open("tiny", Some("default"));
    let document = read(&model, "It is so. The north gate of the old harbour house opens at six in the morning.", Reading::Recall);
    for (reading, words) in [(Reading::Notes, 6), (Reading::Notes, 20), (Reading::Recall, 20)] {
        let options = AskOptions { reading: Some(reading), ..AskOptions::default() };
        let refused = document.ask(&"when ".repeat(words), options).map(drop).unwrap_err();
        assert_eq!(refused.code(), "argument.question", "{reading:?} {words}: {refused:?}");
    }
}

#[test]
fn boilerplate_does_not_end_a_search_of_the_whole_document() {
    let rest = sentences(40).join(" ");
    let text = "The harbour pilot likes tea. ".repeat(1500) + "\n\n" + &rest;
    let document = read(&COPIER, &text, Reading::Recall);
    let held = ask(&document, "Nothing of it.", AskOptions { verbatim: true, reading: Some(Reading::RecallAll), ..AskOptions::default() });
    let seen = held.coverage.iter().filter(|c| c.kind == CoverageKind::Recalled && c.span.end as usize > text.len() - rest.len());
    assert_eq!(seen.map(|c| c.span.end - c.span.start).sum::<u64>(), rest.len() as u64, "all but repetitions was read");
    assert!(!held.found);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Random weights, whatever the text, the reading and the limit: with drafts and without.
    #[test]
    fn every_part_of_a_held_answer_is_verbatim(
        text in "([A-Za-zé字🙂#'0-9(]{1,12}[ .\n\u{a0},;-]{1,3}){1,80}",
        question in "[a-z字é]{1,9}",
        limit in 1_usize..40,
    ) {
        for reading in [Reading::Recall, Reading::Memory, Reading::Notes] {
            let document = read(&TINY, &text, reading);
            let [slow, fast] = [false, true].map(|lookup| {
                let options = || AskOptions { verbatim: true, prompt_lookup: lookup, max_output_tokens: Some(limit), ..AskOptions::default() };
                let answers = [ask(&document, &question, options()), finish(&document.summarize(options()).unwrap())];
                answers.iter().for_each(|a| check_verbatim(&text, a));
                answers.map(|a| (a.text, a.quotes, a.usage.generated_tokens))
            });
            prop_assert_eq!(slow, fast);
        }
    }
}

/// Found by chance: the notes of its pieces are the beginnings of sentences.
const NOISE: &str = "8'GI##G🙂\u{a0} N#J🙂A🙂🙂'é2UW.(dOG(\n.TPéé#🙂F字fA#\n\n.#(SYtD1 ,((-\n\
    \u{a0}mH字djsA🙂🙂E#-7#3é wé###'NI(#\u{a0}(;. WéN'🙂YUé🙂# éR2Q0P字\njéGq字sIiV0\u{a0}\u{a0},G🙂x\n;GY(m🙂éq\n\
    -(9#03'字\u{a0}F(r(N🙂.🙂c7O. .95字éBMé字éC字'--🙂Q🙂k字#g;  字bg;,'f#S i'(#y\n字b'🙂KPdN字;\n\np'🙂9mkG\u{a0}\n\
    .(vIl(kH🙂#,\u{a0}A字R字(lE🙂..h字#Zq'\n 4nYé\u{a0} Nz2🙂(7'k7🙂;;d🙂#2X字(IO(  ;éé字nN8étlV-字(#vhBQ6WOy;\n字rié🙂R字S;\n\
    é''字NG🙂L . y#L\n;vIé'字#🙂\n .E(Y\n\u{a0} y字(字FipA.,h56RXA'cHO\u{a0} \n9.\u{a0}'r字🙂#\nn6🙂 9字(🙂oz22fEé\nny(LO#z0t3\n \u{a0}";

#[test]
fn notes_that_quote_the_beginning_of_a_sentence_come_to_an_end() {
    let document = read(&TINY, NOISE, Reading::Notes);
    let options = || AskOptions { verbatim: true, max_output_tokens: Some(30), ..AskOptions::default() };
    for answer in [ask(&document, "j字v字nééj", options()), finish(&document.summarize(options()).unwrap())] {
        check_verbatim(NOISE, &answer);
    }
}

/// Found by chance.
const HYPHENS: &str = "字🙂é#Aa'a,\u{a0}Aéa'0A#字🙂🙂.\n#字é字;;7aé-\nt字🙂3;\u{a0}\nH🙂é'字字#Lé \nv(#ééSé🙂字-;X字'C字x(##h字 a🙂EW('g🙂'#;2'ékfOM(é;.T字'#P\n(a(éi'(34🙂é8\n\u{a0}d\u{a0}(-;é🙂2字字\n\n#i字6éK字;  (A'🙂🙂3#,-(Q字xééCBbé\u{a0}-\nzjL4\u{a0}\n-Ca\u{a0}";

#[test]
fn a_quote_stands_where_it_says_after_a_hyphen() {
    for reading in [Reading::Recall, Reading::Memory, Reading::Notes] {
        let document = read(&TINY, HYPHENS, reading);
        let options = || AskOptions { verbatim: true, max_output_tokens: Some(39), ..AskOptions::default() };
        for answer in [ask(&document, "d字字f", options()), finish(&document.summarize(options()).unwrap())] {
            check_verbatim(HYPHENS, &answer);
        }
    }
}

const TEXT: &str = "Harbour rules\n\nThe north gate opens at six. Dogs wait outside;\nthey may bark. 🙂 Été comme hiver, the ferry sails.\n\n\
                    Fees\n\nA ticket costs 4 coins. Children pay nothing.\n\nLost things\n\nAsk Mr. Oak in room 7.\n";

/// What an answer says, without what it cost.
fn said(answer: Answer) -> (String, bool, Vec<edgeinfinite_core::Quote>, f64) {
    (answer.text, answer.found, answer.quotes, answer.confidence)
}

#[test]
fn questions_in_between_change_nothing() {
    let questions = ["When does the north gate open?", "What does a ticket cost?", "Who is Zebedee?", "Where is Mr. Oak?"];
    for (model, reading) in [(&*FINDER, Reading::Recall), (&*FINDER, Reading::Memory), (&*TINY, Reading::Recall), (&*TINY, Reading::Memory)]
    {
        let document = read(model, &TEXT.repeat(3), reading);
        let summary = said(finish(&document.summarize(AskOptions::default()).unwrap()));
        let alone = questions.map(|q| said(ask(&document, q, AskOptions::default())));
        let replies = questions.map(|q| document.ask(q, AskOptions::default()).unwrap());
        let mut answers = [const { None }; 4];
        while answers.iter().any(Option::is_none) {
            for (reply, answer) in replies.iter().zip(&mut answers) {
                if let Some(AnswerEvent::Done { answer: done }) = reply.next().unwrap() {
                    *answer = Some(said(*done));
                }
            }
        }
        assert_eq!(answers.map(Option::unwrap), alone);
        assert_eq!(said(finish(&document.summarize(AskOptions::default()).unwrap())), summary);
    }
}

const RULES: &str = "# Gates\n\nThe north gate opens at six. It is painted red.\n\n# Fees\n\nA ticket costs 4 coins. Children pay nothing.\n\n\
                     # Dogs\n\nDogs wait outside. They may bark.\n\n# Lost things\n\nAsk Mr. Oak in room 7. He keeps them for a year.\n";

#[test]
fn a_summary_has_the_form_that_was_asked_for() {
    let document = read(&FINDER, RULES, Reading::Recall);
    let summary = |options| finish(&document.summarize(options).unwrap());
    let whole = summary(AskOptions::default());
    let is_heading = |quote: &Quote| quote.headings.last() == Some(&quote.text);
    assert!(whole.quotes.iter().any(is_heading));
    let sentences = |answer: &Answer| answer.quotes.iter().filter(|quote| !is_heading(quote)).count();
    assert!(sentences(&whole) > 1);
    for most in [1, 2] {
        let short = summary(AskOptions { length: Some(most), ..AskOptions::default() });
        assert_eq!(sentences(&short), most);
        assert!(short.quotes.iter().all(|quote| whole.quotes.iter().any(|other| other.span == quote.span)));
    }
    let paragraph = summary(AskOptions { style: SummaryStyle::Paragraph, ..AskOptions::default() });
    assert!(!paragraph.text.contains('\n') && paragraph.quotes.len() == sentences(&whole));
    assert_eq!(document.summarize(AskOptions { length: Some(0), ..AskOptions::default() }).unwrap_err().code(), "argument.options");
}

/// A model that was trimmed holds no graph, its documents stay, and it answers as before.
#[test]
fn a_trimmed_model_answers_as_before() {
    let model = open("finder", Some("default"));
    let document = read(&model, RULES, Reading::Memory);
    let answers = || {
        [Reading::Memory, Reading::Recall].map(|reading| {
            let reading = Some(reading);
            ask(&document, "What does a ticket cost?", AskOptions { reading, ..AskOptions::default() }).text
        })
    };
    let before = answers();
    assert!(model.is_loaded());
    let under_way = document.summarize(AskOptions::default()).unwrap();
    under_way.next().unwrap();
    model.trim();
    assert!(model.is_loaded(), "what is at work keeps it");
    finish(&under_way);
    drop(under_way);
    assert!(!model.is_loaded());
    assert_eq!(answers(), before);
    assert!(model.is_loaded());
}

#[test]
fn a_string_that_ends_a_summary_ends_it_in_all_its_prompts() {
    let document = read(&COPIER, &sentences(60).join(" "), Reading::Recall);
    let summary = |stop: Vec<String>| {
        let sampling = Sampling { stop, ..Sampling::default() };
        finish(&document.summarize(AskOptions { reading: Some(Reading::Recall), sampling, ..AskOptions::default() }).unwrap())
    };
    let all = summary(Vec::new());
    let stop: String = all.text.chars().skip(3).take(2).collect();
    let cut = summary(vec![stop.clone()]);
    assert_eq!(cut.text, all.text.split(&stop).next().unwrap());
    assert!(cut.usage.prompt_tokens < all.usage.prompt_tokens, "there were more prompts");
}
