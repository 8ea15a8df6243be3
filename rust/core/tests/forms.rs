//! Tokenizers and chat templates in the forms that checkpoints come in, held to what `transformers` makes of them (tests/forms.json, written by
//! scripts/forms.py).

use std::path::Path;
use std::sync::LazyLock;

use edgeinfinite_core::Manifest;
use edgeinfinite_core::layout::Layout;
use edgeinfinite_core::tokens::{TextStream, TokenStream, Tokens};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Form {
    form: String,
    preset: Preset,
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

static FORMS: LazyLock<Vec<(Form, Tokens, Layout)>> = LazyLock::new(|| {
    let forms: Vec<Form> = serde_json::from_str(include_str!("forms.json")).unwrap();
    forms.into_iter().map(opened).collect()
});

fn opened(form: Form) -> (Form, Tokens, Layout) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    std::fs::write(&path, form.tokenizer.to_string()).unwrap();
    let mut tokens = Tokens::open(&path, 4096).unwrap();
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/tiny/model.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(tiny).unwrap()).unwrap();
    for key in ["title", "heading", "sentence"] {
        manifest["prompt"][key] = Value::Null;
    }
    for (key, template) in form.preset.prompt.as_object().unwrap() {
        manifest["prompt"][key] = template.clone();
    }
    manifest["base"]["vocabulary"] = json!(4096);
    let manifest: Manifest = serde_json::from_value(manifest).unwrap();
    let layout = Layout::new(&manifest, &mut tokens).unwrap();
    (form, tokens, layout)
}

#[test]
fn a_chat_is_tokenised_as_its_template_is() {
    assert!(FORMS.len() >= 7);
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
fn what_is_said_never_becomes_a_special_token() {
    for (form, tokens, layout) in FORMS.iter() {
        let special: Vec<u32> = form.tokenizer["added_tokens"].as_array().unwrap().iter().map(|t| t["id"].as_u64().unwrap() as u32).collect();
        let spelt: String = form.tokenizer["added_tokens"].as_array().unwrap().iter().map(|t| t["content"].as_str().unwrap()).collect();
        let count = |text: &str| {
            let turn = layout.turn(text, true, tokens).unwrap();
            turn.iter().filter(|t| special.contains(t)).count()
        };
        assert_eq!(count(&spelt), count("x"), "{}", form.form);
        assert!(form.preset.end.len() > 1 && form.preset.end.iter().all(|end| spelt.contains(end)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_text_in_pieces_is_the_whole_text(pieces in prop::collection::vec("[a-cA-C0-9.,'é字🐟 \n\t]{0,12}", 0..6)) {
        let whole = pieces.concat();
        for (form, tokens, _) in FORMS.iter() {
            let (mut stream, mut found) = (TokenStream::default(), Vec::new());
            for piece in &pieces {
                found.extend(stream.push(tokens, piece).unwrap());
            }
            found.extend(stream.finish(tokens).unwrap());
            prop_assert_eq!(&found, &tokens.encode(&whole).unwrap(), "{}", form.form);
            let (mut back, mut said) = (TextStream::default(), String::new());
            for token in &found {
                said += &back.push(tokens, *token).unwrap();
            }
            said += &back.finish(tokens).unwrap();
            prop_assert_eq!(said, tokens.decode(&found).unwrap(), "{}", form.form);
        }
    }
}
