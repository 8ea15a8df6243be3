//! A chat is one session: what is said and answered in turn, whatever else was begun and given up in between.

mod common;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use common::open;
use edgeinfinite_core::testing::{CancelToken, Session};
use edgeinfinite_core::{Answer, AnswerEvent, AnswerStream, AskOptions, Chat, Model, OpenOptions, Sampling};
use serde_json::{Value, json};

/// Its window of 32 is full after the first turn: the chat goes on through the memory.
static TINY: LazyLock<Arc<Model>> = LazyLock::new(|| open("tiny", None));

const TURNS: [&str; 4] = ["gora tan ve", "lu wilde 🐟?", "de fi go lu men nor ra si tan ve wil ba de fi go lu men nor ra si tan", "ve"];

fn finish(reply: &AnswerStream) -> Answer {
    pull(reply, String::new())
}

/// The answer; its text is what was shown before and what is shown now.
fn pull(reply: &AnswerStream, mut text: String) -> Answer {
    loop {
        match reply.next().unwrap().expect("it ends with an answer") {
            AnswerEvent::TextDelta { delta } => text.push_str(&delta),
            AnswerEvent::Progress { .. } => {}
            AnswerEvent::Done { answer } => {
                assert_eq!(text, answer.text);
                assert!(reply.next().unwrap().is_none());
                return *answer;
            }
        }
    }
}

fn options(lookup: bool) -> AskOptions {
    AskOptions { prompt_lookup: lookup, ..AskOptions::default() }
}

/// All that a session holds.
fn held(mut session: Session) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(&session.counts()).unwrap();
    session.write(&mut bytes).unwrap();
    bytes
}

fn state(chat: &Chat) -> Vec<u8> {
    held(chat.session().unwrap())
}

#[test]
fn turns_are_one_session() {
    let cancel = CancelToken::between_runs();
    let [chat, drafted] = [(); 2].map(|()| TINY.chat().unwrap());
    let mut session = chat.session().unwrap();
    let ends = &TINY.generator().unwrap().manifest().tokenizer.end;
    let limit = TINY.generator().unwrap().manifest().limits.answer;
    for text in TURNS {
        session.feed(&TINY.generator().unwrap().template().turn(text, true, TINY.generator().unwrap().tokens()).unwrap());
        while session.flush(&cancel).unwrap() {}
        let mut generated = Vec::new();
        loop {
            let best = session.logits().iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0 as u32;
            if ends.contains(&best) {
                session.feed(&[best]);
                break;
            }
            generated.push(best);
            session.feed(&[best]);
            if generated.len() == limit {
                session.feed(&ends[..1]);
                break;
            }
            session.flush(&cancel).unwrap();
        }
        let answer = finish(&chat.send(text, options(false)).unwrap());
        assert_eq!(answer.text, TINY.generator().unwrap().tokens().decode(&generated).unwrap());
        assert_eq!((answer.usage.generated_tokens, answer.question.as_deref()), (generated.len() as u64, Some(text)));
        assert!(answer.usage.state_bytes == 2 * TINY.generator().unwrap().state_bytes() && answer.usage.graph_runs > 0);
        assert!(state(&chat) == held(session.fork().unwrap()), "{:?}", (session.counts(), chat.session().unwrap().counts()));
        assert_eq!(finish(&drafted.clone().send(text, options(true)).unwrap()).text, answer.text);
    }
    assert!(session.absorbed() > 100 && chat.session().unwrap().bytes() == TINY.generator().unwrap().state_bytes());
}

#[test]
fn what_was_given_up_was_never_said() {
    let chat = TINY.chat().unwrap();
    let first = finish(&chat.send(TURNS[0], options(true)).unwrap()).text;
    let before = state(&chat);
    for pulls in 0..12 {
        let reply = chat.send(TURNS[2], options(true)).unwrap();
        for _ in 0..pulls {
            reply.next().unwrap();
        }
        assert_eq!(chat.clone().send("more", options(true)).unwrap_err().code(), "call.busy");
        reply.cancel();
        assert_eq!(reply.next().unwrap_err().code(), "cancelled");
        drop(reply);
        assert!(state(&chat) == before);
    }
    assert_eq!(chat.send(" \n", options(true)).unwrap_err().code(), "argument.question");
    let verbatim = AskOptions { verbatim: true, ..AskOptions::default() };
    assert_eq!(chat.send("go", verbatim).unwrap_err().code(), "argument.options");
    assert!(state(&chat) == before);

    // A cancelled answer may also be pulled on.
    let other = TINY.chat().unwrap();
    assert_eq!(finish(&other.send(TURNS[0], options(true)).unwrap()).text, first);
    let reply = chat.send(TURNS[1], options(true)).unwrap();
    let shown = match reply.next().unwrap() {
        Some(AnswerEvent::TextDelta { delta }) => delta,
        _ => String::new(),
    };
    reply.cancel();
    assert_eq!(reply.next().unwrap_err().code(), "cancelled");
    let second = pull(&reply, shown).text;
    assert_eq!(finish(&other.send(TURNS[1], options(true)).unwrap()).text, second);
    assert!(state(&chat) == state(&other) && state(&chat) != before);
    finish(&chat.send(TURNS[3], options(true)).unwrap()); // although `reply` still lives
}

#[test]
fn a_model_without_a_template_cannot_chat() {
    assert_eq!(open("demo", None).chat().unwrap_err().code(), "model.no_chat");
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/tiny");
    let folder = tempfile::tempdir().unwrap();
    for file in TINY.manifest().files.keys() {
        std::fs::copy(tiny.join(file), folder.path().join(file)).unwrap();
    }
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(tiny.join("model.json")).unwrap()).unwrap();
    let mut refused = |chat: Value| {
        manifest["prompt"]["chat"] = chat;
        std::fs::write(folder.path().join("model.json"), manifest.to_string()).unwrap();
        Model::open(folder.path(), &OpenOptions::default()).and_then(|model| model.chat()).map_err(|e| (e.code(), e.message().to_owned()))
    };
    assert_eq!(refused(Value::Null).unwrap_err().0, "model.no_chat");
    for (chat, word) in [
        (json!({ "start": "<bos>", "user": "<q><quote>" }), "{text}"),
        (json!({ "start": "<bos>", "user": "<q>{text}", "assistant": "" }), "assistant"),
        (json!({ "user": "<q>{text}<quote>" }), "start"),
        (json!({ "start": "<bos>".repeat(9), "user": "<q>{text}" }), "9 tokens"),
    ] {
        let (code, message) = refused(chat).unwrap_err();
        assert!(code == "model.format" && message.contains(word), "{code} {message}");
    }
    assert!(refused(json!({ "start": "", "user": "<q>{text}" })).is_ok());
}

#[test]
fn a_string_that_ends_a_turn_leaves_the_same_chat_drafted_or_not() {
    let said = TURNS[2].repeat(3);
    let whole = finish(&TINY.chat().unwrap().send(&said, options(true)).unwrap()).text;
    let characters: Vec<char> = whole.chars().collect();
    for at in (1..characters.len() - 1).step_by(characters.len() / 5) {
        let stop = String::from_iter(&characters[at..at + 2]);
        let sampling = Sampling { stop: vec![stop.clone()], ..Sampling::default() };
        let [drafted, one_by_one] = [true, false].map(|lookup| {
            let chat = TINY.chat().unwrap();
            let options = || AskOptions { sampling: sampling.clone(), ..options(lookup) };
            let texts = [&said, TURNS[0]].map(|turn| finish(&chat.send(turn, options()).unwrap()).text);
            (texts, chat.session().unwrap().recent().to_vec())
        });
        assert_eq!(drafted.0[0], whole.split(&stop).next().unwrap());
        assert!(drafted == one_by_one, "{stop:?}");
    }
}
