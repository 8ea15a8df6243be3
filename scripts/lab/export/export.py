"""Checkpoint folder → model folder, as models/README.md says; refuses one that differs too much from the reference.

    scripts/lab.sh export CHECKPOINT models/mine  [--name mine] [--precision int8 fp32]
    scripts/lab.sh export CHECKPOINT models/mine  --precision int4 --rounding gptq [--calibration texts.txt]
    scripts/lab.sh export CHECKPOINT models/finder --preset scripts/lab/finder/preset.json

CHECKPOINT is a Hugging Face folder (config.json, safetensors, tokenizer.json, and a chat template) of a family that
reference/families.py knows, with gates.safetensors if gates were trained. A preset holds what the checkpoint does not
know; without one the prompt comes from the chat template, the sizes from preset.py. Exit status 1 and nothing written
when an artefact's logits are off; the folder appears, or is replaced, as a whole. quantizing.json in it, printed too,
says what rounding cost each matrix (quantization_error.py); it is not the model's and need not be delivered.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from lab.export import embedding, gptq, onnx_graph, quantization_error
from lab.export.manifest import MAX_ERROR, Weights, make_manifest, stands_beside
from lab.export.model_folder import REPORT, dumps, entry, print_folder, replaced
from lab.export.preset import Refused
from lab.export.rounding import BITS, Rounded
from lab.export.verify import SAMPLE, Streams, self_tests, state_errors, verify
from lab.reference import rotation
from lab.reference.checkpoint import load
from lab.reference.config import Config
from lab.reference.decoder import Decoder, without_memory
from lab.reference.prompt_template import PromptTemplate, tokenizer_text
from lab.reference.state import DecoderStream, Sizes

ROUNDINGS = ("nearest", "gptq")
RoundedWeights = Mapping[str, Mapping[str, Rounded]]  # by precision, by matrix: what is not to nearest


@dataclass(frozen=True)
class ExportOptions:
    """What is asked of an export beside the checkpoint."""

    preset: dict | None = None  # None: preset.default_preset of the checkpoint
    name: str = ""  # the model's; empty: the folder's
    precisions: Sequence[str] = ()  # empty: the preset's
    rotate: bool = False  # the residual stream, so that no channel outweighs the others
    rounding: str = "nearest"  # of ROUNDINGS
    calibration: Path | None = None  # a text for gptq; None: a generated one
    cache: str = ""  # dtype of keys and values; empty: as manifest.cache_dtype has it
    report: bool = False  # whether REPORT is written
    own_embedding: bool = False  # whether a tied model's embedding is a file of its own, in its own dtype


def export(checkpoint: Path, target: Path, options: ExportOptions | None = None) -> dict[str, float]:
    """Writes the model folder `target` → worst logits error by artefact.

    Raises Refused, and ValueError or OSError for a checkpoint that cannot be read; target is then as it was.
    """
    options = options or ExportOptions()
    decoder = load(checkpoint)
    if not decoder.memory_trained:
        decoder = without_memory(decoder)
    base = decoder.config
    preset = options.preset or preset_of(checkpoint, base.positions)
    if options.cache:
        preset = preset | {"cache": options.cache}
    precisions = list(options.precisions or preset["precisions"])
    check_rounding(options, precisions)
    tokenizer_json = tokenizer_text((checkpoint / "tokenizer.json").read_text(), preset, base.vocabulary)
    if options.rotate:
        rotation.turn(decoder)
    tokenizer = Tokenizer.from_str(tokenizer_json)
    shared = not options.own_embedding and one_matrix(decoder.config, precisions, preset)
    weights = counted(decoder, base, precisions, shared)
    manifest = make_manifest(weights, tokenizer, preset, options.name or target.name, precisions)
    with replaced(target) as folder:
        rounded = rounded_weights(decoder, manifest, tokenizer_json, options)
        errors = write(folder, decoder, tokenizer_json, manifest, preset, rounded)
        if options.report and (rows := report(decoder, manifest, tokenizer_json, rounded)):
            (folder / REPORT).write_text(dumps(rows))
    return errors


def preset_of(checkpoint: Path, positions: int) -> dict:
    """The preset of an instruct model, out of its chat template; positions: how many its rotation was trained for."""
    from lab.export import checkpoint_prompt  # with transformers, which a preset from a file does not need

    return checkpoint_prompt.default_preset(checkpoint, positions)


def check_rounding(options: ExportOptions, precisions: Sequence[str]) -> None:
    """Raises Refused where the options of rounding do not go together."""
    if options.calibration and options.rounding != "gptq":
        raise Refused(f"found a calibration text beside rounding by {options.rounding}, expected gptq")
    if options.rounding == "gptq" and not {*precisions} & {*BITS}:
        raise Refused(f"found precision {' '.join(precisions)} to round by gptq, expected int8 or int4")


def counted(decoder: Decoder, base: Config, precisions: Sequence[str], shared: bool = False) -> Weights:
    """What model.json says of the decoder; base: its config before anything was folded into the weights; shared:
    one_matrix."""
    gates = sum(p.numel() for p in decoder.gates().values())
    dtype = embedding.ROWS_OWN if shared else embedding.dtype_of(rows_of(decoder), precisions)
    return Weights(decoder.config, base.parameters(), gates, dtype)


def one_matrix(config: Config, precisions: Sequence[str], preset: dict) -> bool:
    """Whether the embedding's rows are lm_head's: of a tied model whose every graph has these in u8, beside it."""
    steps = {*precisions} <= {*BITS} and preset.get("eight_bits", "u8") == "u8"
    return config.tied and steps and stands_beside(config, precisions[0])


def rows_of(decoder: Decoder) -> np.ndarray:
    """The embedding, [V, D] float32."""
    return decoder.model.embed_tokens.weight.detach().float().numpy()


def streams_of(decoder: Decoder, manifest: dict) -> Streams:
    """Streams of the decoder by a scenario's name."""
    sizes = {name: Sizes(s["segment"], s["pinned"], s["window"]) for name, s in manifest["scenarios"].items()}
    return lambda name: DecoderStream(decoder, sizes[name])


def rounded_weights(decoder: Decoder, manifest: dict, tokenizer: str, options: ExportOptions) -> RoundedWeights:
    """What GPTQ makes of the linears, where it was asked for; tokenizer: tokenizer.json's text."""
    if options.rounding != "gptq":
        return {}
    window = manifest["scenarios"][manifest["default_scenario"]]["window"]
    prompt_template = PromptTemplate(manifest["prompt"], tokenizer)
    try:
        text = options.calibration.read_text("utf-8") if options.calibration else gptq.generated()
        ids = gptq.pieces(prompt_template, manifest["citation"], text, min(gptq.LENGTH, window))
    except (UnicodeDecodeError, gptq.TooShort) as e:
        said = e if isinstance(e, gptq.TooShort) else f"found no UTF-8: {e}"
        raise Refused(f"{options.calibration or 'generated text'}: {said}") from e
    return {p: gptq.rounded(decoder, ids, p) for p in rounding_precisions(manifest)}


def rounding_precisions(manifest: dict) -> list[str]:
    """Those of its artefacts that round weights."""
    return [a["precision"] for a in manifest["artefacts"] if a["precision"] in BITS]


def write(
    folder: Path,
    decoder: Decoder,
    tokenizer: str,
    manifest: dict,
    preset: dict,
    weights: RoundedWeights | None = None,
) -> dict[str, float]:
    """Everything into an empty folder, verified → worst error by artefact; fills `manifest` in.

    tokenizer: tokenizer.json's text; weights: those of linears that are not to be rounded to nearest.
    """
    write_graphs(folder, decoder, manifest, preset.get("eight_bits", "u8"), weights or {})
    kept = manifest["embedding"]
    if kept["dtype"] not in embedding.SHARED:
        embedding.write(folder / kept["file"], rows_of(decoder), kept["dtype"])
    (folder / manifest["tokenizer"]["file"]).write_text(tokenizer)
    prompt_template = PromptTemplate(manifest["prompt"], tokenizer)
    streams = streams_of(decoder, manifest)
    manifest["self_test"] = self_tests(streams, prompt_template, manifest["scenarios"])
    manifest["files"] = {file.name: entry(file) for file in sorted(folder.iterdir())}
    (folder / "model.json").write_text(dumps(manifest))
    errors = verify(folder, streams)
    state_errors(folder, streams, manifest, preset.get("max_error", {}), errors)
    (folder / "model.json").write_text(dumps(manifest))
    return errors


def write_graphs(folder: Path, decoder: Decoder, manifest: dict, eight_bits: str, rounded: RoundedWeights) -> None:
    """A graph for each artefact, with its large weights in a file beside it where the manifest names one; into the
    manifest where the embedding stands in them."""
    kept = manifest["embedding"]
    weights = {name: t.float().numpy() for name, t in decoder.state_dict().items()}
    for artefact in manifest["artefacts"]:
        precision = artefact["precision"]
        with open(folder / artefact["weights"], "wb") if "weights" in artefact else nullcontext() as outside:
            model = onnx_graph.build(
                decoder.config,
                weights,
                precision,
                eight_bits,
                outside=outside,
                rounded=rounded.get(precision),
                cache=artefact.get("cache", "f32"),
                by_rows=kept["dtype"] in embedding.SHARED,
            )
        if kept["dtype"] in embedding.SHARED and artefact["weights"] == kept["file"]:
            kept |= embedding.places(model)
        (folder / artefact["file"]).write_bytes(model.SerializeToString(deterministic=True))


def report(decoder: Decoder, manifest: dict, tokenizer: str, weights: RoundedWeights) -> dict[str, list[dict]]:
    """What rounding cost matrix by matrix, by precision, for all that round."""
    ids = PromptTemplate(manifest["prompt"], tokenizer).encode("{text}", text=SAMPLE)
    return {p: quantization_error.report(decoder, ids, p, weights.get(p, {})) for p in rounding_precisions(manifest)}


def parsed() -> argparse.Namespace:
    """The command line's arguments."""
    parser = argparse.ArgumentParser(prog="scripts/lab.sh export", description=__doc__.split("\n")[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--preset", type=Path)
    parser.add_argument("--name", default="")
    parser.add_argument(
        "--rotate", action="store_true", help="the residual stream, so that no channel outweighs others"
    )
    parser.add_argument("--precision", nargs="+", choices=sorted(MAX_ERROR), default=())
    parser.add_argument("--rounding", choices=ROUNDINGS, default="nearest", help="of weights (%(default)s)")
    parser.add_argument("--calibration", type=Path, metavar="FILE", help="a text for gptq; without it a generated one")
    parser.add_argument(
        "--cache",
        choices=sorted(onnx_graph.CACHES),
        default="",
        help="keys and values; without it f16 above 64 MB in f32",
    )
    parser.add_argument(
        "--own-embedding", action="store_true", help="of a tied model too; without it one matrix serves lm_head as well"
    )
    return parser.parse_args()


def main() -> int:
    """The command line → its exit status."""
    args = parsed()
    try:
        options = ExportOptions(
            preset=json.loads(args.preset.read_text()) if args.preset else None,
            name=args.name,
            precisions=args.precision,
            rotate=args.rotate,
            rounding=args.rounding,
            calibration=args.calibration,
            cache=args.cache,
            report=True,
            own_embedding=args.own_embedding,
        )
        errors = export(args.checkpoint, args.target, options)
    except (ValueError, OSError) as e:
        print(f"export: {e}; nothing was written", file=sys.stderr)
        return 1
    print_folder(args.target, errors)
    if (args.target / REPORT).exists():
        for precision, rows in json.loads((args.target / REPORT).read_text()).items():
            print(f"{precision} ({args.rounding}), by matrix:\n{quantization_error.table(rows)}")
    if not (args.checkpoint / "gates.safetensors").exists():
        print("export: no gates.safetensors: no memory; by recall, notes and the window it works", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
