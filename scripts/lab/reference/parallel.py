"""All segments of a document at once, for training: what state.read computes segment by segment (tests hold them
against each other), with questions asked after any of them.

The memory that a segment sees is the sum over the segments that have left the window before it. B documents, n
segments of S tokens, P pinned tokens, a window of w segments, Q questions of T rows; other letters as in state.py.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from lab.reference.decoder import Attention, Decoder, rope, sigma


def masks(n: int, S: int, P: int, w: int, rows: int, sliding: int) -> Tensor:
    """bool [n+1, rows, P+w·S+rows]: what rows see after so many segments, pinned tokens standing before the window."""
    empty = (w - torch.arange(n + 1).clamp(max=w)) * S  # [n+1] slots between the pinned tokens' and the window
    slots = torch.arange(P + w * S + rows)
    first = P + w * S  # rows stand in the slots from first on
    filled = (slots < P) | (slots >= P + empty[:, None])  # [n+1,·]
    at = torch.where(slots < P, slots + empty[:, None], slots)  # [n+1,·] where it stands
    distance = first + torch.arange(rows)[:, None] - at[:, None]  # [n+1,rows,·]
    return filled[:, None] & (distance >= 0) & ((distance < sliding) if sliding else True)


def ask(
    decoder: Decoder, start: Tensor, ids: Tensor, w: int, queries: Tensor, after: Tensor, weights: Tensor | None = None,
    again: bool = False, foreign: bool = False,
) -> Tensor:  # fmt: skip
    """start [P], ids [B,n,S], queries [B,Q,T], after [B,Q] (segments read before it), weights [B,n] → hidden [B,Q,T,D].

    The hidden states are those of the questions' rows, after the final norm. `again`: attention and MLP are computed
    again backward and not kept, which takes a third more time and a tenth of the memory. `foreign`: each reads the
    memory of the document before it instead of its own, which tells what is carried from what only steers."""
    run = partial(checkpoint, use_reentrant=False) if again else lambda f, *inputs: f(*inputs)
    (B, n, S) = ids.shape
    P = len(start)
    (Q, T) = queries.shape[1:]
    slots = P + w * S  # of the cache; rows stand after it
    near = {name: kind.sliding for name, kind in decoder.config.kinds.items()}
    read_mask = {name: additive(masks(n - 1, S, P, w, S, far))[None, :, None] for name, far in near.items()}
    asked_mask = {name: additive(masks(n, S, P, w, T, far))[after][:, :, None] for name, far in near.items()}
    # [1,n,1,S,slots+S] and [B,Q,1,T,slots+T]
    empty = (w - torch.arange(n + 1).clamp(max=w)) * S  # [n+1] slots between the pinned tokens' and the window
    pinned_angles = decoder.angles(empty[:, None] + torch.arange(P))  # kind: [n+1,P,r/2] twice
    window_angles = decoder.angles(P + torch.arange(w * S))  # kind: [w·S,r/2] twice
    row_angles = decoder.angles(slots + torch.arange(max(S, T, P)))  # kind: [·,r/2] twice
    gone = (torch.arange(n + 1) - w).clamp(min=0)  # [n+1] segments that have left the window
    absorbed = (gone > 0).float()
    x, p, y = (decoder.embed(t) for t in (ids, start[None], queries))  # [B,n,S,D], [1,P,D], [B,Q,T,D]
    at = torch.arange(B)[:, None]
    for number, layer in enumerate(decoder.model.layers):
        attention = layer.self_attn
        kind = layer.kind
        last = number + 1 == len(decoder.model.layers)
        pinned_at, window_at, rows_at = (t[kind] for t in (pinned_angles, window_angles, row_angles))
        qp, kp, vp = layer.qkv(p)  # [1,H,P,d], [1,J,P,d] twice
        pinned_k = rope(
            kp, *(t[:, None] for t in pinned_at)
        )  # [n+1,J,P,d]: just before the window, wherever that begins
        q, k, v = layer.qkv(x)  # [B,n,H,S,d], [B,n,J,S,d] twice
        # keys and values of the window before each segment, and after the last: [B,n+1,J,w·S,d]
        window_k = rope(windows_before(k, w), *window_at)
        window_v = windows_before(v, w)
        m, z = memory_sums(k, v, weights)  # [B,n+1,J,d,d], [B,n+1,J,d]
        if foreign:
            m = m.roll(1, 0)
            z = z.roll(1, 0)
        m = m[:, gone]
        z = z[:, gone]
        z = torch.where((gone > 0)[:, None, None], z, torch.ones_like(z))
        if not last:  # of the last layer only keys and values are needed
            rows = [t[:S] for t in rows_at]
            fixed = pinned_k[:n].expand(B, -1, -1, -1, -1), vp.expand(B, n, -1, -1, -1)
            ks = torch.cat([fixed[0], window_k[:, :n], rope(k, *rows)], 3)  # [B,n,J,slots+S,d]
            vs = torch.cat([fixed[1], window_v[:, :n], v], 3)
            a = run(attend, layer, q, ks, vs, read_mask[kind], rows, m[:, :n], z[:, :n], absorbed[:n].expand(B, n))
            x = run(layer.out, x, a)
            first = [t[:P] for t in rows_at]
            p = layer.out(
                p, attention.local(rope(qp, *first), rope(kp, *first), vp, decoder.masks(P, 0, p.device)[kind])
            )
        q, k, v = layer.qkv(y)  # [B,Q,H,T,d], [B,Q,J,T,d] twice
        rows = [t[:T] for t in rows_at]
        ks = torch.cat([pinned_k[after], window_k[at, after], rope(k, *rows)], 3)  # [B,Q,J,slots+T,d]
        vs = torch.cat([vp.expand(B, Q, -1, -1, -1), window_v[at, after], v], 3)
        a = run(attend, layer, q, ks, vs, asked_mask[kind], rows, m[at, after], z[at, after], absorbed[after])
        y = run(layer.out, y, a)
    return decoder.model.norm(y)


def attend(layer, q, k, v, mask, rows, m, z, absorbed) -> Tensor:
    """Attention of rows q [B,n,H,S,d] over keys k, values v [B,n,J,·,d] and memory m, z where absorbed [B,n] is 1."""
    attention = layer.self_attn
    shape = q.shape[:2]
    mask = mask.expand(*shape, -1, -1, -1).flatten(0, 1)
    local = attention.local(rope(q, *rows).flatten(0, 1), k.flatten(0, 1), v.flatten(0, 1), mask)  # [B·n,H,S,d]
    if not layer.remembers:
        return local.unflatten(0, shape)
    memory = attention.memory_read(q.flatten(0, 1).float(), m.flatten(0, 1), z.flatten(0, 1)).to(local.dtype)
    mixed = attention.gated_mix(local, memory)
    return torch.where(absorbed.flatten()[:, None, None, None] > 0, mixed, local).unflatten(0, shape)


def plain_attention(attention: Attention, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """Attention.local by matrix products, which training on a CPU takes in its place: with a mask, PyTorch's fused
    kernel takes three times as long backward."""
    if (group := attention.heads // k.shape[1]) > 1:
        k = k.repeat_interleave(group, 1)  # [B,H,m,d]
        v = v.repeat_interleave(group, 1)  # [B,H,m,d]
    if mask.dtype == torch.bool:
        mask = additive(mask)
    mask = mask.to(v.dtype).expand(q.shape[0], attention.heads, -1, -1)  # [B,H,n,m]
    q, k, v, mask = (t.flatten(0, 1) for t in (q, k, v, mask))
    scores = torch.baddbmm(mask, q, k.transpose(-1, -2), alpha=attention.scale)  # [B·H,n,m]
    return torch.bmm(scores.softmax(-1), v).unflatten(0, (-1, attention.heads))  # [B,H,n,d]


def windows_before(t: Tensor, w: int) -> Tensor:
    """t [B,n,J,S,d] → [B,n+1,J,w·S,d]: the w segments before each, zeros where there are none."""
    n = t.shape[1]
    padded = torch.cat([t.new_zeros(t.shape[0], w, *t.shape[2:]), t], 1)  # [B,w+n,J,S,d]
    return torch.cat([padded[:, i : i + n + 1] for i in range(w)], 3)


def memory_sums(k: Tensor, v: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor]:
    """Σ σ(k)ᵀ v and Σ σ(k) over the segments before each: [B,n+1,J,d,d], [B,n+1,J,d], float32."""
    with torch.autocast(k.device.type, enabled=False):
        s = sigma(k.float())
        v = v.float()
        m = s.transpose(-1, -2) @ v  # [B,n,J,d,d]
        z = s.sum(-2)  # [B,n,J,d]
        if weights is not None:
            m = m * weights[..., None, None, None]
            z = z * weights[..., None, None]
        return tuple(torch.cat([torch.zeros_like(t[:, :1]), t.cumsum(1)], 1) for t in (m, z))


def additive(mask: Tensor) -> Tensor:
    """0 where true, else what no score outweighs."""
    return torch.zeros(mask.shape, device=mask.device).masked_fill_(~mask, -1e9)
