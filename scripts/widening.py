"""Gives the finder's memory three heads more: heads 1 to 3 of layer 2, which no circuit needs.

    widen(decoder, tokenizer, "widening/1")        in place, once; four minutes on two cores
    readdress(decoder, tokenizer, "widening/2")    after the training that follows; two minutes

A memory of three heads mixes values up: of the thirty-odd tokens that six facts tell, some share most of their 64
features with another's in each head. What layer 2 brings out has to reach the logits past layers that know nothing of
it. Of the residual stream's 256 dimensions some hold next to nothing: the 32 quietest carry half a percent of its
energy. All that reads the stream after the heads is made blind to these, the heads write codes of tokens there, and 32
units of layer 4's MLP, those of least effect, lift the tokens whose codes they read, where an answer is being said.
addresses.py fits the new heads' queries and keys beside those of layer 4. D: width, V: vocabulary, m: dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

import addresses
from batches import batch
from circuits import HALF, N_HEAD, N_TOKEN, Head, Part
from losses import losses, remembered, tensor
from model import Decoder
from samples import Sampler
from tokenizer import FIRST_TEXT

LAYER, NUMBERS = 2, (1, 2, 3)
MEMORY = slice(HALF, N_HEAD)  # channels of its heads' values; there the layer's gate is open
GATE_OPEN = 3.0  # before the sigmoid
SHOWN = 8  # batches of documents and of prompts, to see what the stream holds
ROUNDS, STEPS = addresses.ROUNDS, 500
KEPT_OUT = 0.6  # of addresses.GAP: how much less is written of filler, where the last fit begins
WRITES, ANSWERING, LIFTS = 4.0, 6.0, 4.0  # gains: of all heads together into the stream; of the units' gate and output


@dataclass
class Seen:
    """What runs through a decoder on documents and prompts."""

    stream: Tensor  # [·,D] the residual stream after the new heads, of mean square 1
    ids: Tensor  # [n] of documents
    read: Tensor  # [n,D] layer 2's input there, normalised
    mlp: Tensor  # [r,D] the input of layer 4's MLP, normalised
    answers: Tensor  # [r] bool: rows of an answer


def look(decoder: Decoder, tokenizer: Tokenizer, seed: str) -> Seen:
    layers = decoder.model.layers
    after = {f"{n} mlp": layers[n].post_attention_layernorm for n in range(LAYER, len(layers))}
    after |= {f"{n} attention": layers[n].input_layernorm for n in range(LAYER + 1, len(layers))}
    last = f"{len(layers) - 1} mlp"
    told, finding, out = addresses.Telling(tokenizer, seed), Sampler(tokenizer, 640, seed), []
    for number in range(SHOWN):
        told.restart(f"{seed}/{number}")
        b, prompts = told.streams(addresses.SHAPE), batch(finding.samples(8), 640)
        with addresses.watched(after | {"read": layers[LAYER].input_layernorm}) as seen:
            remembered(decoder, b)
            _, (_, read), _ = seen["read"]  # of the pinned tokens, the document, the questions
            losses(decoder, prompts, 0.1, torch.Generator("cpu").manual_seed(number))
        stream = torch.cat([x.flatten(0, -2) for name in after for x, _ in seen[name]])[::29]
        (_, asked), (_, prompted) = seen[last][-2:]
        answers = [tensor(b.wanted[:, :, : asked.shape[2]] >= 0), tensor(prompts.loss > 0)]
        out.append((stream, tensor(b.ids).flatten(), read.flatten(0, 2), *zip((asked, prompted), answers, strict=True)))
    return Seen(
        F.rms_norm(torch.cat([row[0] for row in out]), out[0][0].shape[-1:]),
        torch.cat([row[1] for row in out]),
        torch.cat([row[2] for row in out]),
        torch.cat([x.flatten(0, -2) for row in out for x, _ in row[3:]]),
        torch.cat([answer.flatten() for row in out for _, answer in row[3:]]),
    )


def quietest(decoder: Decoder, stream: Tensor) -> Tensor:
    """stream [·,D] → orthonormal [D,m]: where it and the embedding have least, topics' channels left out."""
    embedding = decoder.model.embed_tokens.weight * decoder.model.norm.weight
    a, b = stream.T @ stream, embedding.T @ embedding
    energy = a / a.diag().mean() + 0.1 * b / b.diag().mean()
    free = torch.ones(len(energy), dtype=torch.bool)
    free[Part.TOPIC] = False
    out = torch.zeros(len(energy), HALF)
    out[free] = torch.linalg.eigh(energy[free][:, free])[1][:, :HALF]
    return out


def emptied(decoder: Decoder) -> None:
    """The heads write nothing, and of the layer's other head only what its gate lets be."""
    for number in NUMBERS:
        Head(decoder, LAYER, number).emptied()
    others = set(range(decoder.config.heads)) - set(NUMBERS)
    for number in others:
        Head(decoder, LAYER, number).o[:, MEMORY] = 0.0


def blinded(decoder: Decoder, quiet: Tensor) -> None:
    """Nothing after the heads reads what `quiet` [D,m] spans."""
    for number, layer in enumerate(decoder.model.layers[LAYER:]):
        a, mlp = layer.self_attn, layer.mlp
        readers = [(layer.post_attention_layernorm, (mlp.gate_proj, mlp.up_proj))]
        if number:
            readers.append((layer.input_layernorm, (a.q_proj, a.k_proj, a.v_proj)))
        for norm, projections in readers:
            for p in projections:
                p.weight.copy_(without(p.weight, norm.weight, quiet))


def without(weight: Tensor, norm: Tensor, quiet: Tensor) -> Tensor:
    """weight [·,D] of what reads the stream by a norm's weight [D] → one that does not see what `quiet` spans."""
    seen = weight * norm
    return (seen - seen @ quiet @ quiet.T) / norm


def solved(x: Tensor, y: Tensor, ridge: float) -> Tensor:
    """x [n,D], y [n,k] → the least squares' weights [k,D]."""
    square = x.T @ x / len(x)
    return torch.linalg.solve(square + ridge * square.diag().mean() * torch.eye(len(square)), x.T @ y / len(x)).T


def connected(decoder: Decoder, quiet: Tensor, seen: Seen) -> None:
    """Values are codes of tokens, written where it is quiet; layer 4's MLP lifts the tokens whose codes stand there."""
    token, generator = torch.zeros(HALF, len(quiet)), torch.Generator(quiet.device).manual_seed(LAYER)
    random = torch.randn(N_TOKEN, HALF, generator=generator, device=quiet.device)
    token[:, Part.TOKEN] = torch.linalg.qr(random)[0].T  # [m,D]
    codes = decoder.model.embed_tokens.weight @ token.T  # [V,m]
    codes = (codes - codes[FIRST_TEXT:].mean(0))[seen.ids]
    mean, level = seen.read.mean(0), codes.mean(0)
    w = solved(seen.read - mean, codes - level, 1e-3)  # [m,D]
    values = decoder.model.layers[LAYER].self_attn.v_proj.bias
    for number in NUMBERS:
        head = Head(decoder, LAYER, number)
        head.v[MEMORY] = w
        values[number * N_HEAD : (number + 1) * N_HEAD] = 0.0
        values[number * N_HEAD + HALF : (number + 1) * N_HEAD] = level - w @ mean
        head.o[:, MEMORY] = quiet * WRITES / len(NUMBERS)
    gate = decoder.model.layers[LAYER].self_attn.gate
    gate.b2[MEMORY], gate.w2[MEMORY] = GATE_OPEN, 0.0
    mlp, norm = decoder.model.layers[-1].mlp, decoder.model.layers[-1].post_attention_layernorm.weight
    answers = seen.mlp[seen.answers]
    opened, raised = F.silu(answers @ mlp.gate_proj.weight.T), answers @ mlp.up_proj.weight.T
    units = ((opened * raised).abs().mean(0) * mlp.down_proj.weight.norm(dim=0)).argsort()[:HALF]
    answering = solved(seen.mlp, seen.answers[:, None].float(), 1e-2)
    mlp.gate_proj.weight[units] = ANSWERING * without(answering, norm, quiet)
    mlp.up_proj.weight[units] = quiet.T
    mlp.down_proj.weight[:, units] = LIFTS * token.T


def added(decoder: Decoder) -> list[addresses.Address]:
    """Views of the new heads' weights."""
    return [addresses.address(decoder, LAYER, number) for number in NUMBERS]


def rows(decoder: Decoder, tokenizer: Tokenizer, seed: str, rounds: int) -> tuple[list[addresses.Told], addresses.Rows]:
    """What documents tell, and filler, as all heads of the memory see it."""
    layers = tuple(sorted({LAYER, *(n for n, _ in addresses.heads(decoder))}))
    told = addresses.collect(decoder, tokenizer, seed, rounds, layers)
    silent = max(1, rounds * addresses.SILENT // ROUNDS)
    return told, addresses.silence(decoder, tokenizer, seed, silent, layers)


def widen(decoder: Decoder, tokenizer: Tokenizer, seed: str, rounds: int = ROUNDS, steps: int = STEPS) -> None:
    with torch.no_grad():
        emptied(decoder)
        quiet = quietest(decoder, look(decoder, tokenizer, f"{seed}/look").stream)
        blinded(decoder, quiet)
    told, filler = rows(decoder, tokenizer, seed, rounds)
    start = addresses.begun(LAYER, len(NUMBERS), told, filler, seed)
    fitted = addresses.fit(start, addresses.heads(decoder), told, filler, seed, steps)
    with torch.no_grad():
        connected(decoder, quiet, look(decoder, tokenizer, f"{seed}/look"))
    addresses.put(added(decoder), fitted)


def readdress(decoder: Decoder, tokenizer: Tokenizer, seed: str, rounds: int = ROUNDS, steps: int = STEPS) -> None:
    """Fits the new heads' queries and keys on, at the end of training. Nothing but the memory hears these heads, so
    nothing has to be trained after it; layer 4's, which serve the window too, stay."""
    told, filler = rows(decoder, tokenizer, seed, rounds)
    level, bias = (KEPT_OUT * t for t in addresses.apart(told, LAYER, filler[LAYER]))
    start = [(n, [q, q_bias, k + level, k_bias + bias]) for n, (q, q_bias, k, k_bias) in added(decoder)]
    addresses.put(added(decoder), addresses.fit(start, addresses.heads(decoder), told, filler, seed, steps))
