"""Chat templates cut into pieces, and tokenizers as pieces are encoded with them: against transformers."""

import datetime
import json
import math
from pathlib import Path

import pytest
from tokenizers import AddedToken, Tokenizer, pre_tokenizers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

from lab.export import chat_template, checkpoint_prompt, export
from lab.fixtures import tokenizer_cases
from lab.reference.prompt_template import SPACE, PromptTemplate, for_pieces, without_prefix_space


@pytest.fixture(scope="module")
def table() -> list[dict]:
    return json.loads(tokenizer_cases.TARGET.read_text())


def write(form: str, folder: Path, template: str = "", **files: dict) -> Path:
    """A folder of fixtures/tokenizer_cases.py with another template, or keys of its files changed."""
    tokenizer_cases.write(form, folder)
    changes = {"tokenizer_config": {"chat_template": template}} if template else {}
    for name, keys in (changes | files).items():
        file = folder / f"{name}.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps({k: v for k, v in (known | keys).items() if v is not None}))
    return folder


def test_the_table_is_as_its_script_makes_it(table):
    made = json.loads(tokenizer_cases.dumps(tokenizer_cases.table()))
    assert [one["form"] for one in made] == [one["form"] for one in table] == list(tokenizer_cases.TEMPLATES)
    for one, known in zip(made, table, strict=True):
        assert one == known or one["form"] == "unigram", one["form"]  # whose training depends on threads


def test_pieces_are_the_template(table):
    for one in table:
        prompt_template = PromptTemplate(one["preset"]["prompt"], json.dumps(one["tokenizer"]))
        for talk in one["talks"]:
            tokens = prompt_template.encode(one["preset"]["prompt"]["chat"]["start"]) + prompt_template.turn(
                talk["said"][0], True
            )
            if len(talk["said"]) > 1:
                tokens += prompt_template.encode("{text}", text=talk["said"][1])
                tokens += talk["tokens"][len(tokens) :][:1] + prompt_template.turn(talk["said"][2], False)
            assert tokens == talk["tokens"], (one["form"], talk["said"])


@pytest.mark.parametrize("form", tokenizer_cases.TEMPLATES)
def test_a_conversation_is_what_transformers_makes_of_it(form, tmp_path):
    theirs = tokenizer_cases.write(form, tmp_path)
    for said in (*chat_template.SAID, *chat_template.EDGES):
        turns = zip(("user", "assistant", "user"), (said, chat_template.ANSWER, chat_template.NEXT), strict=True)
        messages = [{"role": role, "content": text} for role, text in turns]
        whole = theirs.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, enable_thinking=False)
        whole = whole.replace(datetime.date.today().strftime("%d %B %Y"), chat_template.DATE)
        found = chat_template.conversation(checkpoint_prompt.chat(theirs), said)
        if form == "qwen3":  # the thinking that was closed before an answer began cannot be taken back
            found = found.replace("<think>\n\n</think>\n\n" + chat_template.ANSWER, chat_template.ANSWER)
        assert found == whole


def test_what_the_pieces_look_like(table):
    prompts = {one["form"]: one["preset"]["prompt"] for one in table}
    assert prompts["qwen2"]["chat"]["user"] == "{text}<|im_end|>\n<|im_start|>assistant\n"
    assert prompts["gemma"]["chat"]["trim"]
    assert prompts["gemma"]["chat"]["next"].startswith("\n<start_of_turn>user\n{text}")
    assert prompts["phi4"]["chat"]["trim_start"]
    assert prompts["phi3"]["start"] == "<|user|>", "which takes the line end after it along"
    assert prompts["phi3"]["chat"]["user"] == " {text}<|end|><|assistant|>", (
        "the space that began every stretch of text"
    )
    for form in ("qwen3", "smollm3"):
        assert prompts[form]["ask"].rstrip().endswith("<|im_start|>assistant\n<think>\n\n</think>")
    assert f"Today Date: {chat_template.DATE}\n" in prompts["smollm3"]["start"]
    assert prompts["tinyllama"]["start"] == " <|user|>\n"


def of(content: str) -> str:
    """A template whose turns hold this."""
    return (
        "{% for m in messages %}{{ '<|im_start|>' + " + content + " + '<|im_end|>' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>' }}{% endif %}"
    )


ROLE = "m['role'] + '\n' + m['content']"
REFUSED = {
    "none": (None, "found no chat template"),
    "twice": ("{% for m in messages %}{{ m['content'] }} {{ m['content'] }}{% endfor %}<|im_end|>", "2 times"),
    "no end": (
        "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}",
        "no end token ends the turn: found .* after an answer",
    ),
    "turns counted": ("{{ messages | length }}" + of(ROLE), "do not repeat"),
    "nothing before": (of(ROLE).replace("'<|im_start|>' + m['role'] + '\n' + ", ""), "begins with what is said"),
    "a name in braces": (of("'{text}' + m['content']"), "says {text}, which stands"),
    "upper case": (of("m['content'] | replace('H', 'J')"), "such as for 'Hello!'"),
    "syntax": ("{% for m in messages %}", "the chat template fails: TemplateSyntaxError"),
    "its own error": (of("raise_exception('no users here')"), "the chat template fails: .*no users here"),
    "undefined": (of("m.parts.first"), "the chat template fails: UndefinedError"),
    "no text": (of("m['content'] + 1"), "the chat template fails: TypeError"),
    "open thinking": (of(ROLE).replace("{{ '<|im_start|>' }}", "{{ '<|im_start|>assistant\n<think>\n' }}"),
                      "the prompt ends in an open <think>"),
    "another history": (of(ROLE).replace("{{ '<|im_start|>' }}", "{{ '<|im_start|>assistant\nWell: ' }}"),
                        "before an answer of an earlier turn"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_templates_that_pieces_cannot_say_are_refused_by_file(name, tmp_path):
    template, words = REFUSED[name]
    write("qwen2", tmp_path, tokenizer_config={"chat_template": template})
    with pytest.raises(chat_template.NoTemplate, match=f"{tmp_path}/tokenizer_config.json: .*{words}"):
        checkpoint_prompt.prompt(tmp_path)
    if template:
        (tmp_path / "chat_template.jinja").write_text(template)
        with pytest.raises(chat_template.NoTemplate, match=f"{tmp_path}/chat_template.jinja: "):
            checkpoint_prompt.prompt(tmp_path)


def test_braces_in_a_template_are_text(tmp_path):
    template = tokenizer_cases.CHATML % "Answer as {name}."
    assert "{name}" in checkpoint_prompt.prompt(write("qwen2", tmp_path, template))["prompt"]["start"]


def test_ends_are_those_of_all_files(tmp_path):
    ids = {s: i for i, s in enumerate(tokenizer_cases.SPECIAL["qwen2"], tokenizer_cases.VOCABULARY)}
    assert Tokenizer.from_file(str(write("qwen2", tmp_path) / "tokenizer.json")).token_to_id("<|im_end|>") == 340
    write("qwen2", tmp_path, generation_config={"eos_token_id": ids["<|endoftext|>"]})
    (tmp_path / "config.json").write_text(json.dumps({"eos_token_id": [ids["<tool_call>"], 99999, None]}))
    assert checkpoint_prompt.prompt(tmp_path)["end"] == ["<|im_end|>", "<|endoftext|>", "<tool_call>"]
    (tmp_path / "generation_config.json").unlink()
    (tmp_path / "config.json").unlink()
    write("qwen2", tmp_path, generation_config={"eos_token_id": None}, tokenizer_config={"eos_token": None})
    assert checkpoint_prompt.prompt(tmp_path)["end"] == ["<|im_end|>"], "the special token that follows an answer"


def test_a_space_that_begins_a_text_is_found():
    def scheme(**splitter: object) -> str:
        return without_prefix_space({"pre_tokenizer": splitter})[1]

    assert scheme(type="Metaspace", replacement="▁") == "always"
    assert scheme(type="Metaspace", prepend_scheme="never") == "never"
    assert scheme(type="ByteLevel", add_prefix_space=True) == "always"
    form, first = without_prefix_space({"pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "first"}})
    assert (form["pre_tokenizer"]["prepend_scheme"], first) == ("never", "first")
    assert chat_template.spaces("a<x>b<x><x> c", ["<x>"], True, True) == " a<x> b<x><x>  c"
    assert chat_template.spaces("a<x>b", ["<x>"], True, False) == " a<x>b"
    assert chat_template.spaces("<x>b", ["<x>"], True, False) == "<x>b"


@pytest.mark.parametrize("form", ["tinyllama", "unigram", "phi3"])
def test_a_space_before_the_whole_text_alone(form, tmp_path):
    tokenizer_cases.write(form, tmp_path)
    opened = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    opened.normalizer = None
    opened.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    opened.save(str(tmp_path / "tokenizer.json"))
    start = checkpoint_prompt.prompt(tmp_path)["prompt"]["start"]  # checked against transformers
    assert start.startswith(" ") == (form == "tinyllama")


def test_white_space_that_a_token_takes_along():
    flags = {"lstrip": False, "rstrip": True}
    added = [{"content": "<x>"} | flags, {"content": "<y>"} | flags | {"lstrip": True}]
    assert chat_template.eaten(" <x>\n\x1c <y>\t b ", added) == " <x>\n\x1c<y>b ".replace("\n", "")
    opened = Tokenizer.from_str(tokenizer_cases.tokenizer("phi4").to_str())
    for c in map(chr, (*range(0x3010), 0xFEFF)):  # the white space of a tokenizer is that of prompt_template.py
        tokens = opened.encode(f"<|user|>{c}x", add_special_tokens=False).ids
        assert (len(tokens) == 2) == (c in SPACE), hex(ord(c))


def test_text_becomes_no_token_that_controls(table):
    for one in table:
        published = tokenizer_cases.SPECIAL[one["form"]]
        for token in one["tokenizer"]["added_tokens"]:
            assert token["special"] or token["content"] in ("\n\n", "<table>", "</table>"), token
            assert not token["rstrip"]
            assert token["content"] in (*published, "<unk>")
    assert not tokenizer_cases.SPECIAL["qwen3"]["</think>"]["special"]
    form = json.loads(tokenizer_cases.tokenizer("qwen2").to_str())
    made = {"prompt": {"start": "[INST]system [x"}, "end": ["stop"]}
    opened = Tokenizer.from_str(json.dumps(form))
    opened.add_tokens([AddedToken(s) for s in ("[INST]", "system", "stop", "[x]")])
    flags = {t["content"]: t["special"] for t in for_pieces(json.loads(opened.to_str()), made)["added_tokens"]}
    assert {s: flags[s] for s in ("[INST]", "system", "stop", "[x]")} == {
        "[INST]": True, "system": False, "stop": True, "[x]": False,
    }  # fmt: skip


def test_a_token_without_a_row_of_embedding_is_left_out(table, tmp_path):
    gemma = next(one for one in table if one["form"] == "gemma")
    published = json.loads((write("gemma", tmp_path) / "tokenizer.json").read_text())
    assert published["added_tokens"][-1] == {"content": tokenizer_cases.BEYOND, "id": gemma["vocabulary"]} | {
        "special": True, "normalized": False, "single_word": False, "lstrip": False, "rstrip": False,
    }  # fmt: skip
    assert tokenizer_cases.BEYOND not in {t["content"] for t in gemma["tokenizer"]["added_tokens"]}
    assert Tokenizer.from_str(json.dumps(gemma["tokenizer"])).get_vocab_size() == gemma["vocabulary"]
    preset = gemma["preset"]
    rows = gemma["vocabulary"]
    assert len(for_pieces(published, preset, math.inf)["added_tokens"]) == len(published["added_tokens"])
    with pytest.raises(
        ValueError, match=f"found token '{tokenizer_cases.BEYOND}', number {rows}, but {rows} rows of embedding"
    ):
        for_pieces(published, preset | {"end": [tokenizer_cases.BEYOND]}, rows)
    with pytest.raises(ValueError, match=f"but {rows} rows of embedding"):
        for_pieces(published, preset | {"prompt": {"chat": {"start": tokenizer_cases.BEYOND}}}, rows)
    with pytest.raises(ValueError, match="but 300 rows of embedding"):
        for_pieces(published, preset, 300)


def test_the_day_of_export_is_not_in_a_prompt(tmp_path):
    theirs = checkpoint_prompt.chat(PreTrainedTokenizerFast.from_pretrained(write("smollm3", tmp_path)))
    assert chat_template.DATE in chat_template.render(theirs, ["x"])
    assert str(datetime.date.today().year) not in chat_template.render(theirs, ["x"]).replace("June 2025", "")


@pytest.mark.parametrize("form", ["gemma", "phi3"])
def test_a_published_folder_is_exported(form, table, tmp_path):
    known = next(one for one in table if one["form"] == form)
    folder = tmp_path / "checkpoint"
    shape = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
    shape |= {"num_key_value_heads": 1, "vocab_size": known["vocabulary"], "pad_token_id": None}
    family = {"gemma": "gemma3_text", "phi3": "phi3"}[form]
    AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **shape)).save_pretrained(folder)
    tokenizer_cases.write(form, folder)
    export.export(folder, tmp_path / "model", export.ExportOptions(precisions=["fp32"]))
    about = json.loads((tmp_path / "model" / "model.json").read_text())
    assert about["prompt"]["chat"] == known["preset"]["prompt"]["chat"]
    assert json.loads((tmp_path / "model" / "tokenizer.json").read_text()) == known["tokenizer"]
    assert json.loads((folder / "tokenizer.json").read_text()) != known["tokenizer"]
