"""The engine's algorithm in numpy and ONNX Runtime: what rust/core does, in the fewest lines that run.

    scripts/lab.sh numpy-engine models/tiny README.md "What is this?"     # reads by segments, prints the greedy answer

Shapes as in decoder.py and state.py; R rows of logits, C = K + W slots of a cache. PyTorch is not needed.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

from lab.reference.embedding_rows import EmbeddingRows
from lab.reference.prompt_template import PromptTemplate

MASKED = -1e30  # what no score outweighs
DECODE_BLOCK = 32


def read_manifest(folder: Path) -> dict:
    """A model folder's model.json."""
    return json.loads((folder / "model.json").read_text())


class ModelFolder:
    """An opened model folder with the session of one artefact."""

    def __init__(self, folder: str | Path, artefact: int = 0, threads: int = 0, mapped: bool = False):
        """mapped: whether large weights stay in their file."""
        self.folder = Path(folder)
        self.manifest = m = read_manifest(self.folder)
        self.layers, self.kv_heads, self.head_dim = (m["base"][n] for n in ("layers", "kv_heads", "head_dim"))
        self.prompt_template = PromptTemplate(m["prompt"], str(self.folder / m["tokenizer"]["file"]))
        self.embedding = EmbeddingRows(self.folder, m)
        self.kinds = {name: np.array(kind["inverse_frequencies"]) for name, kind in m["kinds"].items()}  # [r/2] float64
        self.sliding = {name: kind.get("sliding", 0) for name, kind in m["kinds"].items()}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.set_denormal_as_zero", "1")
        options.add_session_config_entry("mlas.disable_kleidiai", "1")  # as the engine
        options.add_session_config_entry("session.disable_prepacking", str(int(mapped)))
        self.file = m["artefacts"][artefact]["file"]
        self.session = onnxruntime.InferenceSession(
            self.folder / self.file, options, providers=["CPUExecutionProvider"]
        )

    def embed(self, ids: list[int]) -> np.ndarray:
        """ids [n] → rows [n, D] float32."""
        return self.embedding[ids]

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
    half = cos.shape[-1]
    sin = -sin if back else sin
    a, b, rest = np.split(x, [half, 2 * half], -1)
    return np.concatenate([a * cos - b * sin, b * cos + a * sin, rest], -1)


def sigma(x: np.ndarray) -> np.ndarray:
    """ELU(x) + 1."""
    return np.maximum(x, 0) + np.exp(np.minimum(x, 0))


class Session:
    """What one document's reading keeps between runs, and the runs."""

    def __init__(self, model: ModelFolder, scenario: str):
        sizes = model.manifest["scenarios"][scenario]
        self.model = model
        self.S = sizes["segment"]
        self.K = sizes["pinned"]
        self.W = sizes["window"]
        layers = model.layers
        heads = model.kv_heads
        d = model.head_dim
        self.k = np.zeros((layers, 1, heads, self.K + self.W, d), np.float32)  # the cache; keys rotated
        self.v = np.zeros_like(self.k)
        self.pinned_k = np.zeros((layers, heads, self.K, d), np.float32)  # the pinned slots' keys, unrotated
        self.m = np.zeros((layers, heads, d, d), np.float32)
        self.z = np.zeros((layers, heads, d), np.float32)
        self.length = self.pinned = self.window = self.absorbed = 0

    def run(self, ids: list[int], pin: bool = False, rows: list[int] | None = None) -> np.ndarray:
        """Run, absorb, write: ids [n] → logits [R, V] of `rows` (None: the last)."""
        n = len(ids)
        K = self.K
        t = self.length
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
        """Takes n new tokens' keys and values [layers, 1, J, n, d] into pinned slots; raises ValueError where they do
        not fit."""
        slots = slice(self.pinned, self.pinned + n)
        if self.pinned + n > self.K or self.window or self.absorbed:
            raise ValueError(f"{self.pinned + n} tokens to pin, at the start of a stream, into {self.K} slots")
        self.pinned_k[:, :, slots] = self.model.rotated(new_k[:, 0], self.length, back=True)
        self.v[:, 0, :, slots] = new_v[:, 0]
        self.pinned += n

    def absorb(self, a: int, new_k: np.ndarray, new_v: np.ndarray, n: int) -> None:
        """Takes the oldest a tokens of window-and-new into the memory; counts the n new ones into the window."""
        t = self.length
        w = self.window
        if a:
            old = [self.K + p % self.W for p in range(t - w, min(t, t - w + a))]
            k = np.concatenate([self.k[:, 0][:, :, old], new_k[:, 0, :, : max(0, a - w)]], 2)  # [layers, J, a, d]
            v = np.concatenate([self.v[:, 0][:, :, old], new_v[:, 0, :, : max(0, a - w)]], 2)
            s = sigma(self.model.rotated(k, t - w, back=True))  # [layers, J, a, d], unrotated
            c = self.absorbed
            self.m = ((c * self.m + s.swapaxes(-1, -2) @ v) / (c + a)).astype(np.float32)
            self.z = ((c * self.z + s.sum(-2)) / (c + a)).astype(np.float32)
            self.absorbed += a
        self.window += n - a

    def read(self, ids: list[int], pinned: int) -> np.ndarray:
        """The stream's next tokens, cut at multiples of S → logits [V] after the last."""
        logits = np.empty((0, 0))
        end = self.length + len(ids)
        first = self.length
        while self.length < end:
            t = self.length
            pin = self.length < pinned
            stop = min(end, pinned if pin else (t // self.S + 1) * self.S)
            logits = self.run(ids[t - first : stop - first], pin)
        return logits[-1]

    def generate(self, ids: list[int], pinned: int, limit: int) -> tuple[list[int], list[np.ndarray]]:
        """Greedy: tokens (an end token included) and the logits each came from; all but the last have been run."""
        tokens = []
        seen = []
        logits = self.read(ids, pinned)
        while True:
            tokens.append(int(logits.argmax()))
            seen.append(logits)
            if len(tokens) == limit or tokens[-1] in self.model.manifest["tokenizer"]["end"]:
                return tokens, seen
            logits = self.run(tokens[-1:])[0]


if __name__ == "__main__":
    opened = ModelFolder(sys.argv[1])
    prompt, pinned = opened.prompt_template.free(Path(sys.argv[2]).read_text(), "ask", sys.argv[3])
    stream = Session(opened, opened.manifest["default_scenario"])
    answer, _ = stream.generate(prompt, pinned, opened.manifest["limits"]["answer"])
    print(opened.prompt_template.special.decode(answer, skip_special_tokens=True))
