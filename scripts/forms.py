"""Tokenizers and chat templates in the forms that hubs hold, trained here on generated text; a table of conversations.

    python scripts/forms.py            # writes rust/core/tests/forms.json

The table holds for each form tokenizer.json as export.py writes it, the prompt that chat.py cuts out of the template,
and conversations with the tokens of transformers. rust/core is held to it by its tests; tests/test_chat.py makes it
anew.
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
BEYOND = "<image_soft_token>"  # of Gemma's text models: the last token, without a row of embedding
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
TEMPLATES = {  # without the branches for tools
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
    "qwen3": "{%- set ns = namespace(last=messages | length - 1, open=true) %}{%- for message in messages[::-1] %}"
    "{%- if ns.open and message.role == 'user' %}{%- set ns.open = false %}"
    "{%- set ns.last = messages | length - 1 - loop.index0 %}{%- endif %}{%- endfor %}"
    "{%- for message in messages %}{%- set content = message.content %}{%- if message.role == 'assistant' %}"
    "{%- set thought = '' %}{%- if '</think>' in content %}"
    "{%- set thought = content.split('</think>')[0].split('<think>')[-1].strip('\n') %}"
    "{%- set content = content.split('</think>')[-1].lstrip('\n') %}{%- endif %}"
    "{%- if loop.index0 > ns.last %}{%- set content = '<think>\n' + thought + '\n</think>\n\n' + content %}{%- endif %}"
    "{%- endif %}{{- '<|im_start|>' + message.role + '\n' + content + '<|im_end|>\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}"
    "{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\n\n</think>\n\n' }}{%- endif %}"
    "{%- endif %}",
    "smollm3": "{%- set mode = '/think' if enable_thinking is not defined or enable_thinking else '/no_think' %}"
    "{{- '<|im_start|>system\n## Metadata\n\nKnowledge Cutoff Date: June 2025\nToday Date: ' }}"
    "{{- strftime_now('%d %B %Y') ~ '\nReasoning Mode: ' ~ mode ~ '\n\n## Custom Instructions\n\n' }}"
    "{{- 'You are a helpful AI assistant named SmolLM, trained by Hugging Face.\n\n<|im_end|>\n' }}"
    "{%- set nothing = '<think>\n\n</think>\n' if mode == '/no_think' else '' %}{%- for message in messages %}"
    "{%- if message.role == 'user' %}{{- '<|im_start|>user\n' + message.content + '<|im_end|>\n' }}"
    "{%- elif message.role == 'assistant' %}{% generation %}"
    "{{- '<|im_start|>assistant\n' + nothing + message.content.lstrip('\n') + '<|im_end|>\n' }}"
    "{% endgeneration %}{%- endif %}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' + nothing }}{%- endif %}",
    "tinyllama": "{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + eos_token }}\n"
    "{% if loop.last and add_generation_prompt %}{{ '<|assistant|>' }}\n{% endif %}{% endfor %}",
}
TEMPLATES["unigram"] = TEMPLATES["qwen2"]


def flagged(*texts: str, **flags: bool) -> dict[str, dict]:
    return dict.fromkeys(texts, flags)


IM = ("<|im_end|>", "<|endoftext|>", "<|im_start|>")
ROLES = ("<|user|>", "<|assistant|>", "<|system|>")
SPECIAL = {  # the first ends a turn, the second a text (of TinyLlama the first); flags where a hub's are not ordinary
    "qwen2": flagged(*IM) | flagged("<tool_call>", "<|fim_prefix|>", special=False),
    "smollm2": flagged(*IM),
    "llama3": flagged("<|eot_id|>", "<|end_of_text|>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>"),
    "gemma": flagged("<end_of_turn>", "<eos>", "<bos>", "<start_of_turn>")
    | flagged("<unused0>", "\n\n", "<table>", "</table>", special=False) | flagged(BEYOND),
    "phi3": flagged("<|end|>", rstrip=True) | flagged("<|endoftext|>", "<s>")
    | flagged("</s>", special=False, rstrip=True) | flagged(*ROLES, rstrip=True),
    "phi4": flagged("<|end|>", rstrip=True) | flagged("<|endoftext|>") | flagged(*ROLES, rstrip=True)
    | flagged("<|tool|>", special=False, rstrip=True),
    "qwen3": flagged(*IM) | flagged("<tool_call>", "</tool_call>", "<think>", "</think>", special=False),
    "smollm3": flagged(*IM) | flagged("<think>", "</think>", special=False),
    "tinyllama": flagged("</s>", "<unk>", "<s>"),
    "unigram": flagged(*IM),
}  # fmt: skip
BOS = {"llama3": "<|begin_of_text|>", "gemma": "<bos>", "phi3": "<s>", "tinyllama": "<s>"}
SENTENCE_PIECE, LLAMA_PATTERN = ("gemma", "phi3", "tinyllama"), ("llama3", "smollm3")


def corpus() -> list[str]:
    source = words(3)
    made = ["".join(itertools.islice(source, 50)) for _ in range(40)]
    return [*made, *(text for text in chat.SAID), "user assistant system model Fine. And then? Hello! " * 4]


def byte_level(form: str) -> Tokenizer:
    """BPE over bytes, as GPT-2's descendants have it."""
    t = Tokenizer(models.BPE(ignore_merges=form in LLAMA_PATTERN))
    if form in ("qwen2", "qwen3"):
        t.normalizer = normalizers.NFC()
    pattern = {"qwen2": QWEN, "qwen3": QWEN, "phi4": O200K}.get(form, LLAMA3 if form in LLAMA_PATTERN else None)
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
    t = unigram() if form == "unigram" else sentence_piece(form) if form in SENTENCE_PIECE else byte_level(form)
    for text, flags in SPECIAL[form].items():  # one by one, so that ids follow the table
        token = AddedToken(text, **({"special": True, "normalized": False} | flags))
        t.add_special_tokens([token]) if token.special else t.add_tokens([token])
    if form in BOS:
        t.post_processor = processors.TemplateProcessing(
            single=f"{BOS[form]} $A", special_tokens=[(BOS[form], t.token_to_id(BOS[form]))]
        )
    return t


def write(form: str, folder: Path) -> PreTrainedTokenizerFast:
    """tokenizer.json, tokenizer_config.json and generation_config.json, as a checkpoint has them."""
    end, text_end, *_ = SPECIAL[form]
    text_end = end if form == "tinyllama" else text_end
    tokenizer(form).save(str(folder / "tokenizer.json"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": text_end}
    config |= {"bos_token": BOS[form]} if form in BOS else {}
    (folder / "tokenizer_config.json").write_text(json.dumps(config | {"chat_template": TEMPLATES[form]}))
    opened = PreTrainedTokenizerFast.from_pretrained(folder)
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
            rows = len(theirs) - (BEYOND in SPECIAL[form])
            ours = host.piecewise(json.loads((folder / "tokenizer.json").read_text()), preset, rows)
        answer = " " * (form == "phi3") + chat.ANSWER  # which begins a stretch of text there, so with a space
        talks = []
        for said in (*chat.SAID, *chat.EDGES):
            for talk, text in (
                ([said], chat.render(theirs, [said])),
                ([said, answer, chat.NEXT], chat.conversation(theirs, said)),
            ):
                talks.append({"said": talk, "tokens": theirs.encode(text, add_special_tokens=False)})
        made.append({"form": form, "preset": preset, "vocabulary": rows, "tokenizer": ours, "talks": talks})
    return made


def dumps(made: list[dict]) -> str:
    return "[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in made) + "\n]\n"


if __name__ == "__main__":
    TARGET.write_text(dumps(table()))
