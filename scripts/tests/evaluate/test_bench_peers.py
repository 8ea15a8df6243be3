"""Beside a peer: what the processes print → readings, pairs → ratios, records → the table. No network, no peer."""

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from lab.evaluate.peers import documents, engines, quiet, same, table
from lab.reference.prompt_template import PromptTemplate


def process(report, wall_ms=2000.0):
    return engines.Process(report, wall_ms, 0.0, 400, 300)


def test_what_the_command_line_says():
    usage = {"document_tokens": 400, "generated_tokens": 11, "graph_runs": 6, "index_ms": 5.0, "read_ms": 600.0}
    report = {"usage": usage | {"ttft_ms": 95.0, "decode_tokens_per_second": 20.0}}
    read = engines.our_reading(process(report))
    assert (read.ttft_ms, read.decode_tokens, read.tokens_a_run) == (700.0, 11, 2.2)
    assert read.opening_ms == pytest.approx(2000 - 700 - 500), "ten tokens after the first at twenty a second"
    report["usage"] |= {"generated_tokens": 1, "decode_tokens_per_second": None}
    assert engines.our_reading(process(report)).opening_ms == 1300


def test_what_the_peer_says():
    report = {"document_tokens": 420, "read_ms": 900.0, "first_ms": 100.0, "decode_ms": 500.0, "said": list(range(11))}
    read = engines.peer_reading(process(report))
    assert (read.ttft_ms, read.decode_tokens_per_second, read.opening_ms) == (1000.0, 20.0, 500.0)
    report |= {"said": [7], "decode_ms": 0.0}
    assert engines.peer_reading(process(report)).decode_tokens_per_second is None


def test_memory_out_of_a_status():
    status = b"Name:\tx\nVmHWM:\t    2048 kB\nRssAnon:\t    1024 kB\n"
    assert [engines.counted(line, status) for line in (engines.PEAK, engines.ANON)] == [2048 * 1024, 1024 * 1024]
    assert engines.counted(engines.ANON, b"Name:\tx\nState:\tZ\n") == 0


def test_a_process_is_watched_and_a_failure_is_told():
    watched = engines.watched(["sh", "-c", "sleep 0.2; echo '{\"a\": 1} and more'"], {})
    assert watched.report == {"a": 1}
    assert watched.wall_ms >= 200
    assert watched.peak_rss_bytes >= watched.rss_anon_bytes > 0
    with pytest.raises(SystemExit, match="sh ended with 3: why"):
        engines.watched(["sh", "-c", "echo why >&2; exit 3"], {})


def test_what_others_take(monkeypatch):
    monkeypatch.setattr(quiet.os, "sysconf", lambda name: 100)
    assert quiet.busy_ms("cpu  1 2 3 1000 2000 4 5 6 0 0\ncpu0 9 9 9 9 9 9 9 9 0 0\n") == 210
    others = quiet.Others(0)
    others.own_ms = 1e12
    assert others.share() == 0
    others.wait()
    assert others.own_ms == 0, "without patience nothing is waited for"


def test_above_one_this_project_wins():
    speed = table.Row("decode", "tokens/s", [30.0, 20.0, 40.0], [10.0, 20.0, 80.0])
    assert speed.ratios() == [3.0, 1.0, 0.5]
    assert table.Row("TTFT", "ms", [100.0], [300.0]).ratios() == [3.0]
    assert table.Row("peak RSS", "bytes", [4e8], [1e8]).ratios() == [0.25]
    assert speed.content()["ratio"] == {"min": 0.5, "median": 1.0, "max": 3.0}
    speed.add(None, 3.0)
    assert len(speed.ours) == len(speed.peer) == 3, "a pair without a figure is left out"


def test_the_table_shows_where_the_peer_wins():
    rows = [
        table.Row("TTFT", "ms", [500.0, 100.0, 300.0], [1500.0, 1500.0, 1500.0]).content(),
        table.Row("opening", "ms", [1000.0], [250.0]).content(),
        table.Row("peak RSS", "bytes", [2e8], [3e10]).content(),
        table.Row("decode", "tokens/s", [42.0], [40.0]).content(),
    ]
    assert table.table(rows, "peer").split("\n")[2:] == [
        "| TTFT | 300 ms | 1.5 s | **5.00** (3.00–15.0) | 3 |",
        "| opening | 1.0 s | 250 ms | 0.25 | 1 |",
        "| peak RSS | 200 MB | 30000 MB | **150** | 1 |",
        "| decode | 42.0 tokens/s | 40.0 tokens/s | **1.05** | 1 |",
    ]


def test_the_page_names_command_machine_and_record():
    agreement = {"prompts": 200, "same_next_token": 190, "nats_mean": 0.01, "shortest": 32, "longest": 2256}
    record = {
        "command": "scripts/lab.sh bench-peers", "commit": "abc", "threads": 2, "window": 2080,
        "machine": {"cpu": "A CPU", "cores": 2}, "model": {"name": "M"},
        "processors_taken_by_others": [0.01, 0.5, 0.02],
        "peer": {"package": "p==1", "compiler": "cc 1"}, "tokens_a_run": {"decode, quoting": [2.0, 3.0, 4.0]},
        "same": {"within_window": agreement, "beyond_window": agreement}, "rows": [],
    }  # fmt: skip
    page = table.page(record, "llama.cpp", "r.json")
    assert page.startswith(
        "`scripts/lab.sh bench-peers` on A CPU, 2 cores, 2 threads, commit\nabc ([record](records/r.json))"
    )
    assert "190 of 200 (0.0100 nats) prompts of 32 to 2,256 tokens" in page
    assert "took 2% of the processors (median of all pairs;\n1% to 50%)" in page
    assert page.endswith("by drafts: quoting 3.00.")
    assert "record" not in table.page(record, "llama.cpp", None)


def test_logits_alike():
    want = np.array([[0.0, 1.0, 2.0], [5.0, 0.0, 0.0]], np.float32)
    found = same.agreement(want, want[:, ::-1])
    assert (found["prompts"], found["same_next_token"]) == (2, 0)
    assert found["nats_mean"] > 0
    assert same.agreement(want, want) == {
        "prompts": 2, "same_next_token": 2, "nats_mean": 0.0, "nats_median": 0.0, "nats_max": 0.0
    }  # fmt: skip
    assert np.frombuffer(same.pack([[7, 8], [9]]), "<i4").tolist() == [2, 7, 8, 1, 9]


@pytest.fixture
def template():
    words = {"<s>": 0, "<ask>": 1, "?": 2}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<s>", "<ask>"])
    return PromptTemplate({"start": "<s>", "ask": "<ask>{question}"}, tokenizer.to_str())


def test_a_document_has_so_many_tokens_with_its_prompt(template, tmp_path):
    made = documents.document(template, tmp_path, 300, 1, "who is it")
    text = made.file.read_text()
    assert len(template.free(text, "ask", made.question)[0]) == 300
    assert (made.prefix.read_text(), made.suffix.read_text()) == ("<s>" + text, "<ask>who is it")
    assert documents.document(template, tmp_path, 300, 2, None).question.endswith("?")
    with pytest.raises(ValueError, match="found a text of 2 tokens, expected at least 3"):
        documents.cut(template, "one two", 3)


def test_prompts_end_in_a_question_or_anywhere(template):
    made = list(documents.prompts(template, 6, 20, 40))
    assert all(20 <= len(prompt) < 70 for prompt in made)
    assert [1 in prompt for prompt in made] == [False, True] * 3
