"""Tokenizers and chat templates in the forms that hubs hold, trained here on generated text; a table of conversations.

    python scripts/forms.py            # writes rust/core/tests/forms.json

The table holds for each form the canonical tokenizer.json, the prompt that chat.py cuts out of the template, and
conversations with the tokens of transformers. rust/core is held to it by its tests; tests/test_chat.py makes it anew.
"""

import itertools
import json
import tempfile
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

import chat
import host
from tiny import words

TARGET = Path(__file__).parent.parent / "rust/core/tests/forms.json"
VOCABULARY = 340
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CHATML = (
    "{%% if messages[0]['role'] != 'system' %%}{{ '<|im_start|>system\n%s<|im_end|>\n' }}{%% endif %%}"
    "{%% for message in messages %%}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{%% endfor %%}{%% if add_generation_prompt %%}{{ '<|im_start|>assistant\n' }}{%% endif %%}"
)
TEMPLATES = {
    "qwen2": CHATML % "You are a helpful assistant.",
    "smollm2": CHATML % "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
    "llama3": "{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + "
    "'<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}"
    "{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
    "gemma": "{{ bos_token }}{% for message in messages %}"
    "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}",
    "phi3": "{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + '<|end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}",
    "phi4": "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}{% endif %}",
}
TEMPLATES["unigram"] = TEMPLATES["qwen2"]
SPECIAL = {  # the first ends a turn, the second a text; of SentencePiece the unknown token comes before them
    "qwen2": ["<|im_end|>", "<|endoftext|>", "<|im_start|>"],
    "smollm2": ["<|im_end|>", "<|endoftext|>", "<|im_start|>"],
    "llama3": ["<|eot_id|>", "<|end_of_text|>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>"],
    "gemma": ["<end_of_turn>", "<eos>", "<bos>", "<start_of_turn>"],
    "phi3": ["<|end|>", "<|endoftext|>", "<s>", "<|user|>", "<|assistant|>", "<|system|>"],
    "phi4": ["<|end|>", "<|endoftext|>", "<|user|>", "<|assistant|>", "<|system|>"],
    "unigram": ["<|im_end|>", "<|endoftext|>", "<|im_start|>"],
}
BOS = {"llama3": "<|begin_of_text|>", "gemma": "<bos>", "phi3": "<s>"}


def corpus() -> list[str]:
    source = words(3)
    made = ["".join(itertools.islice(source, 50)) for _ in range(40)]
    return [*made, *(text for text in chat.SAID), "user assistant system model Fine. And then? Hello! " * 4]


def byte_level(form: str) -> Tokenizer:
    """BPE over bytes, as GPT-2's descendants have it."""
    t = Tokenizer(models.BPE(ignore_merges=form == "llama3"))
    if form == "qwen2":
        t.normalizer = normalizers.NFC()
    pattern = {"qwen2": QWEN, "llama3": LLAMA3, "phi4": O200K}.get(form)
    first = (
        pre_tokenizers.Split(Regex(pattern), "isolated") if pattern else pre_tokenizers.Digits(individual_digits=True)
    )
    last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not pattern)
    t.pre_tokenizer, t.decoder = pre_tokenizers.Sequence([first, last]), decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    t.train_from_iterator(
        corpus(), trainers.BpeTrainer(vocab_size=VOCABULARY, initial_alphabet=alphabet, show_progress=False)
    )
    return t


def sentence_piece(form: str) -> Tokenizer:
    """BPE with byte fallback over ▁, as SentencePiece's is converted: trained word by word, used without splitting."""
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    t.train_from_iterator(corpus(), trainers.BpeTrainer(vocab_size=VOCABULARY, show_progress=False))
    model = json.loads(t.to_str())["model"]
    names = ["<unk>", *(f"<0x{b:02X}>" for b in range(256)), *model["vocab"]]
    merges = [tuple(m) for m in model["merges"]]
    vocabulary = {name: i for i, name in enumerate(dict.fromkeys(names))}
    t = Tokenizer(models.BPE(vocabulary, merges, byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    replace = normalizers.Replace(" ", "▁")
    parts = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    if form == "gemma":
        t.normalizer, t.pre_tokenizer = replace, pre_tokenizers.Split(" ", "merged_with_previous")
    else:
        t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), replace])
        parts.append(decoders.Strip(" ", 1, 0))
    t.decoder = decoders.Sequence(parts)
    return t


def unigram() -> Tokenizer:
    t = Tokenizer(models.Unigram())
    t.pre_tokenizer, t.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=VOCABULARY, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False
    )
    t.train_from_iterator(corpus(), trainer)
    return t


def tokenizer(form: str) -> Tokenizer:
    t = unigram() if form == "unigram" else sentence_piece(form) if form in ("gemma", "phi3") else byte_level(form)
    tokens = [AddedToken(s, special=True, normalized=False) for s in SPECIAL[form]]
    t.add_special_tokens(tokens)
    if form in BOS:
        t.post_processor = processors.TemplateProcessing(
            single=f"{BOS[form]} $A", special_tokens=[(BOS[form], t.token_to_id(BOS[form]))]
        )
    return t


def write(form: str, folder: Path) -> PreTrainedTokenizerFast:
    """tokenizer.json, tokenizer_config.json and generation_config.json, as a checkpoint has them."""
    end, text_end, *_ = SPECIAL[form]
    opened = PreTrainedTokenizerFast(tokenizer_object=tokenizer(form), eos_token=text_end, bos_token=BOS.get(form))
    opened.chat_template = TEMPLATES[form]
    opened.save_pretrained(folder)
    ids = opened.convert_tokens_to_ids([text_end, end])
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": ids}))
    return opened


def table() -> list[dict]:
    made = []
    for form in TEMPLATES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            theirs = write(form, folder)
            preset = chat.preset(folder)
            form_json, _ = host.canonical(json.loads((folder / "tokenizer.json").read_text()))
        talks = [[said] for said in chat.SAID] + [[said, "Fine.", "And then?"] for said in chat.SAID]
        encoded = [theirs.encode(chat.render(theirs, talk), add_special_tokens=False) for talk in talks]
        talks = [{"said": talk, "tokens": ids} for talk, ids in zip(talks, encoded, strict=True)]
        made.append({"form": form, "preset": preset, "tokenizer": form_json, "talks": talks})
    return made


def dumps(made: list[dict]) -> str:
    return "[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in made) + "\n]\n"


if __name__ == "__main__":
    TARGET.write_text(dumps(table()))
