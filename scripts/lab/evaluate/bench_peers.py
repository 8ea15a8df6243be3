"""This project beside llama.cpp: the same machine, weights, threads and prompts, in one run, pair by pair.

    scripts/lab.sh bench-peers                       SmolLM2-135M-Instruct in Q4_1, by scripts/models.sh; half an hour
    scripts/lab.sh bench-peers --write               also writes docs/records/ and the table in docs/performance.md
    scripts/lab.sh bench-peers --long                also one pair of 32,768 tokens: the peer takes many minutes
    scripts/lab.sh bench-peers --gguf MODEL.gguf --model FOLDER       another model, as import-gguf made its folder

The peer is llama.cpp's library, built by scripts/peers.sh for this processor, in a small program of its public
interface and its defaults (evaluate/peers/llama_cpp.cpp). Its llama-bench reads random tokens and knows neither a first
answer nor a restored state, and its Python package would count Python's memory. Both sides are measured alike, from
outside: one process a measurement, nothing run before its clock, both on the same processors, in turn A B, B A;
with --patience each pair waits until other programs take little.

First both must say the same (same.py). Then whole documents are read (`--reading memory`) and answered. What that
compares: the peer attends to every token before; this project to the window of the model folder's scenario, since an
imported model's gates are not trained. Past the window the two no longer do the same work, nor say the same: that is
measured too. The peer says plainly one token a run, as its programs do unless told otherwise; this project drafts from
the text (prompt lookup) as it ships, and tokens a run tell how often that was right. Lines with Q4_0 are a second
opinion, of other weights: the peer's own rounding of the same file to the format that its kernels are fastest in.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from lab import ROOT
from lab.evaluate.cli import Cli, Progress, built, commit, record_head, replace_between, script, write_record
from lab.evaluate.peers import same
from lab.evaluate.peers.documents import REPEAT, TELL, document, prompts
from lab.evaluate.peers.engines import Document, Ours, Peer, Reading
from lab.evaluate.peers.quiet import Others
from lab.evaluate.peers.table import Row, page
from lab.reference.numpy_engine import ModelFolder
from lab.reference.prompt_template import PromptTemplate

LLAMA_CPP = "llama.cpp"
LENGTHS = (512, 2048, 8192)
LONG = 32_768
FEW = 3  # pairs of the longest of these at most
SHALLOW = 192  # tokens of a prompt that stand for depth 0
TOLD = 64  # tokens of an answer whose speed is measured
SAME = (32, 256)  # tokens of the prompts whose next tokens are compared
BEYOND = 5  # such prompts longer than the window
Q4_0 = 2048  # longest document that the peer also reads with its weights in its fastest format


class Bench:
    """The measurements; `rows` by name in the order of the table."""

    def __init__(
        self,
        ours: Ours,
        peer: Peer,
        rounded: Peer,  # the peer with its weights in Q4_0
        template: PromptTemplate,
        work: Path,
        others: Others,
        progress: Progress,
    ) -> None:
        self.ours = ours
        self.peer = peer
        self.rounded = rounded
        self.template = template
        self.work = work
        self.progress = progress
        self.rows: dict[str, Row] = {}
        self.tokens_a_run: dict[str, list[float]] = {}
        self.document_tokens: dict[int, list[int]] = {}
        self.opening: list[tuple[float, float]] = []
        self.others = others
        self.taken: list[float] = []  # by others, pair by pair

    def row(self, name: str, unit: str) -> Row:
        """The row of that name."""
        return self.rows.setdefault(name, Row(name, unit))

    def pair(self, number: int, what: str, document: Document, count: int) -> tuple[Reading, Reading]:
        """Both read a document and answer, whoever began last time second."""
        sides = {
            "ours": lambda: self.ours.read(document, "memory", count),
            "peer": lambda: self.peer.read(document, count),
        }
        read = {}
        self.others.wait()
        for name in sorted(sides, reverse=bool(number % 2)):
            self.progress.say(f"{what}, pair {number + 1}: {name}", last=False)
            read[name] = sides[name]()
            self.others.own_ms += read[name].process.cpu_ms
        ours = read["ours"]
        peer = read["peer"]
        self.opening.append((ours.opening_ms, peer.opening_ms))
        self.taken.append(self.others.share())
        self.progress.say(f"{what}, pair {number + 1}: {brief(ours)}; peer {brief(peer)}", last=True)
        return ours, peer

    def again(self, document: Document) -> Reading:
        """The peer once more, with its weights in Q4_0."""
        read = self.rounded.read(document, TOLD)
        self.others.own_ms += read.process.cpu_ms
        return read

    def document(self, tokens: int, seed: int, question: str | None) -> Document:
        """A document of its own for each pair."""
        return document(self.template, self.work, tokens, seed, question)

    def whole(self, length: int, pairs: int) -> None:
        """Reading a whole document, saying words at its end, and the memory that both take."""
        size = f"{length:,} tokens"
        for number in range(pairs):
            asked = self.document(length, number, TELL)
            ours, peer = self.pair(number, size, asked, TOLD)
            self.row(f"TTFT, whole document read, {size}", "ms").add(ours.ttft_ms, peer.ttft_ms)
            if length <= Q4_0:
                rounded = self.again(asked)
                self.row(f"TTFT, whole document read, {size}; the peer's in Q4_0", "ms").add(
                    ours.ttft_ms, rounded.ttft_ms
                )
            decode = self.row(f"decode, free text, at depth {length:,}", "tokens/s")
            decode.add(ours.decode_tokens_per_second, peer.decode_tokens_per_second)
            self.tokens_a_run.setdefault(decode.name, []).append(round(ours.tokens_a_run, 2))
            self.row(f"peak RSS, {size}", "bytes").add(ours.process.peak_rss_bytes, peer.process.peak_rss_bytes)
            self.row(f"RssAnon, {size}", "bytes").add(ours.process.rss_anon_bytes, peer.process.rss_anon_bytes)
            self.document_tokens.setdefault(length, [ours.document_tokens, peer.document_tokens])

    def recall(self, length: int, pairs: int) -> None:
        """The first answer by recall on an unread document; the peer's whole TTFT was measured on one of its length."""
        read = self.rows[f"TTFT, whole document read, {length:,} tokens"].peer
        for number in range(pairs):
            self.progress.say(f"recall on {length:,} tokens, {number + 1}", last=False)
            ours = self.ours.read(self.document(length, number, None), "recall", TOLD)
            self.others.own_ms += ours.process.cpu_ms
            name = f"first answer by recall, {length:,} unread tokens (the peer reads them)"
            self.row(name, "ms").add(ours.ttft_ms, read[number])

    def decode(self, name: str, question: str, pairs: int) -> None:
        """Words said after a short prompt."""
        for number in range(pairs):
            asked = self.document(SHALLOW, 100 + number, question)
            ours, peer = self.pair(number, name, asked, TOLD)
            self.row(name, "tokens/s").add(ours.decode_tokens_per_second, peer.decode_tokens_per_second)
            rounded = self.row(f"{name}; the peer's in Q4_0", "tokens/s")
            rounded.add(ours.decode_tokens_per_second, self.again(asked).decode_tokens_per_second)
            self.tokens_a_run.setdefault(name, []).append(round(ours.tokens_a_run, 2))

    def resume(self, length: int, pairs: int) -> int:
        """The next question on a saved document, in a new process → bytes of both states."""
        asked = self.document(length, 0, None)
        states = {"ours": self.work / "ours.state", "peer": self.work / "peer.state"}
        sides = {"ours": self.ours, "peer": self.peer}
        opening = [statistics.median(side) for side in zip(*self.opening, strict=True)]
        for name, side in sides.items():
            self.progress.say(f"saving {length:,} tokens: {name}", last=False)
            self.others.own_ms += side.save(asked, states[name]).cpu_ms
        for number in range(pairs):
            took = {}
            self.others.wait()
            for name in sorted(sides, reverse=bool(number % 2)):
                self.progress.say(f"restoring {length:,} tokens, pair {number + 1}: {name}", last=False)
                process = sides[name].resume(asked, states[name])
                self.others.own_ms += process.cpu_ms
                took[name] = process.wall_ms
            self.taken.append(self.others.share())
            what = f"next question, {length:,} saved tokens"
            self.row(f"{what}, in a new process: opened, restored, first token", "ms").add(took["ours"], took["peer"])
            less = [max(took[name] - opened, 1.0) for name, opened in zip(("ours", "peer"), opening, strict=True)]
            self.row(f"{what}, less opening: restored, first token", "ms").add(*less)
        return {name: state.stat().st_size for name, state in states.items()}

    def openings(self) -> None:
        """The row of opening: of all pairs."""
        for ours, peer in self.opening:
            self.row("opening (the process but for reading and answering)", "ms").add(ours, peer)


def brief(read: Reading) -> str:
    """A reading in few words, for the progress."""
    speed = read.decode_tokens_per_second or 0.0
    return f"{read.ttft_ms:,.0f} ms, {speed:.1f} tokens/s of {read.decode_tokens}"


def pairs_of(length: int, pairs: int) -> int:
    """Long documents take the peer minutes."""
    return pairs if length < LENGTHS[-1] else min(pairs, FEW)


def timed(bench: Bench, args: argparse.Namespace) -> dict:
    """Everything that is timed → bytes of both sides' saved documents."""
    bench.decode("decode, free text, at depth 0", "Write a long story about this place.", args.pairs)
    bench.decode("decode, quoting, at depth 0", REPEAT, args.pairs)
    for length in args.lengths:
        bench.whole(length, pairs_of(length, args.pairs))
    longest = max(args.lengths)
    bench.recall(longest, pairs_of(longest, args.pairs))
    states = bench.resume(longest, args.pairs)
    if args.long:
        bench.whole(LONG, 1)
        bench.recall(LONG, 1)
    return states


def measure(bench: Bench, args: argparse.Namespace) -> dict:
    """What the record says beside the rows; an interrupt ends the measurements, and those made so far are kept."""
    states = {}
    interrupted = False
    try:
        states = timed(bench, args)
    except KeyboardInterrupt:
        interrupted = True
    bench.openings()
    return {
        "tokens_a_run": bench.tokens_a_run,
        "document_tokens": {str(length): both for length, both in bench.document_tokens.items()},
        "state_bytes": states,
        "interrupted": interrupted,
        "processors_taken_by_others": [round(share, 3) for share in bench.taken],
    }


def agreement(peer: Peer, folder: ModelFolder, args: argparse.Namespace, work: Path, progress: Progress) -> dict:
    """Whether both say the same, within the window and beyond it."""
    template = folder.prompt_template
    window = window_of(folder)
    within = list(prompts(template, args.prompts, *SAME))
    beyond = list(prompts(template, min(args.prompts, BEYOND), window + 256, window + 1024))
    return {
        "within_window": same.compare(peer, folder, within, work, progress),
        "beyond_window": same.compare(peer, folder, beyond, work, progress),
    }


def window_of(folder: ModelFolder) -> int:
    """Tokens that the default scenario attends to."""
    sizes = folder.manifest["scenarios"][folder.manifest["default_scenario"]]
    return sizes["pinned"] + sizes["window"]


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--prompts", type=int, default=200, help="of the next tokens that are compared (%(default)s)")
    parser.add_argument("--same", type=Path, metavar="RECORD", help="what both say, out of an earlier record")
    parser.add_argument("--lengths", type=lambda text: [int(n) for n in text.split(",")], default=list(LENGTHS))
    parser.add_argument("--long", action="store_true", help=f"one pair of {LONG:,} tokens too")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--patience", type=float, default=0, metavar="MINUTES", help="to wait in all for other programs to end"
    )
    parser.add_argument("--gguf", type=Path, help="a model for the peer; --model is the folder that was made of it")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--write", action="store_true", help="write the record and the table")
    args = parser.parse_args()
    if bool(args.gguf) != bool(args.model):
        parser.error("found one of --gguf and --model, expected both or neither")
    return args


def main() -> None:
    """The command line."""
    args = parsed()
    commit()
    began = time.monotonic()
    program = script("peers.sh", LLAMA_CPP)
    place = args.model or script("models.sh", "--plain", "smollm2")
    folder = ModelFolder(place, threads=args.threads)
    gguf = args.gguf or place.parent / "downloads" / f"{folder.manifest['name']}.gguf"
    cli = built()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.threads])
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="edgeinfinite-peers-") as name:
        work = Path(name)
        peer = Peer(program, gguf, args.threads)
        window = window_of(folder)
        template = folder.prompt_template
        agreed = (
            json.loads(args.same.read_text())["same"] if args.same else agreement(peer, folder, args, work, progress)
        )
        print(json.dumps({"same": agreed}, indent=1), flush=True)
        del folder  # nothing but the two sides is in memory while they are timed
        rounded = work / "q4_0.gguf"
        peer.start("q4_0", rounded)
        ours = Ours(cli, place, args.threads, work)
        bench = Bench(
            ours, peer, Peer(program, rounded, args.threads), template, work, Others(60 * args.patience), progress
        )
        measured = measure(bench, args)
        head = record_head(["scripts/lab.sh", "bench-peers", *sys.argv[1:]], Cli(cli, place, work), began)
        built_by = json.loads((program.parent / "peer.json").read_text())
        record = head | {
            "peer": built_by,
            "threads": args.threads,
            "window": window,
            "same": agreed,
            **measured,
            "rows": [row.content() for row in bench.rows.values() if row.ours],
        }
    path = write_record(f"peers-{record['model']['name']}", record) if args.write else None
    text = page(record, LLAMA_CPP, path.name if path else None)
    print(text)
    if args.write:
        replace_between(ROOT / "docs/performance.md", "peers", text)


if __name__ == "__main__":
    main()
