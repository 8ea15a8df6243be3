"""GGUF file → model folder, as models/README.md says; no PyTorch, no Hugging Face folder.

    scripts/export.sh MODEL.gguf models/mine  [--name mine] [--precision int8]
    scripts/lab.sh import-gguf MODEL.gguf models/mine --preset preset.json
    scripts/lab.sh import-gguf MODEL.gguf models/mine --adapter models/generator [--gates CHECKPOINT/gates.safetensors]

Q4_0, Q4_1 and Q8_0 stand in the graph as the very integers and scales of the file; other types are unpacked and rounded
by blocks of 32 to the precision that is asked for (8 bits unless it is), and what that cost is said. Matrices that an
adapter changes are rounded to 8 bits. The reference is a graph of the unpacked weights in fp32, made beside and thrown
away. Exit status 1 and nothing written when the file, the adapter or an artefact's logits are off. quantizing.json
says of each matrix how it is kept.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from lab.export import embedding, manifest, onnx_graph, verify
from lab.export.gguf.adapter import Adapted, read_adapter
from lab.export.gguf.architecture import read_config
from lab.export.gguf.gates import Gated
from lab.export.gguf.gguf_file import GgufFile
from lab.export.gguf.kept import KEPT
from lab.export.gguf.prompt import default_preset
from lab.export.gguf.tokenizer import tokenizer_json
from lab.export.gguf.weights import Linears, Weights
from lab.export.model_folder import REPORT, dumps, entry, print_folder, replaced
from lab.reference.numpy_engine import ModelFolder, Session
from lab.reference.prompt_template import PromptTemplate, tokenizer_text

ROUNDED = {"int8": 8, "int4": 4}  # bits of what is not kept as it is
UNPACKED = "fp32"


@dataclass(frozen=True)
class ImportOptions:
    """What is asked of an import beside the file."""

    preset: dict | None = None  # None: prompt.default_preset of the file
    name: str = ""  # the model's; empty: the folder's
    precision: str = "int8"  # of ROUNDED, or UNPACKED
    cache: str = ""  # dtype of keys and values; empty: as manifest.cache_dtype has it
    keep: bool = True  # whether matrices of kept.KEPT stay as they are
    adapter: Path | None = None  # folder of an adapter that is merged
    gates: Path | None = None  # what ssft wrote beside a checkpoint of the same weights


def import_gguf(source: Path, target: Path, options: ImportOptions | None = None) -> dict[str, float]:
    """Writes the model folder `target` → worst logits error by artefact.

    Raises Unreadable or Refused, and OSError where a file cannot be read or written; target is then as it was.
    """
    options = options or ImportOptions()
    file = GgufFile(source)
    config = read_config(file)
    weights = Weights(file, config)
    tokenizer = tokenizer_json(file)
    preset = options.preset or default_preset(file, tokenizer, config.positions)
    if options.adapter:
        weights = Adapted(weights, read_adapter(options.adapter))
        preset = preset | {"description": f"{preset['description']}; with adapter {weights.adapter.label}"}
    if options.gates:
        weights = Gated(weights, options.gates)
    if options.cache:
        preset = preset | {"cache": options.cache}
    tokenizer = tokenizer_text(tokenizer, preset, config.vocabulary)
    kept = KEPT if options.keep else ()
    linears = None if options.precision == UNPACKED else Linears(weights, ROUNDED[options.precision], kept)
    precision = UNPACKED if linears is None else precision_of(linears)
    with replaced(target) as folder, reference(weights, tokenizer, preset, target.parent) as streams:
        about = describe(weights, linears, tokenizer, preset, options.name or target.name, precision)
        write(folder, weights, linears, tokenizer, about)
        prompt_template = PromptTemplate(about["prompt"], tokenizer)
        about["self_test"] = verify.self_tests(streams, prompt_template, about["scenarios"])
        about["files"] = {made.name: entry(made) for made in sorted(folder.iterdir())}
        (folder / "model.json").write_text(dumps(about))
        errors = verify.verify(folder, streams)
        verify.state_errors(folder, streams, about, preset.get("max_error", {}), errors)
        (folder / "model.json").write_text(dumps(about))
        if linears is not None:
            (folder / REPORT).write_text(dumps({precision: linears.report()}))
    return errors


def precision_of(linears: Linears) -> str:
    """What most of the layers' weights are in."""
    sizes: Counter = Counter()
    for name in linears:
        rows, inputs = linears.weights.tensor(linears.names[name]).shape
        sizes[linears.bits_of(name)] += rows * inputs * (name != "lm_head")
    return f"int{sizes.most_common(1)[0][0]}"


def describe(
    weights: Weights, linears: Linears | None, tokenizer: str, preset: dict, name: str, precision: str
) -> dict:
    """model.json without self_test and files; where the embedding is lm_head's matrix, `write` says where it stands."""
    tied = linears is not None and weights.config.tied
    dtype = embedding.shared_dtype(*linears.form_of("lm_head")) if tied else ""
    dtype = dtype or embedding.dtype_of(weights["model.embed_tokens.weight"], [precision])
    gates = sum(weights[n].size for n in weights if ".self_attn.gate." in n)
    counted = manifest.Weights(weights.config, weights.config.parameters(), gates, dtype)
    return manifest.make_manifest(counted, Tokenizer.from_str(tokenizer), preset, name, [precision])


def write(folder: Path, weights: Weights, linears: Linears | None, tokenizer: str, about: dict) -> None:
    """Graph, embedding and tokenizer into an empty folder; into `about` where the embedding stands in lm_head."""
    (artefact,) = about["artefacts"]
    with open(folder / artefact["weights"], "wb") if "weights" in artefact else nullcontext() as outside:
        model = onnx_graph.build(
            weights.config,
            weights,
            artefact["precision"],
            outside=outside,
            rounded=linears,
            cache=artefact.get("cache", "f32"),
        )
    (folder / artefact["file"]).write_bytes(model.SerializeToString(deterministic=True))
    kept = about["embedding"]
    if kept["dtype"] in embedding.SHARED:
        kept |= embedding.places(model)
    else:
        embedding.write(folder / kept["file"], weights["model.embed_tokens.weight"], kept["dtype"])
    (folder / about["tokenizer"]["file"]).write_text(tokenizer)


@contextmanager
def reference(weights: Weights, tokenizer: str, preset: dict, beside: Path) -> Iterator[verify.Streams]:
    """Streams of the unpacked weights in fp32, by a scenario's name; its folder is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=".reference-", dir=beside) as name:
        folder = Path(name)
        about = describe(weights, None, tokenizer, preset | {"cache": "f32"}, "reference", UNPACKED)
        write(folder, weights, None, tokenizer, about)
        (folder / "model.json").write_text(dumps(about))
        opened = ModelFolder(folder, mapped=True)
        yield lambda scenario: Session(opened, scenario)


def parsed() -> argparse.Namespace:
    """The command line's arguments."""
    parser = argparse.ArgumentParser(prog="scripts/export.sh", description=__doc__.split("\n")[0])
    parser.add_argument("source", type=Path, metavar="MODEL.gguf")
    parser.add_argument("target", type=Path)
    parser.add_argument("--preset", type=Path, help="instead of the file's chat template")
    parser.add_argument("--name", default="")
    parser.add_argument(
        "--precision",
        choices=[*ROUNDED, UNPACKED],
        default="int8",
        help="of what is not in Q4_0, Q4_1 or Q8_0 (%(default)s); fp32: of all",
    )
    parser.add_argument("--round-all", action="store_true", help="those in Q4_0, Q4_1 and Q8_0 too, to compare")
    parser.add_argument("--adapter", type=Path, help="folder of an adapter of this file, merged into its weights")
    parser.add_argument("--gates", type=Path, help="gates.safetensors that ssft trained beside these weights")
    parser.add_argument("--cache", choices=sorted(onnx_graph.CACHES), default="", help="as export has it")
    return parser.parse_args()


def main() -> int:
    """The command line → its exit status."""
    args = parsed()
    started = time.monotonic()
    try:
        preset = json.loads(args.preset.read_text()) if args.preset else None
        keep = not args.round_all
        options = ImportOptions(preset, args.name, args.precision, args.cache, keep, args.adapter, args.gates)
        errors = import_gguf(args.source, args.target, options)
    except (ValueError, OSError) as e:
        print(f"export: {e}; nothing was written", file=sys.stderr)
        return 1
    print_folder(args.target, errors)
    if (args.target / REPORT).exists():
        print(said(json.loads((args.target / REPORT).read_text())))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"export: {time.monotonic() - started:.0f} s, {peak / 1e9:.2f} GB of memory at most", file=sys.stderr)
    return 0


def said(report: dict[str, list[dict]]) -> str:
    """How the matrices are kept, a line each way."""
    (rows,) = report.values()
    lines = []
    for (kind, bits, rounding), count in Counter((r["type"], r["bits"], r["rounding"]) for r in rows).items():
        worst = max(r["weight_error"] for r in rows if (r["type"], r["bits"]) == (kind, bits))
        how = "as it is" if rounding == "kept" else f"rounded to {bits} bits, off by {worst:.2%} at most"
        lines.append(f"{count:>10} × {kind:16} {how}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
