"""The segment loop: what is kept between runs, and the runs. The Rust engine is tested against it.

    logits, state = read(decoder, ids, pinned, Sizes(128, 16, 384))       # logits after the last token
    tokens, logits, state = generate(decoder, ids, pinned, sizes, limit=64)

Shapes as in decoder.py; S segment, K pinned slots, P pinned tokens, W window slots, w window tokens.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from lab.reference.decoder import Decoder, rope, sigma

DECODE_BLOCK = 32  # a run of one row absorbs this many tokens at once


@dataclass(frozen=True)
class Sizes:
    """A scenario's sizes, in tokens."""

    segment: int  # S
    pinned: int  # K
    window: int  # W


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
    """What is kept between runs, of all layers."""

    layers: list[LayerState] = field(repr=False)
    length: int = 0  # tokens seen
    pinned: int = 0  # P
    window: int = 0  # w
    absorbed: int = 0  # tokens the memory has taken in

    @staticmethod
    def empty(decoder: Decoder, batch: int = 1) -> "State":
        """Before anything was read; batch: B."""
        c = decoder.config
        w = decoder.model.embed_tokens.weight
        none = w.new_zeros(batch, c.kv_heads, 0, c.head_dim)
        m = w.new_zeros(batch, c.kv_heads, c.head_dim, c.head_dim)
        z = w.new_zeros(batch, c.kv_heads, c.head_dim)
        return State([LayerState(none, none, none, none, m, z)] * c.layers)

    def detach(self) -> "State":
        """The same outside of the gradient's graph."""
        return replace(self, layers=[LayerState(*(t.detach() for t in vars(s).values())) for s in self.layers])


def absorb_count(window: int, n: int, sizes: Sizes) -> int:
    """How many of the oldest of window-and-new are absorbed after a run of n rows."""
    over = max(0, window + n - sizes.window)
    return min(DECODE_BLOCK, window + n) if n == 1 and over else over


def absorb(m: Tensor, z: Tensor, count: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """m [B,J,d,d] and z [B,J,d], means over count tokens; k (unrotated) and v [B,J,a,d] → the means over count + a."""
    s = sigma(k)  # [B,J,a,d]
    total = count + k.shape[2]
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
    n = ids.shape[1]
    dev = ids.device
    P = state.pinned
    w = state.window
    if pin and (w or state.absorbed or P + n > sizes.pinned):
        raise ValueError(f"{P + n} tokens to pin, at the start of a stream, into {sizes.pinned} slots")
    positions = torch.arange(state.length - w - P, state.length + n, device=dev)  # [P+w+n] pinned, window, rows
    angles = decoder.angles(positions)  # [P+w+n, r/2]
    masks = decoder.masks(n, P + w, dev)  # [n, P+w+n]
    out_of_window = 0 if pin else absorb_count(w, n, sizes)
    keep = None if rows is None else torch.as_tensor(list(rows), dtype=torch.long, device=dev)  # [R]
    x = decoder.embed(ids)  # [B,n,D]
    layers = []
    for i, (layer, s) in enumerate(zip(decoder.model.layers, state.layers, strict=True)):
        q, k, v = layer.qkv(x)  # [B,H,n,d], [B,J,n,d] twice
        (cos, sin) = angles[layer.kind]
        mask = masks[layer.kind]
        qcos = cos[P + w :]
        qsin = sin[P + w :]
        seen = mask
        last = keep is not None and i + 1 == len(state.layers)
        if last:  # of the last layer only the wanted rows are needed, beyond keys and values
            q = q[:, :, keep]
            x = x[:, keep]
            qcos = qcos[keep]
            qsin = qsin[keep]
            seen = mask[keep]
        if not last or len(keep):
            ks = torch.cat([s.pinned_k, s.window_k, k], 2)  # [B,J,P+w+n,d]
            vs = torch.cat([s.pinned_v, s.window_v, v], 2)  # [B,J,P+w+n,d]
            a = layer.self_attn.local(rope(q, qcos, qsin), rope(ks, cos, sin), vs, seen)  # [B,H,n,d]
            if state.absorbed and layer.remembers:
                a = layer.self_attn.gated_mix(a, layer.self_attn.memory_read(q, s.m, s.z))  # [B,H,n,d]
            x = layer.out(x, a)  # [B,n,D]
        if pin:
            s = replace(s, pinned_k=torch.cat([s.pinned_k, k], 2), pinned_v=torch.cat([s.pinned_v, v], 2))
        else:
            wk = torch.cat([s.window_k, k], 2)  # [B,J,w+n,d]
            wv = torch.cat([s.window_v, v], 2)  # [B,J,w+n,d]
            o = out_of_window
            m, z = absorb(s.m, s.z, state.absorbed, wk[:, :, :o], wv[:, :, :o]) if o and layer.remembers else (s.m, s.z)
            s = replace(s, window_k=wk[:, :, o:], window_v=wv[:, :, o:], m=m, z=z)
        layers.append(s)
    sizes_after = (P + n, 0, 0) if pin else (P, w + n - out_of_window, state.absorbed + out_of_window)
    return decoder.logits(decoder.model.norm(x)), State(layers, state.length + n, *sizes_after)


def segment_ranges(length: int, start: int, pinned: int, segment: int) -> Iterator[tuple[int, int, bool]]:
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
    start = state.length
    logits = None
    for a, b, pin in segment_ranges(start + ids.shape[-1], start, pinned, sizes.segment):
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
    tokens = []
    seen = []
    while True:
        tokens.append(int(logits.argmax()))
        seen.append(logits)
        if len(tokens) == limit or tokens[-1] in end:
            return tokens, torch.stack(seen), state
        out, state = run(decoder, state, torch.tensor(tokens[-1:], device=ids.device), sizes)  # [1,V]
        logits = out[0]


class DecoderStream:
    """One stream of the decoder's, with the methods of numpy_engine.Session: lists in, arrays out."""

    def __init__(self, decoder: Decoder, sizes: Sizes):
        self.decoder = decoder
        self.sizes = sizes
        self.state = State.empty(decoder)

    @property
    def absorbed(self) -> int:
        """Tokens that the memory has taken in."""
        return self.state.absorbed

    @torch.no_grad()
    def read(self, ids: list[int], pinned: int) -> np.ndarray:
        """The stream's next tokens by segments → logits [V] after the last."""
        logits, self.state = read(self.decoder, torch.tensor(ids), pinned, self.sizes, self.state)
        return logits.numpy()

    @torch.no_grad()
    def run(self, ids: list[int], pin: bool = False, rows: list[int] | None = None) -> np.ndarray:
        """One run → logits [R, V] of `rows`, None: the last."""
        rows = [len(ids) - 1] if rows is None else rows
        logits, self.state = run(self.decoder, self.state, torch.tensor(ids), self.sizes, pin, rows)
        return logits.numpy()
