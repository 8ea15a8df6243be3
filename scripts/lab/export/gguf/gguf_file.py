"""A GGUF file as it lies on disk: metadata, and tensors where they are said to stand. Nothing that it says is trusted.

    file = GgufFile(path)                     # raises Unreadable: what was found, what was expected; no command line
    layers = file.whole("llama.block_count")
    raw = file.tensors["token_embd.weight"].data

Own code, not the package's GGUFReader: that takes seconds to open a vocabulary, and fails on a damaged file in the
words of numpy.
"""

import math
import mmap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

MAGIC = b"GGUF"
VERSIONS = (2, 3)
ALIGNMENT = 32  # of tensors, where the file says no other
TYPES = ("F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K")
NUMBERS = {0: "<u1", 1: "<i1", 2: "<u2", 3: "<i2", 4: "<u4", 5: "<i4", 6: "<f4", 7: "?", 10: "<u8", 11: "<i8",
           12: "<f8"}  # fmt: skip
STRING = 8
ARRAY = 9
LEAST_ENTRY = 8 + 4 + 1  # bytes of a key, its type and a value
LEAST_TENSOR = 8 + 4 + 8 + 4 + 8  # bytes of a tensor's entry
MOST_DIMENSIONS = 4


class Unreadable(ValueError):
    """The file is no GGUF that can be imported; the sentence says what was found and what was expected."""


@dataclass(frozen=True)
class Tensor:
    """A tensor of the file."""

    name: str
    shape: tuple[int, ...]  # rows first
    type: str  # of TYPES
    data: np.ndarray = field(repr=False)  # its bytes, uint8, one dimension


class Cursor:
    """Reads numbers and strings one after another, never beyond the end."""

    def __init__(self, path: Path, bytes_of: mmap.mmap):
        self.path = path
        self.bytes_of = bytes_of
        self.at = 0

    @property
    def left(self) -> int:
        """Bytes to the end."""
        return len(self.bytes_of) - self.at

    def take(self, count: int, what: str) -> bytes:
        """The next bytes."""
        if count > self.left:
            raise Unreadable(
                f"{self.path}: found the end of the file ({len(self.bytes_of):,} bytes) in {what}, "
                f"expected {count:,} bytes more: it is cut short, or is none"
            )
        self.at += count
        return self.bytes_of[self.at - count : self.at]

    def number(self, dtype: str, what: str) -> Any:
        """A number as Python has it."""
        return np.frombuffer(self.take(np.dtype(dtype).itemsize, what), dtype)[0].item()

    def text(self, what: str) -> str:
        """A string."""
        raw = self.take(self.number("<u8", what), what)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as e:
            raise Unreadable(f"{self.path}: found bytes in {what} that are no UTF-8, expected text") from e

    def count(self, what: str, least: int) -> int:
        """A count of entries that take at least so many bytes each."""
        count = self.number("<u8", what)
        if count * least > self.left:
            raise Unreadable(
                f"{self.path}: found {count:,} {what}, expected at most the {self.left // least:,} that fit the file"
            )
        return count

    def value(self, kind: int, what: str) -> Any:
        """A value of a type: number, string, numpy array of numbers, or list of strings."""
        if kind in NUMBERS:
            return self.number(NUMBERS[kind], what)
        if kind == STRING:
            return self.text(what)
        if kind != ARRAY:
            raise Unreadable(f"{self.path}: found a value of type {kind} in {what}, expected a type from 0 to 12")
        kind = self.number("<u4", what)
        if kind in NUMBERS:
            dtype = np.dtype(NUMBERS[kind])
            return np.frombuffer(
                self.take(self.count(f"values in {what}", dtype.itemsize) * dtype.itemsize, what), dtype
            )
        if kind != STRING:
            raise Unreadable(f"{self.path}: found an array of type {kind} in {what}, expected numbers or strings")
        return [self.text(what) for _ in range(self.count(f"strings in {what}", 8))]


class GgufFile:
    """An opened file: `metadata` by key, `tensors` by name."""

    def __init__(self, path: Path):
        self.path = path
        size = path.stat().st_size
        if size < len(MAGIC) + 4:
            raise Unreadable(f"{path}: found {size} bytes, expected a GGUF file")
        with path.open("rb") as opened:
            self.bytes_of = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        cursor = Cursor(path, self.bytes_of)
        if (magic := cursor.take(4, "its head")) != MAGIC:
            raise Unreadable(f"{path}: found {magic!r} at its head, expected {MAGIC!r}: it is no GGUF file")
        if (version := cursor.number("<u4", "its head")) not in VERSIONS:
            raise Unreadable(f"{path}: found GGUF version {version}, expected {' or '.join(map(str, VERSIONS))}")
        tensors = cursor.count("tensors", LEAST_TENSOR)
        self.metadata = self.read_metadata(cursor, cursor.count("entries", LEAST_ENTRY))
        self.tensors = self.read_tensors(cursor, tensors)

    def read_metadata(self, cursor: Cursor, count: int) -> dict[str, Any]:
        """The entries, each key once."""
        metadata: dict[str, Any] = {}
        for _ in range(count):
            key = cursor.text("an entry's key")
            if key in metadata:
                raise Unreadable(f"{self.path}: found {key} twice, expected it once")
            metadata[key] = cursor.value(cursor.number("<u4", key), key)
        return metadata

    def read_tensors(self, cursor: Cursor, count: int) -> dict[str, Tensor]:
        """The tensors, each within the file and none over another."""
        alignment = self.whole("general.alignment", ALIGNMENT)
        if alignment < 1 or alignment & (alignment - 1):
            raise Unreadable(f"{self.path}: found an alignment of {alignment}, expected a power of two")
        entries = [self.read_entry(cursor) for _ in range(count)]
        start = -(-cursor.at // alignment) * alignment
        tensors: dict[str, Tensor] = {}
        end = start
        for name, shape, kind, offset in sorted(entries, key=lambda entry: entry[3]):
            length = self.length(name, shape, kind)
            at = start + offset
            if name in tensors:
                raise Unreadable(f"{self.path}: found {name} twice, expected it once")
            if at % alignment or at < end:
                raise Unreadable(f"{self.path}: found {name} at byte {at:,}, expected it from byte {end:,} on, aligned")
            end = at + length
            if end > len(self.bytes_of):
                raise Unreadable(
                    f"{self.path}: found {len(self.bytes_of):,} bytes, expected {end:,} up to the end of {name}: "
                    "it is cut short"
                )
            tensors[name] = Tensor(name, shape, kind, np.frombuffer(self.bytes_of, np.uint8, length, at))
        return tensors

    def read_entry(self, cursor: Cursor) -> tuple[str, tuple[int, ...], str, int]:
        """A tensor's name, shape, type and offset."""
        name = cursor.text("a tensor's name")
        dimensions = cursor.number("<u4", name)
        if not 1 <= dimensions <= MOST_DIMENSIONS:
            raise Unreadable(f"{self.path}: found {dimensions} dimensions of {name}, expected 1 to {MOST_DIMENSIONS}")
        shape = tuple(cursor.number("<u8", name) for _ in range(dimensions))[::-1]
        number = cursor.number("<u4", name)
        names = {kind.value: kind.name for kind in GGMLQuantizationType}
        if (kind := names.get(number, f"type {number}")) not in TYPES:
            raise Unreadable(f"{self.path}: found {name} in {kind}, expected one of {', '.join(TYPES)}")
        return name, shape, kind, cursor.number("<u8", name)

    def length(self, name: str, shape: tuple[int, ...], kind: str) -> int:
        """Bytes of a tensor."""
        block, size = GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
        if not math.prod(shape) or shape[-1] % block:
            raise Unreadable(f"{self.path}: found {name} of shape {list(shape)} in {kind}, expected rows of {block}s")
        return math.prod(shape) // block * size

    # ── What the metadata says ──────────────────────────────────────────────────────────────────────────────────────

    def value(self, key: str, what: str, accepted: Callable[[Any], bool], default: Any = None) -> Any:
        """An entry, or the default (None: it must be there); raises Unreadable unless it is accepted."""
        if key not in self.metadata:
            if default is None:
                raise Unreadable(f"{self.path}: found no {key}, expected {what}")
            return default
        found = self.metadata[key]
        if not accepted(found):
            said = f"an array of {len(found)}" if isinstance(found, list | np.ndarray) else repr(found)[:60]
            raise Unreadable(f"{self.path}: found {key} {said}, expected {what}")
        return found

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number from 0 on."""

        def accepted(found: Any) -> bool:
            return isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 2**31

        return self.value(key, "a whole number", accepted, default)

    def real(self, key: str, default: float | None = None) -> float:
        """A positive number."""

        def accepted(found: Any) -> bool:
            return isinstance(found, int | float) and not isinstance(found, bool) and 0 < found < math.inf

        return float(self.value(key, "a positive number", accepted, default))

    def text(self, key: str, default: str | None = None) -> str:
        """A string."""
        return self.value(key, "text", lambda found: isinstance(found, str), default)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        return self.value(key, "true or false", lambda found: isinstance(found, bool), default)

    def texts(self, key: str, default: list[str] | None = None) -> list[str]:
        """A list of strings."""
        return self.value(key, "a list of strings", lambda found: isinstance(found, list), default)

    def numbers(self, key: str, count: int, default: np.ndarray | None = None) -> np.ndarray:
        """An array of so many numbers."""

        def accepted(found: Any) -> bool:
            return isinstance(found, np.ndarray) and len(found) == count

        return self.value(key, f"an array of {count:,} numbers", accepted, default)
