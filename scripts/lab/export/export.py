"""Checkpoint folder → model folder, as models/README.md says; refuses one that differs too much from the reference.

    scripts/lab.sh export CHECKPOINT models/mine  [--name mine] [--precision int8 fp32]
    scripts/lab.sh export CHECKPOINT models/mine  --precision int4 --rounding gptq [--calibration texts.txt]
    scripts/lab.sh export CHECKPOINT models/demo --preset scripts/lab/finder/preset.json

CHECKPOINT is a Hugging Face folder (config.json, safetensors, tokenizer.json, and a chat template) of a family that
reference/families.py knows, with gates.safetensors if gates were trained. A preset holds what the checkpoint does not
know (scripts/lab/finder/preset.json); without one the prompt comes from the chat template, the sizes from SIZES. Exit
status 1 and nothing written when an artefact's logits are off; the folder appears, or is replaced, as a whole.
quantizing.json in it, printed too, says what rounding cost each matrix (quantization_error.py); it is not the model's
and need not be delivered.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from lab.export import gptq
from lab.export import onnx_graph as graph
from lab.export import quantization_error as rounding
from lab.export.model_folder import dumps, entry
from lab.reference import rotation
from lab.reference.checkpoint import load
from lab.reference.config import Config, Kind
from lab.reference.decoder import Decoder, without_memory
from lab.reference.numpy_engine import ModelFolder, Session
from lab.reference.prompt_template import PromptTemplate, for_pieces
from lab.reference.state import Sizes, State, read, run

DTYPES = {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32}
# Most of max abs logits error ÷ max abs logit, unless the preset says else.
MAX_ERROR = {"fp32": 1e-3, "int8": 0.3, "int4": 1.0}
REPORT = "quantizing.json"
ROUNDINGS = ("nearest", "gptq")
Kept = Mapping[str, Mapping[str, graph.Rounded]]  # by precision, by matrix: what is not rounded to nearest
LONG = 1024  # tokens that a check takes the time to fill
INSIDE = 64 << 20  # bytes of weights: more stand in a file beside the graph
EXACT = 64 << 20  # bytes of keys and values in f32: more are kept in f16
ROUNDED = 5e-2  # MAX_ERROR of fp32 where keys and values are kept in f16
SIZES = {"default": (128, 2048, 1536), "short": (128, 512, 384)}  # segment, window, recall of a checkpoint's scenarios
LICENCES = {"apache-2.0": "Apache-2.0", "mit": "MIT", "llama3.2": "LicenseRef-llama3.2", "gemma": "LicenseRef-gemma"}
PROMPT = ("start", "title", "heading", "sentence", "ask", "summarize")
SAMPLE = """\
The harbour office opens at seven. Boats longer than twelve metres must announce themselves by radio, channel 9.
A berth costs 14.50 a night; water and electricity are included, but showers are not.
Café Åse serves soup until 21:30 — 魚のスープ 🐟.
Whoever finds the key to the lighthouse is asked to bring it back to Mrs. Okonkwo before the first of November.
In 1987 the old pier was moved eighty metres to the north, because the current had begun to carry the sand away.
def total(items): return sum(i.price * i.count for i in items)   # not counting the deposit
"""


class Refused(Exception):
    """The folder would be wrong; nothing was written."""


def token(tokenizer: Tokenizer, text: str) -> int:
    number = tokenizer.token_to_id(text)
    if number is None:
        raise Refused(f"the tokenizer has no token {text}")
    return number


def citation(tokenizer: Tokenizer, marks: dict | None) -> dict | None:
    """{"markers": ["<s{n}>", 47], "headings": ["<h{n}>", 12], "none": "<s0>"} → ids; also "words": "<say>"."""
    if marks is None:
        return None
    numbered = {
        key: [token(tokenizer, marks[key][0].replace("{n}", str(n + 1))) for n in range(marks[key][1])]
        for key in ("markers", "headings")
    }
    own = {"words": token(tokenizer, marks["words"])} if marks.get("words") else {}
    return numbered | {"none": token(tokenizer, marks["none"])} | own


def own(checkpoint: Path, positions: int) -> dict:
    """The preset of somebody's own checkpoint: an instruct model that answers in its own words."""
    from lab.export import chat_template as chat

    found = chat.preset(checkpoint)
    form = for_pieces(json.loads((checkpoint / "tokenizer.json").read_text()), found)
    start = len(PromptTemplate(found["prompt"], json.dumps(form)).encode(found["prompt"]["start"]))
    pinned = -(-start // 16) * 16
    sizes = {}
    for scenario, (segment, most, recall) in SIZES.items():
        window = min(
            most, (positions - pinned - segment) // segment * segment
        )  # no farther than it was trained to look
        if window >= segment:
            recall = min(recall, window - segment)
            sizes[scenario] = {"segment": segment, "pinned": pinned, "window": window, "recall": recall, "threads": 0}
    if not sizes:
        raise Refused(f"its rotation holds for {positions} positions, too few for any of {', '.join(SIZES)}")
    return found | {
        "version": "1", "description": f"{checkpoint.resolve().name}, as its checkpoint has it",
        "licence": licence(checkpoint), "precisions": ["int8"], "citation": None, "scenarios": sizes,
        "default_scenario": next(iter(sizes)), "readings": {"ask": "recall", "summarize": "notes"},
        "scoring": {"bm25_weight": 0.0, "found_threshold": 0.0}, "limits": {"question": 512, "answer": 512},
    }  # fmt: skip


def licence(checkpoint: Path) -> str:
    """What the checkpoint's README.md says at its head, as an SPDX expression."""
    card = checkpoint / "README.md"
    said = re.search(r"^license:\s*(\S+)", card.read_text("utf-8", "replace"), re.MULTILINE) if card.exists() else None
    name = said[1].strip("'\"").lower() if said else "unknown"
    return LICENCES.get(name, f"LicenseRef-{re.sub(r'[^a-z0-9.-]', '-', name)}")


def kind_of(kind: Kind) -> dict:
    sliding, memory = {"sliding": kind.sliding} if kind.sliding else {}, {} if kind.memory else {"memory": False}
    return {"inverse_frequencies": list(kind.frequencies)} | sliding | memory


def cache_of(c: Config, scenarios: dict) -> str:
    """What keys and values are kept in: f16 where those of the largest scenario take more than EXACT bytes in f32."""
    slots = max(s["pinned"] + s["window"] for s in scenarios.values())
    return "f16" if 4 * 2 * c.layers * c.kv_heads * slots * c.head_dim > EXACT else "f32"


def artefact(precision: str, bound: float, parameters: int, cache: str) -> dict:
    outside = parameters * graph.BYTES[precision] > INSIDE
    return {
        "file": f"cpu-{precision}.onnx",
        **({"weights": f"cpu-{precision}.weights"} if outside else {}),
        "accelerator": "Cpu", "precision": precision, "max_error": bound,
        **({"cache": cache} if cache != "f32" else {}),
    }  # fmt: skip


def manifest(
    decoder: Decoder, base: Config, tokenizer: Tokenizer, preset: dict, name: str, precisions: list[str]
) -> dict:
    """model.json, without self_test and files; base: the config before anything was folded."""
    c, words = decoder.config, ("version", "description", "licence")
    cache, rows = preset.get("cache") or cache_of(c, preset["scenarios"]), decoder.model.embed_tokens.weight
    if cache not in graph.CACHES:
        raise Refused(f"found a cache in {cache}, expected one in {' or '.join(graph.CACHES)}")
    bounds = MAX_ERROR | ({"fp32": ROUNDED} if cache == "f16" else {}) | preset.get("max_error", {})
    exact = next(name for name, dtype in DTYPES.items() if torch.equal(rows, rows.to(dtype).float()))
    dtype = exact if "fp32" in precisions or exact == "bf16" else "f16"  # as the checkpoint has it, where that shows
    shape = {
        "family": c.family, "layers": c.layers, "hidden": c.hidden, "heads": c.heads, "kv_heads": c.kv_heads,
        "head_dim": c.head_dim, "vocabulary": c.vocabulary, "parameters": base.parameters(),
        "gate_parameters": sum(p.numel() for p in decoder.gates().values()), "feed_forward": c.ff,
    }  # fmt: skip
    return {
        "format": 1,
        "name": name,
        **{word: preset[word] for word in words},
        "base": shape,
        "kinds": {name: kind_of(kind) for name, kind in c.kinds.items()},
        "layers": list(c.pattern),
        "embedding": {"file": f"embedding.{dtype}", "dtype": dtype, "scale": c.embedding_scale},
        "tokenizer": {"file": "tokenizer.json", "end": [token(tokenizer, text) for text in preset["end"]]},
        "prompt": {key: preset["prompt"].get(key) for key in PROMPT}
        | {key: preset["prompt"][key] for key in ("chat",) if key in preset["prompt"]},
        "citation": citation(tokenizer, preset["citation"]),
        "artefacts": [artefact(p, bounds[p], c.parameters(), cache) for p in precisions],
        **{key: preset[key] for key in ("scenarios", "default_scenario", "readings", "scoring", "limits")},
    }


def streams(prompt_template: PromptTemplate, scenarios: dict, name: str) -> Iterator[tuple[list[int], int]]:
    """(tokens, pinned) for checking a scenario: fits, exactly S, fills the memory; ordinary prompts. The last two kinds
    not of rooms that take long to fill, but for the smallest: all run the same graph."""
    sizes = scenarios[name]
    start, ask = (
        prompt_template.encode(prompt_template.prompt["start"]),
        prompt_template.encode(prompt_template.prompt["ask"], question=" Where is it?"),
    )
    text = prompt_template.encode("{text}", text=SAMPLE)
    room = sizes["pinned"] + sizes["window"]
    lengths = [sizes["segment"] // 2, sizes["segment"], room + 2 * sizes["segment"] + 5, 2 * room + 13]
    smallest = min(s["pinned"] + s["window"] for s in scenarios.values())
    for length in lengths if room <= max(smallest, LONG) else lengths[:2]:
        body = (text * (length // len(text) + 1))[: max(1, length - len(start) - len(ask))]
        yield start + body + ask, len(start)


def error(got: np.ndarray, want: np.ndarray) -> float:
    return float(np.abs(got - want).max() / np.abs(want).max())


@torch.no_grad()
def check(folder: Path, decoder: Decoder) -> dict[str, float]:
    """Every artefact against the reference, through the whole segment loop and three decoded rows → worst errors."""
    worst = {}
    for number, artefact in enumerate(json.loads((folder / "model.json").read_text())["artefacts"]):
        opened, errors = ModelFolder(folder, number), []  # one at a time: each holds its weights
        for name, s in opened.manifest["scenarios"].items():
            sizes = Sizes(s["segment"], s["pinned"], s["window"])
            for ids, pinned in streams(opened.prompt_template, opened.manifest["scenarios"], name):
                stream = Session(opened, name)
                want, state = read(decoder, torch.tensor(ids), pinned, sizes)  # [V]
                errors.append(error(stream.read(ids, pinned), want.numpy()))
                for t in ids[pinned : pinned + 3]:
                    want, state = run(decoder, state, torch.tensor([t]), sizes)  # [1, V]
                    errors.append(error(stream.run([t]), want.numpy()))
                if stream.absorbed != state.absorbed or not np.isfinite(errors[-1]):
                    raise Refused(f"{artefact['file']}: {stream.absorbed} tokens absorbed, not {state.absorbed}")
        del opened, stream
        worst[artefact["file"]] = max(errors)
        if not worst[artefact["file"]] <= artefact["max_error"]:
            raise Refused(f"{artefact['file']}: logits off by {max(errors):.2g}, allowed {artefact['max_error']:.2g}")
    return worst


@torch.no_grad()
def cost(folder: Path, number: int, decoder: Decoder) -> dict:
    """Of an artefact, over the tokens of a segment of the default scenario: nats a token from the reference's next
    tokens (Kullback-Leibler), and how often the likeliest is the same."""
    opened = ModelFolder(folder, number)
    name = opened.manifest["default_scenario"]
    s, (ids, pinned) = (
        opened.manifest["scenarios"][name],
        list(streams(opened.prompt_template, opened.manifest["scenarios"], name))[1],
    )
    sizes, stream, state = (
        Sizes(s["segment"], s["pinned"], s["window"]),
        Session(opened, name),
        State.empty(decoder),
    )
    if pinned:
        stream.run(ids[:pinned], True)
        _, state = run(decoder, state, torch.tensor(ids[:pinned]), sizes, True, ())
    got = torch.from_numpy(stream.run(ids[pinned:], rows=list(range(len(ids) - pinned))))  # [n, V]
    want = run(decoder, state, torch.tensor(ids[pinned:]), sizes)[0]  # [n, V]
    divergence = rounding.nats(want, got).mean().item()
    agreement = (got.argmax(-1) == want.argmax(-1)).double().mean().item()
    rounded = {"divergence": float(f"{max(0.0, divergence):.3g}"), "agreement": float(f"{agreement:.4g}")}
    return rounded | {"tokens": len(ids) - pinned}


@torch.no_grad()
def self_test(decoder: Decoder, prompt_template: PromptTemplate, scenarios: dict) -> list[dict]:
    """The reference's logits after the shortest and the third stream of each scenario."""
    tests = []
    for name, s in scenarios.items():
        for ids, _ in list(streams(prompt_template, scenarios, name))[0:3:2]:
            logits, _ = read(decoder, torch.tensor(ids), s["pinned"], Sizes(s["segment"], s["pinned"], s["window"]))
            spread = np.linspace(0, len(logits) - 1, 8).astype(int).tolist()
            indices = sorted({*logits.abs().topk(8).indices.tolist(), *logits.topk(2).indices.tolist(), *spread})
            tests.append({"scenario": name, "tokens": ids, "indices": indices})
            tests[-1]["logits"] = [float(f"{v:.7g}") for v in logits[indices].tolist()]
    return tests


def write(
    folder: Path, decoder: Decoder, tokenizer: str, about: dict, preset: dict, kept: Kept | None = None
) -> dict[str, float]:
    """Everything into an empty folder, checked → worst errors by artefact."""
    stated, eight_bits = preset.get("max_error", {}), preset.get("eight_bits", "u8")
    weights = {name: t.float().numpy() for name, t in decoder.state_dict().items()}
    for artefact in about["artefacts"]:
        with open(folder / artefact["weights"], "wb") if "weights" in artefact else nullcontext() as outside:
            rounded, cache = (kept or {}).get(artefact["precision"]), artefact.get("cache", "f32")
            how = {"outside": outside, "rounded": rounded, "cache": cache}
            model = graph.build(decoder.config, weights, artefact["precision"], eight_bits, **how)
        (folder / artefact["file"]).write_bytes(model.SerializeToString(deterministic=True))
    embedding = decoder.model.embed_tokens.weight.to(DTYPES[about["embedding"]["dtype"]])  # [V, D]
    if not embedding.isfinite().all():
        raise Refused(f"the embedding does not fit {about['embedding']['dtype']}")
    (folder / about["embedding"]["file"]).write_bytes(embedding.contiguous().view(torch.uint8).numpy().tobytes())
    (folder / about["tokenizer"]["file"]).write_text(tokenizer)
    prompt_template = PromptTemplate(about["prompt"], tokenizer)
    about["self_test"] = self_test(decoder, prompt_template, about["scenarios"])
    about["files"] = {file.name: entry(file) for file in sorted(folder.iterdir())}
    (folder / "model.json").write_text(dumps(about))
    worst = check(folder, decoder)
    for number, artefact in enumerate(about["artefacts"]):
        if artefact["precision"] != "fp32":
            found = float(f"{worst[artefact['file']]:.3g}")
            artefact["cost"] = {"error": found} | cost(folder, number, decoder)
        if artefact["precision"] not in stated:  # what was found, and room for other machines
            artefact["max_error"] = float(f"{min(artefact['max_error'], 2 * worst[artefact['file']]):.2g}")
    (folder / "model.json").write_text(dumps(about))
    return worst


def report(
    decoder: Decoder, prompt_template: PromptTemplate, precisions: list[str], kept: Kept
) -> dict[str, list[dict]]:
    """By precision, for all that round."""
    ids = prompt_template.encode("{text}", text=SAMPLE)
    return {p: rounding.report(decoder, ids, p, kept.get(p, {})) for p in precisions if p in graph.BITS}


def by_gptq(
    decoder: Decoder, prompt_template: PromptTemplate, about: dict, precisions: list[str], calibration: Path | None
) -> Kept:
    length = min(gptq.LENGTH, about["scenarios"][about["default_scenario"]]["window"])
    try:
        text = calibration.read_text("utf-8") if calibration else gptq.generated()
        ids = gptq.pieces(prompt_template, about["citation"], text, length)
    except (UnicodeDecodeError, gptq.TooShort) as e:
        said = e if isinstance(e, gptq.TooShort) else f"found no UTF-8: {e}"
        raise Refused(f"{calibration or 'generated text'}: {said}") from e
    return {p: gptq.rounded(decoder, ids, p) for p in precisions if p in graph.BITS}


def export(
    checkpoint: Path, target: Path, preset: dict | None = None, name: str = "", precisions: list[str] | None = None,
    rotate: bool = False, reported: bool = False, method: str = "nearest", calibration: Path | None = None,
    cache: str = "",
) -> dict:  # fmt: skip
    """Writes target → worst errors by artefact; raises Refused and leaves target as it was. method: of ROUNDINGS."""
    if calibration and method != "gptq":
        raise Refused(f"found a calibration text beside rounding by {method}, expected gptq")
    decoder, tokenizer_json = load(checkpoint), (checkpoint / "tokenizer.json").read_text()
    if not decoder.memory_trained:
        decoder = without_memory(decoder)
    preset = (preset or own(checkpoint, decoder.config.positions)) | ({"cache": cache} if cache else {})
    found = json.loads(tokenizer_json)
    if (form := for_pieces(found, preset, decoder.config.vocabulary)) != found:
        tokenizer_json = json.dumps(form, ensure_ascii=False)
    tokenizer = Tokenizer.from_str(tokenizer_json)
    base, precisions = decoder.config, precisions or preset["precisions"]
    if method == "gptq" and not {*precisions} & {*graph.BITS}:
        raise Refused(f"found precision {' '.join(precisions)} to round by gptq, expected int8 or int4")
    if rotate:
        rotation.turn(decoder)
    about = manifest(decoder, base, tokenizer, preset, name or target.name, precisions)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        made = temporary / "new"
        made.mkdir()
        prompt_template = PromptTemplate(about["prompt"], tokenizer_json)
        kept = by_gptq(decoder, prompt_template, about, precisions, calibration) if method == "gptq" else {}
        worst = write(made, decoder, tokenizer_json, about, preset, kept)
        if reported and (rows := report(decoder, prompt_template, precisions, kept)):
            (made / REPORT).write_text(dumps(rows))
        if target.exists():
            target.rename(temporary / "old")
        made.rename(target)
    finally:
        shutil.rmtree(temporary)
    return worst


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--preset", type=Path)
    parser.add_argument("--name", default="")
    parser.add_argument(
        "--rotate", action="store_true", help="so that no channel outweighs the others (reference/rotation.py)"
    )
    parser.add_argument("--precision", nargs="+", choices=sorted(MAX_ERROR), default=None)
    parser.add_argument("--rounding", choices=ROUNDINGS, default="nearest", help="of weights (gptq.py; %(default)s)")
    parser.add_argument("--calibration", type=Path, metavar="FILE", help="a text for gptq; without it a generated one")
    parser.add_argument(
        "--cache", choices=sorted(graph.CACHES), default="", help="keys and values; without it f16 above 64 MB in f32"
    )
    a = parser.parse_args()
    try:
        preset = json.loads(a.preset.read_text()) if a.preset else None
        how = {"method": a.rounding, "calibration": a.calibration, "cache": a.cache}
        worst = export(a.checkpoint, a.target, preset, a.name, a.precision, a.rotate, reported=True, **how)
    except (Refused, ValueError, OSError) as e:
        print(f"export: {e}; nothing was written", file=sys.stderr)
        return 1
    costs = {x["file"]: x.get("cost") for x in json.loads((a.target / "model.json").read_text())["artefacts"]}
    for file in sorted(set(a.target.iterdir()) - {a.target / REPORT}):
        said = f"logits within {worst[file.name]:.2g}" if file.name in worst else ""
        if c := costs.get(file.name):
            said += f", {c['divergence']:.2g} nats a token, same next token {c['agreement']:.1%} of {c['tokens']}"
        print(f"{file.stat().st_size:>10,} {file.name:16} {said}")
    if (a.target / REPORT).exists():
        for precision, rows in json.loads((a.target / REPORT).read_text()).items():
            print(f"{precision} ({a.rounding}), by matrix:\n{rounding.table(rows)}")
    if not (a.checkpoint / "gates.safetensors").exists():
        print("export: no gates.safetensors: no memory; by recall, notes and the window it works", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
