"""Articles as token ids, with their index: what runs are drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field

from tokenizers import Tokenizer

from lab.reader.articles import Article
from lab.reader.layout import HEADING, QUESTION, SENTENCE
from lab.reader.retrieval import Retrieval


@dataclass
class Text:
    """An article ready for drawing: token ids of its sentences and headings, its index."""

    article: Article
    sentences: list[list[int]]
    headings: list[list[int]]
    retrieval: Retrieval
    questions: list[list[int]]
    # Per question: the short answer as (sentence, first token, last token).
    spans: list[tuple[int, int, int] | None]
    # Per question: sentences that the reader took for the answer when it was last asked, worst mistakes first.
    mistakes: dict[int, list[int]] = field(default_factory=dict)


def tokenised(articles: list[Article], tokenizer: Tokenizer) -> list[Text]:
    """Articles with questions, as token ids."""
    texts = []
    for article in articles:
        if not article.sentences or not article.questions:
            continue
        found = tokenizer.encode_batch(article.sentences, add_special_tokens=False)
        known = {h: tokenizer.encode(h, add_special_tokens=False).ids[-HEADING:] for h in set(article.headings)}
        spans = []
        for question in article.questions:
            span = None
            if question.span:
                sentence, start, end = question.span
                offsets = found[sentence].offsets[:SENTENCE]
                inside = [t for t, (a, b) in enumerate(offsets) if a < end and b > start]
                span = (sentence, inside[0], inside[-1]) if inside else None
            spans.append(span)
        texts.append(
            Text(
                article,
                [f.ids[:SENTENCE] for f in found],
                [known[h] for h in article.headings],
                Retrieval(article.sentences, article.headings),
                [
                    e.ids[:QUESTION]
                    for e in tokenizer.encode_batch([q.text for q in article.questions], add_special_tokens=False)
                ],
                spans,
            )
        )
    return texts
