"""What a step of S-SFT takes of memory."""

from lab.reference.config import Config
from lab.train.samples import BatchShape


def estimate(c: Config, shape: BatchShape, pinned: int, asked: int, weight_bytes: int, gates: int) -> dict[str, int]:
    """Bytes of a step, by part; `pinned` tokens at the start, `asked` tokens of a question with its answer.

    Kept for going backward are a layer's inputs of attention and MLP, keys and values once for each segment that sees
    them; the inside of one layer at a time."""
    S = shape.segment
    B = shape.batch
    n = shape.segments
    w = shape.window
    slots = pinned + w * S
    width = c.heads * c.head_dim
    kv = c.kv_heads * c.head_dim
    read_rows = B * n * S
    asked_rows = B * shape.questions * asked
    rows = read_rows + asked_rows
    floats = weight_bytes
    seen = B * n * (slots + S) + B * shape.questions * (slots + asked)  # keys that a segment or a question sees
    layer = rows * (4 * c.hidden + 4 * width + 4 * kv) + 2 * 2 * seen * kv
    layer += 3 * B * (n + 1 + shape.questions) * kv * (c.head_dim + 1) if c.gate_width() else 0
    scores = c.heads * (read_rows * (slots + S) + asked_rows * (slots + asked))
    inside = max(4 * scores + 2 * seen * width, 5 * rows * c.ff)
    return {
        "weights": c.parameters() * weight_bytes,
        "gates": 16 * gates,  # value, gradient, two moments
        "kept": floats * c.layers * layer,
        "one layer": floats * inside,
        "logits": 3 * 4 * asked_rows * c.vocabulary // 2,
    }


def readable_size(count: float) -> str:
    """Bytes, readable."""
    return f"{count / 1e9:.2f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
