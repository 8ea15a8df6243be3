"""The vocabulary of a GGUF as tokenizer.json.

    text = tokenizer_json(file)         # raises Unreadable for a vocabulary of another kind; no command line

A GGUF holds tokens, their types, scores or merges, and the name of what splits a text before them; the rest is
written here as the model's own tokenizer.json has it, which tests hold it to.
"""

from collections.abc import Iterator

import numpy as np
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from lab.export.gguf.gguf_file import GgufFile, Unreadable

NORMAL = 1  # types of tokens
UNKNOWN = 2
CONTROL = 3
USER_DEFINED = 4
UNUSED = 5
BYTE = 6
CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
WORDS = r"|[^\r\n\p{L}\p{N}]?\p{L}+"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
UPPER = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
LLAMA3 = CONTRACTIONS + WORDS + r"|\p{N}{1,3}" + REST
QWEN = CONTRACTIONS + WORDS + r"|\p{N}" + REST
O200K = (
    rf"{UPPER}*{LOWER}+{CONTRACTIONS}?|{UPPER}+{LOWER}*{CONTRACTIONS}?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPLITS = {  # tokenizer.ggml.pre → what splits a text; GPT2: as GPT-2 does; DIGITS: each digit first
    "llama-bpe": LLAMA3, "llama3": LLAMA3, "llama-v3": LLAMA3, "smaug-bpe": LLAMA3, "qwen2": QWEN,
    "deepseek-r1-qwen": QWEN, "gpt-4o": O200K, "gpt-2": "GPT2", "smollm": "DIGITS",
}  # fmt: skip
WHOLE_FIRST = ("llama-bpe", "llama3", "llama-v3", "smaug-bpe")  # a word that is a token is never merged
COMPOSED = (QWEN,)  # texts are brought into NFC before
SPACE = "▁"


def tokenizer_json(file: GgufFile) -> str:
    """The text of tokenizer.json."""
    kinds = {"gpt2": byte_level, "llama": sentence_piece, "t5": unigram}
    kind = file.text("tokenizer.ggml.model")
    if kind not in kinds:
        raise Unreadable(f"{file.path}: found a tokenizer {kind!r}, expected one of {', '.join(kinds)}")
    tokens = spelled(file)
    if len(set(tokens)) != len(tokens):
        twice = next(token for n, token in enumerate(tokens) if token in tokens[:n])
        raise Unreadable(f"{file.path}: found token {twice!r} twice, expected it once")
    types = file.numbers("tokenizer.ggml.token_type", len(tokens), np.ones(len(tokens), np.int32)).tolist()
    try:
        made = kinds[kind](file, tokens, types)
    except Unreadable:
        raise
    except Exception as e:  # tokenizers raises nothing narrower
        raise Unreadable(f"{file.path}: found a vocabulary that makes no tokenizer: {e}") from e
    for token, kind_of in zip(tokens, types, strict=True):  # one by one, so that ids follow
        if kind_of in (UNKNOWN, CONTROL, USER_DEFINED) and not is_spaces(token):
            special = kind_of != USER_DEFINED
            added = AddedToken(token, special=special, normalized=False, rstrip=takes_space(file, token))
            made.add_special_tokens([added]) if added.special else made.add_tokens([added])
    check(file, made, tokens, types)
    return made.to_str()


def spelled(file: GgufFile) -> list[str]:
    """The tokens; a run of blanks of SentencePiece as it has them."""
    tokens = file.texts("tokenizer.ggml.tokens")
    if len(tokens) > file.tensors["token_embd.weight"].shape[0]:
        raise Unreadable(
            f"{file.path}: found {len(tokens):,} tokens, expected at most the "
            f"{file.tensors['token_embd.weight'].shape[0]:,} rows of token_embd.weight"
        )
    if file.text("tokenizer.ggml.model") == "gpt2":
        return tokens
    return [SPACE * len(token) if token and not token.strip(" ") else token for token in tokens]


def is_spaces(token: str) -> bool:
    """Whether a token is a run of SentencePiece's blanks, which merges make and texts do not hold."""
    return bool(token) and not token.strip(SPACE)


def takes_space(file: GgufFile, token: str) -> bool:
    """Whether an added token takes the white space behind it along: Phi's do, but for those that begin a text."""
    phi = file.text("general.architecture") == "phi3"
    return phi and token not in ("<unk>", "<s>", "<|endoftext|>")


def check(file: GgufFile, made: Tokenizer, tokens: list[str], types: list[int]) -> None:
    """Raises Unreadable unless each token has the number that it has in the file."""
    for number, (token, kind) in enumerate(zip(tokens, types, strict=True)):
        if kind != UNUSED and made.token_to_id(token) != number:
            raise Unreadable(f"{file.path}: found token {token!r} as {made.token_to_id(token)}, expected {number}")


def merges_of(file: GgufFile) -> list[tuple[str, str]]:
    """The merges, best first."""
    pairs = [tuple(merge.split(" ")) for merge in file.texts("tokenizer.ggml.merges")]
    if wrong := next((pair for pair in pairs if len(pair) != 2), None):
        raise Unreadable(f"{file.path}: found a merge of {len(wrong)} parts, expected two")
    return pairs


def byte_level(file: GgufFile, tokens: list[str], types: list[int]) -> Tokenizer:
    """BPE over bytes, as GPT-2's descendants have it."""
    pre = file.text("tokenizer.ggml.pre")
    if pre not in SPLITS:
        raise Unreadable(f"{file.path}: found tokenizer.ggml.pre {pre!r}, expected one of {', '.join(SPLITS)}")
    vocabulary = {t: n for n, (t, kind) in enumerate(zip(tokens, types, strict=True)) if kind != UNUSED}
    made = Tokenizer(models.BPE(vocabulary, merges_of(file), ignore_merges=pre in WHOLE_FIRST))
    split = SPLITS[pre]
    if split in COMPOSED:
        made.normalizer = normalizers.NFC()
    bytes_of = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=split in ("GPT2", "DIGITS"))
    if split == "GPT2":
        made.pre_tokenizer = bytes_of
    elif split == "DIGITS":
        made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), bytes_of])
    else:
        made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(split), "isolated"), bytes_of])
    made.decoder = decoders.ByteLevel()
    return made


def sentence_piece(file: GgufFile, tokens: list[str], types: list[int]) -> Tokenizer:
    """BPE with byte fallback over ▁, as SentencePiece's is converted; Gemma's texts begin without a blank."""
    vocabulary = {token: number for number, token in enumerate(tokens)}
    gemma = file.text("general.architecture").startswith("gemma")
    scores = -np.arange(len(tokens)) if gemma else file.numbers("tokenizer.ggml.scores", len(tokens))
    pairs = merges_of(file) if "tokenizer.ggml.merges" in file.metadata else sorted_pairs(tokens, types, scores)
    unknown = next((token for token, kind in zip(tokens, types, strict=True) if kind == UNKNOWN), None)
    made = Tokenizer(models.BPE(vocabulary, list(pairs), byte_fallback=True, fuse_unk=True, unk_token=unknown))
    replace = normalizers.Replace(" ", SPACE)
    parts = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    if gemma:
        made.normalizer = replace
        made.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    elif file.flag("tokenizer.ggml.add_space_prefix", True):
        made.normalizer = normalizers.Sequence([normalizers.Prepend(SPACE), replace])
        parts.append(decoders.Strip(" ", 1, 0))
    else:
        made.normalizer = replace
    made.decoder = decoders.Sequence(parts)
    return made


def sorted_pairs(tokens: list[str], types: list[int], scores: np.ndarray) -> list[tuple[str, str]]:
    """The merges that scores stand for: of every two tokens whose text is a third, the best third first."""
    number = {t: n for n, (t, kind) in enumerate(zip(tokens, types, strict=True)) if kind == NORMAL or is_spaces(t)}
    found = [(scores[n], pair) for token, n in number.items() for pair in splits(token, number)]
    found.sort(key=lambda one: (one[0], len(one[1][0]), len(one[1][1])), reverse=True)
    return [pair for _, pair in found]


def splits(token: str, number: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Two tokens each whose texts together are this one's, the lowest numbers first."""
    pairs = [(token[:at], token[at:]) for at in range(1, len(token))]
    known = [pair for pair in pairs if pair[0] in number and pair[1] in number]
    yield from sorted(known, key=lambda pair: (number[pair[0]], number[pair[1]]))


def unigram(file: GgufFile, tokens: list[str], types: list[int]) -> Tokenizer:
    """A Unigram model, as T5's."""
    scores = file.numbers("tokenizer.ggml.scores", len(tokens)).tolist()
    unknown = next((number for number, kind in enumerate(types) if kind == UNKNOWN), None)
    pairs = list(zip(tokens, scores, strict=True))
    made = Tokenizer(models.Unigram(pairs, unk_id=unknown, byte_fallback=BYTE in types))
    steps = []
    if "tokenizer.ggml.precompiled_charsmap" in file.metadata:
        steps.append(normalizers.Precompiled(bytes(file.metadata["tokenizer.ggml.precompiled_charsmap"])))
    if file.flag("tokenizer.ggml.remove_extra_whitespaces", False):
        steps += [normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), SPACE)]
    if steps:
        made.normalizer = normalizers.Sequence(steps)
    scheme = "always" if file.flag("tokenizer.ggml.add_space_prefix", True) else "never"
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
    made.decoder = decoders.Metaspace(prepend_scheme=scheme)
    return made
