"""model.json of a checkpoint, key by key as models/README.md has it; without self_test and files, which come last.

about = make_manifest(weights, tokenizer, preset, "mine", ["int8"])
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from lab.export import embedding, onnx_graph
from lab.export.preset import Refused
from lab.export.rounding import BYTES
from lab.reference.config import Config, Kind

MAX_ERROR = {"fp32": 1e-3, "int8": 0.3, "int4": 1.0}  # most of max abs logits error ÷ max abs logit
MAX_ERROR_F16_CACHE = 5e-2  # that of fp32 where keys and values are kept in f16
INLINE_BYTES = 64 << 20  # of weights: more stand in a file beside the graph
F32_CACHE_BYTES = 64 << 20  # of keys and values in f32: more are kept in f16
PROMPT_KEYS = ("start", "title", "heading", "sentence", "ask", "summarize")


@dataclass(frozen=True)
class Weights:
    """What model.json says of the weights."""

    config: Config  # as the graph computes
    parameters: int  # of the base, before anything was folded into the weights
    gate_parameters: int
    embedding: str  # the dtype of its rows, as embedding.py has it; of embedding.SHARED: they are lm_head's


def token_id(tokenizer: Tokenizer, text: str) -> int:
    """The number of a token; raises Refused where there is none of that text."""
    number = tokenizer.token_to_id(text)
    if number is None:
        raise Refused(f"the tokenizer has no token {text}")
    return number


def citation(tokenizer: Tokenizer, marks: dict | None) -> dict | None:
    """{"markers": ["<s{n}>", 47], "headings": ["<h{n}>", 12], "none": "<s0>"} → ids; also "words": "<say>"."""
    if marks is None:
        return None
    numbered = {
        key: [token_id(tokenizer, marks[key][0].replace("{n}", str(n + 1))) for n in range(marks[key][1])]
        for key in ("markers", "headings")
    }
    words = {"words": token_id(tokenizer, marks["words"])} if marks.get("words") else {}
    return numbered | {"none": token_id(tokenizer, marks["none"])} | words


def kind_entry(kind: Kind) -> dict:
    """An entry of `kinds`: how layers of a kind turn, how far they see, whether they have a memory."""
    sliding = {"sliding": kind.sliding} if kind.sliding else {}
    memory = {} if kind.memory else {"memory": False}
    return {"inverse_frequencies": list(kind.frequencies)} | sliding | memory


def cache_dtype(config: Config, scenarios: dict) -> str:
    """Of keys and values: f16 where those of the largest scenario take more than F32_CACHE_BYTES in f32."""
    slots = max(s["pinned"] + s["window"] for s in scenarios.values())
    numbers = 2 * config.layers * config.kv_heads * slots * config.head_dim
    return "f16" if 4 * numbers > F32_CACHE_BYTES else "f32"


def stands_beside(config: Config, precision: str) -> bool:
    """Whether the weights are so large that they stand in a file beside the graph."""
    return config.parameters() * BYTES[precision] > INLINE_BYTES


def artefact(precision: str, max_error: float, weights: Weights, cache: str) -> dict:
    """An entry of `artefacts` for the CPU; cache: the dtype of keys and values."""
    beside = stands_beside(weights.config, precision) or weights.embedding in embedding.SHARED
    return {
        "file": f"cpu-{precision}.onnx",
        **({"weights": f"cpu-{precision}.weights"} if beside else {}),
        "accelerator": "Cpu",
        "precision": precision,
        "max_error": max_error,
        **({"cache": cache} if cache != "f32" else {}),
    }


def make_manifest(weights: Weights, tokenizer: Tokenizer, preset: dict, name: str, precisions: Sequence[str]) -> dict:
    """model.json without self_test and files; raises Refused for a cache dtype or a token that does not exist."""
    config = weights.config
    cache = preset.get("cache") or cache_dtype(config, preset["scenarios"])
    if cache not in onnx_graph.CACHES:
        raise Refused(f"found a cache in {cache}, expected one in {' or '.join(onnx_graph.CACHES)}")
    bounds = MAX_ERROR | ({"fp32": MAX_ERROR_F16_CACHE} if cache == "f16" else {}) | preset.get("max_error", {})
    dtype = weights.embedding
    file = f"cpu-{precisions[0]}.weights" if dtype in embedding.SHARED else f"embedding.{dtype}"
    prompt = {key: preset["prompt"].get(key) for key in PROMPT_KEYS}
    prompt |= {key: preset["prompt"][key] for key in ("before", "chat") if key in preset["prompt"]}
    return {
        "format": 1,
        "name": name,
        **{key: preset[key] for key in ("version", "description", "licence")},
        "base": {
            "family": config.family,
            "layers": config.layers,
            "hidden": config.hidden,
            "heads": config.heads,
            "kv_heads": config.kv_heads,
            "head_dim": config.head_dim,
            "vocabulary": config.vocabulary,
            "parameters": weights.parameters,
            "gate_parameters": weights.gate_parameters,
            "feed_forward": config.ff,
        },
        "kinds": {name: kind_entry(kind) for name, kind in config.kinds.items()},
        "layers": list(config.pattern),
        "embedding": {"file": file, "dtype": dtype, "scale": config.embedding_scale},
        "tokenizer": {"file": "tokenizer.json", "end": [token_id(tokenizer, text) for text in preset["end"]]},
        "prompt": prompt,
        "citation": citation(tokenizer, preset["citation"]),
        "artefacts": [artefact(p, bounds[p], weights, cache) for p in precisions],
        **{key: preset[key] for key in ("scenarios", "default_scenario", "readings", "scoring", "limits")},
        **({"decoding": preset["decoding"]} if "decoding" in preset else {}),
    }
