"""The finder's starting weights: circuits set by hand in four of the five layers, embeddings from hashed character
n-grams.

Training from random weights stays for long on a plateau where nothing is found; from these it starts above it. The
residual stream is laid out in parts (class Part): what layer 0 writes, layer 1 reads. Heads, with d = 64 channels
each:

    layer 0   head 0, 1, 3   the token 1, 2, 3 places back (biases alone: RoPE makes distance)   -> BACK1, BACK2, BACK3
              head 2         the last marker: which sentence am I in; am I in the question       -> HERE, ASKING
    layer 1   head 0, 1      the same token, the same two, outside the question: its sentence    -> SENTENCE
              head 3         whether a telling word stands in this sentence                      -> TOLD
    layer 2   head 0         the vote: the token that answers averages what the question's tokens found  -> SENTENCE
    layer 3   head 3         the topic: the mean of the codes of what was read                   -> TOPIC
              seven units    after the word before a topic's name: the name whose code that is   -> TOKEN
    layer 4   head 0         induction: what followed these tokens in this sentence              -> TOKEN
              head 1, 2, 3   memory: what followed these tokens in a sentence with a telling word    -> TOKEN

Training changes all of it but the codes of topics and the way of their mean, whose channels stay reserved.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from lab.corpus.facts import TELLING_WORDS, TOPIC
from lab.corpus.lexicon import topics
from lab.corpus.questions import same_meaning
from lab.finder.tokenizer import FIRST_TEXT, H0, HEADINGS, S0, SENTENCES, TITLE, Q
from lab.reference.decoder import Decoder

MEMORY_LAYER = 4
MEMORY_HEADS = (1, 2, 3)
ADDRESS = (2.5, 4.0, 4.0)  # of the memory's heads: weights of the token before, of the one before that, of a third
TOLD_BY = 2.0
K_BIAS = -20.0
Q_BIAS = -12.0
O_GAIN = 1.5
SYNONYM = 0.78  # of a code: what words of a meaning share
TOPIC_MEAN = 60.0  # one token in seventy is of the topic
TOPIC_NAMING = 400.0
NAMING = 6.0
MARKERS = [Q, TITLE, *range(H0, S0 + SENTENCES)]
N_SENTENCE = 32  # width of the code of a sentence
N_TOKEN = 104  # of a token
N_TOPIC = 7  # of a topic
N_HEAD = 64  # of a head
NEAR = 14  # rotary pairs from here on turn too slowly to feel distance: content goes there
HALF = N_HEAD // 2


class Part:
    """Channels of the residual stream (256)."""

    SENTENCE = slice(0, 32)
    IS_MARKER = 32
    IS_QUESTION = 33
    ASKING = 34
    TELLING = 35
    TOKEN = slice(40, 144)
    BACK1 = slice(144, 184)
    BACK2 = slice(184, 200)
    HERE = slice(200, 232)
    BACK3 = slice(232, 248)
    TOLD = 248
    TOPIC = slice(249, 256)


class RandomTensors:
    """Random tensors that follow from a seed."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int) -> Tensor:
        """Of that shape, normally distributed."""
        return torch.randn(*shape, generator=self.generator)

    def orthogonal(self, rows: int, columns: int) -> Tensor:
        """[rows, columns], orthonormal along the shorter side."""
        q = torch.linalg.qr(self.normal(max(rows, columns), min(rows, columns)))[0]
        return q if rows >= columns else q.T


class Head:
    """One attention head's rows of q, k, v and columns of o. Biases and weights are views."""

    def __init__(self, decoder: Decoder, layer: int, head: int) -> None:
        attention = decoder.model.layers[layer].self_attn
        rows = slice(head * N_HEAD, (head + 1) * N_HEAD)
        self.q, self.k, self.v = (getattr(attention, n).weight[rows] for n in ("q_proj", "k_proj", "v_proj"))  # [64, D]
        self.q_bias = attention.q_proj.bias[rows]  # [64]
        self.k_bias = attention.k_proj.bias[rows]  # [64]
        self.o = attention.o_proj.weight[:, rows]  # [D, 64]

    def emptied(self) -> Head:
        """The head with its weights set to zero; biases stay."""
        for weights in (self.q, self.k, self.v, self.o):
            weights.zero_()
        return self


def ngram_codes(tokenizer: Tokenizer, seed: int) -> np.ndarray:
    """[V, N_TOKEN]: tokens that share characters ("copy", " Copies") get codes that lie close."""
    random = np.random.default_rng(seed)
    vectors = {}

    def vector(key: str) -> np.ndarray:
        if key not in vectors:
            vectors[key] = random.standard_normal(N_TOKEN)
        return vectors[key]

    codes = np.zeros((tokenizer.get_vocab_size(), N_TOKEN))
    for i in range(len(codes)):
        text = tokenizer.decode([i]) if i >= FIRST_TEXT else f"special{i}"
        word = text.strip().lower() or text
        square = 1.44
        code = 1.2 * vector("word " + word)
        if len(word) >= 3 and i >= FIRST_TEXT:
            framed = f"^{word}$"
            grams = [framed[j : j + n] for n in (3, 4, 5) for j in range(len(framed) - n + 1)]
            code = code + sum(vector(g) for g in grams) / math.sqrt(len(grams))
            square += 1.0
        codes[i] = code / math.sqrt(square)
    return codes


def set_embedding(decoder: Decoder, tokenizer: Tokenizer, n: RandomTensors, seed: int) -> None:
    """Codes of characters, markers and telling words into the embedding."""
    weight = decoder.model.embed_tokens.weight  # [V, D]
    own = n.normal(weight.shape[0], N_TOKEN)
    codes = 0.8 * torch.tensor(ngram_codes(tokenizer, seed)).float() + 0.6 * own
    weight[:] = n.normal(*weight.shape) * 0.03
    weight[:, Part.TOKEN] = codes * 0.7
    draw_synonyms_together(weight, tokenizer)
    weight[S0 : S0 + SENTENCES, Part.SENTENCE] = n.normal(SENTENCES, N_SENTENCE).sign()
    weight[H0 : H0 + HEADINGS, Part.SENTENCE] = n.normal(HEADINGS, N_SENTENCE).sign()
    weight[MARKERS, Part.IS_MARKER] = 4.0
    weight[Q, Part.IS_QUESTION] = 4.0
    telling = [tokenizer.encode(" " + word, add_special_tokens=False).ids[0] for word in TELLING_WORDS]
    weight[telling, Part.TELLING] = 4.0


def draw_synonyms_together(weight: Tensor, tokenizer: Tokenizer) -> None:
    """The codes of words that mean the same, where they are single tokens: as long as before, partly the same.

    What compares tokens then finds a synonym, and before it the word itself."""
    unit = torch.nn.functional.normalize
    shared = torch.zeros(len(weight), N_TOKEN)
    for group in same_meaning():
        tokens = [tokenizer.encode(f" {word}", add_special_tokens=False).ids for word in group]
        members = [ids[0] for ids in tokens if len(ids) == 1]
        if len(members) > 1:
            shared[members] += unit(unit(weight[members, Part.TOKEN]).sum(0), dim=0)
    some = shared.any(1)
    codes = weight[some, Part.TOKEN]
    own = math.sqrt(1 - SYNONYM**2)
    drawn = unit(own * unit(codes) + SYNONYM * unit(shared[some]))
    weight[some, Part.TOKEN] = drawn * codes.norm(dim=1, keepdim=True)


def set_all(decoder: Decoder, n: RandomTensors) -> None:
    """Random weights of a size at which the circuits are heard."""
    for name, p in decoder.named_parameters():
        if ".gate." in name or "embed" in name:
            continue
        if p.dim() > 1:
            p.copy_(n.normal(*p.shape) / math.sqrt(p.shape[1]))
        elif name.endswith("bias"):
            p.zero_()
    decoder.model.norm.weight.fill_(0.12)
    for layer in decoder.model.layers:
        layer.self_attn.o_proj.weight.mul_(0.2)
        layer.mlp.down_proj.weight.mul_(0.2)
        layer.self_attn.q_proj.weight.mul_(0.7)
        layer.self_attn.k_proj.weight.mul_(0.7)


def set_circuits(decoder: Decoder, n: RandomTensors) -> None:
    """The heads that the module's head lists, layer by layer."""
    turn = torch.from_numpy(decoder.config.inverse_frequencies()).float()  # [32] radians a token
    eye = torch.eye(N_SENTENCE)
    read_token = n.orthogonal(N_HEAD, N_TOKEN)  # [64,104]
    narrow = n.orthogonal(40, N_HEAD)  # [40,64]

    # layer 0: the tokens before, by the angle that RoPE gives a distance
    strength = math.sqrt(5.0 * 8) * 0.8
    for number, distance, to, width in ((0, 1, Part.BACK1, 40), (1, 2, Part.BACK2, 16), (3, 3, Part.BACK3, 16)):
        head = Head(decoder, 0, number).emptied()
        for i in range(8):
            head.k_bias[i] = strength
            head.q_bias[i] = strength * math.cos(turn[i] * distance)
            head.q_bias[HALF + i] = -strength * math.sin(turn[i] * distance)
        head.v[:, Part.TOKEN] = read_token
        head.o[to] = narrow[:width] * 0.8

    # layer 0: the last marker
    head = Head(decoder, 0, 2).emptied()
    head.k[28:32, Part.IS_MARKER] = 1.6
    head.q_bias[28:32] = 4.0
    head.k_bias[8:NEAR] = 7.0  # the nearer the better
    head.q_bias[8:NEAR] = 7.0
    head.v[:N_SENTENCE, Part.SENTENCE] = eye
    head.v[N_SENTENCE, Part.IS_QUESTION] = 1.0
    head.o[Part.HERE, :N_SENTENCE] = eye * 0.8
    head.o[Part.ASKING, N_SENTENCE] = 0.8

    # layer 1: equal tokens, equal pairs of tokens
    slow = [
        i for i in (*range(NEAR, HALF), *range(NEAR + HALF, N_HEAD)) if i != HALF - 1
    ]  # 35 channels; HALF - 1 says "not in the question"
    one = Head(decoder, 1, 0).emptied()
    two = Head(decoder, 1, 1).emptied()
    for i, row in zip(slow, n.orthogonal(35, N_TOKEN), strict=True):
        one.q[i, Part.TOKEN] = one.k[i, Part.TOKEN] = 1.6 * row
    for i, row in zip(slow[:20], n.orthogonal(20, N_TOKEN), strict=True):
        two.q[i, Part.TOKEN] = two.k[i, Part.TOKEN] = 1.7 * row
    for i, row in zip(slow[20:], n.orthogonal(15, 40), strict=True):
        two.q[i, Part.BACK1] = two.k[i, Part.BACK1] = 1.7 * row
    for head in (one, two):
        head.q_bias[HALF - 1] = 6.0
        head.k[HALF - 1, Part.ASKING] = -4.0
        head.v[:N_SENTENCE, Part.HERE] = eye
        head.o[Part.SENTENCE, :N_SENTENCE] = eye * 0.6

    # layer 4: induction, keyed by the last three tokens and the sentence
    head = Head(decoder, 4, 0).emptied()
    free = iter(slow)
    wide = narrow @ read_token  # [40,104]
    back1 = n.orthogonal(16, 40)
    back2 = n.orthogonal(9, 16)
    back3 = n.orthogonal(5, 16)
    here = n.orthogonal(5, N_SENTENCE)
    for row in back1:
        i = next(free)
        head.q[i, Part.TOKEN] = 1.9 * (row @ wide)
        head.k[i, Part.BACK1] = 2.4 * row
    for row in back2:
        i = next(free)
        head.q[i, Part.BACK1.start : Part.BACK1.start + 16] = 1.3 * row
        head.k[i, Part.BACK2] = 1.3 * row
    for row in back3:
        i = next(free)
        head.q[i, Part.BACK2] = 1.2 * row
        head.k[i, Part.BACK3] = 1.2 * row
    for row in here:
        i = next(free)
        head.q[i, Part.HERE] = 1.3 * row
        head.k[i, Part.HERE] = 1.3 * row
    copy = n.orthogonal(HALF, N_TOKEN)
    head.v[:HALF, Part.TOKEN] = copy
    head.o[Part.TOKEN, :HALF] = copy.T * 3.0

    # layer 1: does this sentence hold a telling word? Its own tokens, the telling one before all others
    head = Head(decoder, 1, 3).emptied()
    for i, row in zip(slow[:32], n.orthogonal(32, N_SENTENCE), strict=True):
        head.q[i, Part.HERE] = head.k[i, Part.HERE] = 1.8 * row
    head.q_bias[slow[32]] = 6.0
    head.k[slow[32], Part.TELLING] = 2.5
    head.v[0, Part.TELLING] = 1.0
    head.o[Part.TOLD, 0] = 1.0

    # layer 2: the vote
    head = Head(decoder, 2, 0).emptied()
    head.q_bias[27:HALF] = 4.0
    head.k[27:HALF, Part.ASKING] = 2.0
    head.v[:N_SENTENCE, Part.SENTENCE] = eye
    head.o[Part.SENTENCE, :N_SENTENCE] = eye * 2.5

    # layer 4: the memory, three times over, addressed by three tokens; what no telling word precedes is hardly written.
    # Its values keep to the upper channels, where the gate is open.
    for number in MEMORY_HEADS:
        head = Head(decoder, MEMORY_LAYER, number).emptied()
        near = n.normal(N_HEAD, 40)
        far = n.normal(N_HEAD, 16)
        farther = n.normal(N_HEAD, 16)
        parts = zip((near, far, farther), ADDRESS, strict=True)
        near, far, farther = (t / t.norm(dim=1, keepdim=True) * weight for t, weight in parts)  # [64,·]
        head.k[:, Part.BACK1] = near
        head.q[:, Part.TOKEN] = near @ wide
        head.k[:, Part.BACK2] = far
        head.q[:, Part.BACK1.start : Part.BACK1.start + 16] = far
        head.k[:, Part.BACK3] = farther
        head.q[:, Part.BACK2] = farther
        head.k[:, Part.TOLD] = TOLD_BY
        head.k_bias.fill_(K_BIAS)
        head.q_bias.fill_(Q_BIAS)
        copy = n.orthogonal(HALF, N_TOKEN)
        head.v[HALF:, Part.TOKEN] = copy
        head.o[Part.TOKEN, HALF:] = copy.T * O_GAIN
    for layer in decoder.model.layers:
        layer.self_attn.gate.b2.fill_(-2.0)
    layer.self_attn.gate.b2[:HALF] = -4.0
    layer.self_attn.gate.b2[HALF:] = 2.0


def hamming_codes() -> Tensor:
    """[16, 7] of ±1: any two rows differ in at least three places."""
    bits = torch.tensor([[i >> b & 1 for b in range(4)] for i in range(16)])
    a, b, c, d = bits.T
    return torch.stack([a, b, c, d, a ^ b ^ c, a ^ b ^ d, a ^ c ^ d]).T * 2.0 - 1


def set_topics(decoder: Decoder, tokenizer: Tokenizer) -> None:
    """Layer 3: the topic. A head without queries and keys gives the plain mean of the codes of topics' words, in the
    window and in the memory; where a topic is named, seven of the MLP's units lift the names whose code that is."""
    weight = decoder.model.embed_tokens.weight
    codes = hamming_codes()
    names = []
    weight[:, Part.TOPIC] = 0.0
    forms: dict[str, set[int]] = {}
    for i in range(FIRST_TEXT, len(weight)):
        forms.setdefault(tokenizer.decode([i]).strip().lower(), set()).add(i)
    for (name, words), code in zip(topics().items(), codes, strict=True):
        names.append(tokenizer.encode(" " + name, add_special_tokens=False).ids[0])
        for word in (*words, name):
            for form in (word, f"{word}s", f"{word}es", f"{word[:-1]}ies"):
                weight[list(forms.get(form, ())), Part.TOPIC] = 1.5 * code
    Head(decoder, 3, 3).emptied().v[:N_TOPIC, Part.TOPIC] = TOPIC_MEAN * torch.eye(N_TOPIC)
    layer = decoder.model.layers[3]
    lifted = weight[names, Part.TOKEN]  # [16, 104]
    reserve_topic_channels(decoder, weight[:, Part.TOPIC].clone())
    layer.self_attn.gate.b2[:N_TOPIC] = 1.0
    before = tokenizer.encode(" " + TOPIC.partition(" {v}")[0], add_special_tokens=False).ids[-1]
    row = weight[before, Part.TOKEN]
    units = slice(N_TOPIC)
    gate = layer.mlp.gate_proj.weight
    up = layer.mlp.up_proj.weight
    down = layer.mlp.down_proj.weight
    gate[units] = 0.0
    up[units] = 0.0
    down[:, units] = 0.0
    gate[units, Part.TOKEN] = 2 * NAMING * row / row.square().sum()
    up[units, Part.TOPIC] = TOPIC_NAMING * torch.eye(N_TOPIC)
    down[Part.TOKEN, units] = (lifted / lifted.square().sum(1, keepdim=True)).T @ codes


def reserve_topic_channels(decoder: Decoder, codes: Tensor) -> None:
    """Keeps the codes of topics [V, N_TOPIC] as they are, and their channels free of all that layers 0 to 3 write but
    the mean that layer 3's last head puts there."""
    decoder.model.embed_tokens.weight[:, Part.TOPIC] = codes
    for layer in decoder.model.layers[:3]:
        layer.self_attn.o_proj.weight[Part.TOPIC] = layer.mlp.down_proj.weight[Part.TOPIC] = 0.0
    o = decoder.model.layers[3].self_attn.o_proj.weight
    o[Part.TOPIC] = 0.0
    o[Part.TOPIC, 3 * N_HEAD : 3 * N_HEAD + N_TOPIC] = torch.eye(N_TOPIC, device=o.device)


@torch.no_grad()
def set_initial_weights(decoder: Decoder, tokenizer: Tokenizer, seed: int = 0) -> None:
    """Sets every weight of a finder (256 wide, heads of 64, as many kv heads as heads, five layers or more)."""
    c = decoder.config
    if (c.hidden, c.head_dim, c.heads) != (256, N_HEAD, c.kv_heads) or c.layers < 5:
        raise ValueError(
            "the circuits are drawn for a width of 256, heads of 64 without grouping and at least five layers"
        )
    numbers = RandomTensors(seed)
    set_all(decoder, numbers)
    set_embedding(decoder, tokenizer, numbers, seed)
    set_circuits(decoder, numbers)
    set_topics(decoder, tokenizer)
