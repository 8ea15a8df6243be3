"""What is counted as lost between two ways to run one reader."""

import json
import sys

import numpy as np
import pytest

from lab import ROOT
from lab.accelerators.compile_reader_npu import compile_reader_npu
from lab.evaluate import accelerated_reader, cli
from lab.evaluate.accelerated_reader import Column, between, row, table
from lab.reader.articles import Article
from lab.reader.exported import tokenizer
from lab.reader.measured import Case
from lab.reader.reading import Choice, ReadText, Seen

TINY = ROOT / "models/tiny-reader"
CHOICE = Choice(bm25=0.0, found=0.5)
SENTENCES = ("ada signed the lease.", "the roof was painted.", "rent is in may.")


def column(name: str, *told: tuple[int | None, int]) -> Column:
    """Each answer: the sentence that is found, or none, and where its short answer begins."""
    article = Article("house", list(SENTENCES), [""] * len(SENTENCES))
    text = ReadText(article, tokenizer(TINY / "reader-tokenizer.json"))
    made = Column(name, lambda _: [], seconds=2.0)
    for sentence, start in told:
        relevance = np.array([5.0 if i == sentence else 0.0 for i in range(len(SENTENCES))])
        none = 9.0 if sentence is None else 1.0
        seen = Seen([0, 1, 2], relevance, np.zeros(3), none, np.zeros(3), [(start, start + 3, 1.0)] * 3)
        made.seen.append((Case(article, "who?", frozenset({0}), ["ada"]), text, seen))
    return made


def test_points_are_lost_where_only_the_first_was_right():
    first = column("CPU", (0, 0), (0, 0), (0, 0), (1, 0))
    other = column("NPU", (0, 0), (1, 0), (None, 0), (0, 4))
    before = row(CHOICE, first, first)
    assert before["measures"]["right"]["percent"] == 75.0
    assert "points_lost" not in before
    found = row(CHOICE, other, first)
    assert found["measures"]["right"]["percent"] == 50.0
    assert found["measures"]["refused, though there"]["percent"] == 25.0
    assert found["same_as_first"]["right"] == 1
    assert found["points_lost"][0] == 25.0
    assert found["points_lost"][1] < 0 < found["points_lost"][2]
    shares = [found["measures"]["short answer, F1"]["percent"], before["measures"]["short answer, F1"]["percent"]]
    assert found["f1_points_lost"][0] == pytest.approx(shares[1] - shares[0], abs=0.1)
    assert found["logits_off"] == 13 / 4  # the third question: 0 - 9 instead of 5 - 1, of at most 4
    lines = table([before, found]).split("\n")
    assert len({line.count("|") for line in lines}) == 1
    assert "25.0 (" in lines[3]


def test_two_refusals_are_the_same_answer():
    first = column("CPU", (None, 0), (0, 0))
    assert accelerated_reader.same(CHOICE, column("NPU", (None, 4), (0, 0)), first).right == 2
    assert between([1.0, -2.04, 4.04]) == "1.0 (-2.0 to 4.0)"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A set of two articles in XQuAD's form; the second is asked about."""
    folder = tmp_path_factory.mktemp("data")
    text = "Ada Brown signed the lease in 1904. The roof of the house was painted in May. Rent is due in June."
    questions = [("Who signed the lease?", "Ada Brown"), ("When is rent due?", "June"), ("What was painted?", "roof")]
    asked = [{"question": q, "answers": [{"text": a, "start": text.index(a)}]} for q, a in questions]
    articles = [{"article": n, "paragraphs": [{"text": text, "questions": asked}]} for n in range(2)]
    (folder / "xquad").mkdir()
    (folder / "xquad/en.jsonl").write_text("".join(json.dumps(one) + "\n" for one in articles))
    return folder


def test_the_command_writes_a_record_and_the_table(data, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "made"
    compile_reader_npu(TINY, folder, [], [], say=str)
    page = tmp_path / "docs/npu.md"
    page.parent.mkdir()
    page.write_text("<!-- reader in steps -->\nold\n<!-- /reader in steps -->\n")
    monkeypatch.setattr(accelerated_reader, "ROOT", tmp_path)
    monkeypatch.setattr(cli, "RECORDS", tmp_path)
    given = ["accelerated-reader", str(folder), "--data", str(data), "--write"]
    monkeypatch.setattr(sys, "argv", given)
    assert accelerated_reader.main() == 0
    record = json.loads(next(tmp_path.glob("*-in-steps-tiny-reader.json")).read_text())
    assert record["model"]["parameters"] == 14855
    assert record["model"]["folder_bytes"] > 100_000
    assert [one["name"] for one in record["rows"]] == ["CPU", "CPU, in steps"]
    assert {one["n"] for one in record["rows"]} == {3}
    assert 0 < record["rows"][1]["logits_off"] < 0.05
    told = capsys.readouterr().out.strip()
    assert told in page.read_text()
    assert "old" not in page.read_text()
    monkeypatch.setattr(sys, "argv", [*given[:-1], "--least", "1.1"])
    assert accelerated_reader.main() == 1
    assert "fewer than 110 %" in capsys.readouterr().err
