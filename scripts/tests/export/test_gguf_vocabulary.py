"""The vocabulary of a GGUF as tokenizer.json, and its chat template as pieces: 10,000 strings, every form."""

import json
import random
from pathlib import Path

import pytest
from gguf import GGUFWriter
from tokenizers import Tokenizer, normalizers
from transformers import AutoTokenizer

from lab.evaluate.imported import strings
from lab.export import checkpoint_prompt
from lab.export.chat_template import NoTemplate
from lab.export.gguf.gguf_file import GgufFile, Unreadable
from lab.export.gguf.prompt import prompt, rendered
from lab.export.gguf.tokenizer import tokenizer_json
from lab.fixtures import gguf_cases, tiny, tokenizer_cases
from lab.fixtures.gguf_cases import FORMS

COUNT = 10_000
SCORED = ("gemma", "phi3", "tinyllama")  # whose merges transformers makes of scores: it is what they are held to
BLANKS = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])  # TinyLlama's, as published


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Strings of many scripts, of made-up words, with added tokens among them."""
    r = random.Random(2)
    marks = sorted({text for tokens in tokenizer_cases.SPECIAL.values() for text in tokens})
    made = list(strings(tiny.EVERYTHING + "".join(tokenizer_cases.corpus()), COUNT))
    return [one + r.choice(marks) + one[:5] if n % 5 == 0 else one for n, one in enumerate(made)]


@pytest.fixture(scope="module", params=FORMS)
def made(request, tmp_path_factory) -> tuple[str, GgufFile, Tokenizer]:
    folder = tmp_path_factory.mktemp("form")
    published = gguf_cases.write_vocabulary(request.param, folder / "model.gguf")
    return request.param, GgufFile(folder / "model.gguf"), published


def test_ten_thousand_strings_have_the_same_tokens(made, texts):
    form, file, opened = made
    ours = Tokenizer.from_str(tokenizer_json(file))
    if form in SCORED:
        opened = AutoTokenizer.from_pretrained(file.path.parent, gguf_file=file.path.name).backend_tokenizer
    if form == "tinyllama":
        opened.normalizer = BLANKS
        opened.pre_tokenizer = None
    if form == "phi3":  # white space behind marks: the file does not say it, transformers does not take it
        ours = Tokenizer.from_str(tokenizer_json(file).replace('"rstrip":true', '"rstrip":false'))
    theirs = [e.ids for e in opened.encode_batch(texts, add_special_tokens=False)]
    got = [e.ids for e in ours.encode_batch(texts, add_special_tokens=False)]
    assert [t for t, a, b in zip(texts, got, theirs, strict=True) if a != b] == []
    if form != "phi3":  # whose </s> is no special token, which transformers makes it
        assert ours.decode_batch(got[:500]) == opened.decode_batch(theirs[:500])


def test_pieces_are_those_of_the_checkpoint(made, tmp_path):
    form, file, _ = made
    tokenizer_cases.write(form, tmp_path)
    want = checkpoint_prompt.prompt(tmp_path)
    got = prompt(file, tokenizer_json(file))
    assert got["prompt"] == want["prompt"]
    assert got["end"][0] == want["end"][0]
    assert {*got["end"]} == {*want["end"]}


def vocabulary(path: Path, change=lambda writer: None, form: str = "llama3", **entries: object) -> GgufFile:
    """A form's file whose entries were changed."""

    class Changed(GGUFWriter):
        def write_header_to_file(self, *args, **kwargs):
            change(self)
            for key, value in entries.items():
                gguf_cases.add_entry(self, key, value)
            super().write_header_to_file(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gguf.GGUFWriter", Changed)
        gguf_cases.write_vocabulary(form, path)
    return GgufFile(path)


REFUSED = {
    "another kind": ({"tokenizer__ggml__model": "rwkv"}, "found a tokenizer 'rwkv', expected one of gpt2, llama, t5"),
    "another splitter": ({"tokenizer__ggml__pre": "tekken"}, "found tokenizer.ggml.pre 'tekken', expected one of"),
    "no merges": ({"tokenizer__ggml__merges": "none"}, "found tokenizer.ggml.merges 'none', expected a list"),
    "a merge of three": ({"tokenizer__ggml__merges": ["a b c"]}, "found a merge of 3 parts, expected two"),
    "a merge of nothing known": ({"tokenizer__ggml__merges": ["qq zz"]}, "found a vocabulary that makes no tokenizer"),
    "too few types": ({"tokenizer__ggml__token_type": [1, 1]}, "an array of 2, expected an array of"),
    "a token twice": ({"tokenizer__ggml__tokens": ["a", "a"]}, "found token 'a' twice, expected it once"),
    "too many tokens": ({"tokenizer__ggml__tokens": [f"t{n}" for n in range(9000)]}, "found 9,000 tokens, expected"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_vocabulary_that_is_not_known_is_refused(name, tmp_path):
    entries, words = REFUSED[name]
    with pytest.raises(Unreadable, match=words):
        tokenizer_json(vocabulary(tmp_path / "model.gguf", **entries))


def test_an_end_beyond_the_vocabulary_is_refused(tmp_path):
    file = vocabulary(tmp_path / "model.gguf", tokenizer__ggml__eos_token_id=99999)
    with pytest.raises(Unreadable, match=r"found tokenizer.ggml.eos_token_id 99999, expected one of"):
        prompt(file, tokenizer_json(file))


def test_a_model_without_a_template_is_refused_by_its_file(tmp_path):
    file = vocabulary(tmp_path / "model.gguf", lambda writer: writer.kv_data[0].pop("tokenizer.chat_template"))
    with pytest.raises(NoTemplate, match=r"model.gguf: found no tokenizer.chat_template, expected one"):
        prompt(file, tokenizer_json(file))


@pytest.mark.parametrize("template", ["{{ messages.__class__.__mro__ }}", "{% set n = namespace() %}{% set n._x = 1 %}",
                                      "{{ namespace(__class__=1) }}", "{{ raise_exception('no') }}"])  # fmt: skip
def test_a_template_does_not_leave_its_sandbox(template, tmp_path):
    file = vocabulary(tmp_path / "model.gguf", tokenizer__chat_template=template)
    with pytest.raises(NoTemplate, match=r"the chat template fails|begins with what is said|0 times"):
        prompt(file, tokenizer_json(file))


def test_filters_and_loops_of_templates():
    said = rendered("{% for m in messages %}{{ m | tojson }}{% break %}{% endfor %}", {}, [{"role": "é<"}, {}])
    assert json.loads(said) == {"role": "é<"}


def test_white_space_that_phis_marks_take_along(tmp_path):
    file = vocabulary(tmp_path / "model.gguf", form="phi3")
    flags = {t["content"]: t["rstrip"] for t in json.loads(tokenizer_json(file))["added_tokens"]}
    published = {text: told.get("rstrip", False) for text, told in tokenizer_cases.SPECIAL["phi3"].items()}
    assert {text: flags[text] for text in published} == published


def test_a_digit_stands_alone_where_the_splitter_says_so(tmp_path):
    split = Tokenizer.from_str(tokenizer_json(vocabulary(tmp_path / "model.gguf", form="smollm2"))).pre_tokenizer
    assert [at for _, at in split.pre_tokenize_str("a 12")] == [(0, 1), (1, 2), (2, 3), (3, 4)]
