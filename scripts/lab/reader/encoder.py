"""The reader's network: a BERT encoder and four heads, in PyTorch.

`Reader.forward` takes B runs of n tokens as `layout.py` lays them out and gives, for each,

    relevance  (B, K)   a logit for each of K sentences; -1e4 where there is none
    none       (B,)     the logit of "no sentence here answers", of the same softmax
    begin, end (B, n)   logits of the short answer's first and last token; -1e4 outside of sentences
    verdict    (B, 3)   logits of yes, no, unclear

A sentence's relevance is the sum of three terms: the cosine of its mean with the question's mean (what the pretrained
weights were made for), a linear reading of its mean, and the log-sum-exp of a score for each of its tokens, so that one
telling token is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from lab.reader.nibbles import from_nibbles, in_nibbles
from lab.reader.reading import VERDICTS

ABSENT = -1e4


@dataclass(frozen=True)
class Sizes:
    """Sizes of the encoder; the defaults are bge-small-en-v1.5's first ten layers. `types`: all else, headings."""

    vocabulary: int = 30522
    width: int = 384
    layers: int = 10
    heads: int = 12
    inner: int = 1536
    positions: int = 512
    types: int = 2
    epsilon: float = 1e-12


class Layer(nn.Module):
    """Full self-attention and a feed-forward block, each with its sum normalised after it."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        width = sizes.width
        self.heads = sizes.heads
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attended = nn.Linear(width, width)
        self.attended_norm = nn.LayerNorm(width, sizes.epsilon)
        self.inner = nn.Linear(width, sizes.inner)
        self.outer = nn.Linear(sizes.inner, width)
        self.outer_norm = nn.LayerNorm(width, sizes.epsilon)

    def forward(self, hidden: Tensor, bias: Tensor) -> Tensor:
        """(B, n, width) and an additive mask (B, 1, 1, n) → (B, n, width)."""
        runs, tokens, width = hidden.shape
        split = self.query_key_value(hidden).view(runs, tokens, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        # Written out: on CPUs the backward pass of PyTorch's fused attention costs more than that of all linears.
        scores = (query * (width // self.heads) ** -0.5) @ key.transpose(2, 3) + bias
        mixed = (scores.softmax(-1) @ value).transpose(1, 2)
        hidden = self.attended_norm(hidden + self.attended(mixed.reshape(runs, tokens, width)))
        return self.outer_norm(hidden + self.outer(F.gelu(self.inner(hidden))))


class Encoder(nn.Module):
    """Embeddings and layers."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.words = nn.Embedding(sizes.vocabulary, sizes.width)
        self.places = nn.Embedding(sizes.positions, sizes.width)
        self.types = nn.Embedding(sizes.types, sizes.width)
        self.norm = nn.LayerNorm(sizes.width, sizes.epsilon)
        self.layers = nn.ModuleList(Layer(sizes) for _ in range(sizes.layers))

    def forward(self, tokens: Tensor, types: Tensor, present: Tensor, dropout: float = 0.0) -> Tensor:
        """(B, n) token ids, types and whether a token is there → (B, n, width)."""
        places = self.places.weight[: tokens.shape[1]]
        hidden = self.norm(self.words(tokens) + places + self.types(types))
        hidden = F.dropout(hidden, dropout, self.training)
        bias = torch.where(present, 0.0, ABSENT)[:, None, None, :]
        if torch.is_autocast_enabled(hidden.device.type):
            dtype = torch.get_autocast_dtype(hidden.device.type)
            hidden = hidden.to(dtype)
            bias = bias.to(dtype)
        for layer in self.layers:
            hidden = layer(hidden, bias)
        return hidden


class Reader(nn.Module):
    """The encoder with its heads."""

    def __init__(self, sizes: Sizes, sentences: int) -> None:
        super().__init__()
        self.sentences = sentences
        self.encoder = Encoder(sizes)
        self.scale = nn.Parameter(torch.tensor(12.0))
        self.mean = nn.Linear(sizes.width, 1, bias=False)
        self.token = nn.Linear(sizes.width, 1, bias=False)
        self.none = nn.Linear(sizes.width, 1)
        self.span = nn.Linear(sizes.width, 2)
        self.verdict = nn.Linear(sizes.width, len(VERDICTS))
        for head in (self.mean, self.token, self.none, self.verdict):
            nn.init.zeros_(head.weight)
        nn.init.constant_(self.none.bias, 8.0)

    def forward(self, tokens: Tensor, types: Tensor, segments: Tensor, dropout: float = 0.0) -> dict[str, Tensor]:
        """`segments` (B, n): 0 the question, k ≥ 1 the k-th sentence, -1 marks and headings, -2 padding."""
        hidden = self.encoder(tokens, types, segments > -2, dropout).float()
        with torch.autocast(hidden.device.type, enabled=False):
            return self.heads(hidden, segments)

    def heads(self, hidden: Tensor, segments: Tensor) -> dict[str, Tensor]:
        """What the encoder gave, (B, n, width) → the outputs; always in fp32."""
        numbers = torch.arange(self.sentences + 1, device=hidden.device)
        member = (segments[:, None, :] == numbers[None, :, None]).float()  # (B, 1 + K, n)
        counts = member.sum(-1)
        means = member @ hidden / counts.clamp(min=1.0)[..., None]
        there = counts[:, 1:] > 0
        cosine = F.cosine_similarity(means[:, :1], means[:, 1:], dim=-1)
        token = self.token(hidden)[:, None, :, 0] + (member[:, 1:] - 1.0) * -ABSENT
        relevance = self.scale * cosine + self.mean(means[:, 1:])[..., 0] + token.logsumexp(-1)
        first = hidden[:, 0]
        outside = torch.where(segments > 0, 0.0, ABSENT)[..., None]
        begin, end = (self.span(hidden) + outside).unbind(-1)
        return {
            "relevance": torch.where(there, relevance, ABSENT),
            "none": self.none(first)[:, 0],
            "begin": begin,
            "end": end,
            "verdict": self.verdict(first),
        }


def pretrained(file: Path, sentences: int, sizes: Sizes | None = None) -> Reader:
    """A reader with the encoder's weights of a BERT in safetensors; its heads are new.

    Of its layers the first are taken, as many as `sizes` says. Its words are rounded to the four bits that a folder
    keeps of them, so that all else is trained over the words that will be read."""
    reader = Reader(sizes or Sizes(), sentences)
    weights = load_file(file)
    renamed = {}
    for name, tensor in renamed_weights(weights, len(reader.encoder.layers)).items():
        renamed["encoder." + name] = tensor
    # The second type is the headings'; it begins as the first, which the pretrained weights knew alone.
    renamed["encoder.types.weight"] = renamed["encoder.types.weight"][:1].repeat(reader.encoder.types.num_embeddings, 1)
    words = renamed["encoder.words.weight"].numpy()
    renamed["encoder.words.weight"] = torch.from_numpy(from_nibbles(*in_nibbles(words)))
    missing, unexpected = reader.load_state_dict(renamed, strict=False)
    if unexpected or any(name.startswith("encoder.") for name in missing):
        raise ValueError(
            f"{file.name}: found weights {sorted(unexpected)}, expected a BERT's; missing: {sorted(missing)}"
        )
    return reader


def renamed_weights(weights: dict[str, Tensor], layers: int) -> dict[str, Tensor]:
    """A BERT's weights by the names of `Encoder`; those of its pooler and of further layers are left out."""
    found: dict[str, Tensor] = {}
    for kind in ("weight", "bias"):
        found[f"norm.{kind}"] = weights[f"embeddings.LayerNorm.{kind}"]
    for ours, theirs in (("words", "word"), ("places", "position"), ("types", "token_type")):
        found[f"{ours}.weight"] = weights[f"embeddings.{theirs}_embeddings.weight"]
    for layer in range(layers):
        old = f"encoder.layer.{layer}"
        new = f"layers.{layer}"
        for kind in ("weight", "bias"):
            parts = [weights[f"{old}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            found[f"{new}.query_key_value.{kind}"] = torch.cat(parts)
            for ours, theirs in (
                ("attended", "attention.output.dense"),
                ("attended_norm", "attention.output.LayerNorm"),
                ("inner", "intermediate.dense"),
                ("outer", "output.dense"),
                ("outer_norm", "output.LayerNorm"),
            ):
                found[f"{new}.{ours}.{kind}"] = weights[f"{old}.{theirs}.{kind}"]
    return found
