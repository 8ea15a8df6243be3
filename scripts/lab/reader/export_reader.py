"""Writes the reader as the engine runs it: a graph in int8 (or fp32), its tokenizer, and a description.

    scripts/lab.sh export-reader --model ~/.cache/edgeinfinite/reader/run/reader.pt --out export
    scripts/lab.sh export-reader --into models/mine       the same into a folder that has a generator

`reader.onnx`, `reader-tokenizer.json`, `reader.json`, and model.json of a folder that holds a reader alone; CONTRACT.md
says what is in them. The graph is run on a few lines of text and held against PyTorch.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from tokenizers import Tokenizer

from lab.export.graph_builder import PARTS, Builder, Linears
from lab.export.model_folder import dumps
from lab.reader.add_reader import FILES, describe
from lab.reader.encoder import ABSENT, Reader, Sizes
from lab.reader.exported import difference, graph
from lab.reader.layout import CLS, HEADING, LENGTH, PADDING, QUESTION, SENTENCE, SENTENCES, SEP, Piece, Run, lay_out
from lab.reader.loss import tensors
from lab.reader.nibbles import MIDDLE, in_nibbles
from lab.reader.reading import FINAL, QUOTE_SHARE, QUOTES, SPAN, Choice
from lab.reader.vocabulary import pruned
from lab.reader.weights import cache, pretrained_files

# Largest difference from PyTorch that the graph's numbers may have, ÷ the largest of them.
MAX_ERROR = {"fp32": 1e-4, "int8": 0.1, "block": 0.1}
ABOUT = {
    "format": 1,
    "name": "reader",
    "version": "3",
    "description": "Finds the sentences of a document that answer a question, and the short answer in them",
    "licence": "Apache-2.0",
}
BLOCK = 32
# Heads are attended with in so many groups, one after another: the scores of one are in memory at a time.
GROUPS = 4
EXAMPLE = ("Who signed the lease?", ("The lease of 1904 was signed by Ada Brown.", "Rent is due in May.", "It rained."))


class Network:
    """The nodes of a reader; weights as float32 arrays by the names of encoder.py."""

    def __init__(self, sizes: Sizes, sentences: int, weights: dict[str, np.ndarray], precision: str) -> None:
        self.sizes = sizes
        self.sentences = sentences
        self.weights = weights
        self.precision = precision
        self.g = Builder()
        self.linears = Linears(self.g, "int8" if precision == "int8" else "fp32", PARTS, "u8")

    def build(self) -> onnx.ModelProto:
        """tokens, types, segments [n] → relevance [K], none [1], begin [n], end [n], verdict [3]."""
        g = self.g
        bias = g(
            "Where",
            g("Equal", "segments", g.weight("padding", np.array(PADDING, np.int32))),
            g.constant(ABSENT),
            g.constant(0.0),
        )  # [n]
        hidden = self.embedded()  # [n, D]
        for layer in range(self.sizes.layers):
            hidden = self.layer(hidden, bias, f"encoder.layers.{layer}.")
        self.heads(hidden)
        ints = [helper.make_tensor_value_info(n, TensorProto.INT32, ["n"]) for n in ("tokens", "types", "segments")]
        shapes = {"relevance": [self.sentences], "none": [1], "begin": ["n"], "end": ["n"], "verdict": [3]}
        floats = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, shape in shapes.items()]
        used = {name for node in g.nodes for name in node.input}
        weights = [tensor for name, tensor in g.weights.items() if name in used]
        body = helper.make_graph(g.nodes, "reader", ints, floats, weights)
        opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(body, opset_imports=opsets, ir_version=10, producer_name="edgeinfinite")

    def embedded(self) -> str:
        """The sum of the three embeddings, normalised; words in four bits and places in half precision, but in fp32."""
        g = self.g
        w = self.weights
        words = w["encoder.words.weight"]
        places = w["encoder.places.weight"]
        if self.precision == "fp32":
            word = g("Gather", g.weight("embedding.words", words), "tokens")  # [n, D]
        else:
            word = self.from_nibbles(words)
            places = places.astype(np.float16)
        length = g("Shape", "tokens")
        place = g("Slice", g.weight("embedding.places", places), g.constant([0]), length, g.constant([0]))
        if self.precision != "fp32":
            place = g("Cast", place, to=TensorProto.FLOAT)
        types = g("Gather", g.weight("embedding.types", w["encoder.types.weight"]), "types")
        return self.norm(g("Add", g("Add", word, place), types), "encoder.norm")

    def from_nibbles(self, words: np.ndarray) -> str:
        """The tokens' rows of words [V, D], kept in four bits: [n, D]."""
        g = self.g
        packed, scales = in_nibbles(words)
        rows = g("Gather", g.weight("embedding.words", packed), "tokens")  # [n, D / 2]
        low = g("BitwiseAnd", rows, g.weight("low", np.array(15, np.uint8)))
        high = g("BitShift", rows, g.weight("high", np.array(4, np.uint8)), direction="RIGHT")
        steps = g("Sub", g("Cast", g("Concat", low, high, axis=1), to=TensorProto.FLOAT), g.constant(float(MIDDLE)))
        scale = g("Cast", g("Gather", g.weight("embedding.words.scale", scales), "tokens"), to=TensorProto.FLOAT)
        blocks = g("Reshape", steps, g.constant([0, scales.shape[1], -1]))  # [n, blocks, D / blocks]
        return g("Reshape", g("Mul", blocks, g("Unsqueeze", scale, g.constant([2]))), g.constant([0, words.shape[1]]))

    def norm(self, x: str, name: str) -> str:
        """Layer norm over the last dim, by weight and bias of that name."""
        both = [self.g.weight(f"{name}.{kind}", self.weights[f"{name}.{kind}"]) for kind in ("weight", "bias")]
        return self.g("LayerNormalization", x, *both, axis=-1, epsilon=self.sizes.epsilon)

    def linear(self, x: str, name: str) -> str:
        """x [..., in] → [..., out]"""
        weight = self.weights[f"{name}.weight"]
        bias = self.weights[f"{name}.bias"]
        if self.precision != "block":
            return self.linears(x, name, weight, bias)
        steps, scales = in_blocks(weight)
        g = self.g
        (out, width) = weight.shape
        inputs = x, g.weight(name, steps), g.weight(name + ".scale", scales)
        how = {"N": out, "K": width, "bits": 8, "block_size": BLOCK, "accuracy_level": 4}
        return g("Add", g("MatMulNBits", *inputs, domain="com.microsoft", **how), g.weight(name + ".bias", bias))

    def layer(self, x: str, bias: str, name: str) -> str:
        """One layer: x [n, D] → [n, D]."""
        g = self.g
        heads = self.sizes.heads
        width = self.sizes.width // heads
        three = g("Reshape", self.linear(x, name + "query_key_value"), g.constant([-1, 3, heads, width]))
        q, k, v = g.many(
            "Split", g("Transpose", three, perm=[1, 2, 0, 3]), out=("", "", ""), axis=0, num_outputs=3
        )  # [1, H, n, d]
        some = [self.in_groups(part) for part in (g("Mul", q, g.constant(width**-0.5)), k, v)]
        mixed = g("Concat", *(self.attended(*group, bias) for group in zip(*some, strict=True)), axis=1)
        mixed = g("Reshape", g("Transpose", mixed, perm=[0, 2, 1, 3]), g.constant([-1, self.sizes.width]))
        x = self.norm(g("Add", x, self.linear(mixed, name + "attended")), name + "attended_norm")
        inner = g("Gelu", self.linear(x, name + "inner"))
        return self.norm(g("Add", x, self.linear(inner, name + "outer")), name + "outer_norm")

    def in_groups(self, x: str) -> list[str]:
        """x [1, H, n, d] → GROUPS tensors of as many heads each, where they can be parted."""
        if self.sizes.heads % GROUPS:
            return [x]
        return self.g.many("Split", x, out=("",) * GROUPS, axis=1, num_outputs=GROUPS)

    def attended(self, q: str, k: str, v: str, bias: str) -> str:
        """q, scaled, over k and v, [1, h, n, d] each → [1, h, n, d]."""
        g = self.g
        scores = g("MatMul", q, g("Transpose", k, perm=[0, 1, 3, 2]))  # [1, h, n, n]
        return g("MatMul", g("Softmax", g("Add", scores, bias), axis=-1), v)

    def heads(self, hidden: str) -> None:
        """hidden [n, D] → the outputs."""
        g = self.g
        w = self.weights
        numbers = g.weight("numbers", np.arange(self.sentences + 1, dtype=np.int32)[:, None])
        member = g(
            "Cast", g("Equal", g("Unsqueeze", "segments", g.constant([0])), numbers), to=TensorProto.FLOAT
        )  # [K+1, n]
        counts = g("ReduceSum", member, g.constant([1]), keepdims=1)
        means = g("Div", g("MatMul", member, hidden), g("Max", counts, g.constant(1.0)))  # [K+1, D]
        length = g("Max", g("ReduceL2", means, g.constant([1]), keepdims=1), g.constant(1e-8))
        unit = g("Div", means, length)
        question, sentence = g.many("Split", unit, g.constant([1, self.sentences]), out=("", ""), axis=0)
        cosine = g("MatMul", sentence, g("Transpose", question, perm=[1, 0]))  # [K, 1]
        _, mean = g.many("Split", means, g.constant([1, self.sentences]), out=("", ""), axis=0)
        _, inside = g.many("Split", member, g.constant([1, self.sentences]), out=("", ""), axis=0)
        _, count = g.many("Split", counts, g.constant([1, self.sentences]), out=("", ""), axis=0)
        tokens = g("Transpose", g("MatMul", hidden, g.weight("head.token", w["token.weight"].T)), perm=[1, 0])  # [1, n]
        tokens = g("Add", tokens, g("Mul", g("Sub", inside, g.constant(1.0)), g.constant(-ABSENT)))  # [K, n]
        largest = g("ReduceMax", tokens, g.constant([1]), keepdims=1)
        total = g("ReduceSum", g("Exp", g("Sub", tokens, largest)), g.constant([1]), keepdims=1)
        parts = g("Mul", cosine, g.weight("head.scale", w["scale"].reshape(1, 1))), g("Add", largest, g("Log", total))
        sums = g("Add", g("Add", *parts), g("MatMul", mean, g.weight("head.mean", w["mean.weight"].T)))  # [K, 1]
        there = g("Where", g("Greater", count, g.constant(0.0)), sums, g.constant(ABSENT))
        g("Squeeze", there, g.constant([1]), out="relevance")
        first = g("Slice", hidden, g.constant([0]), g.constant([1]), g.constant([0]))  # [1, D]
        for name in ("none", "verdict"):
            logits = g("MatMul", first, g.weight(f"head.{name}", w[f"{name}.weight"].T))
            g("Squeeze", g("Add", logits, g.weight(f"head.{name}.bias", w[f"{name}.bias"])), g.constant([0]), out=name)
        zero = g.weight("zero", np.array(0, np.int32))
        outside = g("Where", g("Greater", "segments", zero), g.constant(0.0), g.constant(ABSENT))  # [n]
        spans = g(
            "Add",
            g("MatMul", hidden, g.weight("head.span", w["span.weight"].T)),
            g.weight("head.span.bias", w["span.bias"]),
        )
        for part, name in zip(
            g.many("Split", spans, out=("", ""), axis=1, num_outputs=2), ("begin", "end"), strict=True
        ):
            g("Add", g("Squeeze", part, g.constant([1])), outside, out=name)


def in_blocks(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """weight [out, in] → steps around 128 [out, blocks, BLOCK] and scales [out · blocks]: symmetric, by inputs."""
    blocks = weight.reshape(len(weight), -1, BLOCK)
    scales = np.maximum(np.abs(blocks).max(-1), 1e-30) / 127
    steps = np.clip(np.rint(blocks / scales[..., None]), -127, 127) + 128
    return steps.astype(np.uint8), scales.astype(np.float32).reshape(-1)


def export(
    reader: Reader,
    sizes: Sizes,
    tokenizer: Path,
    folder: Path,
    precision: str,
    choice: Choice,
    *,
    verdict: bool = True,
) -> float:
    """Writes the three files; the graph's largest difference from PyTorch on the example, ÷ the largest number.

    Without `verdict` the engine tells none: for a reader whose verdicts are no better than chance.

    Raises ValueError where that is over its bound."""
    about, rows = pruned(tokenizer)
    weights = {name: value.float().numpy() for name, value in reader.state_dict().items()}
    weights["encoder.words.weight"] = weights["encoder.words.weight"][rows]
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
    (folder / FILES["tokenizer"]).write_text(text, "utf-8")
    onnx.save(Network(sizes, reader.sentences, weights, precision).build(), folder / FILES["graph"])
    run = example(folder / FILES["tokenizer"])
    test = self_test(reader, rows, run)
    said = {
        "format": 1,
        "precision": precision,
        "max_error": MAX_ERROR[precision],
        "encoder": {
            "layers": sizes.layers, "width": sizes.width, "heads": sizes.heads, "inner": sizes.inner,
            "vocabulary": len(rows), "parameters": sum(value.size for value in weights.values()),
        },
        "layout": {
            "length": LENGTH, "sentences": reader.sentences, "question": QUESTION, "sentence": SENTENCE,
            "heading": HEADING, "cls": CLS, "sep": SEP,
        },
        "scoring": {**asdict(choice), "final": FINAL, "span": SPAN, "quotes": QUOTES, "share": QUOTE_SHARE,
                    **({} if verdict else {"verdict": False})},
        "self_test": test,
    }  # fmt: skip
    (folder / FILES["settings"]).write_text(dumps(said))
    found = graph(folder / FILES["graph"])([run])[0]
    error = difference(found, test)
    if not error <= MAX_ERROR[precision]:
        raise ValueError(f"found numbers off by {error:.4f}, expected at most {MAX_ERROR[precision]}")
    return error


def example(tokenizer: Path) -> Run:
    """A run of a few lines of text."""
    opened = Tokenizer.from_file(str(tokenizer))
    question, *pieces = (opened.encode(text, add_special_tokens=False).ids for text in (EXAMPLE[0], *EXAMPLE[1]))
    return lay_out(question, [Piece(p) for p in pieces])


def self_test(reader: Reader, rows: list[int], run: Run) -> dict:
    """What PyTorch computes of a run whose tokens are rows of the fewer words."""
    asked = replace(run, tokens=[rows[token] for token in run.tokens])
    with torch.no_grad():
        out = {name: value[0].tolist() for name, value in reader.eval()(*tensors([asked])).items()}
    return {
        "tokens": run.tokens,
        "types": run.types,
        "segments": run.segments,
        "relevance": [round(x, 5) for x in out["relevance"][: len(run.starts)]],
        "none": round(out["none"], 5),
        "verdict": [round(x, 5) for x in out["verdict"]],
    }


def main() -> None:
    """Reads the command line and writes the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=cache() / "run/reader.pt", help="a training's checkpoint")
    parser.add_argument("--out", type=Path, default=cache() / "export", help="a folder that holds a reader alone")
    parser.add_argument("--into", type=Path, help="a model folder that gets the reader beside what it holds")
    parser.add_argument("--precision", choices=MAX_ERROR, default="int8")
    parser.add_argument("--without-verdict", action="store_true", help="verdicts of yes and no are not told")
    parser.add_argument("--choice", type=json.loads, default={}, help='JSON: "bm25", "found"')
    options = parser.parse_args()
    reader = Reader(Sizes(), SENTENCES)
    reader.load_state_dict(torch.load(options.model, map_location="cpu", weights_only=True)["average"])
    tokenizer = pretrained_files() / "tokenizer.json"
    folder = options.into or options.out
    about = json.loads((folder / "model.json").read_text()) if options.into else ABOUT
    choice = Choice(**options.choice)
    error = export(reader, Sizes(), tokenizer, folder, options.precision, choice, verdict=not options.without_verdict)
    describe(folder, about)
    size = sum((folder / name).stat().st_size for name in FILES.values())
    print(f"{folder}: {size:,} bytes; numbers off by at most {error:.4f} of the largest on the example")


if __name__ == "__main__":
    main()
