"""Chat templates cut into pieces, and tokenizers without the space that begins a text: against transformers."""

import json

import pytest

import chat
import forms
import host
from host import Layout


@pytest.fixture(scope="module")
def table() -> list[dict]:
    return json.loads(forms.TARGET.read_text())


def test_the_table_is_as_its_script_makes_it(table):
    made = json.loads(forms.dumps(forms.table()))
    assert [one["form"] for one in made] == [one["form"] for one in table] == list(forms.TEMPLATES)
    for one, known in zip(made, table, strict=True):
        assert one == known or one["form"] == "unigram", one["form"]  # whose training depends on threads


def test_pieces_are_the_template(table):
    for one in table:
        layout = Layout(one["preset"]["prompt"], json.dumps(one["tokenizer"]))
        for talk in one["talks"]:
            tokens = layout.encode(one["preset"]["prompt"]["chat"]["start"]) + layout.turn(talk["said"][0], True)
            if len(talk["said"]) > 1:
                tokens += layout.encode("{text}", text=talk["said"][1])
                tokens += talk["tokens"][len(tokens) :][:1] + layout.turn(talk["said"][2], False)
            assert tokens == talk["tokens"], (one["form"], talk["said"])


def test_what_the_pieces_look_like(table):
    prompts = {one["form"]: one["preset"]["prompt"] for one in table}
    assert prompts["qwen2"]["chat"]["user"] == "{text}<|im_end|>\n<|im_start|>assistant\n"
    assert prompts["gemma"]["chat"]["trim"]
    assert prompts["gemma"]["chat"]["next"].startswith("\n<start_of_turn>user\n{text}")
    assert "trim" not in prompts["phi4"]["chat"]
    assert prompts["phi3"]["chat"]["user"].endswith("<|assistant|> \n"), "the space that began every stretch of text"


REFUSED = {
    "none": ("", "found no chat template"),
    "twice": ("{% for m in messages %}{{ m['content'] }} {{ m['content'] }}{% endfor %}<|im_end|>", "2 times"),
    "no end": ("{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}", "do not repeat"),
    "upper case": (
        "{% for m in messages %}{{ '<|im_start|>' + m['content'] | replace('H', 'J') + '<|im_end|>' }}{% endfor %}",
        "such as for 'Hello!'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_templates_that_pieces_cannot_say_are_refused(name, tmp_path):
    template, words = REFUSED[name]
    opened = forms.write("qwen2", tmp_path)
    opened.chat_template = template or None
    for file in tmp_path.glob("chat_template*"):
        file.unlink()
    opened.save_pretrained(tmp_path)
    with pytest.raises(chat.NoTemplate, match=words):
        chat.preset(tmp_path)


def test_a_space_that_begins_a_text_is_found(table):
    assert host.canonical({"pre_tokenizer": {"type": "Metaspace", "replacement": "▁"}})[1]
    form, spaced = host.canonical({"pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "first"}})
    assert not spaced
    assert form["pre_tokenizer"]["prepend_scheme"] == "never"
    assert host.canonical({"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True}})[1]
    assert chat.spaces("a<x>b<x><x> c", ["<x>"], True) == " a<x> b<x><x>  c"
