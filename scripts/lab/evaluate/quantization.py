"""What eight bits cost the finder's CPU artefact: part by part, and in all, paired against fp32.

    scripts/lab.sh quantization CHECKPOINT                     a few minutes
    scripts/lab.sh quantization CHECKPOINT --write             also docs/records/ and its table in models/finder
    scripts/lab.sh quantization CHECKPOINT --roundings         instead: eight and four bits by each way of rounding

Part by part: a graph in which only those linears are in eight bits (weights by output channel, activations by row)
reads prompts that no training has seen, through the host's part in numpy; its logits at the answer are held against
fp32's. In all: the folder as it ships and one in fp32 answer the same questions about generated documents through the
shipped command line. By rounding: folders by nearest and by GPTQ, plain and turned, read the prompts. The command
export quantises.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import product
from operator import ne
from pathlib import Path

import numpy as np
import onnxruntime

from lab import ROOT
from lab.corpus import seeds
from lab.corpus.documents import make_document
from lab.evaluate.cli import Cli, Progress, built, commit, record_head, replace_between, write_record
from lab.evaluate.score import File, points_lost, said, same
from lab.export import export, onnx_graph, verify
from lab.export.graph_builder import PARTS
from lab.export.model_folder import REPORT
from lab.export.rounding import BITS, BYTES
from lab.finder.prompt_samples import Sampler
from lab.finder.tokenizer import S0, open_tokenizer
from lab.reference.checkpoint import load
from lab.reference.numpy_engine import ModelFolder, Session

PROMPTS = 150  # of the part-by-part table
LENGTH = 2048  # tokens of a document asked about


@dataclass
class Paired:
    """Questions answered by both: how many rightly by both, by one alone, by none."""

    both: int = 0
    only_fp32: int = 0
    only_int8: int = 0
    neither: int = 0

    def add(self, fp32: bool, int8: bool) -> None:
        """Counts a question by who answered it right."""
        name = {(True, True): "both", (True, False): "only_fp32", (False, True): "only_int8"}.get(
            (fp32, int8), "neither"
        )
        setattr(self, name, getattr(self, name) + 1)

    @property
    def n(self) -> int:
        """Questions asked."""
        return self.both + self.only_fp32 + self.only_int8 + self.neither

    def loss(self) -> tuple[float, float, float]:
        """Points lost by int8, and the 95 % interval of paired shares."""
        return points_lost(self.only_fp32, self.only_int8, self.n)


def prompts(checkpoint: Path, count: int) -> list[tuple[list[int], list[int]]]:
    """(prompt, tokens that may answer: `none` and the markers in sight) of held-out samples."""
    sampler = Sampler(open_tokenizer(checkpoint / "tokenizer.json"), 512, f"{seeds.HELD_OUT}/quantize")
    found = []
    while len(found) < count:
        for sample in sampler.samples(20):
            asked = [b for b in sample.blocks if b.kind != "sum"]
            if asked and len(found) < count:
                block = asked[0]
                first = sample.block.index(sample.block[block.start - 1])
                ids = sample.ids[: sample.document] + sample.ids[first : block.start]
                found.append((ids, [S0, *sample.markers]))
    return found


def logits(folder: Path, session: onnxruntime.InferenceSession, asked: list[tuple[list[int], list[int]]]) -> np.ndarray:
    """The logits at each prompt's end [n, V]."""
    opened = ModelFolder(folder)
    opened.session = session
    return np.stack([Session(opened, opened.manifest["default_scenario"]).read(ids, 2) for ids, _ in asked])


def by_part(checkpoint: Path, folder: Path, count: int) -> list[dict]:
    """A row a part and one for all of them: error of the logits, decisions changed, bytes saved."""
    decoder = load(checkpoint)
    weights = {name: t.float().numpy() for name, t in decoder.state_dict().items()}
    asked = prompts(checkpoint, count)
    rows = []
    reference = None
    for name, parts in [("none (fp32)", ()), *((p, (p,)) for p in PARTS), ("all", PARTS)]:
        file = onnx_graph.build(decoder.config, weights, "int8", only=parts).SerializeToString()
        got = logits(folder, onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"]), asked)
        reference = got if reference is None else reference
        chosen = [choices(some, asked) for some in (reference, got)]
        rows.append(
            {
                "part": name,
                "graph_bytes": len(file),
                "worst_error": float(np.abs(got - reference).max() / np.abs(reference).max()),
                "mean_error": float(np.abs(got - reference).mean() / np.abs(reference).max()),
                "decisions_changed": sum(a != b for a, b in zip(*chosen, strict=True)),
                "prompts": len(asked),
            }
        )
    return rows


def choices(got: np.ndarray, asked: list[tuple[list[int], list[int]]]) -> list[int]:
    """got [n, V] → the likeliest in sight."""
    return [sight[int(row[sight].argmax())] for (_, sight), row in zip(asked, got, strict=True)]


def by_rounding(checkpoint: Path, preset: dict, work: Path, count: int) -> list[dict]:
    """A row a precision and way of rounding: nats from fp32 at the prompts' ends (mean, standard error), decisions
    changed, the mean error of a matrix, and what export says."""
    asked = prompts(checkpoint, count)
    rows = []
    bare = {"max_error": dict.fromkeys(BYTES, 9.0)}

    def exported(precision: str, **how: object) -> tuple[np.ndarray, Path]:
        made = work / "-".join([precision, *(str(v) for v in how.values())])
        export.export(checkpoint, made, export.ExportOptions(preset | bare, "finder", [precision], report=True, **how))
        return logits(made, ModelFolder(made).session, asked), made

    reference, _ = exported("fp32")
    for precision, rotate, method in product(BITS, (False, True), export.ROUNDINGS):
        got, made = exported(precision, rotate=rotate, rounding=method)
        nats = verify.nats(reference, got)  # [n]
        matrices = json.loads((made / REPORT).read_text())[precision]
        rows.append(
            {
                "precision": precision,
                "rounding": method + (", turned" if rotate else ""),
                "nats": float(nats.mean()),
                "error_of_nats": float(nats.std() / len(nats) ** 0.5),
                "decisions_changed": sum(map(ne, choices(reference, asked), choices(got, asked))),
                "prompts": count,
                "matrices": float(np.mean([m["error"] for m in matrices])),
                "cost": json.loads((made / "model.json").read_text())["artefacts"][0]["cost"],
            }
        )
    return rows


def rounding_table(rows: list[dict]) -> str:
    """A row a precision and way of rounding, in Markdown."""
    columns = " |rounding|nats|decisions changed|a matrix's error|logits off by|nats, export|same next token".split("|")
    lines = [
        f"| {r['precision']} | {r['rounding']} | {r['nats']:.4f} ± {r['error_of_nats']:.4f} "
        f"| {r['decisions_changed']} of {r['prompts']} | {r['matrices']:.1%} | {r['cost']['error']:.2f} "
        f"| {r['cost']['divergence']:.3f} | {r['cost']['agreement']:.1%} of {r['cost']['tokens']} |"
        for r in rows
    ]
    return "\n".join([f"| {' | '.join(columns)} |", "|---" * len(columns) + "|", *lines])


def paired(cli: Cli, folders: list[Path], work: Path, questions: int, progress: Progress) -> dict[str, Paired]:
    """The two folders (fp32, int8) on the same questions: those that a sentence answers, those that none does."""
    found = {"answered": Paired(), "absent": Paired()}
    number = 0
    while sum(p.n for p in found.values()) < questions:
        document = make_document(LENGTH, f"{seeds.EVALUATE}/quantize/{number}")
        file = work / "document.txt"
        right = []
        file.write_text(document.text)
        for folder in folders:
            cli.options = ["--model", str(folder)]
            report, _, _ = cli.run("ask", str(file), *(a.question for a in document.queries), "--reading", "recall")
            File(document.text.encode()).check(report["answers"])
            pairs = zip(map(said, report["answers"]), document.queries, strict=True)
            right.append([bool(quote) and same(quote, a.sentence) if a.sentence else not quote for quote, a in pairs])
        for query, fp32, int8 in zip(document.queries, *right, strict=True):
            found["answered" if query.sentence else "absent"].add(fp32, int8)
        number += 1
        progress.say(f"{sum(p.n for p in found.values())} questions, paired", False)
    progress.say(f"{sum(p.n for p in found.values())} questions about {number} documents, paired", True)
    return found


def table(rows: list[dict], found: dict[str, Paired]) -> str:
    """What each part costs, and what all do, in Markdown."""
    lines = ["| in eight bits | graph | worst logits error | mean | decisions changed |", "|---|---|---|---|---|"]
    lines += [
        f"| {r['part']} | {r['graph_bytes'] / 1e6:.1f} MB | {r['worst_error']:.4f} | {r['mean_error']:.5f}"
        f" | {r['decisions_changed']} of {r['prompts']} |"
        for r in rows
    ]
    lines += [
        "",
        "| questions | right by both | only fp32 | only int8 | neither | points lost |",
        "|---|---|---|---|---|---|",
    ]
    for name, p in found.items():
        lost, low, high = p.loss()
        lines.append(
            f"| {name} ({p.n}) | {p.both} | {p.only_fp32} | {p.only_int8} | {p.neither}"
            f" | {lost:.2f} ({low:.2f} to {high:.2f}) |"
        )
    return "\n".join(lines)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--preset", type=Path, default=ROOT / "scripts/lab/finder/preset.json")
    parser.add_argument("--questions", type=int, default=2000)
    parser.add_argument("--prompts", type=int, default=PROMPTS)
    parser.add_argument("--roundings", action="store_true", help="only a table of ways of rounding")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    began = time.monotonic()
    progress = Progress()
    preset = json.loads(args.preset.read_text())
    if args.roundings:
        with tempfile.TemporaryDirectory(prefix="edgeinfinite-quantize-") as place:
            print(rounding_table(by_rounding(args.checkpoint, preset, Path(place), args.prompts)))
        return
    commit()
    with tempfile.TemporaryDirectory(prefix="edgeinfinite-quantize-") as place:
        work = Path(place)
        folders = [work / precision for precision in ("fp32", "int8")]
        for folder in folders:
            export.export(args.checkpoint, folder, export.ExportOptions(preset, "finder", [folder.name]))
        rows = by_part(args.checkpoint, folders[1], args.prompts)
        progress.say(f"{len(rows)} graphs on {args.prompts} prompts", True)
        cli = Cli(built(), folders[1], work)
        found = paired(cli, folders, work, args.questions, progress)
        record = record_head(["scripts/lab.sh", "quantization", *sys.argv[1:]], cli, began)
    print(table(rows, found))
    if args.write:
        whole = record | {"parts": rows, "paired": {name: vars(p) for name, p in found.items()}}
        path = write_record("quantize-finder", whole)
        text = f"`{record['command']}` ([record](../../{path.relative_to(ROOT)})); points with 95 % intervals:\n\n"
        replace_between(ROOT / "models/finder/README.md", "quantize finder", text + table(rows, found))


if __name__ == "__main__":
    main()
