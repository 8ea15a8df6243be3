"""The reference: EdgeInfinite's decoder and its segment loop in plain PyTorch; the Rust engine is tested against it.

    decoder = load("path/to/checkpoint")      # a Hugging Face folder (families.py), optional gates.safetensors
    logits, state = read(decoder, ids, pinned, Sizes(128, 16, 384))     # logits after the last token; no command line

Shapes: B batch (equal lengths), n rows of a run, T rows of a plain forward, D hidden, H heads, J kv heads, G = H/J,
d head width, V vocabulary, S segment, K pinned slots, P pinned tokens, W window slots, w window tokens, h gate width.
models/README.md is the contract this implements.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lab.reference.config import Config
from lab.reference.families import read_config, weights

DECODE_BLOCK = 32  # a run of one row absorbs this many tokens at once
EPSILON = 1e-6  # in the denominator of a memory read


@dataclass(frozen=True)
class Sizes:
    segment: int  # S
    pinned: int  # K
    window: int  # W


def sigma(x: Tensor) -> Tensor:
    """ELU(x) + 1 without the cancellation: right down to exp(-80)."""
    return F.relu(x) + torch.exp(-F.relu(-x))


def rope(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x [..., n, d], its first r dims rotated by halves; cos, sin [..., n, r/2]."""
    half = cos.shape[-1]
    a, b, rest = x.split([half, half, x.shape[-1] - 2 * half], -1)
    cos, sin = cos.to(x.dtype), sin.to(x.dtype)
    turned = torch.cat([a * cos - b * sin, b * cos + a * sin], -1)
    return torch.cat([turned, rest.expand(*turned.shape[:-1], -1)], -1) if rest.shape[-1] else turned


class RMSNorm(nn.Module):
    def __init__(self, width: int, eps: float):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(width)), eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.eps)


class Gate(nn.Module):
    """Mixes a memory read into local attention, channel by channel; shared by a layer's heads: what S-SFT trains."""

    def __init__(self, h: int, d: int):
        super().__init__()
        self.w1, self.b1 = nn.Parameter(torch.randn(h, d) / d**0.5), nn.Parameter(torch.zeros(h))
        self.w2, self.b2 = nn.Parameter(torch.zeros(d, h)), nn.Parameter(torch.full((d,), -4.0))

    def forward(self, a: Tensor) -> Tensor:
        """a [..., d], a memory read → [..., d] in (0, 1)."""
        return torch.sigmoid(F.linear(F.relu(F.linear(a, self.w1, self.b1)), self.w2, self.b2))


class Attention(nn.Module):
    def __init__(self, c: Config, remembers: bool = True):
        super().__init__()
        self.heads, self.kv_heads, self.head_dim, self.scale = c.heads, c.kv_heads, c.head_dim, c.scale()
        self.q_proj = nn.Linear(c.hidden, c.heads * c.head_dim, bias=c.qkv_bias)
        self.k_proj = nn.Linear(c.hidden, c.kv_heads * c.head_dim, bias=c.qkv_bias)
        self.v_proj = nn.Linear(c.hidden, c.kv_heads * c.head_dim, bias=c.qkv_bias)
        self.o_proj = nn.Linear(c.heads * c.head_dim, c.hidden, bias=c.o_bias)
        self.q_norm = RMSNorm(c.head_dim, c.eps) if c.qk_norm else None
        self.k_norm = RMSNorm(c.head_dim, c.eps) if c.qk_norm else None
        self.gate = Gate(c.gate_width(), c.head_dim) if remembers else None

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (-1, self.head_dim)).transpose(-2, -3)  # [B,n,X·d] → [B,X,n,d]

    def local(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        """q [B,H,n,d], k and v [B,J,m,d], mask to [B,1,n,m] (bool: seen; float: added) → [B,H,n,d]."""
        grouped = self.heads != self.kv_heads
        return F.scaled_dot_product_attention(q, k, v, mask, scale=self.scale, enable_gqa=grouped)

    def recall(self, q: Tensor, m: Tensor, z: Tensor) -> Tensor:
        """What the memory says: q [B,H,n,d] before RoPE, m [B,J,d,d], z [B,J,d] running means → A_mem [B,H,n,d]."""
        scale = z.amax(-1, keepdim=True)  # [B,J,1]
        m, z = m / scale[..., None], (z / scale)[..., None]  # [B,J,d,d], [B,J,d,1]: scale-free, as a graph is fed
        s = sigma(q).unflatten(1, (self.kv_heads, -1)).flatten(2, 3)  # [B,J,G·n,d]
        return ((s @ m) / (s @ z + EPSILON)).unflatten(2, (-1, q.shape[2])).flatten(1, 2)  # [B,H,n,d]

    def mix(self, local: Tensor, memory: Tensor) -> Tensor:
        return local + self.gate(memory) * (memory - local)  # [B,H,n,d]


class Mlp(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.gate_proj = nn.Linear(c.hidden, c.ff, bias=c.mlp_bias)
        self.up_proj = nn.Linear(c.hidden, c.ff, bias=c.mlp_bias)
        self.down_proj = nn.Linear(c.ff, c.hidden, bias=c.mlp_bias)
        self.gelu = c.activation == "gelu_tanh"

    def forward(self, x: Tensor) -> Tensor:
        y = self.gate_proj(x)  # [B,n,ff]
        y = F.gelu(y, approximate="tanh") if self.gelu else F.silu(y)
        return self.down_proj(y * self.up_proj(x))  # [B,n,D]


class Layer(nn.Module):
    def __init__(self, c: Config, number: int):
        super().__init__()
        self.kind, self.remembers = c.pattern[number], c.remembers(number)
        self.self_attn, self.mlp = Attention(c, self.remembers), Mlp(c)
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(c.hidden, c.eps), RMSNorm(c.hidden, c.eps)
        self.attention_out_norm = RMSNorm(c.hidden, c.eps) if c.post_norms else nn.Identity()
        self.mlp_out_norm = RMSNorm(c.hidden, c.eps) if c.post_norms else nn.Identity()

    def qkv(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x [B,n,D] → q [B,H,n,d], k and v [B,J,n,d], not rotated."""
        y, a = self.input_layernorm(x), self.self_attn
        q, k, v = a.split(a.q_proj(y)), a.split(a.k_proj(y)), a.split(a.v_proj(y))
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
    def __init__(self, c: Config):
        super().__init__()
        self.embed_tokens = nn.Embedding(c.vocabulary, c.hidden)
        self.layers = nn.ModuleList(Layer(c, i) for i in range(c.layers))
        self.norm = RMSNorm(c.hidden, c.eps)


class Decoder(nn.Module):
    """state_dict() has the Hugging Face names, plus model.layers.N.self_attn.gate.{w1,b1,w2,b2}."""

    def __init__(self, config: Config):
        super().__init__()
        self.config, self.memory_trained = config, False
        self.model = Backbone(config)
        self.lm_head = None if config.tied else nn.Linear(config.hidden, config.vocabulary, bias=False)

    def untie(self, head: Tensor) -> None:
        """Gives the head weights of its own [V,D], where they are no longer the embedding's."""
        self.config = replace(self.config, tied=False)
        self.lm_head = nn.Linear(*reversed(head.shape), bias=False)
        self.lm_head.weight = nn.Parameter(head, requires_grad=False)

    def embed(self, ids: Tensor) -> Tensor:
        return self.model.embed_tokens(ids) * self.config.embedding_scale  # [..., D]

    def angles(self, positions: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        """positions [...] → kind: cos and sin [..., r/2] times its factor, in the weights' dtype, from float64."""
        w, turned = self.model.embed_tokens.weight, {}
        for name, kind in self.config.kinds.items():
            a = positions[..., None].double() * self.config.inverse_frequencies(name).to(w.device)
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
        angles, masks = self.angles(positions[:, None]), self.masks(ids.shape[1], 0, ids.device)  # [B,1,T,r/2], [T,T]
        if mask is not None and any(kind.sliding for kind in self.config.kinds.values()):
            raise ValueError("found layers with a sliding window, expected none beside a mask of one's own")
        if mask is not None:
            masks = dict.fromkeys(masks, mask)
        x = self.embed(ids)  # [B,T,D]
        for layer in self.model.layers:
            x = layer(x, *angles[layer.kind], masks[layer.kind])  # [B,T,D]
        return self.model.norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        head = self.model.embed_tokens if self.lm_head is None else self.lm_head
        return F.linear(hidden, head.weight)  # [..., V]

    def gates(self) -> dict[str, nn.Parameter]:
        return {name: p for name, p in self.named_parameters() if ".self_attn.gate." in name}


@dataclass(frozen=True)
class LayerState:
    """What one layer keeps between runs. Keys are kept unrotated: the reference rotates them anew at every run."""

    pinned_k: Tensor  # [B,J,P,d]
    pinned_v: Tensor  # [B,J,P,d]
    window_k: Tensor  # [B,J,w,d] oldest first
    window_v: Tensor  # [B,J,w,d]
    m: Tensor  # [B,J,d,d] running mean of σ(k)ᵀ v
    z: Tensor  # [B,J,d] running mean of σ(k)


@dataclass(frozen=True)
class State:
    layers: list[LayerState] = field(repr=False)
    length: int = 0  # tokens seen
    pinned: int = 0  # P
    window: int = 0  # w
    absorbed: int = 0  # tokens the memory has taken in

    @staticmethod
    def empty(decoder: Decoder, batch: int = 1) -> "State":
        c, w = decoder.config, decoder.model.embed_tokens.weight
        none = w.new_zeros(batch, c.kv_heads, 0, c.head_dim)
        m, z = w.new_zeros(batch, c.kv_heads, c.head_dim, c.head_dim), w.new_zeros(batch, c.kv_heads, c.head_dim)
        return State([LayerState(none, none, none, none, m, z)] * c.layers)

    def detach(self) -> "State":
        return replace(self, layers=[LayerState(*(t.detach() for t in vars(s).values())) for s in self.layers])


def absorbing(window: int, n: int, sizes: Sizes) -> int:
    """How many of the oldest of window-and-new are absorbed after a run of n rows."""
    over = max(0, window + n - sizes.window)
    return min(DECODE_BLOCK, window + n) if n == 1 and over else over


def absorb(m: Tensor, z: Tensor, count: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """m [B,J,d,d] and z [B,J,d], means over count tokens; k (unrotated) and v [B,J,a,d] → the means over count + a."""
    s, total = sigma(k), count + k.shape[2]  # [B,J,a,d]
    return (count * m + s.transpose(-1, -2) @ v) / total, (count * z + s.sum(-2)) / total


def run(
    decoder: Decoder, state: State, ids: Tensor, sizes: Sizes, pin: bool = False, rows: Sequence[int] | None = None
) -> tuple[Tensor, State]:
    """One run: ids [n] or [B,n] → logits [n,V] or [B,n,V] (of `rows` only, if given; () gives none), the state after.

    Out of place and differentiable. With `pin` the rows become pinned tokens (only at the start of a stream).
    """
    if ids.dim() == 1:
        logits, state = run(decoder, state, ids[None], sizes, pin, rows)
        return logits[0], state
    n, dev, P, w = ids.shape[1], ids.device, state.pinned, state.window
    if pin and (w or state.absorbed or P + n > sizes.pinned):
        raise ValueError(f"{P + n} tokens to pin, at the start of a stream, into {sizes.pinned} slots")
    positions = torch.arange(state.length - w - P, state.length + n, device=dev)  # [P+w+n] pinned, window, rows
    angles, masks = decoder.angles(positions), decoder.masks(n, P + w, dev)  # [P+w+n, r/2], [n, P+w+n]
    out_of_window = 0 if pin else absorbing(w, n, sizes)
    keep = None if rows is None else torch.as_tensor(list(rows), dtype=torch.long, device=dev)  # [R]
    x = decoder.embed(ids)  # [B,n,D]
    layers = []
    for i, (layer, s) in enumerate(zip(decoder.model.layers, state.layers, strict=True)):
        q, k, v = layer.qkv(x)  # [B,H,n,d], [B,J,n,d] twice
        (cos, sin), mask = angles[layer.kind], masks[layer.kind]
        qcos, qsin, seen, last = cos[P + w :], sin[P + w :], mask, keep is not None and i + 1 == len(state.layers)
        if last:  # of the last layer only the wanted rows are needed, beyond keys and values
            q, x, qcos, qsin, seen = q[:, :, keep], x[:, keep], qcos[keep], qsin[keep], mask[keep]
        if not last or len(keep):
            ks = torch.cat([s.pinned_k, s.window_k, k], 2)  # [B,J,P+w+n,d]
            vs = torch.cat([s.pinned_v, s.window_v, v], 2)  # [B,J,P+w+n,d]
            a = layer.self_attn.local(rope(q, qcos, qsin), rope(ks, cos, sin), vs, seen)  # [B,H,n,d]
            if state.absorbed and layer.remembers:
                a = layer.self_attn.mix(a, layer.self_attn.recall(q, s.m, s.z))  # [B,H,n,d]
            x = layer.out(x, a)  # [B,n,D]
        if pin:
            s = replace(s, pinned_k=torch.cat([s.pinned_k, k], 2), pinned_v=torch.cat([s.pinned_v, v], 2))
        else:
            wk, wv, o = torch.cat([s.window_k, k], 2), torch.cat([s.window_v, v], 2), out_of_window  # [B,J,w+n,d]
            m, z = absorb(s.m, s.z, state.absorbed, wk[:, :, :o], wv[:, :, :o]) if o and layer.remembers else (s.m, s.z)
            s = replace(s, window_k=wk[:, :, o:], window_v=wv[:, :, o:], m=m, z=z)
        layers.append(s)
    sizes_after = (P + n, 0, 0) if pin else (P, w + n - out_of_window, state.absorbed + out_of_window)
    return decoder.logits(decoder.model.norm(x)), State(layers, state.length + n, *sizes_after)


def cuts(length: int, start: int, pinned: int, segment: int) -> Iterator[tuple[int, int, bool]]:
    """(from, to, pin) of the runs that read tokens start … length of a stream: the pinned, the rest by segments."""
    if start < pinned:
        yield start, min(pinned, length), True
        start = pinned
    while start < length:
        stop = min(length, (start // segment + 1) * segment)
        yield start, stop, False
        start = stop


def read(decoder: Decoder, ids: Tensor, pinned: int, sizes: Sizes, state: State | None = None) -> tuple[Tensor, State]:
    """Reads ids [n] or [B,n], the stream's next tokens, by segments → logits [V] or [B,V] after the last, the state.

    The first `pinned` tokens of the stream are pinned. One call equals many if the earlier ones end at multiples of S.
    """
    if ids.shape[-1] == 0:
        raise ValueError("nothing to read")
    state = state or State.empty(decoder, 1 if ids.dim() == 1 else ids.shape[0])
    start, logits = state.length, None
    for a, b, pin in cuts(start + ids.shape[-1], start, pinned, sizes.segment):
        rows = (b - a - 1,) if b == start + ids.shape[-1] else ()
        logits, state = run(decoder, state, ids[..., a - start : b - start], sizes, pin, rows)
    return logits[..., 0, :], state


@torch.no_grad()
def generate(
    decoder: Decoder, ids: Tensor, pinned: int, sizes: Sizes, limit: int, end: Sequence[int] = ()
) -> tuple[list[int], Tensor, State]:
    """Greedy: ids [n] → tokens (an end token included), the logits each came from [tokens, V], the state.

    Every token but the last has been run.
    """
    logits, state = read(decoder, ids, pinned, sizes)  # [V]
    tokens, seen = [], []
    while True:
        tokens.append(int(logits.argmax()))
        seen.append(logits)
        if len(tokens) == limit or tokens[-1] in end:
            return tokens, torch.stack(seen), state
        out, state = run(decoder, state, torch.tensor(tokens[-1:], device=ids.device), sizes)  # [1,V]
        logits = out[0]


def load(folder: str | Path) -> Decoder:
    """A checkpoint folder. Without gates.safetensors the gates are fresh and memory_trained is False."""
    folder = Path(folder)
    config, gates = read_config(folder), {}
    if (folder / "gates.safetensors").exists():
        gates = {name: t.float() for name, t in load_file(folder / "gates.safetensors").items()}
        config = replace(config, gate_hidden=next(t.shape[0] for name, t in gates.items() if name.endswith(".w1")))
    with torch.device("meta"):
        decoder = Decoder(config)
    found, want = dict(weights(folder, config)) | gates, decoder.state_dict()
    if not gates:  # fresh ones
        found |= {f"{at}.{n}": p.detach() for at, m in decoder.named_modules() if isinstance(m, Gate)
                  for n, p in Gate(*m.w1.shape).named_parameters()}  # fmt: skip
    wrong = {
        name: (list(t.shape), list(want[name].shape))
        for name, t in found.items()
        if name in want and t.shape != want[name].shape
    }
    missing, unexpected = sorted(want.keys() - found.keys()), sorted(found.keys() - want.keys())
    if missing or unexpected or wrong:
        shapes = "".join(f", {name} {a}, expected {b}" for name, (a, b) in list(wrong.items())[:4])
        raise ValueError(f"{folder}: missing {missing[:4]}, unexpected {unexpected[:4]}{shapes}")
    decoder.load_state_dict(found, assign=True)
    decoder.memory_trained = bool(gates)
    return decoder.eval()


def forget(decoder: Decoder) -> Decoder:
    """The same base without gates and memory, which is StreamingLLM; weights are shared."""
    kinds = {name: replace(kind, memory=False) for name, kind in decoder.config.kinds.items()}
    with torch.device("meta"):
        bare = Decoder(replace(decoder.config, kinds=kinds))
    bare.load_state_dict({name: t for name, t in decoder.state_dict().items() if ".gate." not in name}, assign=True)
    return bare.eval()


def save_gates(gates: dict[str, Tensor], folder: Path) -> None:
    """Writes gates.safetensors, all or nothing."""
    temporary = folder / "gates.safetensors.new"
    save_file({name: g.detach().cpu().contiguous() for name, g in gates.items()}, temporary, metadata={"format": "pt"})
    with open(temporary, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, folder / "gates.safetensors")


def save(decoder: Decoder, folder: str | Path, gates: bool = True) -> None:
    """Writes model.safetensors, config.json and, with `gates`, gates.safetensors (the tokenizer is the caller's)."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: t.detach().cpu().contiguous() for name, t in decoder.state_dict().items()}
    mine = {name: t for name, t in tensors.items() if ".self_attn.gate." in name}
    base = {name: t for name, t in tensors.items() if name not in mine}
    save_file(base, folder / "model.safetensors", metadata={"format": "pt"})
    if gates:
        save_gates(mine, folder)
    (folder / "config.json").write_text(json.dumps(decoder.config.to_hf(), indent=1) + "\n")
