"""Weights in a file beside a graph's, page by page so that they can be mapped (ONNX external data); no command line."""

from __future__ import annotations

from typing import BinaryIO

from onnx import TensorProto

PAGE = 4096  # bytes: where a weight may begin


def write(file: BinaryIO, data: memoryview | bytes) -> tuple[int, int]:
    """At the next page → where it stands and how long it is."""
    file.write(bytes(-file.tell() % PAGE))
    offset = file.tell()
    return offset, file.write(data)


def point(tensor: TensorProto, file: str, offset: int = 0, length: int = 0) -> None:
    """The tensor's values are those that stand there."""
    tensor.ClearField("raw_data")
    del tensor.external_data[:]
    tensor.data_location = TensorProto.EXTERNAL
    for key, said in {"location": file, "offset": offset, "length": length}.items():
        tensor.external_data.add(key=key, value=str(said))
