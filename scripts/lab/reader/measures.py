"""What a reader answers to questions of `measured.py`, as shares with their intervals. Needs no PyTorch.

seen = asked(model, CASES["xquad"](folder), tokenizer, runs=1)
measures(seen, Choice())["right"]          # {"percent": …, "interval": [low, high], "n": …}
"""

from __future__ import annotations

from tokenizers import Tokenizer

from lab.reader.measured import Case
from lab.reader.reading import Answer, Choice, Model, ReadText, Seen, decide, read
from lab.reader.score import exact, f1, wilson

# Among so many of the best sentences: what BM25 and the run reach at most.
AMONG = 10


def asked(model: Model, cases: list[Case], tokenizer: Tokenizer, runs: int) -> list[tuple[Case, ReadText, Seen]]:
    """What the reader sees for each case."""
    texts: dict[int, ReadText] = {}
    found = []
    for case in cases:
        text = texts.setdefault(id(case.article), None) or ReadText(case.article, tokenizer)
        texts[id(case.article)] = text
        found.append((case, text, read(model, text, case.question, runs)))
    return found


def share(values: list[float]) -> dict:
    """A share in percent with its interval and count."""
    right = sum(values)
    count = len(values)
    low, high = wilson(right, count)
    return {
        "percent": round(100 * right / max(1, count), 1),
        "interval": [round(100 * low, 1), round(100 * high, 1)],
        "n": count,
    }


def measures(seen: list[tuple[Case, ReadText, Seen]], choice: Choice) -> dict[str, dict]:
    """The shares of one set."""
    answers = [(case, text, one, decide(one, choice, text)) for case, text, one in seen]
    told = [a for a in answers if a[0].good]
    untold = [a for a in answers if not a[0].good and a[0].verdict is None]
    found: dict[str, dict] = {}

    def right(case: Case, answer: Answer) -> bool:
        return bool(answer.ranked) and answer.ranked[0] in case.good

    def given(answer: Answer) -> bool:
        return answer.found >= choice.found

    if told:
        found["right"] = share([given(a) and right(c, a) for c, _, _, a in told])
        found["wrong, given as found"] = share([given(a) and not right(c, a) for c, _, _, a in told])
        found["a quote right"] = share([given(a) and bool(c.good & set(a.quotes())) for c, _, _, a in told])
        found["refused, though there"] = share([not given(a) for c, _, _, a in told])
        found["best sentence right, never refusing"] = share([right(c, a) for c, _, _, a in told])
        found["read among others"] = share([bool(c.good & set(s.sentences)) for c, _, s, _ in told])
        ranked = [[i for i, _ in t.retrieval.ranked(c.question)] for c, t, _, _ in told]
        found["BM25 alone"] = share([bool(set(r[:1]) & c.good) for r, (c, *_) in zip(ranked, told, strict=True)])
        found[f"BM25 among {AMONG}"] = share(
            [bool(set(r[:AMONG]) & c.good) for r, (c, *_) in zip(ranked, told, strict=True)]
        )
        if spans := [(c, a) for c, _, _, a in told if c.answers]:
            found["short answer, exact"] = share([exact(a.span, c.answers) for c, a in spans])
            found["short answer, F1"] = share([f1(a.span, c.answers) for c, a in spans])
            found["short answer, exact, refusals count as wrong"] = share(
                [given(a) * exact(a.span, c.answers) for c, a in spans]
            )
            found["short answer, F1, refusals count as wrong"] = share(
                [given(a) * f1(a.span, c.answers) for c, a in spans]
            )
    if untold:
        found["refused"] = share([not given(a) for _, _, _, a in untold])
    if judged := [(c, s) for c, _, s, _ in answers if c.verdict is not None]:
        found["verdict"] = share([int(s.verdict.argmax()) == c.verdict for c, s in judged])
    return found
