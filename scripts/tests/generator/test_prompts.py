"""Prompts are the engine's: the same model says the same after them, and they count as many tokens."""

import json
import os

import pytest

from lab import ROOT
from lab.generator.prompts import Prompts, fitting, room
from lab.reader.articles import sentence_spans
from lab.reference.numpy_engine import ModelFolder, Session

TINY = ROOT / "models/tiny"
SAID = 8  # tokens of an answer: a random model's depend on every token before
SHORT = (
    "The north gate opens with 4711. The south gate opens at nine. Nobody  signed the\npaper before May. "
    "The warden keeps two boats. A third boat is on loan to the school."
)
LONG = " ".join(
    f"Room number {n} is painted in colour {n * 37 % 91}. It has a view of the {'north' if n % 3 else 'south'} gate. "
    f"The warden comes to room {n} at noon."
    for n in range(30)
)
QUESTION = "What opens the north gate?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """models/tiny with the question before the sentences too, as an imported chat model has it."""
    made = tmp_path_factory.mktemp("model")
    for file in TINY.iterdir():
        if file.name != "model.json":
            os.symlink(file, made / file.name)
    about = json.loads((TINY / "model.json").read_text())
    about["prompt"] |= {
        "before": "{question} Answer in one short sentence.\n\n",
        "ask": "\n\n{question}</doc><q>",
        "summarize": "\n\nSummarise the text above.</doc><sum>",
    }
    (made / "model.json").write_text(json.dumps(about))
    return made


def said(cli, folder, tmp_path, text: str, *words: str) -> tuple[dict, list[str]]:
    """What the command line answers, and the sentences that it showed the model."""
    file = tmp_path / "text.txt"
    file.write_text(text)
    command = (words[0], str(file), *words[1:], "--reading", "recall", "--scenario", "large")
    report, _, _ = cli.asking(folder).run(*command, "--max-output-tokens", str(SAID))
    answer = report["answers"][0] if "answers" in report else report["summary"]
    ranges = [(part["start_utf16"], part["end_utf16"]) for part in answer["coverage"] if part["kind"] == "recalled"]
    return answer, [text[a:b] for a, b in sentence_spans(text) if any(x <= a and b <= y for x, y in ranges)]


def generated(folder, prompt: list[int], pinned: int) -> str:
    """What the model says after a prompt, by the lab's own engine."""
    model = ModelFolder(folder, threads=1)
    tokens, _ = Session(model, "large").generate(prompt, pinned, SAID)
    return model.prompt_template.special.decode(tokens, skip_special_tokens=True)


def of(folder) -> Prompts:
    return Prompts(json.loads((folder / "model.json").read_text())["prompt"], str(folder / "tokenizer.json"))


@pytest.mark.parametrize(("text", "shown"), [(SHORT, 5), (LONG, 4)], ids=["whole", "retrieved"])
def test_a_question_is_asked_as_the_engine_asks_it(cli, folder, tmp_path, text, shown):
    answer, sentences = said(cli, folder, tmp_path, text, "ask", QUESTION)
    assert len(sentences) >= shown
    prompts = of(folder)
    prompt = prompts.ask(QUESTION, [prompts.piece(sentence) for sentence in sentences])
    assert answer["usage"]["prompt_tokens"] == len(prompt) - len(prompts.start)
    assert answer["text"] == generated(folder, prompt, len(prompts.start))
    other = prompts.ask(QUESTION, [prompts.piece(sentence) for sentence in reversed(sentences)])
    assert answer["text"] != generated(folder, other, len(prompts.start)), "the answer depends on the prompt"


@pytest.mark.parametrize("instruction", ["", "Who keeps the boats?"])
def test_a_summary_is_asked_for_as_the_engine_does(cli, folder, tmp_path, instruction):
    words = ("--instruction", instruction) if instruction else ()
    answer, sentences = said(cli, folder, tmp_path, SHORT, "summarize", *words)
    prompts = of(folder)
    prompt = prompts.summarize([prompts.piece(sentence) for sentence in sentences], instruction)
    assert len(sentences) == 5
    assert answer["usage"]["prompt_tokens"] == len(prompt) - len(prompts.start)
    assert answer["text"] == generated(folder, prompt, len(prompts.start))


def test_the_engine_s_room_is_filled(cli, folder, tmp_path):
    _, sentences = said(cli, folder, tmp_path, LONG, "ask", QUESTION)
    prompts = of(folder)
    scenario = json.loads((folder / "model.json").read_text())["scenarios"]["large"]
    left = room(scenario, sum(map(len, prompts.question(QUESTION))))
    pieces = [prompts.piece(sentence) for sentence in sentences]
    assert fitting(pieces, range(len(pieces)), left) == [*range(len(pieces))]
    longest = max(map(len, pieces))
    assert sum(len(piece) + 1 for piece in pieces) > left - longest - 1, "another sentence would not have fitted"
