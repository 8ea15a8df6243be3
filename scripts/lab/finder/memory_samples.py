"""Training documents for the memory: filler with a few declared facts, cut into segments, asked at several places.

    read in segments:  <bos><doc> | [<hN>|<sK> line …] S tokens | S tokens | …
    asked after some:  </doc><q> question <quote>
        -> <sK>                     a sentence in the window is cited
        -> <say> sentence <eos>     a declared fact, also one that has left the window, or the topic
        -> <s0>                     what nothing there says, or what left and was not kept

Half of the segments may hold no fact and weigh up to ten thousand times as much in the memory, as if read that often:
documents of a million tokens at the price of a thousand (length amplification). No PyTorch here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from tokenizers import Tokenizer

from lab.corpus.facts import TELLING_WORDS, Declarer, Fact
from lab.corpus.lexicon import NOUN, topics
from lab.corpus.word_list import read_words
from lab.finder.prompt_samples import Sampler
from lab.finder.prompt_text import MARKER_COUNT, Line, best_share
from lab.finder.tokenizer import END_DOC, EOS, H0, HEADINGS, PAD, QUOTE, S0, SAY, Q
from lab.train.samples import BatchShape

ROWS = 44  # of a question with its answer, at most
KINDS = ("cited", "said", "carried", "topic", "none")
CITED, SAID, CARRIED, TOPIC, NONE = KINDS
ALIKE = 0.6  # of documents: their facts are of few wordings
POOL = 1200  # lines of filler that wait to be used
USES = 3  # how often each is, about


@dataclass
class MemoryBatch:
    """A batch, as arrays."""

    ids: np.ndarray  # [B,n,S] int64
    weights: np.ndarray  # [B,n] float32: how often a segment counts in the memory
    queries: np.ndarray  # [B,Q,ROWS] int64: question and answer, padded
    targets: np.ndarray  # [B,Q,ROWS] int64: the next token where it is part of the answer, else -1
    after: np.ndarray  # [B,Q] int64: segments read before the question
    kind: np.ndarray  # [B,Q] int8: number in KINDS
    window: int  # W / S


@dataclass
class PlacedLine:
    """A line of a document and where it stands in the stream."""

    line: Line
    marker: int
    start: int
    end: int
    fact: Fact | None = None


@cache
def similar_words(word: str) -> tuple[str, ...]:
    """Other words of the list that begin with the same three letters; the word itself where there are none."""
    there = {w.lower() for words in read_words().values() for w in words if w.lower().startswith(word[:3].lower())}
    return tuple(sorted(there - {word.lower()})) or (word,)


class MemorySampler(Sampler):
    """Everything follows from `seed`."""

    def __init__(self, tokenizer: Tokenizer, seed: str) -> None:
        super().__init__(tokenizer, 640, seed)
        self.pools: dict[str, list[Line]] = {}

    def restart(self, seed: str) -> None:
        """Goes on by another seed; lines of filler that wait are kept."""
        self.random.seed(seed)
        self.write.new_topic()

    def filler(self, topic: str) -> Line:
        """A line about `topic` ("": about anything), from a pool that is made anew bit by bit."""
        pool = self.pools.setdefault(topic, [])
        if not pool:
            texts = [self.colour(topic) for _ in range(POOL if not topic else POOL // 8)]
            pool += [Line(t, ids, 0) for t, ids in zip(texts, self.encode_all(texts), strict=True) if len(ids) < 90]
        if self.write.chance(1 / USES):
            return pool.pop()
        return self.random.choice(pool)

    def colour(self, topic: str) -> str:
        """A sentence or heading about a topic ("": about anything)."""
        w = self.write
        if w.chance(0.1):
            w.new_topic()
        if topic:
            w.topic[NOUN] = w.random.sample(topics()[topic], 12)
            w.topic_rate = w.choose(0.5, 0.7, 0.9)
        u = w.random.random()
        text = w.heading() if u < 0.1 else w.cluster(1, 0)[0][0].sentence if u < 0.3 else w.sentence()
        return self.misleading(text) if w.chance(0.15) else text

    def misleading(self, text: str) -> str:
        """With a word in it that tells of facts, or one like it, and tells of none here."""
        words = text.split(" ")
        telling = self.random.choice(TELLING_WORDS)
        some = self.random.choice(similar_words(telling)) if self.write.chance(0.5) else telling
        words.insert(self.random.randrange(len(words) + 1), some)
        return " ".join(words)

    def document(self, shape: BatchShape, facts: int, topic: str) -> tuple[np.ndarray, np.ndarray, list[PlacedLine]]:
        """-> tokens [n,S], weights [n], its lines in order."""
        r = self.random
        w = self.write
        S = shape.segment
        n = shape.segments
        weights = np.ones(n, np.float32)
        first = 0  # the segments from first to last may hold a fact
        last = n
        if shape.amplify and n >= 4 and w.chance(0.75):
            half = n // 2
            first, last = (half, n) if w.chance(0.5) else (0, n - half)
            weights[:first] = weights[last:] = 10 ** r.uniform(0, shape.amplify)
        declarer = Declarer(w, alike=w.chance(ALIKE))
        told = [declarer.fact() for _ in range(facts)]
        due = sorted(r.uniform(first * S, max(first * S + 1, last * S - 24)) for _ in told)
        length = n * S
        ids = []
        placed = []
        sentences = r.randrange(MARKER_COUNT)
        headings = r.randrange(HEADINGS)
        paragraph = 0
        about = topic
        until = length * (r.uniform(0.4, 0.8) if w.chance(0.5) else 1.0)  # the window may hold nothing of the topic
        while len(ids) < length:
            fact = told[len(told) - len(due)] if due and len(ids) >= due[0] else None
            if paragraph == 0:
                paragraph = r.randint(2, 6)
                about = topic if topic and len(ids) < until and w.chance(0.55) else w.choose("", "", *topics())
            if fact:
                due.pop(0)
                line = Line(fact.sentence, self.encode(fact.sentence), 0)
            else:
                line = self.filler(about)
                paragraph = paragraph - 1
            if (fact and ":" in fact.sentence and w.chance(0.5)) or (not fact and w.chance(0.05)):
                marker = H0 + headings % HEADINGS
                headings = headings + 1
            else:
                marker = S0 + 1 + sentences % MARKER_COUNT
                sentences = sentences + 1
            placed.append(PlacedLine(line, marker, len(ids), len(ids) + 1 + len(line.tokens), fact))
            ids += [marker, *line.tokens]
        return np.array(ids[:length], np.int64).reshape(n, S), weights, [p for p in placed if p.end <= length]

    def questions(
        self, shape: BatchShape, placed: list[PlacedLine], topic: str
    ) -> Iterator[tuple[int, str, str, list[int]]]:
        """(segments read before it, question, kind, answer), without end."""
        r = self.random
        w = self.write
        S = shape.segment
        n = shape.segments
        facts = [p for p in placed if p.fact]
        while True:
            u = r.random()
            after = r.randint(min(n, shape.window + 1), n)
            read = after * S  # tokens read
            sight = max(0, after - shape.window) * S  # where the window begins
            if u < 0.55 and facts:
                at = r.choice(facts)
                after = r.randint(max(-(-at.end // S), 1), n)
                if w.chance(0.5):
                    after = max(after, r.randint(1, n))
                sight = max(0, after - shape.window) * S
                answer = [SAY, *at.line.tokens, EOS]
                if at.end <= sight:
                    yield after, at.fact.question, CARRIED, answer
                elif at.start >= sight:  # both are right: to cite what is in sight, and to say it
                    say = at.marker < S0 or w.chance(0.5)
                    yield after, at.fact.question, *((SAID, answer) if say else (CITED, [at.marker]))
            elif u < 0.68 and topic and after > n // 2:
                fact = Declarer(w).topic(topic)
                yield after, fact.question, TOPIC, [SAY, *self.encode(fact.sentence), EOS]
            elif u < 0.88:
                seen = [p for p in placed if p.start >= sight and p.end <= read and p.marker >= S0 and not p.fact]
                if not seen:
                    continue
                at = r.choice(seen)
                asking = self.question(at.line, 1.0)
                if asking and self.answered_by_one(asking, seen.index(at), [p.line for p in seen]):
                    yield after, asking.text, CITED, [at.marker]
            else:
                seen = [p.line for p in placed if p.start >= sight and p.end <= read]
                gone = [p.line for p in placed if p.end <= sight and not p.fact]
                if w.chance(0.5):
                    question = Declarer(w).fact().question  # of a thing that is not there
                    there = {f.line.text for f in facts}
                    bare = any(f.fact.question.lower().rstrip("?") == question.lower().rstrip("?") for f in facts)
                    if bare or not there or "the " not in question.split(" of ")[-1]:
                        continue
                else:
                    question = w.about(r.choice(gone).text) if gone else None
                if question and best_share(question, seen) <= 0.4:
                    yield after, question, NONE, [S0]

    def batch(self, shape: BatchShape) -> MemoryBatch:
        """Documents of a shape with their questions, as arrays."""
        B = shape.batch
        n = shape.segments
        S = shape.segment
        count = shape.questions
        out = MemoryBatch(
            np.zeros((B, n, S), np.int64), np.ones((B, n), np.float32), np.full((B, count, ROWS), PAD, np.int64),
            np.full((B, count, ROWS), -1, np.int64), np.ones((B, count), np.int64), np.zeros((B, count), np.int8),
            shape.window,
        )  # fmt: skip
        for b in range(B):
            topic = self.write.choose(*topics())
            facts = min(self.write.choose(2, 3, 4, 6, 8), max(1, n * S // 40))
            out.ids[b], out.weights[b], placed = self.document(shape, facts, topic)
            number = 0
            for after, question, kind, answer in self.questions(shape, placed, topic):
                rows = [END_DOC, Q, *self.encode(question), QUOTE, *answer]
                if len(rows) > ROWS:
                    continue
                first = len(rows) - len(answer)
                out.queries[b, number, : len(rows)] = rows
                out.targets[b, number, first - 1 : len(rows) - 1] = answer
                out.after[b, number] = after
                out.kind[b, number] = KINDS.index(kind)
                number += 1
                if number == count:
                    break
        return out
