"""How sets become texts with questions, and what is drawn from them."""

import json
import random

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

import lab.reader.mixture as mixture_module
from lab.reader.articles import Article, Question, found_in, sentences
from lab.reader.generated import generated
from lab.reader.measured import CASES, HALVED, clapnq, for_choosing, unseen, xquad, xquad_cut
from lab.reader.mixture import Mixture
from lab.reader.sets import fairytaleqa, policyqa, pubmedqa, qamr, selqa, untokenised
from lab.reader.texts import tokenised


def write(folder, name, rows):
    file = folder / f"{name}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def tokenizer() -> Tokenizer:
    """A tokenizer of letters: every text has tokens."""
    letters = {c: i for i, c in enumerate("abcdefghijklmnopqrstuvwxyz0123456789", 110)}
    vocabulary = {"[UNK]": 100, **letters, **{"##" + c: i + 50 for c, i in letters.items()}}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made


def test_sentences_end_where_people_end_them():
    text = 'Mr. Smith came at 5 p.m. He said: "It is late." Then he left.\n\nNo. 4 Elm St. is empty\nnow.'
    assert sentences(text) == [
        "Mr. Smith came at 5 p.m.",
        'He said: "It is late."',
        "Then he left.",
        "No. 4 Elm St. is empty now.",
    ]


def test_long_sentences_are_cut():
    parts = sentences("word, " * 200)
    assert all(len(part) <= 480 for part in parts)
    assert "".join(parts).replace(" ", "") == "word," * 200


def test_words_are_found_whole():
    assert found_in("5", "It was 1985, on day 5.") == (20, 21)
    assert found_in("the  King's", "He saw The king's hat.") == (7, 17)
    assert found_in("ing", "The king") is None


def test_untokenised_text_reads_as_written():
    assert untokenised("`` I wo n't , '' said Ann 's son -LRB- 4 -RRB- .") == "\"I won't,\" said Ann's son (4)."


def test_fairytales_find_the_sentence_in_the_section_named(tmp_path):
    sections = {"1": "A cat had a silver bell. It slept.", "2": "The dog took the silver bell. It ran."}
    asked = {"section": "2", "question": "What did the dog take?", "answers": ["the silver bell"], "local": True}
    write(tmp_path, "fairytaleqa/train", [{"title": "t", "sections": sections, "questions": [asked]}])
    (article,) = fairytaleqa(tmp_path)
    (question,) = article.questions
    assert question.gold == {2}
    assert question.spare == {0}  # holds the whole answer: no example of a wrong one
    sentence, start, end = question.span
    assert article.sentences[sentence][start:end] == "the silver bell"


def test_qamr_spans_stand_in_their_sentence(tmp_path):
    asked = [{"question": "Who opened the mill ?", "answer": "Ann 's son"}, {"question": "Who ?", "answer": "son"}]
    rows = [
        {"document": "W:wiki:1:0", "sentences": [{"n": 0, "tokens": "Ann 's son opened a mill .", "questions": asked}]}
    ]
    write(tmp_path, "qamr/sentences", rows)
    (article,) = qamr(tmp_path)
    (question,) = article.questions  # the other one names nothing to look for
    assert article.sentences[question.span[0]][question.span[1] : question.span[2]] == "Ann's son"


def test_selqa_counts_sentences_over_sections(tmp_path):
    row = {"article": "A", "section": "S", "question": "q?", "candidates": ["One.", "Two."], "answers": [1]}
    other = {"article": "A", "section": "T", "question": "r?", "candidates": ["Three.", "Four."], "answers": [0]}
    write(tmp_path, "selqa/train-a", [row, other])
    write(tmp_path, "selqa/train-b", [row])
    (article,) = selqa(tmp_path)
    assert [q.gold for q in article.questions] == [{1}, {2}, {1}]
    assert article.headings[2] == "A > T"


def test_policyqa_joins_the_places_that_answer(tmp_path):
    paragraph = "We keep your name. We sell it."
    asked = {"question": "What do you keep?", "answers": [{"text": "keep your name", "start": 3}]}
    write(tmp_path, "policyqa/train", [{"title": "p", "paragraphs": [{"text": paragraph, "questions": [asked]}] * 2}])
    (article,) = policyqa(tmp_path)
    assert [q.gold for q in article.questions] == [{0, 2}]


def test_pubmedqa_parts_by_order_of_id(tmp_path):
    rows = [
        {
            "id": str(i),
            "question": "Is it?",
            "contexts": ["It is so. It was."],
            "decision": "maybe",
            "answer": "It may be.",
        }
        for i in (30, 4, 200, 1)
    ]
    write(tmp_path, "pubmedqa/labelled", rows)
    trained = pubmedqa(tmp_path)
    measured = pubmedqa(tmp_path, measured=True)
    assert [a.name for a in trained] == ["1", "4"]
    assert [a.name for a in measured] == ["30", "200"]
    assert all(q.verdict == 2 for a in trained for q in a.questions)
    assert not any("may" in s for a in measured for s in a.sentences)


def test_measured_sets_say_what_is_right(tmp_path):
    text = "Ann built it in 1985. Bob left in 85. Ann died in 1990."
    asked = {"question": "When was it built?", "answers": [{"text": "1985", "start": 16}]}
    write(tmp_path, "xquad/en", [{"paragraphs": [{"text": text, "questions": [asked]}]}])
    (case,) = xquad(tmp_path)
    assert case.good == {0}
    (cut,) = xquad_cut(tmp_path)
    assert cut.article.sentences == ["Bob left in 85.", "Ann died in 1990."]
    assert not cut.good
    row = {
        "question": "q",
        "passages": [{"title": "T", "sentences": ["A b .", "C d ."]}],
        "answers": [{"sentences": ["C d ."]}],
    }
    write(tmp_path, "clapnq/dev-answerable", [row])
    assert [c.good for c in clapnq(tmp_path, "answerable")] == [{1}]


def test_no_article_is_chosen_on_and_measured(tmp_path):
    asked = {"question": "When?", "answers": [{"text": "1985", "start": 3}]}
    texts = [f"In 1985 {name} built it. Nobody knows who lived in it." for name in ("Ann", "Bob", "Cid", "Dan", "Eve")]
    write(tmp_path, "xquad/en", [{"paragraphs": [{"text": text, "questions": [asked]}]} for text in texts])
    for name in ("xquad", "xquad-cut", "xquad-other", "xquad-all"):
        assert name in HALVED
        measured = unseen(name, tmp_path)
        chosen = for_choosing(name, tmp_path)
        assert len(measured) == 2
        assert len(chosen) == 3
        assert not {c.source for c in measured} & {c.source for c in chosen}
        assert len(CASES[name](tmp_path)) == 5


def test_generated_texts_are_the_same_each_time():
    first = generated(3, "test")
    again = generated(3, "test")
    assert [a.sentences for a in first] == [a.sentences for a in again]
    questions = [q for a in first for q in a.questions]
    assert any(not q.gold for q in questions)
    assert any(" > |" in h for a in generated(12, "test") for h in a.headings)
    for article in first:
        for q in article.questions:
            assert all(0 <= i < len(article.sentences) for i in q.gold)
            assert q.span is None or q.span[0] in q.gold


def test_drawn_runs_hold_the_answer_or_none(tokenizer):
    mixture = Mixture({"generated": tokenised(generated(6, "test"), tokenizer)}, tokenizer)
    r = random.Random(1)
    drawn = [mixture.draw(r, 256) for _ in range(200)]
    assert all(len(d.run.tokens) <= 256 for d in drawn)
    assert all(1 <= k <= len(d.run.starts) for d in drawn for k in d.gold)
    assert 0.15 < sum(not d.gold for d in drawn) / 200 < 0.6
    for d in drawn:
        if d.span:
            assert d.gold
            assert {d.run.segments[i] for i in d.span} <= set(d.gold)


def test_an_answer_that_is_taken_out_is_nowhere_in_the_run(tokenizer):
    (text,) = tokenised(generated(1, "one"), tokenizer)
    mixture = Mixture({"generated": [text]}, tokenizer)
    r = random.Random(2)
    for number, question in enumerate(text.article.questions):
        if question.gold:
            drawn = mixture.build(r, "generated", text, number, 512, removed=True)
            assert drawn.gold == []
            shown = [
                [t for t, s in zip(drawn.run.tokens, drawn.run.segments, strict=True) if s == k]
                for k in range(1, len(drawn.run.starts) + 1)
            ]
            others = {i for i in range(len(text.sentences)) if i not in question.gold}
            gone = [
                text.sentences[i] for i in question.gold if text.sentences[i] not in [text.sentences[j] for j in others]
            ]
            assert not any(sentence in shown for sentence in gone)


def factual(name: str, thing: str) -> Article:
    """A text with a question that other texts have words of."""
    article = Article(name)
    article.add(f"The {thing} of the mill was painted by Ann.")
    article.add(f"The {thing} is blue and old.")
    article.questions.append(Question(f"Who painted the {thing} of the mill?", frozenset({0})))
    return article


def test_other_texts_are_read_as_one_with_its_own(tokenizer, monkeypatch):
    monkeypatch.setitem(mixture_module.JOINED, "selqa", 1.0)
    texts = tokenised([factual(str(i), thing) for i, thing in enumerate(("roof", "door", "wall", "gate"))], tokenizer)
    mixture = Mixture({"selqa": texts}, tokenizer)
    r = random.Random(4)
    for _ in range(20):
        drawn = mixture.build(r, "selqa", texts[0], 0, 512)
        (gold,) = drawn.gold
        shown = [t for t, s in zip(drawn.run.tokens, drawn.run.segments, strict=True) if s == gold]
        assert shown == texts[0].sentences[0]
        assert len(drawn.run.starts) > 2
        assert drawn.source[2].count(None) == len(drawn.run.starts) - 2


def test_mistakes_are_shown_again(tokenizer):
    (text,) = tokenised([factual("one", "roof")], tokenizer)
    mixture = Mixture({"selqa": [text]}, tokenizer)
    drawn = mixture.build(random.Random(5), "selqa", text, 0, 512)
    (gold,) = drawn.gold
    wrong = 3 - gold
    relevance = [0.0, 0.0]
    relevance[gold - 1] = 2.0
    relevance[wrong - 1] = 1.5
    mixture.remember(drawn, relevance)
    assert text.mistakes == {0: [1]}
    relevance[wrong - 1] = 0.5
    mixture.remember(drawn, relevance)
    assert text.mistakes == {0: []}


def test_a_run_without_room_for_a_sentence_teaches_nothing(tokenizer):
    (text,) = tokenised([factual("one", "roof")], tokenizer)
    mixture = Mixture({"selqa": [text]}, tokenizer)
    drawn = mixture.build(random.Random(5), "selqa", text, 0, len(text.questions[0]) + 4, removed=True)
    assert not drawn.run.starts
    mixture.remember(drawn, [0.0, 0.0])
    assert text.mistakes == {}
