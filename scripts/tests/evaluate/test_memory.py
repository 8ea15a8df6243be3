"""What the memory carries, counted."""

from pathlib import Path

from lab.evaluate import memory
from lab.evaluate.cli import Progress


class Told:
    """In place of the command line: quotes what it remembers of the document."""

    def __init__(self, remembers: str) -> None:
        self.remembers = remembers
        self.runs = []

    def run(self, _, file, *words):
        questions = words[:-4]
        (*options, reading) = words[-4:]
        assert options == ["--threads", "1", "--reading"]
        self.runs.append((file, reading))
        text = self.remembers if reading == "memory" else Path(file).read_text()
        usage = dict.fromkeys(("ttft_ms", "read_ms", "document_tokens", "state_bytes", "peak_rss_bytes"), 5)
        answer = {"found": True, "text": text, "quotes": [], "usage": usage}
        return {"answers": [answer] * len(questions), "usage": usage}, 0.0, 0


def test_what_is_carried_is_counted_by_model_and_reading(tmp_path):
    told = Told("The pass key is unknown.")
    rows = memory.measure(told, tmp_path, "passkey", 2048, 10, Progress(), "a")
    assert [(r["model"], r["reading"], r["right"]["right"], r["right"]["n"]) for r in rows] == [
        ("a", "memory", 0, 12), ("a", "recall", 12, 12)
    ]  # fmt: skip
    assert len(told.runs) == 4, "each document is read once a reading"
    assert rows[0]["seeds"] == "evaluate/passkey/2048/0 to 1"
    rows += memory.measure(told, tmp_path, "topic", 2048, 1, Progress(), "a")
    rows += memory.measure(told, tmp_path, "passkey", 2048, 1, Progress(), "b")
    lines = memory.table(rows).splitlines()
    assert lines[0] == "| task | tokens | memory: a | memory: b | recall: a | recall: b | read in |"
    assert len(lines) == 4
    assert lines[3].split("|")[4].strip() == ""
