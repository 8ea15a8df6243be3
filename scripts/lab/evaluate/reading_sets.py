"""What readings are compared on: texts with questions, how some of them are drawn, what an answer is worth.

    of = SETS["fairytaleqa"]
    texts = drawn("fairytaleqa", of, DATA, most=24)
    of.worth(answer, texts[0].questions[0])

The papers' sets: QMSum's test part (ROUGE-L), FairytaleQA's test part as whole stories and COVID-QA's whole articles
(token F1 as SQuAD counts it, the best of several answers), and generated documents with pass keys (corpus/passkeys.py,
the value named or not). What is refused is worth nothing. Standard library only.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lab.corpus import seeds
from lab.corpus.passkeys import KEYS, passkeys
from lab.evaluate.rouge import best
from lab.evaluate.score import names
from lab.evaluate.summary_sets import rows, transcript
from lab.reader.score import f1

LENGTHS = (2048, 8192, 32_768, 131_072, 262_144)  # tokens of the demo model, about
EACH = 3  # questions of a text at most
WHOLE = 8  # sentences of a whole meeting's summary, where it is made of sentences
PART = 5  # of one about a query


@dataclass(frozen=True)
class Question:
    """What is asked, and what people answered. No text: a summary of the whole is asked for. `sentences`: the most that
    a summary which answers has; 0 where no summary does."""

    kind: str
    text: str
    answers: tuple[str, ...]
    sentences: int = 0


@dataclass(frozen=True)
class Text:
    """A document and what is asked of it."""

    name: str
    text: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Set:
    """`texts`: DATA and the most questions → texts; `worth`: an answer as the command line reports it → 0 to 1."""

    title: str
    measure: str
    kinds: tuple[str, ...]
    texts: Callable[[Path, int], Iterable[Text]]
    worth: Callable[[dict, Question], float]
    # Questions of a text at most, beside the summary of the whole.
    each: int = EACH

    @property
    def counts(self) -> bool:
        """Whether an answer is right or not, and nothing between."""
        return self.measure == "right"


def words_of(answer: dict) -> str:
    """What an answer says: the short answer where there is one, else its text; nothing where it was refused."""
    if not answer["found"]:
        return ""
    return (answer["short_answer"] or answer)["text"]


def token_f1(answer: dict, question: Question) -> float:
    """F1 of words, against the answer that it shares most with."""
    return f1(words_of(answer), list(question.answers))


def rouge_l(answer: dict, question: Question) -> float:
    """ROUGE-L as F1."""
    return best(words_of(answer), list(question.answers), ("L",))["L"]


def named(answer: dict, question: Question) -> float:
    """1 where the answer names the value."""
    return float(names(answer, question.answers[0]))


def fairytaleqa(data: Path, _: int) -> Iterator[Text]:
    """Whole stories; explicit: the answer's words stand in the story."""
    for row in rows(data / "fairytaleqa/test.jsonl"):
        asked = [
            Question("explicit" if q["explicit"] else "implicit", q["question"], tuple(q["answers"]))
            for q in row["questions"]
        ]
        yield Text(row["title"], "\n\n".join(row["sections"].values()) + "\n", tuple(asked))


def covidqa(data: Path, _: int) -> Iterator[Text]:
    """Whole articles, with experts' questions."""
    for row in rows(data / "covidqa/en.jsonl"):
        asked = [Question("span", q["question"], tuple(a["text"] for a in q["answers"])) for q in row["questions"]]
        yield Text(f"article {row['article']}", row["text"] + "\n", tuple(asked))


def qmsum(data: Path, _: int) -> Iterator[Text]:
    """Meetings: their summaries, and answers to queries about a part."""
    for row in rows(data / "qmsum/test.jsonl"):
        asked = [Question("whole meeting", "", (q["answer"],), WHOLE) for q in row["general_query_list"][:1]]
        asked += [Question("by query", q["query"], (q["answer"],), PART) for q in row["specific_query_list"]]
        yield Text(row["meeting"], transcript(row)[0], tuple(asked))


def keys(tokens: int, most: int) -> Iterator[Text]:
    """Generated documents, each with KEYS facts that it declares once."""
    for number in range(max(1, most // KEYS)):
        document = passkeys(tokens, f"{seeds.EVALUATE}/readings/{tokens}/{number}")
        asked = [Question("key", query.question, (query.value,)) for query in document.queries]
        yield Text(f"{tokens}-{number}", document.text, tuple(asked))


def key_set(tokens: int) -> Set:
    """The pass keys of one length."""
    return Set(f"pass keys, {tokens:,} tokens", "right", ("key",), lambda _, most: keys(tokens, most), named, KEYS)


SETS = {
    "fairytaleqa": Set("FairytaleQA, whole stories", "token F1", ("explicit", "implicit"), fairytaleqa, token_f1),
    "covidqa": Set("COVID-QA, whole articles", "token F1", ("span",), covidqa, token_f1),
    "qmsum": Set("QMSum", "ROUGE-L", ("by query", "whole meeting"), qmsum, rouge_l),
    **{f"keys-{tokens}": key_set(tokens) for tokens in LENGTHS},
}
GENERATED = tuple(name for name in SETS if name.startswith("keys-"))  # of these no DATA is read


def drawn(name: str, of: Set, data: Path, most: int) -> list[Text]:
    """At most so many questions, at most `of.each` a text and the summary of the whole; texts and questions drawn by a
    fixed seed, and those of a smaller number are the first of a larger one's."""
    texts = list(of.texts(data, most))
    random.Random(f"readings/{name}").shuffle(texts)
    found: list[Text] = []
    left = most
    for text in texts:
        wholes = [q for q in text.questions if not q.text]
        others = [q for q in text.questions if q.text]
        random.Random(f"readings/{name}/{text.name}").shuffle(others)
        some = (wholes + others[: of.each])[:left]
        if some:
            found.append(replace(text, questions=tuple(some)))
        left -= len(some)
    return found
