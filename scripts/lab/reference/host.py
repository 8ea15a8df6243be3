"""The host's part of models/README.md in numpy and onnxruntime: what rust/core does, in the fewest lines that run.

    scripts/lab.sh host models/tiny README.md "What is this?"     # reads by segments, prints the greedy answer

Shapes as in export/onnx_graph.py; P pinned tokens, K pinned slots, W window slots, w tokens in the window. PyTorch is
not needed.
"""

import copy
import json
import math
import re
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

MASKED = -1e30  # what no score outweighs
DECODE_BLOCK = 32
MARKUP = r"</?(?:table|caption|thead|tbody|tfoot|tr|th|td|h[1-6]|blockquote|strong|em|b|i|u|sub|sup|code)>"  # Gemma's
SPACE = "".join(c for c in map(chr, range(0x3001)) if c.isspace() and c not in "\x1c\x1d\x1e\x1f")  # a tokenizer's `\s`
DTYPES = {"f16": "<f2", "bf16": "<u2", "f32": "<f4"}


def unprefixed(tokenizer: dict) -> tuple[dict, str]:
    """tokenizer.json without the space that is put before text, and where that was: "never", "first" (before the whole
    text) or "always" (before every stretch between added tokens).

    What is encoded piece by piece must not begin anew with each piece; templates say that space instead."""
    form, scheme = copy.deepcopy(tokenizer), "never"
    normalizer = form.get("normalizer") or {}
    parts = normalizer.get("normalizers", [normalizer])
    if any(p.get("type") == "Prepend" for p in parts):
        scheme = "always"
        rest = [p for p in parts if p.get("type") != "Prepend"]
        form["normalizer"] = {"type": "Sequence", "normalizers": rest} if len(rest) != 1 else rest[0]
    splitter = form.get("pre_tokenizer") or {}
    for part in splitter.get("pretokenizers", [splitter]):
        if part.get("type") == "Metaspace" and part.get("prepend_scheme", "always") != "never":
            scheme, part["prepend_scheme"] = part.get("prepend_scheme", "always"), "never"
        if part.get("type") == "ByteLevel" and part.get("add_prefix_space"):
            scheme, part["add_prefix_space"] = "always", False
    return form, scheme


def piecewise(tokenizer: dict, preset: dict, vocabulary: float = math.inf) -> dict:
    """tokenizer.json for prompts in pieces, and for text that nobody vouches for.

    Spaces before text and white space around added tokens are the templates' to say. Added tokens that control a model
    are special, so that text never becomes one. Those beyond the vocabulary are left out (Gemma 3 has one, of its
    pictures); ValueError where a token of the base vocabulary or of the preset's `prompt` and `end` is one of them."""
    form, _ = unprefixed(tokenizer)
    templates = [*preset["prompt"].values(), *(preset["prompt"].get("chat") or {}).values()]
    said = "\0".join(text for text in templates if isinstance(text, str))
    base = form["model"]["vocab"]  # of Unigram a list of [text, score]
    rows = base.items() if isinstance(base, dict) else ((text, i) for i, (text, _) in enumerate(base))
    used = [
        (t["content"], t["id"]) for t in form["added_tokens"] if t["content"] in said or t["content"] in preset["end"]
    ]
    for text, number in [*rows, *used]:
        if number >= vocabulary:
            raise ValueError(f"found token {text!r}, number {number}, but {vocabulary} rows of embedding")
    form["added_tokens"] = [t for t in form["added_tokens"] if t["id"] < vocabulary]
    for t in form["added_tokens"]:
        text = t["content"]
        looks = re.fullmatch("<.+>", text, re.DOTALL) and not re.fullmatch(MARKUP, text)
        mark = text in said and re.fullmatch(r"[^\w\s].*\w.*[^\w\s]", text, re.DOTALL)  # no word, no white space
        t["special"] = bool(t["special"] or looks or mark or text in preset["end"])
        t["lstrip"] = t["rstrip"] = False
    return form


class Layout:
    """Templates → tokens: words of a template with special tokens recognised, what stands in for a name without."""

    def __init__(self, prompt: dict, tokenizer: str):
        """tokenizer: tokenizer.json, its path or its text."""
        opened = Tokenizer.from_str if tokenizer.lstrip().startswith("{") else Tokenizer.from_file
        self.prompt, self.special, self.plain = prompt, opened(tokenizer), opened(tokenizer)
        self.plain.encode_special_tokens = True
        self.specials = [t.content for t in self.plain.get_added_tokens_decoder().values() if t.special]

    def encode(self, template: str, **values: str) -> list[int]:
        """What stands around a value, up to the next special token, is tokenised with it as one text."""
        tokens, rest, names = [], template, "|".join(values)
        while values and (found := re.search(rf"\{{({names})\}}", rest)):
            before, after = rest[: found.start()], rest[found.end() :]
            head = max((before.rfind(s) + len(s) for s in self.specials if s in before), default=0)
            tail = min((after.find(s) for s in self.specials if s in after), default=len(after))
            tokens += self.special.encode(before[:head], add_special_tokens=False).ids
            whole = before[head:] + values[found[1]] + after[:tail]
            tokens += self.plain.encode(whole, add_special_tokens=False).ids
            rest = after[tail:]
        return tokens + self.special.encode(rest, add_special_tokens=False).ids

    def lines(self, text: str, citation: dict | None) -> list[int]:
        """A text's tokens as its readings have them: lines of a citing model behind their markers."""
        if not citation:
            return self.encode("{text}", text=text)
        tokens = []
        for number, line in enumerate(line for line in text.split("\n") if line.strip()):
            template = self.prompt["sentence"].replace("{n}", str(number % len(citation["markers"]) + 1))
            tokens += self.encode(template, text=" " + " ".join(line.split()))
        return tokens

    def turn(self, text: str, first: bool) -> list[int]:
        """A turn of a chat: what is said, up to where the model answers."""
        chat = self.prompt["chat"]
        text = text.strip() if chat.get("trim") else text.lstrip(SPACE) if chat.get("trim_start") else text
        return self.encode(chat["user"] if first else chat.get("next", chat["user"]), text=text)

    def free(self, document: str, task: str, question: str = "") -> tuple[list[int], int]:
        """A free model's whole prompt and how many of its first tokens are pinned."""
        start, text = self.encode(self.prompt["start"]), self.encode("{text}", text=document)
        return start + text + self.encode(self.prompt[task], question=question), len(start)


def read_manifest(folder: Path) -> dict:
    return json.loads((folder / "model.json").read_text())


class Model:
    """An opened model folder with the session of one artefact."""

    def __init__(self, folder: str | Path, artefact: int = 0, threads: int = 0):
        self.folder = Path(folder)
        self.manifest = m = read_manifest(self.folder)
        self.layers, self.kv_heads, self.head_dim = (m["base"][n] for n in ("layers", "kv_heads", "head_dim"))
        self.layout = Layout(m["prompt"], str(self.folder / m["tokenizer"]["file"]))
        shape = m["base"]["vocabulary"], m["base"]["hidden"]  # V, D
        self.embedding = np.memmap(self.folder / m["embedding"]["file"], DTYPES[m["embedding"]["dtype"]], "r", 0, shape)
        self.kinds = {name: np.array(kind["inverse_frequencies"]) for name, kind in m["kinds"].items()}  # [r/2] float64
        self.sliding = {name: kind.get("sliding", 0) for name, kind in m["kinds"].items()}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.set_denormal_as_zero", "1")
        path = str(self.folder / m["artefacts"][artefact]["file"])
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def embed(self, ids: list[int]) -> np.ndarray:
        """ids [n] → rows [n, D] float32."""
        rows, kept = self.embedding[ids], self.manifest["embedding"]
        if kept["dtype"] == "bf16":  # the upper half of an f32
            rows = (rows.astype("<u4") << 16).view(np.float32)
        return rows.astype(np.float32) * np.float32(kept["scale"])

    def angles(self, first: int, n: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """kind: cos and sin [n, r/2] float32 of n positions from first, computed in float64."""
        turned = {name: np.arange(first, first + n)[:, None] * f for name, f in self.kinds.items()}
        return {name: (np.cos(a).astype(np.float32), np.sin(a).astype(np.float32)) for name, a in turned.items()}

    def rotated(self, x: np.ndarray, first: int, back: bool = False) -> np.ndarray:
        """x [layers, J, n, d], each layer by its kind's angles of positions from first; or turned back by them."""
        angles = self.angles(first, x.shape[2])
        turned = [rotate(t, *angles[kind], back) for t, kind in zip(x, self.manifest["layers"], strict=True)]
        return np.stack(turned)


def rotate(x: np.ndarray, cos: np.ndarray, sin: np.ndarray, back: bool) -> np.ndarray:
    """x [..., n, d], its first r dims by cos and sin [n, r/2], or back."""
    half, sin = cos.shape[-1], -sin if back else sin
    a, b, rest = np.split(x, [half, 2 * half], -1)
    return np.concatenate([a * cos - b * sin, b * cos + a * sin, rest], -1)


def sigma(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0) + np.exp(np.minimum(x, 0))


class Stream:
    """What one document's reading keeps between runs, and the runs."""

    def __init__(self, model: Model, scenario: str):
        sizes = model.manifest["scenarios"][scenario]
        self.model, self.S, self.K, self.W = model, sizes["segment"], sizes["pinned"], sizes["window"]
        layers, heads, d = model.layers, model.kv_heads, model.head_dim
        self.k = np.zeros((layers, 1, heads, self.K + self.W, d), np.float32)  # the cache; keys rotated
        self.v = np.zeros_like(self.k)
        self.pinned_k = np.zeros((layers, heads, self.K, d), np.float32)  # the pinned slots' keys, unrotated
        self.m = np.zeros((layers, heads, d, d), np.float32)
        self.z = np.zeros((layers, heads, d), np.float32)
        self.length = self.pinned = self.window = self.absorbed = 0

    def run(self, ids: list[int], pin: bool = False, rows: list[int] | None = None) -> np.ndarray:
        """Run, absorb, write: ids [n] → logits [R, V] of `rows` (None: the last)."""
        n, K, t = len(ids), self.K, self.length
        at = np.full(K + self.W + n, -(2**40))  # [C+n] where what lies in a slot stands; empty slots far behind
        if self.pinned:  # the pinned tokens stand just before the window
            first = t - self.window - self.pinned
            self.k[:, 0, :, : self.pinned] = self.model.rotated(self.pinned_k[:, :, : self.pinned], first)
            at[: self.pinned] = np.arange(first, first + self.pinned)
        at[[K + p % self.W for p in range(t - self.window, t)]] = np.arange(t - self.window, t)
        at[K + self.W :] = np.arange(t, t + n)
        distance = np.arange(t, t + n)[:, None] - at  # [n, C+n]
        feeds = {
            "x": self.model.embed(ids),
            "memory_weight": np.full(1, bool(self.absorbed), np.float32),
            "rows": np.array([n - 1] if rows is None else rows),
        }
        for kind, (cos, sin) in self.model.angles(t, n).items():
            seen = (distance >= 0) & (distance < (self.model.sliding[kind] or 2**40))
            mask = np.where(seen, np.float32(0), np.float32(MASKED))
            feeds |= {f"cos_{kind}": cos, f"sin_{kind}": sin, f"mask_{kind}": mask}
        for i in range(self.model.layers):
            scale = self.z[i].max(-1)[:, None, None] if self.absorbed else np.float32(1)  # [J, 1, 1]
            z = self.z[i][:, :, None] if self.absorbed else np.ones_like(self.z[i][:, :, None])  # [J, d, 1]
            feeds |= {f"k_{i}": self.k[i], f"v_{i}": self.v[i], f"m_{i}": (self.m[i] / scale)[None]}
            feeds |= {f"z_{i}": (z / scale)[None]}
        names = ["logits", *(f"new_{n}_{i}" for n in "kv" for i in range(self.model.layers))]
        types = {i.name: i.type for i in self.model.session.get_inputs()}
        taken = {name: fed for name, fed in feeds.items() if name in types}
        taken |= {name: fed.astype(np.float16) for name, fed in taken.items() if types[name] == "tensor(float16)"}
        logits, *new = self.model.session.run(names, taken)
        new_k, new_v = np.split(np.concatenate(new)[:, None].astype(np.float32), 2)  # [layers, 1, J, n, d]
        if pin:
            self.pin(new_k, new_v, n)
        else:
            over = max(0, self.window + n - self.W)
            self.absorb(min(DECODE_BLOCK, self.window + n) if n == 1 and over else over, new_k, new_v, n)
            for p in range(max(t, t + n - self.window), t + n):
                self.k[:, 0, :, K + p % self.W] = new_k[:, 0, :, p - t]
                self.v[:, 0, :, K + p % self.W] = new_v[:, 0, :, p - t]
        self.length += n
        return logits

    def pin(self, new_k: np.ndarray, new_v: np.ndarray, n: int) -> None:
        slots = slice(self.pinned, self.pinned + n)
        if self.pinned + n > self.K or self.window or self.absorbed:
            raise ValueError(f"{self.pinned + n} tokens to pin, at the start of a stream, into {self.K} slots")
        self.pinned_k[:, :, slots] = self.model.rotated(new_k[:, 0], self.length, back=True)
        self.v[:, 0, :, slots] = new_v[:, 0]
        self.pinned += n

    def absorb(self, a: int, new_k: np.ndarray, new_v: np.ndarray, n: int) -> None:
        """Takes the oldest a tokens of window-and-new into the memory; counts the n new ones into the window."""
        t, w = self.length, self.window
        if a:
            old = [self.K + p % self.W for p in range(t - w, min(t, t - w + a))]
            k = np.concatenate([self.k[:, 0][:, :, old], new_k[:, 0, :, : max(0, a - w)]], 2)  # [layers, J, a, d]
            v = np.concatenate([self.v[:, 0][:, :, old], new_v[:, 0, :, : max(0, a - w)]], 2)
            s, c = sigma(self.model.rotated(k, t - w, back=True)), self.absorbed  # [layers, J, a, d], unrotated
            self.m = ((c * self.m + s.swapaxes(-1, -2) @ v) / (c + a)).astype(np.float32)
            self.z = ((c * self.z + s.sum(-2)) / (c + a)).astype(np.float32)
            self.absorbed += a
        self.window += n - a

    def read(self, ids: list[int], pinned: int) -> np.ndarray:
        """The stream's next tokens, cut at multiples of S → logits [V] after the last."""
        logits, end = np.empty((0, 0)), self.length + len(ids)
        first = self.length
        while self.length < end:
            t, pin = self.length, self.length < pinned
            stop = min(end, pinned if pin else (t // self.S + 1) * self.S)
            logits = self.run(ids[t - first : stop - first], pin)
        return logits[-1]

    def generate(self, ids: list[int], pinned: int, limit: int) -> tuple[list[int], list[np.ndarray]]:
        """Greedy: tokens (an end token included) and the logits each came from; all but the last have been run."""
        tokens, seen, logits = [], [], self.read(ids, pinned)
        while True:
            tokens.append(int(logits.argmax()))
            seen.append(logits)
            if len(tokens) == limit or tokens[-1] in self.model.manifest["tokenizer"]["end"]:
                return tokens, seen
            logits = self.run(tokens[-1:])[0]


if __name__ == "__main__":
    opened = Model(sys.argv[1])
    prompt, pinned = opened.layout.free(Path(sys.argv[2]).read_text(), "ask", sys.argv[3])
    stream = Stream(opened, opened.manifest["default_scenario"])
    answer, _ = stream.generate(prompt, pinned, opened.manifest["limits"]["answer"])
    print(opened.layout.special.decode(answer, skip_special_tokens=True))
