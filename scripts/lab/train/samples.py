"""Documents with questions and answers as a checkpoint of one's own reads them: what S-SFT trains on.

    read in segments:   start (pinned) | S tokens | S tokens | …       documents one after another
    asked after some:   ask with the question | answer end             the loss is on the answer and the end

    {"document": "…", "questions": [{"question": "…", "answer": "…"}, …]}         a line of a file

Templates are those of the prompt that export/export.py writes (export/chat_template.py). Without a file documents are
generated (corpus/documents.py). Everything follows from a seed. No PyTorch here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

import numpy as np

from lab.corpus import seeds
from lab.corpus.documents import make_document
from lab.reference.prompt_template import PromptTemplate

ABSENT = "The text does not say."
LONGEST = 512  # tokens of a question with its answer
ENDING = "\n\n"  # after each document
TRIES = 100  # documents drawn until one fits
HELD_OUT = 8  # every eighth document is measured by and not trained on


class BadData(ValueError):
    """The file of documents is not what was expected; the sentence names the line."""


@dataclass(frozen=True)
class BatchShape:
    """Of a batch of documents with questions."""

    segment: int  # S, tokens
    segments: int  # n
    window: int  # w, segments
    batch: int  # B
    questions: int  # Q a document
    amplify: float = 0.0  # decades by which segments without facts weigh more in the memory


@dataclass(frozen=True)
class TokenizedText:
    """A document, tokenised."""

    ids: list[int]
    queries: list[tuple[list[int], list[int]]]  # (question in its template, answer and end)


@dataclass(frozen=True)
class QuestionBatch:
    """A batch, as arrays; T: tokens of its longest question with answer."""

    start: np.ndarray  # [P] int64
    ids: np.ndarray  # [B,n,S] int64
    queries: np.ndarray  # [B,Q,T] int64, padded with 0
    targets: np.ndarray  # [B,Q,T] int64: the next token where it is part of the answer, else -1
    after: np.ndarray  # [B,Q] int64: segments read before the question
    window: int  # w


class PromptForm:
    """A prompt's pieces as tokens."""

    def __init__(self, prompt: dict, end: str, tokenizer: str) -> None:
        """prompt: as in model.json; tokenizer: tokenizer.json as prompt_template.for_pieces has it."""
        self.prompt_template = PromptTemplate(prompt, tokenizer)
        self.start = self.prompt_template.encode(prompt["start"])
        self.end = self.prompt_template.special.token_to_id(end)

    def text(self, document: str, questions: list[tuple[str, str]]) -> TokenizedText:
        """A document with (question, answer) pairs, tokenised."""
        ask = self.prompt_template.prompt["ask"]
        plain = self.prompt_template.plain
        queries = [
            (self.prompt_template.encode(ask, question=q), [*plain.encode(a, add_special_tokens=False).ids, self.end])
            for q, a in questions
        ]
        return TokenizedText(plain.encode(document + ENDING, add_special_tokens=False).ids, queries)


def read(path: Path, form: PromptForm, room: int) -> tuple[list[TokenizedText], list[TokenizedText], str]:
    """→ texts to train on, texts held out, and what was left out: documents of more than `room` tokens, questions."""
    texts = []
    long = 0
    longer = 0
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            text = form.text(*parse_line(line, f"{path}, line {number}"))
            queries = [(q, a) for q, a in text.queries if len(q) + len(a) <= LONGEST]
            longer += len(text.queries) - len(queries)
            if len(text.ids) > room:
                long += 1
            elif queries:
                texts.append(TokenizedText(text.ids, queries))
    if len(texts) < 2:
        raise BadData(f"{path}: found {len(texts)} documents of up to {room} tokens with questions, expected 2 or more")
    said = f"left out: {long} documents of more than {room} tokens, {longer} questions of more than {LONGEST}"
    return [t for i, t in enumerate(texts) if i % HELD_OUT != 1], texts[1::HELD_OUT], said if long or longer else ""


def parse_line(line: str, where: str) -> tuple[str, list[tuple[str, str]]]:
    """A line of the file → document and (question, answer) pairs; raises BadData."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError as e:
        raise BadData(f"{where}: found no JSON: {e}") from e
    form = '{"document": text, "questions": [{"question": text, "answer": text}, …]}'
    try:
        document = row["document"]
        pairs = [(q["question"], q["answer"]) for q in row["questions"]]
    except (KeyError, TypeError) as e:
        raise BadData(f"{where}: found {type(row).__name__} without {e}, expected {form}") from e
    if not all(isinstance(text, str) and text.strip() for text in [document, *sum(pairs, ())]):
        raise BadData(f"{where}: found an empty text or none, expected {form}")
    return document, pairs


def generated(form: PromptForm, seed: str, tokens: int) -> Iterator[TokenizedText]:
    """Without end; each of about so many tokens of the demo's tokenizer."""
    for number in count():
        document = make_document(tokens, f"{seed}/{number}", 8, 4, 2)
        yield form.text(document.text, [(a.question, a.sentence or ABSENT) for a in document.queries])


def question_batch(form: PromptForm, texts: list[TokenizedText] | None, shape: BatchShape, seed: str) -> QuestionBatch:
    """A batch; of generated texts where none are given."""
    r = Random(seed)
    B = shape.batch
    Q = shape.questions
    fresh = generated(form, f"{seeds.SSFT}/{seed}", max(64, shape.segments * shape.segment // 4))
    following = (lambda: r.choice(texts)) if texts else (lambda: next(fresh))
    ids, chosen = zip(*(document_sample(r, following, shape) for _ in range(B)), strict=True)
    width = max(len(q) + len(a) for rows in chosen for _, q, a in rows)
    queries = np.zeros((B, Q, width), np.int64)
    targets = np.full((B, Q, width), -1, np.int64)
    after = np.full((B, Q), shape.segments, np.int64)
    for b, rows in enumerate(chosen):
        for i, (segments, q, a) in enumerate(rows):
            after[b, i] = segments
            queries[b, i, : len(q) + len(a)] = q + a
            targets[b, i, len(q) - 1 : len(q) + len(a) - 1] = a
    return QuestionBatch(np.array(form.start, np.int64), np.stack(ids), queries, targets, after, shape.window)


def document_sample(
    r: Random, following: Callable[[], TokenizedText], shape: BatchShape
) -> tuple[np.ndarray, list[tuple[int, list[int], list[int]]]]:
    """→ tokens [n,S] and up to Q (segments read before it, question, answer) about documents that stand there whole."""
    S = shape.segment
    length = shape.segment * shape.segments
    main = next((t for t in (following() for _ in range(TRIES)) if t.queries and len(t.ids) <= length), None)
    if main is None:
        raise BadData(f"found no document of up to {length} tokens in {TRIES}, expected more or longer segments")
    lead = r.randint(
        0, length - len(main.ids)
    )  # tokens before it, of other documents; the first of these loses its head
    before: list[TokenizedText] = []
    while sum(len(t.ids) for t in before) < lead:
        before.append(following())
    ids = [token for t in before for token in t.ids]
    told = []
    ids = ids[len(ids) - lead :]
    first = lead - sum(len(t.ids) for t in before)
    for text in [*before, main]:
        told += [(first + len(text.ids), *pair) for pair in text.queries if first >= 0]
        first += len(text.ids)
    ids = ids + main.ids
    while len(ids) < length:
        text = following()
        ids = ids + text.ids
        told += [(len(ids), *pair) for pair in text.queries if len(ids) <= length]
    told = r.sample(told, min(shape.questions, len(told)))
    queries = [(r.randint(-(-end // S), shape.segments), q, a) for end, q, a in told]
    return np.array(ids[:length], np.int64).reshape(-1, S), queries
