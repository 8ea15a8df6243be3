"""Training prompts of the finder: generated documents, packs of evidence, questions, summaries, as token ids.

The prompt is the engine's (models/README.md):

    <bos><doc> [<t> title] { [<hN> heading] <sK> sentence } </doc> <q> question <quote>
        -> <sK> sentence <eos>     or, if none answers,     <s0> This is not in the document. <eos>
    <bos><doc> … </doc> <sum>
        -> { [<hN> heading] <sK> sentence } <eos>

One document serves many questions: each is a block of its own that sees the document and itself, with positions that
go on from the document's end, which computes the same as asking each alone. Most blocks end at the marker, since that
is the decision. A document is either a stretch of running text or a *pack*: the sentences of a much longer text that
share words with a few questions, in document order, which is what the engine makes of a long document. No PyTorch
here: worker processes run this.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tokenizers import Tokenizer

from lab.corpus.questions import Questions, Statement, content_set, same_words, with_synonyms
from lab.finder.prompt_text import MARKER_COUNT, GeneratedText, Line, Question, best_share, fitting_lines
from lab.finder.tokenizer import BOS, DOC, END_DOC, EOS, FIRST_TEXT, H0, HEADINGS, QUOTE, S0, SUM, TITLE, Q

NOT_THERE = " This is not in the document."
UNTOLD = 16  # questions drawn, of which one is asked that has half of its words in a line, if any has
SUMMARISED = 4  # sections (or sentences) of a summary
MARKER = 1  # what a predicted token is, in Sample.loss; 0: not trained on
COPY = 2


@dataclass
class Block:
    """One question (or summary) over a document: where its answer starts, for measuring."""

    kind: str
    start: int
    length: int


@dataclass
class Sample:
    """A prompt with its questions, as token ids."""

    ids: list[int]
    block: list[int]  # 0: the document; n: its n-th question
    loss: list[int]
    document: int  # tokens of the document part
    markers: list[int]  # sentence markers in sight
    blocks: list[Block]


class Sampler:
    """Makes samples of at most `length` tokens. Everything follows from `seed`."""

    def __init__(self, tokenizer: Tokenizer, length: int, seed: str) -> None:
        self.tokenizer = tokenizer
        self.length = length
        self.write = Questions(seed)
        self.random = self.write.random
        self.write.strange = rare_pieces(tokenizer)
        self.write.familiar = with_synonyms()
        self.not_there = self.encode(NOT_THERE.strip())

    def encode(self, text: str) -> list[int]:
        """A text as it stands in a prompt, after a space."""
        return self.tokenizer.encode(" " + " ".join(text.split()), add_special_tokens=False).ids

    # -- texts ---------------------------------------------------------------------------------------------------------

    def text(self, sentences: int) -> GeneratedText:
        """A document of several sections; entities that share words, near misses, mentions far from what is told."""
        w = self.write
        r = self.random
        w.new_topic()
        told = []
        absent = []
        names = []
        for _ in range(r.randint(0, max(1, sentences // 12))):
            like = r.choice(names) if names and w.chance(0.4) else ""
            some, unanswered, name = w.cluster(r.randint(1, 6), w.choose(0, 1, 3, 6, 9), like)
            told = told + some
            absent = absent + unanswered
            names.append(name)
        if w.chance(0.4):
            some, unanswered = w.register(r.randint(3, max(4, sentences // 4)))
            told = told + some
            absent = absent + unanswered
        r.shuffle(told)
        told = told[:sentences]
        while len(told) < sentences:
            if told and w.chance(0.12) and not (other := r.choice(told)).questions:
                told.append(Statement(w.near_miss(other.sentence)))
            else:
                told.append(Statement(w.sentence()))
        if w.chance(0.75):
            r.shuffle(told)
        per_section = w.choose(3, 5, 8, 14, 40)
        section = -1
        headings = []
        lines = []
        seen = set()
        for told_here, tokens in zip(told, self.encode_all([t.sentence for t in told]), strict=True):
            if told_here.sentence in seen or len(tokens) > 125:
                continue
            seen.add(told_here.sentence)
            leads = not lines or w.chance(1 / per_section)
            if leads:
                section += 1
                headings.append(self.encode(w.heading())[:24])
            lines.append(Line(told_here.sentence, tokens, section, leads, told_here))
        return GeneratedText(self.encode(w.heading()) if w.chance(0.6) else None, headings, lines, absent)

    def encode_all(self, texts: list[str]) -> list[list[int]]:
        """The same of several at once."""
        texts = [" " + " ".join(t.split()) for t in texts]
        return [e.ids for e in self.tokenizer.encode_batch(texts, add_special_tokens=False)]

    def stretch(self, text: GeneratedText, budget: int) -> list[Line]:
        """Running text: lines one after another up to `budget` tokens."""
        start = self.random.randrange(max(1, len(text.lines) * 2 // 3))
        return fitting_lines(text.lines[start:], budget)

    def gather(self, lines: list[Line], wanted: list[set[str]], budget: int) -> list[Line]:
        """The lines that share most with each of `wanted` (words), in turn, up to `budget` tokens, in order."""
        seen_in = {w: sum(w in line.words for line in lines) for words in wanted for w in words}
        weight = {w: math.log(1 + len(lines) / (0.5 + n)) for w, n in seen_in.items()}
        ranked = []
        for words in wanted:
            score = [sum(sorted(weight[w] for w in words & line.words)) / (30 + len(line.tokens)) for line in lines]
            ranked.append(sorted(range(len(lines)), key=lambda i: -score[i]))
        chosen: set[int] = set()
        used = 0
        for rank in range(len(lines)):
            for order in ranked:
                cost = len(lines[order[rank]].tokens) + 1
                if order[rank] not in chosen and used + cost <= budget and len(chosen) < MARKER_COUNT - 1:
                    chosen.add(order[rank])
                    used += cost
            if used > budget - 12:
                break
        return [lines[i] for i in sorted(chosen)]

    # -- prompts -------------------------------------------------------------------------------------------------------

    def start(
        self, text: GeneratedText, lines: list[Line], headings: float, title: bool
    ) -> tuple[Sample, dict[int, int], dict[int, int]]:
        """The document part -> (sample, each line's marker, each shown section's heading marker)."""
        r = self.random
        ids = [BOS, DOC]
        if title and text.title:
            ids += [TITLE, *text.title]
        first = r.randrange(MARKER_COUNT) if self.write.chance(0.7) else 0
        heading_markers: dict[int, int] = {}
        markers = {}
        hidden = set()
        for i, line in enumerate(lines):
            if line.section not in heading_markers and line.section not in hidden:
                if self.write.chance(headings):
                    heading_markers[line.section] = H0 + len(heading_markers) % HEADINGS
                    ids += [heading_markers[line.section], *text.headings[line.section]]
                else:
                    hidden.add(line.section)
            markers[i] = S0 + 1 + (first + i) % MARKER_COUNT
            ids += [markers[i], *line.tokens]
        ids.append(END_DOC)
        sample = Sample(ids, [0] * len(ids), [0] * len(ids), len(ids), list(markers.values()), [])
        return sample, markers, heading_markers

    def add(self, sample: Sample, prompt: list[int], answer: list[int], kind: str) -> bool:
        """Adds a block; markers in `answer` are told from text by their ids. False if it does not fit."""
        if len(sample.ids) + len(prompt) + len(answer) > self.length + 1:
            return False
        number = len(sample.blocks) + 1
        sample.blocks.append(Block(kind, len(sample.ids) + len(prompt), len(answer)))
        sample.ids += prompt + answer
        sample.block += [number] * (len(prompt) + len(answer))
        sample.loss += [0] * len(prompt) + [MARKER if t < FIRST_TEXT else COPY for t in answer]
        return True

    def quote(self, sample: Sample, question: str, marker: int, tokens: list[int], kind: str) -> bool:
        """Adds a question that a marker answers; False where it does not fit."""
        whole = self.write.chance(0.2 if marker == S0 else 0.02)  # the engine holds what follows to the cited sentence
        return self.add(sample, [Q, *self.encode(question), QUOTE], [marker, *tokens, EOS] if whole else [marker], kind)

    def summary(
        self, sample: Sample, lines: list[Line], markers: dict[int, int], headings: dict[int, int], text: GeneratedText
    ) -> None:
        """Up to four headings with the sentence that follows each, or, without headings, the first sentences."""
        leading = [next(i for i, line in enumerate(lines) if line.section == section) for section in headings]
        answer: list[int] = []
        for i in (leading or range(len(lines)))[:SUMMARISED]:
            section = lines[i].section
            answer += [headings[section], *text.headings[section]] if leading else []
            answer += [markers[i], *lines[i].tokens]
        self.add(sample, [SUM], [*answer, EOS], "sum")

    def question(self, line: Line, hard: float, noise: list[str] | None = None) -> Question | None:
        """For a line, by its words."""
        if self.write.chance(0.35 * hard) and (made := self.write.reworded(line.text)):
            return Question(made[0], [same_words(word) for word in made[1]])
        text = self.write.about(line.text, hard, noise)
        return Question(text) if text else None

    def natural(self, line: Line) -> Question:
        """One of the questions that were made together with a line."""
        return Question(self.write.disturb(self.random.choice(line.told.questions)), told=True)

    def answered_by_one(self, asking: Question, i: int, lines: list[Line]) -> bool:
        """Whether lines[i] answers, and none of the others does as well."""
        if asking.told:
            return True
        others = [line for k, line in enumerate(lines) if k != i]
        if asking.same_words:
            return not any(all(same & line.words for same in asking.same_words) for line in others)
        words = content_set(asking.text)
        mine = len(words & lines[i].words)
        return mine > 0 and all(len(words & line.words) < mine for line in others)

    def absent(self, text: GeneratedText, lines: list[Line], left_out: list[Line], hard: float) -> str | None:
        """A question that no line answers: strange, half familiar, or asking what is not told of a known thing."""
        w = self.write
        r = self.random
        if text.absent and w.chance(0.65):
            some = r.sample(text.absent, min(UNTOLD, len(text.absent)))
            return w.disturb(r.choice([q for q in some if best_share(q, lines) >= 0.5] or some))
        for _ in range(5):
            u = r.random()
            if u < 0.5:
                question = w.disturb(r.choice(w.cluster(1, 0)[0][0].questions))
            elif u < 0.8 and left_out:
                question = w.about(r.choice(left_out).text, hard)
            else:
                question = w.about(w.sentence(), hard)
            words = content_set(question or "")
            if words and best_share(question, lines) <= (0.4 if len(words) > 3 else 0.34):
                return question
        return None

    # -- samples -------------------------------------------------------------------------------------------------------

    def samples(self, count: int, hard: float = 1.0) -> list[Sample]:
        """`count` samples, a few from each generated text. `hard` 0..1: how much questions are changed."""
        out: list[Sample] = []
        while len(out) < count:
            text = self.text(self.random.choice((12, 30, 70, 110, 160)))
            for _ in range(1 + len(text.lines) // 20):
                u = self.random.random()
                if u < 0.10:
                    sample = self.summary_pack(text)
                elif u < 0.40 or len(text.lines) < 25:
                    sample = self.reading(text, hard)
                else:
                    sample = self.pack(text, hard)
                if sample.blocks and len(out) < count:
                    out.append(sample)
        return out

    def reading(self, text: GeneratedText, hard: float) -> Sample:
        """Running text with questions about it; hard: 0 to 1."""
        lines = self.stretch(text, self.random.randint(self.length // 10, self.length * 7 // 10))
        sample, markers, headings = self.start(
            text, lines, self.write.choose(0.0, 0.5, 1.0, 1.0), self.write.chance(0.6)
        )
        if self.write.chance(0.3):
            self.summary(sample, lines, markers, headings, text)
        self.ask_all(sample, text, lines, markers, [], hard)
        return sample

    def pack(self, text: GeneratedText, hard: float) -> Sample:
        """Evidence for one to six questions out of the whole text; some of the sentences asked for are taken away."""
        w = self.write
        r = self.random
        asked: list[tuple[Line | None, Question]] = []
        telling = [line for line in text.lines if line.told.questions]
        for _ in range(r.choice((1, 2, 3, 4, 5, 6))):
            if text.absent and w.chance(0.3):
                asked.append((None, Question(w.disturb(r.choice(text.absent)), told=True)))
                continue
            line = r.choice(telling if telling and w.chance(0.6) else text.lines)
            if asking := self.natural(line) if line.told.questions else self.question(line, hard):
                asked.append((line, asking))
        if not asked:
            return self.reading(text, hard)
        removed = [line for line, _ in asked if line and w.chance(0.12)]
        kept = [line for line in text.lines if line not in removed]
        budget = r.randint(self.length // 3, self.length * 25 // 32)
        lines = self.gather(kept, [content_set(asking.text) for _, asking in asked], budget)
        sample, markers, _ = self.start(text, lines, w.choose(0.0, 0.0, 0.3, 1.0), w.chance(0.2))
        for line, asking in asked:
            at = next((i for i, other in enumerate(lines) if other is line), None)
            if at is not None and self.answered_by_one(asking, at, lines):
                kind = "pack natural" if asking.told else "pack quote"
                self.quote(sample, asking.text, markers[at], line.tokens, kind)
            elif (line is None or line in removed) and asking.foreign(lines):
                self.quote(sample, asking.text, S0, self.not_there, "pack absent")
        self.ask_all(sample, text, lines, markers, removed, hard, "pack ")
        return sample

    def summary_pack(self, text: GeneratedText) -> Sample:
        """Headings with the one or two sentences that lead their sections."""
        lines = []
        follow = self.write.choose(0.0, 0.0, 0.4)
        for before, line in zip([None, *text.lines], text.lines, strict=False):
            if line.leads or (before and before.leads and self.write.chance(follow)):
                lines.append(line)
        lines = fitting_lines(lines, self.random.randint(self.length // 8, self.length * 5 // 8))
        sample, markers, headings = self.start(text, lines, self.write.choose(1.0, 1.0, 0.7), self.write.chance(0.7))
        self.summary(sample, lines, markers, headings, text)
        self.ask_all(sample, text, lines, markers, [], 1.0)
        return sample

    def ask_all(
        self,
        sample: Sample,
        text: GeneratedText,
        lines: list[Line],
        markers: dict[int, int],
        removed: list[Line],
        hard: float,
        prefix: str = "",
    ) -> None:
        """Questions about these lines until the sample is full."""
        w = self.write
        r = self.random
        natural = [i for i, line in enumerate(lines) if line.told.questions]
        asked: set[int] = set()
        noise = [word for line in r.sample(lines, min(6, len(lines))) for word in sorted(line.words)] or None
        failures = 0
        while failures < 4 and len(sample.blocks) < 30:
            u = r.random()
            done = False
            if u < 0.22:
                question = self.absent(text, lines, removed, hard)
                done = bool(question) and self.quote(sample, question, S0, self.not_there, prefix + "absent")
            elif natural and u < 0.70:
                i = r.choice(natural)
                if i not in asked or w.chance(0.3):
                    done = self.quote(
                        sample, self.natural(lines[i]).text, markers[i], lines[i].tokens, prefix + "natural"
                    )
                    asked.add(i)
            else:
                i = r.randrange(len(lines))
                asking = self.question(lines[i], hard, noise if w.chance(0.5) else None)
                if asking and self.answered_by_one(asking, i, lines):
                    done = self.quote(sample, asking.text, markers[i], lines[i].tokens, prefix + "quote")
            failures += not done


def rare_pieces(tokenizer: Tokenizer) -> list[str]:
    """The printable tokens, to make strange words of."""
    pieces = (tokenizer.decode([i]) for i in range(FIRST_TEXT, tokenizer.get_vocab_size()))
    return [p for p in pieces if p.isascii() and p.isprintable() and p.strip()]
