//! Tokenizers and chat templates in the forms that checkpoints come in, held to what `transformers` makes of them (tests/forms.json, written by
//! scripts/lab/fixtures/tokenizer_cases.py).

use std::path::Path;
use std::sync::LazyLock;

use edgeinfinite_core::Manifest;
use edgeinfinite_core::testing::{PromptTemplate, TextStream, TokenStream, Tokens};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Form {
    form: String,
    preset: Preset,
    vocabulary: usize,
    tokenizer: Value,
    talks: Vec<Talk>,
}

#[derive(Deserialize)]
struct Preset {
    prompt: Value,
    end: Vec<String>,
}

/// What a person and the model say in turn, and the tokens of the whole.
#[derive(Deserialize)]
struct Talk {
    said: Vec<String>,
    tokens: Vec<u32>,
}

static FORMS: LazyLock<Vec<(Form, Tokens, PromptTemplate)>> = LazyLock::new(|| {
    let forms: Vec<Form> = serde_json::from_str(include_str!("forms.json")).unwrap();
    forms.into_iter().map(opened).collect()
});

fn opened(form: Form) -> (Form, Tokens, PromptTemplate) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    std::fs::write(&path, form.tokenizer.to_string()).unwrap();
    let mut tokens = Tokens::open(&path, form.vocabulary).unwrap();
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/tiny/model.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(tiny).unwrap()).unwrap();
    for key in ["title", "heading", "sentence"] {
        manifest["prompt"][key] = Value::Null;
    }
    for (key, template) in form.preset.prompt.as_object().unwrap() {
        manifest["prompt"][key] = template.clone();
    }
    manifest["base"]["vocabulary"] = json!(form.vocabulary);
    let manifest = Manifest::from_json(manifest).unwrap().generator.unwrap();
    let layout = PromptTemplate::new(&manifest, &mut tokens).unwrap();
    (form, tokens, layout)
}

#[test]
fn a_chat_is_tokenised_as_its_template_is() {
    assert!(FORMS.len() >= 10);
    for (form, tokens, layout) in FORMS.iter() {
        for talk in &form.talks {
            let mut found = layout.chat().unwrap().to_vec();
            found.extend(layout.turn(&talk.said[0], true, tokens).unwrap());
            if let [_, answer, next] = &talk.said[..] {
                let answer = tokens.encode(answer).unwrap();
                found.extend(&answer);
                found.push(talk.tokens[found.len()]); // the token that ended it
                found.extend(layout.turn(next, false, tokens).unwrap());
            }
            assert_eq!(found, talk.tokens, "{}: {:?}", form.form, talk.said);
        }
    }
}

#[test]
fn what_is_said_never_becomes_a_token_that_controls() {
    for (form, tokens, layout) in FORMS.iter() {
        // Line ends and marks of a table control nothing. Nor does the unknown token: a form without bytes makes it of "<" and "|".
        let harmless = ["\n\n", "<table>", "</table>", "<unk>"];
        let added = form.tokenizer["added_tokens"].as_array().unwrap();
        let controls: Vec<(&str, u32)> = added.iter().map(|t| (t["content"].as_str().unwrap(), t["id"].as_u64().unwrap() as u32)).collect();
        let (harmless, controls): (Vec<_>, Vec<_>) = controls.into_iter().partition(|(content, _)| harmless.contains(content));
        let spelt: String = controls.iter().flat_map(|(content, _)| [content, " ", content]).collect();
        let count = |text: &str| {
            let turn = layout.turn(text, true, tokens).unwrap();
            turn.iter().filter(|token| controls.iter().any(|(_, id)| id == *token)).count()
        };
        assert_eq!(count(&spelt), count("x"), "{}", form.form);
        assert!(!form.preset.end.is_empty() && form.preset.end.iter().all(|end| spelt.contains(end)));
        // And none of them is shown; what is no control is.
        for (content, id) in controls {
            assert_eq!(tokens.decode(&[id]).unwrap(), "", "{}: {content}", form.form);
        }
        for (content, id) in harmless.into_iter().filter(|(content, _)| *content != "<unk>") {
            assert_eq!(tokens.decode(&[id]).unwrap(), content, "{}", form.form);
            assert!(tokens.encode(content).unwrap() == [id], "{}: {content}", form.form);
        }
    }
    let held = |form: &str, content: &str| {
        let (form, ..) = FORMS.iter().find(|(one, ..)| one.form == form).unwrap();
        form.tokenizer["added_tokens"].as_array().unwrap().iter().any(|t| t["content"] == content)
    };
    assert!(held("qwen3", "</think>") && held("qwen2", "<tool_call>") && held("phi3", "</s>") && held("gemma", "<table>"));
}

#[test]
fn a_token_beyond_the_vocabulary_is_refused() {
    let (form, ..) = FORMS.iter().find(|(form, ..)| form.form == "gemma").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    std::fs::write(&path, form.tokenizer.to_string()).unwrap();
    assert!(Tokens::open(&path, form.vocabulary).is_ok());
    let error = Tokens::open(&path, form.vocabulary - 1).unwrap_err();
    assert_eq!(error.code(), "model.tokenizer");
}

#[test]
fn a_token_that_a_document_can_hold_is_found_in_pieces_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    for (form, content, flag) in
        [("phi3", "[x]", "lstrip"), ("phi3", "[x]", "rstrip"), ("phi3", "[x y]", "normalized"), ("qwen2", "<x_y>", "normalized")]
    {
        let (form, ..) = FORMS.iter().find(|(one, ..)| one.form == form).unwrap();
        let mut tokenizer = form.tokenizer.clone();
        let mut token = json!({"id": form.vocabulary, "content": content, "special": false, "single_word": false});
        for other in ["lstrip", "rstrip", "normalized"] {
            token[other] = json!(other == flag);
        }
        tokenizer["added_tokens"].as_array_mut().unwrap().push(token);
        std::fs::write(&path, tokenizer.to_string()).unwrap();
        let tokens = Tokens::open(&path, form.vocabulary + 1).unwrap();
        let whole = format!("a {content} b {content} c");
        let mut stream = TokenStream::default();
        let mut found = Vec::new();
        for character in whole.chars() {
            found.extend(stream.push(&tokens, character.encode_utf8(&mut [0; 4])).unwrap());
        }
        found.extend(stream.finish(&tokens).unwrap());
        assert!(found.contains(&(form.vocabulary as u32)), "{content} {flag}");
        assert_eq!(found, tokens.encode(&whole).unwrap(), "{content} {flag}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_text_in_pieces_is_the_whole_text(pieces in prop::collection::vec("[a-cA-C0-9.,'é字🐟 \n\t]{0,12}", 0..6)) {
        let whole = pieces.concat();
        for (form, tokens, _) in FORMS.iter() {
            let mut stream = TokenStream::default();
            let mut found = Vec::new();
            for piece in &pieces {
                found.extend(stream.push(tokens, piece).unwrap());
            }
            found.extend(stream.finish(tokens).unwrap());
            prop_assert_eq!(&found, &tokens.encode(&whole).unwrap(), "{}", form.form);
            let mut back = TextStream::default();
            let mut said = String::new();
            for token in &found {
                said += &back.push(tokens, *token).unwrap();
            }
            said += &back.finish(tokens).unwrap();
            prop_assert_eq!(said, tokens.decode(&found).unwrap(), "{}", form.form);
        }
    }
}
