"""Hugging Face folders of the families that the lab knows: config.json → Config, weights → the names of decoder.py.

    config = read_config(folder)                      # refuses by name what it does not know; no command line
    for name, tensor in weights(folder, config): …    # float32, one at a time, canonical names

Llama, Qwen2, Qwen3, SmolLM3, Gemma 3 (text), Phi-3 and Phi-4-mini; SmolLM2 is a Llama. config.json is read, and scaled
RoPE computed, by transformers, so that its older spellings are understood as there.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from lab.reference.config import GLOBAL, LOCAL, NONE, Config, Kind, frequencies

FAMILIES = {
    "llama": "Llama (SmolLM2 too)", "qwen2": "Qwen2 and Qwen2.5", "qwen3": "Qwen3", "smollm3": "SmolLM3",
    "gemma3_text": "Gemma 3 (text)", "phi3": "Phi-3 and Phi-4-mini",
}  # fmt: skip
ACTIVATIONS = {"silu": "silu", "swish": "silu", "gelu_pytorch_tanh": "gelu_tanh"}
SCALINGS = ("default", "linear", "llama3", "yarn", "longrope")
OWN = {  # keys that only these families compute by; elsewhere transformers passes over them
    "layer_types": ("qwen2", "qwen3", "smollm3", "gemma3_text"), "no_rope_layers": ("smollm3",),
    "partial_rotary_factor": ("phi3",),
}  # fmt: skip
DTYPES = ("F64", "F32", "F16", "BF16")


class Unsupported(ValueError):
    """The checkpoint has what this lab does not compute; the sentence names it."""


def read_config(folder: Path | str) -> Config:
    """Of a folder with a config.json."""
    from transformers import AutoConfig

    path = Path(folder) / "config.json"
    raw = json.loads(path.read_text())
    family = raw.get("model_type")
    if family not in FAMILIES:
        known = ", ".join(f"{name} ({people})" for name, people in FAMILIES.items())
        hint = "; export the text model alone" if "text_config" in raw else ""
        raise Unsupported(f"{path}: found model_type {family!r}, expected one of {known}{hint}")
    for key, families in OWN.items():
        if family not in families and raw.get(key):
            raise Unsupported(f"{path}: found {key} in a {family}, expected it in {', '.join(families)} alone")
    try:
        c = AutoConfig.from_pretrained(folder)
    except (ValueError, KeyError, TypeError, StrictDataclassError) as e:
        raise Unsupported(
            f"{path}: transformers does not read it: {' '.join(str(e).split()) or type(e).__name__}"
        ) from e
    if c.hidden_size % c.num_attention_heads and not getattr(c, "head_dim", None):
        raise Unsupported(
            f"{path}: found hidden_size {c.hidden_size}, expected a multiple of {c.num_attention_heads} heads"
        )
    d = getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads
    act = getattr(c, "hidden_activation", None) or c.hidden_act
    check(path, c, act)
    gemma = family == "gemma3_text"
    bias = bool(getattr(c, "attention_bias", False))
    kinds, pattern, positions = attention(path, c, d)
    tied = bool(c.tie_word_embeddings) and not own_head(Path(folder))
    return Config(
        family=family, vocabulary=c.vocab_size, hidden=c.hidden_size, layers=c.num_hidden_layers,
        heads=c.num_attention_heads, kv_heads=c.num_key_value_heads or c.num_attention_heads, head_dim=d,
        ff=c.intermediate_size, theta=theta(c), eps=c.rms_norm_eps, tied=tied,
        qkv_bias=family == "qwen2" or bias, o_bias=family != "qwen2" and bias, mlp_bias=bool(getattr(c, "mlp_bias", 0)),
        qk_norm=family in ("qwen3", "gemma3_text"), post_norms=gemma, activation=ACTIVATIONS[act],
        embedding_scale=math.sqrt(c.hidden_size) if gemma else 1.0,
        score_scale=c.query_pre_attn_scalar**-0.5 if gemma else 0.0, positions=positions,
        gate_hidden=raw.get("gate_hidden", 0), kinds=kinds, pattern=pattern,
    )  # fmt: skip


def check(path: Path, c, activation: str) -> None:
    """Refuses what changes the computation and is not written here."""
    if activation not in ACTIVATIONS:
        raise Unsupported(f"{path}: found activation {activation!r}, expected one of {', '.join(ACTIVATIONS)}")
    for key in ("final_logit_softcapping", "attn_logit_softcapping", "use_bidirectional_attention"):
        if getattr(c, key, None):
            raise Unsupported(f"{path}: found {key} {getattr(c, key)!r}, expected none")
    if getattr(c, "quantization_config", None) or getattr(c, "compression_config", None):
        raise Unsupported(f"{path}: found quantised weights, expected bf16, fp16 or fp32")


def attention(path: Path, c, d: int) -> tuple[dict[str, Kind], tuple[str, ...], int]:
    """→ the kinds, the kind of each layer, and how far the model was trained to look."""
    types = list(getattr(c, "layer_types", None) or ["full_attention"] * c.num_hidden_layers)
    sliding = getattr(c, "sliding_window", None) or 0
    if sliding >= c.max_position_embeddings:  # as far as the model reaches
        sliding = 0
        if c.model_type != "gemma3_text":  # there the two turn by different frequencies
            types = ["full_attention"] * c.num_hidden_layers
    if c.model_type == "phi3" and sliding:  # all of its layers, without saying so
        types = ["sliding_attention"] * c.num_hidden_layers
    ropes = getattr(c, "no_rope_layers", None) or [1] * c.num_hidden_layers  # 0: without RoPE
    if strange := sorted({*types} - {"full_attention", "sliding_attention"}):
        raise Unsupported(f"{path}: found layer_types {', '.join(strange)}, expected full or sliding attention")
    kinds = {}
    pattern = []
    positions = 0
    for kind_of, turns in zip(types, ropes, strict=False):
        name = {"full_attention": GLOBAL if turns else NONE, "sliding_attention": LOCAL}[kind_of]
        if name == LOCAL and not turns:
            raise Unsupported(f"{path}: found a sliding layer without RoPE, expected RoPE there")
        pattern.append(name)
        if name not in kinds:
            turning, factor, holds = rope(path, c, kind_of, d) if turns else ((), 1.0, 0)
            kinds[name] = Kind(turning, factor, sliding if name == LOCAL else 0, memory=name != LOCAL or not sliding)
            positions = min(filter(None, (positions, holds)), default=0)
    return kinds, tuple(pattern), min(filter(None, (positions, c.max_position_embeddings)))


def rope(path: Path, c, layer_type: str, d: int) -> tuple[tuple[float, ...], float, int]:
    """→ frequencies [r/2], factor of the turning dims, distance up to which they hold."""
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    many = layer_type in c.rope_parameters
    parameters = c.rope_parameters[layer_type] if many else c.rope_parameters
    kind = parameters.get("rope_type", "default")
    if kind not in SCALINGS:
        raise Unsupported(f"{path}: found rope type {kind!r}, expected one of {', '.join(SCALINGS)}")
    dims = int(d * parameters.get("partial_rotary_factor", 1.0)) if c.model_type in OWN["partial_rotary_factor"] else d
    if kind == "default":
        return frequencies(parameters["rope_theta"], dims), 1.0, 0
    turning, factor = ROPE_INIT_FUNCTIONS[kind](c, "cpu", **({"layer_type": layer_type} if many else {}))
    holds = parameters["original_max_position_embeddings"] if kind == "longrope" else 0  # beyond: other frequencies
    return tuple(turning.double().tolist()), float(factor), holds


def theta(c) -> float:
    """The base of the rotation's frequencies."""
    parameters = c.rope_parameters
    return float(parameters.get("rope_theta") or parameters["full_attention"]["rope_theta"])


def shards(folder: Path) -> list[Path]:
    """model*.safetensors, one or many, all there."""
    index = folder / "model.safetensors.index.json"
    names = {"model.safetensors"} if not index.exists() else set(json.loads(index.read_text())["weight_map"].values())
    for name in sorted(names):
        if not (folder / name).exists():
            raise FileNotFoundError(f"no {name} in {folder}")
    return [folder / name for name in sorted(names)]


def opened(file: Path) -> safe_open:
    """A safetensors file; raises Unsupported where it is none."""
    try:
        return safe_open(file, "pt")
    except SafetensorError as e:
        raise Unsupported(f"{file}: found no safetensors: {e}") from e


def own_head(folder: Path) -> bool:
    """Whether lm_head.weight is another tensor than the embedding: then transformers does not tie the two."""
    found = {}
    for file in shards(folder) if any(folder.glob("model*.safetensors")) else ():
        with opened(file) as shard:
            for name in {"lm_head.weight", "model.embed_tokens.weight"} & {*shard.keys()}:
                found[name] = shard.get_tensor(name)
    if "model.embed_tokens.weight" not in found and found:
        raise Unsupported(f"{folder}: found lm_head.weight and no model.embed_tokens.weight, expected the embedding")
    return len(found) == 2 and not torch.equal(*found.values())


def weights(folder: Path | str, config: Config) -> Iterator[tuple[str, Tensor]]:
    """(canonical name, float32) of every tensor of model*.safetensors, one or many shards; gates are not among them."""
    for file in shards(Path(folder)):
        with opened(file) as shard:
            for name in shard.keys():  # noqa: SIM118
                if name == "lm_head.weight" and config.tied:
                    continue
                if (dtype := shard.get_slice(name).get_dtype()) not in DTYPES:
                    raise Unsupported(f"{file}: found {name} in {dtype}, expected one of {', '.join(DTYPES)}")
                tensor = shard.get_tensor(name).float()
                if not tensor.isfinite().all():
                    raise Unsupported(f"{file}: found numbers in {name} that are not finite")
                yield from canonical(name, tensor, config)


def canonical(name: str, tensor: Tensor, c: Config) -> Iterator[tuple[str, Tensor]]:
    """What a family keeps fused, shifted or under another name, as decoder.py has it."""
    if name.endswith(("rotary_emb.inv_freq", "attn.masked_bias")):
        return
    if c.family == "gemma3_text" and name.endswith("norm.weight"):
        tensor = tensor + 1  # kept as the difference from one
        for theirs, ours in GEMMA_NORMS.items():
            if f".{theirs}." in name:
                yield name.replace(theirs, ours), tensor
                return
    q = c.heads * c.head_dim
    kv = c.kv_heads * c.head_dim
    for fused, parts in (("qkv_proj", {"q_proj": q, "k_proj": kv, "v_proj": kv}),
                         ("gate_up_proj", {"gate_proj": c.ff, "up_proj": c.ff})):  # fmt: skip
        if f".{fused}." in name:
            if len(tensor) != sum(parts.values()):
                raise Unsupported(f"found {name} of {len(tensor)} rows, expected {sum(parts.values())}")
            pieces = tensor.split(list(parts.values()))
            yield from ((name.replace(fused, part), piece) for part, piece in zip(parts, pieces, strict=True))
            return
    yield name, tensor


GEMMA_NORMS = {
    "post_attention_layernorm": "attention_out_norm",
    "pre_feedforward_layernorm": "post_attention_layernorm",
    "post_feedforward_layernorm": "mlp_out_norm",
}
