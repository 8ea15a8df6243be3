"""A GGUF's base as a checkpoint folder, so that its gates can be trained; its prompt is preset.json there.

    scripts/lab.sh gguf-checkpoint FOLDER                                    of the GGUF that scripts/models.sh fetches
    scripts/lab.sh gguf-checkpoint FOLDER --adapter models/generator         the same with an adapter merged
    scripts/lab.sh story-questions DATA stories.jsonl
    scripts/lab.sh ssft FOLDER --preset FOLDER/preset.json --data stories.jsonl

Weights are unpacked to float32 (four times the file). Of families llama and qwen2.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from lab.export.gguf.gguf_file import GgufFile
from lab.export.gguf.prompt import default_preset
from lab.export.gguf.tokenizer import tokenizer_json
from lab.generator.base import default_file, read_base
from lab.reference.checkpoint import save


def write(gguf: Path, folder: Path, adapter: Path | None = None) -> None:
    """Writes config.json, model.safetensors, tokenizer.json and preset.json; raises ValueError for what it cannot."""
    base = read_base(gguf, halves=False, memory=True, adapter=adapter)
    save(base.decoder, folder, gates=False)
    file = GgufFile(gguf)
    tokenizer = tokenizer_json(file)
    (folder / "tokenizer.json").write_text(tokenizer)
    preset = default_preset(file, tokenizer, base.decoder.config.positions)
    (folder / "preset.json").write_text(json.dumps(preset, indent=1) + "\n")


def main() -> None:
    """The command line; exits with a sentence where the file cannot be read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--base", type=Path, default=default_file(), help="the GGUF (%(default)s)")
    parser.add_argument("--adapter", type=Path, help="folder of an adapter of this file, merged into its weights")
    args = parser.parse_args()
    try:
        write(args.base, args.folder, args.adapter)
    except (ValueError, OSError) as e:
        sys.exit(f"gguf-checkpoint: {e}")


if __name__ == "__main__":
    main()
