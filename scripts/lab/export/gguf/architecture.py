"""What a GGUF's metadata says of the model's shape → Config, as reference/families.py has it of a config.json.

    config = read_config(file)          # raises Unreadable for what is not computed here; no command line

Two things differ from a Hugging Face folder and are undone in weights.py: rows of q and k of some architectures stand
in the order in which llama.cpp turns neighbours (PERMUTED), and Gemma's norms are whole, not the difference from one.
"""

import math
from collections.abc import Iterator

import numpy as np

from lab.export.gguf.gguf_file import GgufFile, Unreadable
from lab.reference.config import GLOBAL, LOCAL, NONE, Config, Kind, frequencies

FAMILIES = {  # architecture → family
    "llama": "llama", "qwen2": "qwen2", "qwen3": "qwen3", "gemma3": "gemma3_text", "phi3": "phi3", "smollm3": "smollm3",
}  # fmt: skip
PERMUTED = ("llama", "smollm3")  # whose rows of q and k stand pair by pair
KNOWN = {  # keys of an architecture that are read here, or do not change what is computed
    "context_length", "embedding_length", "block_count", "feed_forward_length", "vocab_size", "tensor_data_layout",
    "attention.head_count", "attention.head_count_kv", "attention.key_length", "attention.value_length",
    "attention.layer_norm_rms_epsilon", "attention.sliding_window", "attention.sliding_window_pattern",
    "rope.dimension_count", "rope.freq_base", "rope.freq_base_swa", "rope.scale_linear", "rope.scaling.type",
    "rope.scaling.factor", "rope.scaling.attn_factor", "rope.scaling.original_context_length",
    "rope.scaling.finetuned", "rope.scaling.yarn_beta_fast", "rope.scaling.yarn_beta_slow",
}  # fmt: skip
SCALINGS = ("none", "linear", "yarn", "longrope")
GEMMA_PERIOD = 6  # every sixth layer of Gemma 3 sees all
GEMMA_LARGEST = 62  # layers of the one Gemma 3 that scales by hidden ÷ heads
SMOLLM3_PERIOD = 4  # every fourth layer of SmolLM3 does not turn


def read_config(file: GgufFile) -> Config:
    """The shape of the file's model."""
    name = file.text("general.architecture")
    if name not in FAMILIES:
        raise Unreadable(f"{file.path}: found architecture {name!r}, expected one of {', '.join(FAMILIES)}")
    if (parts := file.whole("split.count", 1)) > 1:
        raise Unreadable(f"{file.path}: found one of {parts} parts, expected one file (llama-gguf-split --merge)")
    check_keys(file, name)
    hidden = file.whole(f"{name}.embedding_length")
    layers = file.whole(f"{name}.block_count")
    heads = file.whole(f"{name}.attention.head_count")
    kv_heads = file.whole(f"{name}.attention.head_count_kv", heads)
    if not (hidden and layers and heads and kv_heads) or heads % kv_heads or layers > len(file.tensors):
        raise Unreadable(
            f"{file.path}: found {layers} layers of {hidden}, {heads} heads and {kv_heads} of keys and values, "
            f"expected heads in equal groups, and layers among {len(file.tensors)} tensors"
        )
    head_dim = file.whole(f"{name}.attention.key_length", hidden // heads)
    if head_dim < 2 or file.whole(f"{name}.attention.value_length", head_dim) != head_dim or head_dim % 2:
        raise Unreadable(f"{file.path}: found heads of {head_dim}, expected an even width, of keys and values alike")
    if "token_embd.weight" not in file.tensors or len(file.tensors["token_embd.weight"].shape) != 2:
        raise Unreadable(f"{file.path}: found no token_embd.weight of two dimensions, expected the embedding")
    gemma = name == "gemma3"
    kinds, pattern, positions = attention(file, name, layers, head_dim)
    return Config(
        family=FAMILIES[name], vocabulary=file.tensors["token_embd.weight"].shape[0], hidden=hidden, layers=layers,
        heads=heads, kv_heads=kv_heads, head_dim=head_dim, ff=file.whole(f"{name}.feed_forward_length"),
        theta=theta(file, name), eps=file.real(f"{name}.attention.layer_norm_rms_epsilon"),
        tied="output.weight" not in file.tensors, qkv_bias=has(file, "attn_q.bias", "attn_qkv.bias"),
        o_bias=has(file, "attn_output.bias"), mlp_bias=has(file, "ffn_down.bias"),
        qk_norm=has(file, "attn_q_norm.weight"), post_norms=gemma, activation="gelu_tanh" if gemma else "silu",
        embedding_scale=math.sqrt(hidden) if gemma else 1.0,
        score_scale=(hidden / heads) ** -0.5 if gemma and layers == GEMMA_LARGEST else 0.0,
        positions=positions, kinds=kinds, pattern=pattern,
    )  # fmt: skip


def has(file: GgufFile, *names: str) -> bool:
    """Whether the first layer has one of these."""
    return any(f"blk.0.{name}" in file.tensors for name in names)


def check_keys(file: GgufFile, name: str) -> None:
    """Raises Unreadable for an entry that may change what is computed."""
    for key in file.metadata:
        if key.startswith(f"{name}.") and key.removeprefix(f"{name}.") not in KNOWN:
            raise Unreadable(f"{file.path}: found {key}, expected no entry of {name} that is not computed here")


def theta(file: GgufFile, name: str) -> float:
    """The base of the rotation's frequencies."""
    return file.real(f"{name}.rope.freq_base", 10000.0)


def attention(file: GgufFile, name: str, layers: int, d: int) -> tuple[dict[str, Kind], tuple[str, ...], int]:
    """→ the kinds, the kind of each layer, and how far the model was trained to look."""
    positions = file.whole(f"{name}.context_length")
    sliding = file.whole(f"{name}.attention.sliding_window", 0)
    sliding = 0 if sliding >= positions else sliding
    pattern = tuple(kinds_of_layers(file, name, layers, sliding))
    turning, factor, holds = rope(file, name, d)
    kinds = {}
    for kind in dict.fromkeys(pattern):
        if kind == NONE:
            kinds[kind] = Kind((), memory=False)
        elif kind == LOCAL and name == "gemma3":
            local = file.real(f"{name}.rope.freq_base_swa", 10000.0)
            kinds[kind] = Kind(frequencies(local, d), sliding=sliding, memory=False)
        else:
            kinds[kind] = Kind(turning, factor, sliding if kind == LOCAL else 0, memory=False)
    return kinds, pattern, min(filter(None, (positions, holds)), default=0)


def kinds_of_layers(file: GgufFile, name: str, layers: int, sliding: int) -> Iterator[str]:
    """The kind of each layer."""
    period = GEMMA_PERIOD
    if name == "gemma3":
        key = f"{name}.attention.sliding_window_pattern"
        if isinstance(file.metadata.get(key), np.ndarray):
            yield from (LOCAL if local else GLOBAL for local in file.numbers(key, layers))
            return
        period = max(1, file.whole(key, GEMMA_PERIOD))
    for layer in range(1, layers + 1):
        if name == "gemma3":
            yield LOCAL if layer % period else GLOBAL
        elif name == "smollm3":
            yield GLOBAL if layer % SMOLLM3_PERIOD else NONE
        else:
            yield LOCAL if name == "phi3" and sliding else GLOBAL


def rope(file: GgufFile, name: str, d: int) -> tuple[tuple[float, ...], float, int]:
    """→ frequencies [r/2], factor of the turning dims, distance up to which they hold (0: any)."""
    dims = file.whole(f"{name}.rope.dimension_count", d)
    if not 0 < dims <= d or dims % 2 or (name != "phi3" and dims != d):
        raise Unreadable(f"{file.path}: found {dims} turning dims of {d}, expected all of them (of phi3 an even part)")
    plain = np.array(frequencies(theta(file, name), dims))
    scaling = file.text(f"{name}.rope.scaling.type", "none")
    factor = file.real(f"{name}.rope.scaling.factor", file.real(f"{name}.rope.scale_linear", 1.0))
    if f"{name}.rope.scaling.type" not in file.metadata and factor != 1:
        scaling = "linear"
    if scaling not in SCALINGS:
        raise Unreadable(f"{file.path}: found rope scaling {scaling!r}, expected one of {', '.join(SCALINGS)}")
    if "rope_factors_short.weight" in file.tensors:
        return longrope(file, name, plain)
    if "rope_freqs.weight" in file.tensors:
        plain = plain / factors(file, "rope_freqs.weight", len(plain))
    if scaling == "linear":
        plain = plain / factor
    if scaling == "yarn" and factor != 1:
        return yarn(file, name, plain, factor)
    return tuple(plain.tolist()), 1.0, 0


def factors(file: GgufFile, tensor: str, count: int) -> np.ndarray:
    """What each frequency is divided by, [r/2] float64."""
    found = file.tensors[tensor]
    if found.shape != (count,) or found.type != "F32":
        raise Unreadable(f"{file.path}: found {tensor} {list(found.shape)} in {found.type}, expected [{count}] in F32")
    values = found.data.view("<f4").astype(np.float64)
    if not (np.isfinite(values) & (values > 0)).all():
        raise Unreadable(f"{file.path}: found numbers in {tensor} that are not finite and positive")
    return values


def longrope(file: GgufFile, name: str, plain: np.ndarray) -> tuple[tuple[float, ...], float, int]:
    """Of Phi: the frequencies of texts as long as it was first trained for; beyond these are others."""
    original = file.whole(f"{name}.rope.scaling.original_context_length")
    longer = max(1.0, file.whole(f"{name}.context_length") / max(1, original))
    scale = math.sqrt(1 + math.log(longer) / math.log(max(2, original)))
    scale = file.real(f"{name}.rope.scaling.attn_factor", scale)
    return tuple((plain / factors(file, "rope_factors_short.weight", len(plain))).tolist()), scale, original


def yarn(file: GgufFile, name: str, plain: np.ndarray, factor: float) -> tuple[tuple[float, ...], float, int]:
    """YaRN (arXiv 2309.00071): slow frequencies are divided by the factor, fast ones are not, a ramp between them."""
    original = file.whole(f"{name}.rope.scaling.original_context_length")
    dims = 2 * len(plain)
    base = math.log(theta(file, name))

    def dim_of(turns: float) -> float:
        """The dim that turns so often within the original length."""
        return dims * math.log(max(1, original) / (turns * 2 * math.pi)) / (2 * base)

    low = max(0, math.floor(dim_of(file.real(f"{name}.rope.scaling.yarn_beta_fast", 32.0))))
    high = min(dims - 1, math.ceil(dim_of(file.real(f"{name}.rope.scaling.yarn_beta_slow", 1.0))))
    ramp = np.clip((np.arange(len(plain)) - low) / max(high - low, 0.001), 0, 1)
    turning = plain / factor * ramp + plain * (1 - ramp)
    scale = file.real(f"{name}.rope.scaling.attn_factor", 1.0) * (0.1 * math.log(factor) + 1)
    return tuple(turning.tolist()), scale, 0
