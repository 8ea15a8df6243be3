"""Asks a checkpoint thirty-six questions that a person wrote about real licences, and twelve that they do not answer.

    python scripts/examine.py CHECKPOINT [--weight 0.5] [--verbose]

The licences are read from /usr/share/common-licenses when this runs, never trained on. As in the engine a prompt is
packed with the document's best BM25 sentences and the citation is the best marker in sight; --weight mixes in BM25
(lambda). Each licence is asked about alone, and again standing in the middle of a generated report. A light check,
in PyTorch, not through the engine.
"""

from __future__ import annotations

import argparse
import math
import re
from collections import Counter
from pathlib import Path

import torch
from tokenizers import Tokenizer

from generate import Report
from model import Decoder, load
from questions import STOP_WORDS, WORD
from tokenizer import BOS, DOC, END_DOC, QUOTE, S0, Q, open_tokenizer

LICENCES = Path("/usr/share/common-licenses")
BUDGET, MARKERS = 420, 46
ASKED = {  # licence: question | words of the sentence that answers it
    "GPL-3": """
What happens if I propagate or modify the work otherwise?|automatically terminate your rights
Do I have to accept the license to run a copy of the program?|not required to accept this License
Who may publish new versions of the GPL?|Foundation may publish revised
Is there any warranty for the program?|THERE IS NO WARRANTY
Can I charge a price for copies?|You may charge any price
What does source code mean?|means the preferred form of the work
How long must the written offer be valid?|valid for at least three years
What is a covered work?|either the unmodified Program or a work based
How many days do I have to cure the violation after the notice?|30 days after your receipt
What is a compilation called an aggregate?|called an "aggregate"
What is a user product?|A "User Product" is either
What does it mean to propagate a work?|To "propagate" a work means
Is sublicensing allowed?|ublicensing is not allowed
How is each licensee addressed?|Each licensee is addressed
Who bears the risk about quality and performance of the program?|ENTIRE RISK AS TO THE QUALITY
What are the essential patent claims?|essential patent claims" are
Can I link with the Affero General Public License?|link or combine any covered work with a work licensed
What is object code?|"Object code" means
Which law covers circumvention of technological measures?|effective technological measure under any applicable law
When may I add additional permissions to a covered work?|You may place additional permissions""",
    "Apache-2.0": """
Does the license let me use the trademarks of the licensor?|does not grant permission to use the trade
What happens when I start patent litigation?|then any patent licenses
Who is the licensor?|"Licensor" shall mean
Where may I obtain a copy of the license?|You may obtain a copy of the License at
What must I give other recipients of the work?|give any other recipients
What is a derivative work?|"Derivative Works" shall mean
Can a contributor be liable for damages?|In no event and under no legal theory
May I charge a fee for support or warranty?|charge a fee for""",
    "MPL-2.0": """
Who is the license steward?|is the license steward
In which courts may litigation be brought?|courts of a jurisdiction where the defendant
What happens if I fail to comply with the terms?|will terminate automatically if You fail
What is a larger work?|a work that combines Covered Software
May I distribute under a new version of the license?|distribute the Covered Software under the terms of the version
What does contributor mean?|each individual or legal entity that creates""",
    "CC0-1.0": """
What about trademark or patent rights held by the affirmer?|No trademark or patent rights
Is Creative Commons a party to this document?|is not a party to this document""",
}
NOT_ANSWERED = (
    "Who won the football cup in Brazil?|How do I bake bread with yeast?|What is the capital of France?|How many "
    "planets orbit the sun?|When was the bridge in London built?|Where do penguins live?|Which train goes to "
    "Berlin?|What colour is the kitchen wall?|Who painted the ceiling?|How much does a bicycle cost?|Why is the sky "
    "blue?|What is the opening time of the museum?"
).split("|")


def sentences(text: str) -> list[str]:
    """Plain cutting: at paragraphs, then after full stops, colons of long parts and semicolons."""
    out = []
    for paragraph in re.split(r"\n\s*\n", text):
        folded = " ".join(paragraph.split())
        out += [s for s in re.split(r"(?<=[.!?])\s+(?=[\"'(]?[A-Z])|(?<=[;:])\s+(?=.{40})", folded) if WORD.search(s)]
    return out


def stems(text: str) -> list[str]:
    words = [w.lower() for w in WORD.findall(text) if w.lower() not in STOP_WORDS and len(w) > 1]
    return [re.sub(r"(?<=...)(ing|ed|es|s)$", "", w) for w in words]


class Bm25:
    def __init__(self, texts: list[str]) -> None:
        self.counts = [Counter(stems(t)) for t in texts]
        self.sizes = [sum(c.values()) for c in self.counts]
        self.mean = max(1.0, sum(self.sizes) / len(texts))
        self.seen = Counter(w for c in self.counts for w in c)

    def scores(self, question: str) -> list[float]:
        n, out = len(self.counts), [0.0] * len(self.counts)
        for word in set(stems(question)) & self.seen.keys():
            rare = math.log(1 + (n - self.seen[word] + 0.5) / (self.seen[word] + 0.5))
            for i, count in enumerate(self.counts):
                if f := count[word]:
                    out[i] += rare * f * 2.2 / (f + 1.2 * (0.25 + 0.75 * self.sizes[i] / self.mean))
        return out


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
