"""The tensors of a GGUF under the names of decoder.py: in float32, or as the graph keeps them.

    weights = Weights(file, config)             # a mapping: name → float32, unpacked when it is asked for
    linears = Linears(weights, 8, kept.KEPT)    # a mapping: name without .weight → BlockScaled

No command line. Nothing is held but the file's pages.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from lab.export.block_scaled import BlockScaled, to_nearest
from lab.export.gguf import kept
from lab.export.gguf.architecture import PERMUTED
from lab.export.gguf.gguf_file import GgufFile, Tensor, Unreadable
from lab.reference.config import Config

NORMS = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
         "post_attention_norm": "attention_out_norm", "post_ffw_norm": "mlp_out_norm",
         "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm"}  # fmt: skip
PROJECTIONS = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
               "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
               "ffn_down": "mlp.down_proj"}  # fmt: skip
WHOLE = slice(None)
ELSEWHERE = {"rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"}  # architecture.py reads them


@dataclass(frozen=True)
class Source:
    """Where a weight stands."""

    tensor: str
    rows: slice | np.ndarray  # of the tensor, in their order


class Weights(Mapping[str, np.ndarray]):
    """All weights of the decoder but gates; raises Unreadable for a tensor too few, too many or of another shape."""

    def __init__(self, file: GgufFile, config: Config):
        self.file = file
        self.config = config
        self.sources = sources(file, config)
        self.changed: frozenset[str] = frozenset()  # names of weights that are not the file's own

    def __getitem__(self, name: str) -> np.ndarray:
        source = self.sources[name]
        return kept.dequantized(self.file.tensors[source.tensor])[source.rows]

    def __iter__(self) -> Iterator[str]:
        return iter(self.sources)

    def __len__(self) -> int:
        return len(self.sources)

    def tensor(self, name: str) -> Tensor:
        """The tensor in which a weight stands."""
        return self.file.tensors[self.sources[name].tensor]


class Linears(Mapping[str, BlockScaled]):
    """The matrices that a graph multiplies by: those of some types as they are, the rest rounded to so many bits."""

    def __init__(self, weights: Weights, bits: int, as_they_are: Collection[str] = tuple(kept.KEPT)):
        """as_they_are: types, of kept.KEPT."""
        self.weights = weights
        self.bits = bits
        self.as_they_are = as_they_are
        head = "model.embed_tokens.weight" if weights.config.tied else "lm_head.weight"
        names = [n for n in weights if n.endswith("_proj.weight")]
        self.names = {n.removesuffix(".weight"): n for n in names} | {"lm_head": head}

    def __getitem__(self, name: str) -> BlockScaled:
        weight = self.names[name]
        if self.stays(name):
            return kept.kept(self.weights.tensor(weight)).rows(self.weights.sources[weight].rows)
        return to_nearest(self.weights[weight], self.bits_of(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def stays(self, name: str) -> bool:
        """Whether a matrix is kept as it is in the file."""
        weight = self.names[name]
        return self.weights.tensor(weight).type in self.as_they_are and weight not in self.weights.changed

    def bits_of(self, name: str) -> int:
        """Of a matrix in the graph; lm_head, and what is not the file's own, is never rounded to fewer than eight."""
        weight = self.names[name]
        if self.stays(name):
            return kept.KEPT[self.weights.tensor(weight).type]
        return 8 if name == "lm_head" or weight in self.weights.changed else self.bits

    def form_of(self, name: str) -> tuple[int, bool]:
        """BlockScaled.form of a matrix in the graph."""
        kind = self.weights.tensor(self.names[name]).type
        return self.bits_of(name), self.stays(name) and kind in kept.WITH_MINIMA

    def report(self) -> list[dict]:
        """A row a matrix: `matrix`, its `type` in the file, `bits`, `rounding` (kept or nearest), `weight_error`."""
        rows = []
        for name, weight in self.names.items():
            tensor = self.weights.tensor(weight)
            kind = f"{tensor.type} adapted" if weight in self.weights.changed else tensor.type
            row = {"matrix": name, "type": kind, "bits": self.bits_of(name), "rounding": "kept"}
            error = 0.0
            if not self.stays(name):
                row["rounding"] = "nearest"
                error = self[name].error(self.weights[weight])
            rows.append(row | {"weight_error": float(f"{error:.3g}")})
        return rows


def sources(file: GgufFile, c: Config) -> dict[str, Source]:
    """Where each weight stands, by its name."""
    found: dict[str, Source] = {}
    used = {name for name in ELSEWHERE if name in file.tensors}
    for name, shape in expected(file, c).items():
        check(file, name, shape)
        used.add(name)
    if extra := sorted(file.tensors.keys() - used):
        raise Unreadable(f"{file.path}: found tensors {', '.join(extra[:4])}, expected none beside a {c.family}'s")
    found["model.embed_tokens.weight"] = Source("token_embd.weight", WHOLE)
    found["model.norm.weight"] = Source("output_norm.weight", WHOLE)
    if not c.tied:
        found["lm_head.weight"] = Source("output.weight", WHOLE)
    pairs = PERMUTED if file.text("general.architecture") in PERMUTED else ()
    orders = {"attn_q": halves(c.heads, c.head_dim), "attn_k": halves(c.kv_heads, c.head_dim)} if pairs else {}
    for layer in range(c.layers):
        theirs = f"blk.{layer}."
        ours = f"model.layers.{layer}."
        for name, norm in NORMS.items():
            if f"{theirs}{name}.weight" in file.tensors:
                found[f"{ours}{norm}.weight"] = Source(f"{theirs}{name}.weight", WHOLE)
        for name, (tensor, rows) in projections(c).items():
            for part in ("weight", "bias"):
                if f"{theirs}{tensor}.{part}" in file.tensors:
                    rows = orders.get(name, rows)
                    found[f"{ours}{PROJECTIONS[name]}.{part}"] = Source(f"{theirs}{tensor}.{part}", rows)
    return found


def check(file: GgufFile, name: str, shape: tuple[int, ...]) -> None:
    """Raises Unreadable unless the tensor is there in that shape."""
    if name not in file.tensors:
        raise Unreadable(f"{file.path}: found no tensor {name}, expected one of {list(shape)}")
    if file.tensors[name].shape != shape:
        raise Unreadable(f"{file.path}: found {name} {list(file.tensors[name].shape)}, expected {list(shape)}")


def expected(file: GgufFile, c: Config) -> dict[str, tuple[int, ...]]:
    """The tensors of such a model, by name, and their shapes."""
    shapes = {"token_embd.weight": (c.vocabulary, c.hidden), "output_norm.weight": (c.hidden,)}
    if not c.tied:
        shapes["output.weight"] = (c.vocabulary, c.hidden)
    norms = {"attn_norm": c.hidden, "ffn_norm": c.hidden}
    if c.post_norms:
        norms |= {"post_attention_norm": c.hidden, "post_ffw_norm": c.hidden}
    if c.qk_norm:
        norms |= {"attn_q_norm": c.head_dim, "attn_k_norm": c.head_dim}
    q = c.heads * c.head_dim
    widths = {"attn_output": (c.hidden, q), "ffn_down": (c.hidden, c.ff)}
    biased = {"attn_output": c.o_bias, "ffn_down": c.mlp_bias}
    for name, rows in outputs(c).items():
        tensor, _ = projections(c)[name]
        widths[tensor] = (widths.get(tensor, (0, 0))[0] + rows, c.hidden)
        biased[tensor] = c.qkv_bias if name.startswith("attn") else c.mlp_bias
    for layer in range(c.layers):
        shapes |= {f"blk.{layer}.{name}.weight": (width,) for name, width in norms.items()}
        for name, shape in widths.items():
            shapes[f"blk.{layer}.{name}.weight"] = shape
            if biased[name]:
                shapes[f"blk.{layer}.{name}.bias"] = shape[:1]
    return shapes


def outputs(c: Config) -> dict[str, int]:
    """Rows of the projections that read the residual stream."""
    q = c.heads * c.head_dim
    kv = c.kv_heads * c.head_dim
    return {"attn_q": q, "attn_k": kv, "attn_v": kv, "ffn_gate": c.ff, "ffn_up": c.ff}


def projections(c: Config) -> dict[str, tuple[str, slice]]:
    """Projection → the tensor in which it stands and which rows; Phi-3's are fused."""
    whole = {name: (name, WHOLE) for name in PROJECTIONS}
    if c.family != "phi3":
        return whole
    rows = outputs(c)
    q = rows["attn_q"]
    kv = rows["attn_k"]
    return whole | {
        "attn_q": ("attn_qkv", slice(0, q)),
        "attn_k": ("attn_qkv", slice(q, q + kv)),
        "attn_v": ("attn_qkv", slice(q + kv, q + 2 * kv)),
        "ffn_gate": ("ffn_up", slice(0, c.ff)),
        "ffn_up": ("ffn_up", slice(c.ff, 2 * c.ff)),
    }


def halves(heads: int, d: int) -> np.ndarray:
    """Where rows that turn in halves stand among rows that turn pair by pair, [heads·d]."""
    return np.arange(heads * d).reshape(heads, d // 2, 2).swapaxes(1, 2).reshape(-1)
