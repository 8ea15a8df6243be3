"""The reference decoder in plain PyTorch: the base model of each family, its memory read and the gates; no state.

    decoder = Decoder(config)                       # fresh weights; checkpoint.load reads a folder
    hidden = decoder(ids)                           # the plain base, [B,T] → [B,T,D]
    logits = decoder.logits(hidden)                 # [B,T,V]

Shapes: B batch (equal lengths), n rows of a run, T rows of a plain forward, D hidden, H heads, J kv heads, G = H/J,
d head width, V vocabulary, h gate width. models/README.md is the contract that this implements.
"""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lab.reference.config import EPSILON, Config


def sigma(x: Tensor) -> Tensor:
    """ELU(x) + 1 without the cancellation: right down to exp(-80)."""
    return F.relu(x) + torch.exp(-F.relu(-x))


def rope(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x [..., n, d], its first r dims rotated by halves; cos, sin [..., n, r/2]."""
    half = cos.shape[-1]
    a, b, rest = x.split([half, half, x.shape[-1] - 2 * half], -1)
    cos = cos.to(x.dtype)
    sin = sin.to(x.dtype)
    turned = torch.cat([a * cos - b * sin, b * cos + a * sin], -1)
    return torch.cat([turned, rest.expand(*turned.shape[:-1], -1)], -1) if rest.shape[-1] else turned


class RMSNorm(nn.Module):
    """Root mean square norm over the last dim."""

    def __init__(self, width: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """x [..., width] → the same shape."""
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.eps)


class Gate(nn.Module):
    """Mixes a memory read into local attention, channel by channel; shared by a layer's heads: what S-SFT trains."""

    def __init__(self, h: int, d: int):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(h, d) / d**0.5)
        self.b1 = nn.Parameter(torch.zeros(h))
        self.w2 = nn.Parameter(torch.zeros(d, h))
        self.b2 = nn.Parameter(torch.full((d,), -4.0))

    def forward(self, a: Tensor) -> Tensor:
        """a [..., d], a memory read → [..., d] in (0, 1)."""
        return torch.sigmoid(F.linear(F.relu(F.linear(a, self.w1, self.b1)), self.w2, self.b2))


class Attention(nn.Module):
    """A layer's projections and its gate; the cache and the memory are the caller's."""

    def __init__(self, c: Config, remembers: bool = True):
        super().__init__()
        self.heads = c.heads
        self.kv_heads = c.kv_heads
        self.head_dim = c.head_dim
        self.scale = c.scale()
        self.q_proj = nn.Linear(c.hidden, c.heads * c.head_dim, bias=c.qkv_bias)
        self.k_proj = nn.Linear(c.hidden, c.kv_heads * c.head_dim, bias=c.qkv_bias)
        self.v_proj = nn.Linear(c.hidden, c.kv_heads * c.head_dim, bias=c.qkv_bias)
        self.o_proj = nn.Linear(c.heads * c.head_dim, c.hidden, bias=c.o_bias)
        self.q_norm = RMSNorm(c.head_dim, c.eps) if c.qk_norm else None
        self.k_norm = RMSNorm(c.head_dim, c.eps) if c.qk_norm else None
        self.gate = Gate(c.gate_width(), c.head_dim) if remembers else None

    def split(self, x: Tensor) -> Tensor:
        """x [B,n,X·d] → [B,X,n,d]."""
        return x.unflatten(-1, (-1, self.head_dim)).transpose(-2, -3)  # [B,n,X·d] → [B,X,n,d]

    def local(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        """q [B,H,n,d], k and v [B,J,m,d], mask to [B,1,n,m] (bool: seen; float: added) → [B,H,n,d]."""
        grouped = self.heads != self.kv_heads
        return F.scaled_dot_product_attention(q, k, v, mask, scale=self.scale, enable_gqa=grouped)

    def memory_read(self, q: Tensor, m: Tensor, z: Tensor) -> Tensor:
        """What the memory says: q [B,H,n,d] before RoPE, m [B,J,d,d], z [B,J,d] running means → A_mem [B,H,n,d]."""
        scale = z.amax(-1, keepdim=True)  # [B,J,1]
        m = m / scale[..., None]  # [B,J,d,d]
        z = (z / scale)[..., None]  # [B,J,d,1]: scale-free, as a graph is fed
        s = sigma(q).unflatten(1, (self.kv_heads, -1)).flatten(2, 3)  # [B,J,G·n,d]
        return ((s @ m) / (s @ z + EPSILON)).unflatten(2, (-1, q.shape[2])).flatten(1, 2)  # [B,H,n,d]

    def gated_mix(self, local: Tensor, memory: Tensor) -> Tensor:
        """Local attention and a memory read [B,H,n,d], mixed by the gate."""
        return local + self.gate(memory) * (memory - local)  # [B,H,n,d]


class Mlp(nn.Module):
    """Gated feed forward."""

    def __init__(self, c: Config):
        super().__init__()
        self.gate_proj = nn.Linear(c.hidden, c.ff, bias=c.mlp_bias)
        self.up_proj = nn.Linear(c.hidden, c.ff, bias=c.mlp_bias)
        self.down_proj = nn.Linear(c.ff, c.hidden, bias=c.mlp_bias)
        self.gelu = c.activation == "gelu_tanh"

    def forward(self, x: Tensor) -> Tensor:
        """x [B,n,D] → [B,n,D]."""
        y = self.gate_proj(x)  # [B,n,ff]
        y = F.gelu(y, approximate="tanh") if self.gelu else F.silu(y)
        return self.down_proj(y * self.up_proj(x))  # [B,n,D]


class Layer(nn.Module):
    """Attention and MLP with their norms."""

    def __init__(self, c: Config, number: int):
        super().__init__()
        self.kind = c.pattern[number]
        self.remembers = c.remembers(number)
        self.self_attn = Attention(c, self.remembers)
        self.mlp = Mlp(c)
        self.input_layernorm = RMSNorm(c.hidden, c.eps)
        self.post_attention_layernorm = RMSNorm(c.hidden, c.eps)
        self.attention_out_norm = RMSNorm(c.hidden, c.eps) if c.post_norms else nn.Identity()
        self.mlp_out_norm = RMSNorm(c.hidden, c.eps) if c.post_norms else nn.Identity()

    def qkv(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x [B,n,D] → q [B,H,n,d], k and v [B,J,n,d], not rotated."""
        y = self.input_layernorm(x)
        a = self.self_attn
        q = a.split(a.q_proj(y))
        k = a.split(a.k_proj(y))
        v = a.split(a.v_proj(y))
        return (a.q_norm(q), a.k_norm(k), v) if a.q_norm else (q, k, v)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        """The plain layer, no memory: x [B,n,D], cos and sin [...,n,r/2], mask to [B,1,n,n] → [B,n,D]."""
        q, k, v = self.qkv(x)  # [B,H,n,d], [B,J,n,d] twice
        return self.out(x, self.self_attn.local(rope(q, cos, sin), rope(k, cos, sin), v, mask))

    def out(self, x: Tensor, a: Tensor) -> Tensor:
        """The residual stream x [B,n,D] after attention a [B,H,n,d] and the MLP."""
        x = x + self.attention_out_norm(self.self_attn.o_proj(a.transpose(-2, -3).flatten(-2)))  # [B,n,D]
        return x + self.mlp_out_norm(self.mlp(self.post_attention_layernorm(x)))  # [B,n,D]


class Backbone(nn.Module):
    """Embedding, layers and the last norm."""

    def __init__(self, c: Config):
        super().__init__()
        self.embed_tokens = nn.Embedding(c.vocabulary, c.hidden)
        self.layers = nn.ModuleList(Layer(c, i) for i in range(c.layers))
        self.norm = RMSNorm(c.hidden, c.eps)


class Decoder(nn.Module):
    """state_dict() has the Hugging Face names, plus model.layers.N.self_attn.gate.{w1,b1,w2,b2}."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.memory_trained = False
        self.model = Backbone(config)
        self.lm_head = None if config.tied else nn.Linear(config.hidden, config.vocabulary, bias=False)

    def untie(self, head: Tensor) -> None:
        """Gives the head weights of its own [V,D], where they are no longer the embedding's."""
        self.config = replace(self.config, tied=False)
        self.lm_head = nn.Linear(*reversed(head.shape), bias=False)
        self.lm_head.weight = nn.Parameter(head, requires_grad=False)

    def embed(self, ids: Tensor) -> Tensor:
        """ids [...] → rows [..., D], scaled."""
        return self.model.embed_tokens(ids) * self.config.embedding_scale  # [..., D]

    def angles(self, positions: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        """positions [...] → kind: cos and sin [..., r/2] times its factor, in the weights' dtype, from float64."""
        w = self.model.embed_tokens.weight
        turned = {}
        for name, kind in self.config.kinds.items():
            turning = torch.from_numpy(self.config.inverse_frequencies(name)).to(w.device)  # [r/2]
            a = positions[..., None].double() * turning
            turned[name] = ((kind.factor * a.cos()).to(w.dtype), (kind.factor * a.sin()).to(w.dtype))
        return turned

    def masks(self, rows: int, before: int, device: torch.device) -> dict[str, Tensor]:
        """kind: bool [rows, before + rows], which of the tokens before and of themselves rows see."""
        causal = torch.ones(rows, before + rows, dtype=torch.bool, device=device).tril(before)
        near = {name: kind.sliding for name, kind in self.config.kinds.items()}
        return {name: causal.triu(before - n + 1) if n else causal for name, n in near.items()}

    def forward(self, ids: Tensor, positions: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """The plain base, after the final norm: ids [B,T] → hidden [B,T,D].

        positions [B,T] (None: 0, 1, …), mask [B,1,T,T] additive, of layers that see all (None: causal).
        """
        if positions is None:
            positions = torch.arange(ids.shape[1], device=ids.device).expand(ids.shape)
        angles = self.angles(positions[:, None])  # [B,1,T,r/2]
        masks = self.masks(ids.shape[1], 0, ids.device)  # [T,T]
        if mask is not None and any(kind.sliding for kind in self.config.kinds.values()):
            raise ValueError("found layers with a sliding window, expected none beside a mask of one's own")
        if mask is not None:
            masks = dict.fromkeys(masks, mask)
        x = self.embed(ids)  # [B,T,D]
        for layer in self.model.layers:
            x = layer(x, *angles[layer.kind], masks[layer.kind])  # [B,T,D]
        return self.model.norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """hidden [..., D] → [..., V]."""
        head = self.model.embed_tokens if self.lm_head is None else self.lm_head
        return F.linear(hidden, head.weight)  # [..., V]

    def gates(self) -> dict[str, nn.Parameter]:
        """The gates' weights, by name."""
        return {name: p for name, p in self.named_parameters() if ".self_attn.gate." in name}


def without_memory(decoder: Decoder) -> Decoder:
    """The same base without gates and memory, which is StreamingLLM; weights are shared."""
    kinds = {name: replace(kind, memory=False) for name, kind in decoder.config.kinds.items()}
    with torch.device("meta"):
        bare = Decoder(replace(decoder.config, kinds=kinds))
    bare.load_state_dict({name: t for name, t in decoder.state_dict().items() if ".gate." not in name}, assign=True)
    return bare.eval()
