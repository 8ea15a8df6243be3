"""The shape of a base model, in the terms of this lab; families.py reads it from a Hugging Face folder.

    Config("qwen2", vocabulary=6656, hidden=256, layers=5, heads=4, kv_heads=4, head_dim=64, ff=384)

No command line, no PyTorch. Letters as in decoder.py; r: dims of a head that turn with the position.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

GLOBAL = "global"  # names of kinds: the whole cache
LOCAL = "local"  # a sliding window
NONE = "none"  # no RoPE
EPSILON = 1e-6  # in the denominator of a memory read


def frequencies(theta: float, dims: int) -> tuple[float, ...]:
    """[dims/2] radians a token: RoPE as it was first written."""
    return tuple((theta ** -(np.arange(0, dims, 2, dtype=np.float64) / dims)).tolist())


@dataclass(frozen=True)
class Kind:
    """How layers of one kind attend."""

    frequencies: tuple[float, ...]  # [r/2] radians a token; dims from r on do not turn
    factor: float = 1.0  # of the turning dims of queries and of keys (YaRN, longrope)
    sliding: int = 0  # a token sees so many, itself included; 0: all
    memory: bool = True  # not where the window slides (such layers never look that far), nor before gates are trained


@dataclass(frozen=True)
class Config:
    """A decoder of the Llama kind and what its relatives add."""

    family: str
    vocabulary: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    ff: int
    theta: float = 10000.0  # of the one kind, where `kinds` are not given
    eps: float = 1e-6
    tied: bool = False
    qkv_bias: bool = False
    o_bias: bool = False
    mlp_bias: bool = False
    qk_norm: bool = False  # RMSNorm of each head's query and key, before RoPE
    post_norms: bool = False  # RMSNorm of what attention and MLP add to the residual stream
    activation: str = "silu"  # or gelu_tanh
    embedding_scale: float = 1.0
    score_scale: float = 0.0  # of q·k; 0: d^-½
    positions: int = 0  # distances beyond which the frequencies do not hold; 0: any
    gate_hidden: int = 0  # 0: as wide as 0.15 % of the base's parameters allow
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    pattern: tuple[str, ...] = ()  # the kind of each layer

    def __post_init__(self) -> None:
        if not self.kinds:
            object.__setattr__(self, "kinds", {GLOBAL: Kind(frequencies(self.theta, self.head_dim))})
        if not self.pattern:
            object.__setattr__(self, "pattern", (GLOBAL,) * self.layers)

    def to_hf(self) -> dict:
        """config.json of what is trained here: Qwen2 or Llama. Raises ValueError for another family."""
        if self.family not in ("qwen2", "llama"):
            raise ValueError(
                f"found family {self.family}, expected qwen2 or llama: another's config.json is to be copied"
            )
        llama = self.family == "llama"
        bias = {"attention_bias": self.o_bias, "mlp_bias": self.mlp_bias} if llama else {"use_sliding_window": False}
        return {
            "architectures": ["LlamaForCausalLM" if llama else "Qwen2ForCausalLM"], "model_type": self.family,
            "vocab_size": self.vocabulary, "hidden_size": self.hidden, "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads, "num_key_value_heads": self.kv_heads, "head_dim": self.head_dim,
            "intermediate_size": self.ff, "rope_theta": self.theta, "rms_norm_eps": self.eps, "hidden_act": "silu",
            "max_position_embeddings": 4096, "tie_word_embeddings": self.tied, "torch_dtype": "float32",
            "gate_hidden": self.gate_width(), **bias,
        }  # fmt: skip

    def parameters(self) -> int:
        """Base weights, gates left out."""
        a = self.heads * self.head_dim
        b = self.kv_heads * self.head_dim
        d = self.hidden
        f = self.ff
        attention = (d + self.qkv_bias) * (a + 2 * b) + (a + self.o_bias) * d
        mlp = 3 * d * f + self.mlp_bias * (2 * f + d)
        norms = (4 if self.post_norms else 2) * d + self.qk_norm * 2 * self.head_dim
        return self.layers * (attention + mlp + norms) + d + self.vocabulary * d * (1 if self.tied else 2)

    def remembers(self, layer: int) -> bool:
        """Whether a layer has a memory, and so a gate."""
        return self.kinds[self.pattern[layer]].memory

    def remembering(self, gate_hidden: int = 0) -> Config:
        """The same where every layer that sees all has a memory."""
        kinds = {name: replace(kind, memory=not kind.sliding) for name, kind in self.kinds.items()}
        return replace(self, kinds=kinds, gate_hidden=gate_hidden)

    def gate_width(self) -> int:
        """h, of each layer that remembers."""
        d = self.head_dim
        gates = max(1, sum(map(self.remembers, range(self.layers))))
        return self.gate_hidden or max(1, int((0.0015 * self.parameters() / gates - d) / (2 * d + 1)))

    def scale(self) -> float:
        """Of q·k."""
        return self.score_scale or self.head_dim**-0.5

    def inverse_frequencies(self, kind: str = GLOBAL) -> np.ndarray:
        """[r/2] float64, radians a token."""
        return np.array(self.kinds[kind].frequencies, np.float64)
