"""The tokenizer of the finder: any text there and back."""

import json

from lab.corpus.questions import synonyms


def test_tokenizer_gives_any_text_back(tokenizer):
    import random

    r = random.Random(1)
    texts = ["", " ", "a\r\n\tb\0", "é e\u0301 ﷺ 日本語 😀👩‍👩‍👧", "12,345.67", "<s3><eos> <doc>"]
    texts += [
        "".join(chr(r.choice([r.randrange(32, 0xD800), r.randrange(0xE000, 0x110000)])) for _ in range(40))
        for _ in range(50)
    ]
    for text in texts:
        assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids) == text


def test_text_never_becomes_a_marker(tokenizer):
    from lab.finder.tokenizer import FIRST_TEXT, H0, S0, SPECIAL

    assert [tokenizer.token_to_id(s) for s in SPECIAL] == list(range(FIRST_TEXT))
    assert (tokenizer.token_to_id("<h1>"), tokenizer.token_to_id("<s0>")) == (H0, S0)
    for text in SPECIAL:
        assert min(tokenizer.encode(f"a {text} b{text}", add_special_tokens=False).ids) >= FIRST_TEXT
    assert tokenizer.decode([S0 + 3, *tokenizer.encode(" a b").ids, 2]) == " a b"  # markers are skipped
    added = json.loads(tokenizer.to_str())["added_tokens"]
    assert all(t["special"] and not t["normalized"] for t in added)


def test_digits_one_by_one(tokenizer):
    assert len(tokenizer.encode("20391", add_special_tokens=False).ids) == 5


def test_words_with_synonyms_are_tokens_that_start_alike(tokenizer):
    """Each further token is a word of synonyms.txt, or begins one; a word's code is nearer to its synonyms' than to
    nearly all others', and nearest to its own."""
    from dataclasses import replace

    import torch

    from lab.corpus.questions import same_meaning
    from lab.finder.initial_weights import Part, set_initial_weights
    from lab.finder.pretrain import FINDER
    from lab.finder.tokenizer import WHOLE
    from lab.reference.decoder import Decoder

    whole = {w: ids[0] for w in synonyms() if len(ids := tokenizer.encode(f" {w}").ids) == 1}
    assert len(whole) >= WHOLE * 0.8
    first = tokenizer.get_vocab_size() - WHOLE
    starts = tuple(f" {word}" for word in synonyms())
    assert all(any(s.startswith(tokenizer.decode([i])) for s in starts) for i in range(first, first + WHOLE))
    decoder = Decoder(replace(FINDER, vocabulary=tokenizer.get_vocab_size()))
    set_initial_weights(decoder, tokenizer)
    codes = torch.nn.functional.normalize(decoder.model.embed_tokens.weight[:, Part.TOKEN], dim=1)
    groups = [group for group in same_meaning() if all(w in whole for w in group)]
    assert len(groups) >= 50
    for a, b, *_ in groups:
        near = codes[whole[a]] @ codes.T
        assert near.argmax() == whole[a]
        assert (near > near[whole[b]]).float().mean() < 0.01, (a, b)
