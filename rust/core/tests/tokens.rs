//! Word by word = the tokenizer itself over the whole text, for the tokenizers that stand here.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use edgeinfinite_core::Manifest;
use edgeinfinite_core::testing::Tokens;
use proptest::prelude::*;
use tokenizers::Tokenizer;

static BOTH: LazyLock<Vec<(Tokens, Tokenizer)>> = LazyLock::new(|| {
    let open = |folder: PathBuf| {
        let manifest = Manifest::load(&folder).unwrap().generator.unwrap();
        let path = folder.join(&manifest.tokenizer.file);
        let mut whole = Tokenizer::from_file(&path).unwrap();
        whole.set_encode_special_tokens(true);
        (Tokens::open(&path, manifest.base.vocabulary).unwrap(), whole)
    };
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    ["tiny", "demo"].map(|name| open(models.join(name))).into()
});

fn check(text: &str) {
    for (tokens, whole) in BOTH.iter() {
        for _ in 0..2 {
            assert_eq!(tokens.encode(text).unwrap(), whole.encode(text, false).unwrap().get_ids(), "{text:?}");
        }
    }
}

#[test]
fn a_text_has_the_tokens_that_the_tokenizer_gives_it() {
    let licence = include_str!("../../../LICENSE");
    check(licence);
    check(&licence.split_whitespace().flat_map(|word| [" ", word]).collect::<String>());
    check(&"A word, anotherword; 1234,5 (or \"six\")\r\n\r\n\tif x_1 <= y[2] { it's </doc><s1> } \n".repeat(40));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_text_has_them(near in "([a-zA-Z]{0,5}['.,;:<>(_)!é字🙂0-9ा\u{301}\u{a0}\t\r\n ]{0,3}){0,14}", any in "\\PC{0,60}") {
        check(&near);
        check(&any);
    }
}
