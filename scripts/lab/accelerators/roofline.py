"""Which bound holds on an NPU, the multiplications or the memory: per segment and per token, by model and cache size.

    scripts/lab.sh roofline                                  # the table of docs/npu.md
    scripts/lab.sh roofline --gigabytes 45 --teramacs 3.0    # another processor

Not measured on a phone of ours: what a run must read and multiply is counted, and divided by what published runs on a
Snapdragon 8 Elite come to. Those two rates are fitted, not peak: Llama 3.2 1B in 4 bits decodes 54 tokens/s (Genie; its
0.8 GB of weights are read once a token: 43 GB/s) and prefills 3,450 tokens/s (128 in 37 ms: 3.6 T products of weights a
second). Standard library only.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """Sizes of a base; bits of its linears' weights, the last one's always 8."""

    name: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    ff: int
    vocabulary: int
    bits: int = 4

    def linears(self) -> int:
        """Weights of all layers, and so products a row."""
        width = self.head_dim
        attention = self.hidden * width * (2 * self.heads + 2 * self.kv_heads)
        return self.layers * (attention + 3 * self.hidden * self.ff)

    def weights(self) -> float:
        """Bytes that every run reads."""
        return self.linears() * self.bits / 8 + self.hidden * self.vocabulary

    def cache(self, slots: int) -> float:
        """Bytes of keys and values in 8 bits and of the memory in 16, read by every run."""
        by_head = 2 * slots * self.head_dim + 2 * (self.head_dim**2 + self.head_dim)
        return self.layers * self.kv_heads * by_head

    def products(self, rows: int, wanted: int, slots: int) -> float:
        """Of a run."""
        attention = self.layers * self.heads * rows * (2 * (slots + rows) * self.head_dim + self.head_dim**2)
        return rows * self.linears() + attention + wanted * self.hidden * self.vocabulary


SHAPES = (
    Shape("demo (4 M)", 5, 256, 4, 4, 64, 384, 6656, 8),
    Shape("Qwen2.5 0.5B", 24, 896, 14, 2, 64, 4864, 151936),
    Shape("Llama 3.2 1B", 16, 2048, 32, 8, 64, 8192, 128256),
    Shape("Llama 3.2 3B", 28, 3072, 24, 8, 128, 8192, 128256),
)
CACHES = (528, 2064, 8208)
SEGMENT = 128  # rows of a segment
PROMPT = 640  # tokens of a recall prompt


@dataclass(frozen=True)
class Rates:
    """What a processor does in a second."""

    gigabytes: float
    teramacs: float

    def run(self, shape: Shape, rows: int, wanted: int, slots: int) -> tuple[float, str]:
        """Seconds of a run at best, and what bounds it."""
        memory = (shape.weights() + shape.cache(slots)) / (self.gigabytes * 1e9)
        compute = shape.products(rows, wanted, slots) / (self.teramacs * 1e12)
        return (memory, "memory") if memory > compute else (compute, "products")


def table(rates: Rates) -> str:
    """The table of docs/npu.md, in Markdown."""
    heads = ("model", "cache", "weights", "cache, memory", "products a segment", "a segment", "tokens/s read")
    lines = [f"| {' | '.join(heads)} | recall's first token | tokens/s answered |", "|---" * (len(heads) + 2) + "|"]
    for shape in SHAPES:
        for slots in CACHES:
            segment, bound = rates.run(shape, SEGMENT, 1, slots)
            token, _ = rates.run(shape, 1, 1, slots)
            first = -(-PROMPT // SEGMENT) * segment
            lines.append(
                f"| {shape.name} | {slots:,} | {shape.weights() / 1e6:,.0f} MB | {shape.cache(slots) / 1e6:,.1f} MB"
                f" | {shape.products(SEGMENT, 1, slots) / 1e9:,.1f} G | {1e3 * segment:.1f} ms, {bound}"
                f" | {SEGMENT / segment:,.0f} | {1e3 * first:,.0f} ms | {1 / token:,.0f} |"
            )
    return "\n".join(lines)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=43.0, help="read a second (%(default)s)")
    parser.add_argument("--teramacs", type=float, default=3.6, help="products a second, in 10^12 (%(default)s)")
    args = parser.parse_args()
    print(table(Rates(args.gigabytes, args.teramacs)))


if __name__ == "__main__":
    main()
