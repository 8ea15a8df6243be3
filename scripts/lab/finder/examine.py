"""Asks a checkpoint thirty-six questions that a person wrote about real licences, and twelve that they do not answer.

    scripts/lab.sh examine CHECKPOINT [--weight 0.5] [--verbose]

The licences are read from /usr/share/common-licenses when this runs, never trained on. As in the engine a prompt is
packed with the document's best BM25 sentences and the citation is the best marker in sight; --weight mixes in BM25
(lambda). Each licence is asked about alone, and again standing in the middle of a generated report. A light check,
in PyTorch, not through the engine.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import torch
from tokenizers import Tokenizer

from lab.corpus.reports import Report
from lab.evaluate.bm25 import Bm25, sentences
from lab.evaluate.questions.licences import ASKED, LICENCES, NOT_ANSWERED
from lab.finder.tokenizer import BOS, DOC, END_DOC, QUOTE, S0, Q, open_tokenizer
from lab.reference.checkpoint import load
from lab.reference.decoder import Decoder

BUDGET, MARKERS = 420, 46


class Reader:
    """A document cut into sentences, and the model that is asked about it."""

    def __init__(self, decoder: Decoder, tokenizer: Tokenizer, text: str) -> None:
        self.decoder, self.texts = decoder, sentences(text)
        self.index = Bm25(self.texts)
        self.encode = lambda t: tokenizer.encode(" " + " ".join(t.split()), add_special_tokens=False).ids
        self.tokens = [self.encode(t)[:160] for t in self.texts]

    @torch.no_grad()
    def ask(self, question: str) -> tuple[list[str], list[float], list[float]]:
        """-> the sentences of the pack, BM25 of each, log-probability of "not there" and of each."""
        scores, pack, used = self.index.scores(question), [], 0
        for i in sorted(range(len(scores)), key=lambda i: -scores[i])[:60]:
            if used + len(self.tokens[i]) < BUDGET and len(pack) < MARKERS:
                pack.append(i)
                used += len(self.tokens[i]) + 1
        pack.sort()
        ids = [BOS, DOC]
        for n, i in enumerate(pack):
            ids += [S0 + 1 + n, *self.tokens[i]]
        hidden = self.decoder(torch.tensor([[*ids, END_DOC, Q, *self.encode(question), QUOTE]]))[0, -1]
        logits = self.decoder.logits(hidden)[S0 : S0 + 1 + len(pack)].log_softmax(-1)
        return [self.texts[i] for i in pack], [scores[i] for i in pack], logits.tolist()


def licences(decoder: Decoder, tokenizer: Tokenizer, around: list[str], weight: float, verbose: bool) -> Counter[str]:
    """Every licence within the paragraphs `around`, with its questions."""
    count: Counter[str] = Counter()
    half = len(around) // 2
    for licence, lines in ASKED.items():
        text = "\n\n".join([*around[:half], (LICENCES / licence).read_text(), *around[half:]])
        reader = Reader(decoder, tokenizer, text)
        for line in lines.strip().splitlines():
            question, gold = line.split("|")
            texts, bm25, logp = reader.ask(question)
            right = [gold.lower() in t.lower() for t in texts]
            chosen = best([p + weight * b for p, b in zip(logp[1:], bm25, strict=True)])
            count["asked"] += 1
            count["in the pack"] += any(right)
            count["BM25 alone"] += right[best(bm25)]
            count["model alone"] += right[best(logp[1:])]
            count["model + BM25"] += right[chosen]
            count["refused"] += logp[0] > max(logp[1:])
            if verbose:
                sure = logp[0] - max(logp[1:])
                print(f"{'right' if right[chosen] else 'WRONG'} {sure:6.2f} {question} -> {texts[chosen][:100]}")
        if licence == "GPL-3":
            for question in NOT_ANSWERED:
                _, _, logp = reader.ask(question)
                count["not there"] += 1
                count["not there, refused"] += logp[0] > max(logp[1:])
    return count


def reports(decoder: Decoder, tokenizer: Tokenizer, documents: int, weight: float) -> Counter[str]:
    """The facts of generated documents."""
    count: Counter[str] = Counter()
    for seed in range(documents):
        report = Report(8000, seed)
        reader = Reader(decoder, tokenizer, "\n\n".join(report.paragraphs()))
        for fact in report.facts:
            texts, bm25, logp = reader.ask(fact.question)
            mixed = [p + weight * b for p, b in zip(logp[1:], bm25, strict=True)]
            count["asked"] += 1
            count["BM25 alone"] += texts[best(bm25)] == fact.sentence
            count["model alone"] += texts[best(logp[1:])] == fact.sentence
            count["model + BM25"] += texts[best(mixed)] == fact.sentence
            count["refused"] += best(logp) == 0
    return count


def best(values: list[float]) -> int:
    return max(range(len(values)), key=values.__getitem__)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--weight", type=float, default=0.5)
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    decoder, tokenizer = load(args.checkpoint), open_tokenizer(args.checkpoint / "tokenizer.json")
    print(f"alone: {dict(licences(decoder, tokenizer, [], args.weight, args.verbose))}", flush=True)
    around = list(Report(16_000, 3).paragraphs())
    print(f"in a report: {dict(licences(decoder, tokenizer, around, args.weight, args.verbose))}", flush=True)
    print(f"facts of generated reports: {dict(reports(decoder, tokenizer, 10, args.weight))}")


if __name__ == "__main__":
    main()
