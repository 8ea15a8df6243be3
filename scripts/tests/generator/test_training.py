"""The adapter's training: only it learns, on the answer alone; a run that was cut goes on to the same step."""

from random import Random

import pytest
import torch

from lab.export.gguf.adapter import read_adapter
from lab.export.gguf.gguf_file import Unreadable
from lab.fixtures import gguf_cases
from lab.fixtures.gguf_cases import CASES, WIDE
from lab.generator.base import read_base
from lab.generator.examples import ABSENT, Example, Source
from lab.generator.lora import TOUCHED, answer_logits
from lab.generator.samples import Samples
from lab.generator.train_generator import BATCH, Options, Training, about, split
from lab.reader.articles import Article

COLOURS = "red blue green white black grey brown pink".split()


@pytest.fixture(scope="module")
def gguf(tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "model.gguf"
    gguf_cases.write(CASES[1], path, "Q8_0", WIDE)
    return path


def examples(count: int = 4) -> dict[str, list[Example]]:
    """Texts that say the colours of gates."""
    found = []
    for number in range(count):
        article = Article(f"{number}")
        for gate, colour in enumerate(COLOURS):
            article.add(f"Gate {number}{gate} is {colour}.")
        source = Source(article)
        for gate, colour in enumerate(COLOURS):
            found.append(Example(source, f"What is gate {number}{gate}?", f"{colour.title()}.", (gate,)))
    return {"qamr": found}


def training(gguf, seed: str = "test") -> Training:
    base = read_base(gguf, halves=False)
    return Training(base, Samples(base.prompts, examples(), base.end), Options(1, seed, rank=4))


def test_with_a_fresh_adapter_the_model_is_the_base_and_only_it_learns(gguf):
    plain = read_base(gguf, halves=False).decoder
    run = training(gguf)
    sample = run.samples.draw(Random(1))
    with torch.no_grad():
        want = answer_logits(plain, sample.ids, sample.answer)
        assert torch.allclose(answer_logits(run.base.decoder, sample.ids, sample.answer), want, atol=1e-5)
    frozen = {n: p.clone() for n, p in run.base.decoder.named_parameters() if "lora" not in n}
    losses = [run.step(0.0) for _ in range(40)]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
    assert all(torch.equal(p, frozen[n]) for n, p in run.base.decoder.named_parameters() if n in frozen)
    assert {name.split(".")[-2] for name in run.trained} == set(TOUCHED)
    assert all((p != 0).any() for p in run.trained.values())


def test_a_run_that_was_cut_makes_the_same_next_step(gguf, tmp_path):
    whole = training(gguf)
    for share in (0.0, 0.1, 0.2):
        whole.step(share)
    first = training(gguf)
    for share in (0.0, 0.1):
        first.step(share)
    first.save(tmp_path / "state.pt")
    second = training(gguf)
    second.load(tmp_path / "state.pt")
    second.step(0.2)
    assert second.steps == whole.steps
    assert all(torch.equal(p, second.trained[name]) for name, p in whole.trained.items())
    with pytest.raises(ValueError, match="expected"):
        training(gguf, "another").load(tmp_path / "state.pt")


def test_what_is_written_can_be_read_and_says_its_base(gguf, tmp_path):
    run = training(gguf)
    run.step(0.0)
    run.write(tmp_path / "adapter", about(run.base, run, "COMMAND"))
    adapter = read_adapter(tmp_path / "adapter")
    assert adapter.about["base"]["sha256"] == run.base.sha256
    name = adapter.names()[0]
    trained = [run.trained[f"{name}.{part}"].detach() for part in ("lora_a", "lora_b")]
    assert torch.allclose(torch.from_numpy(adapter.change(name)), 2 * trained[1] @ trained[0], atol=1e-3)
    assert f"{run.steps} steps of {BATCH}" in adapter.about["description"]


def test_the_answer_stands_in_the_prompt_or_is_that_it_does_not(gguf):
    run = training(gguf)
    decode = run.base.prompts.template.special.decode
    absent = 0
    for number in range(80):
        sample = run.samples.draw(Random(number))
        prompt = decode(sample.ids[: -sample.answer], skip_special_tokens=False)
        said = decode(sample.ids[-sample.answer :], skip_special_tokens=True)
        assert sample.ids[-1] == run.base.end
        if said == ABSENT:
            absent += 1
        gate = prompt.rpartition("What is gate ")[2].partition("?")[0]
        assert (f"Gate {gate} is {said[0].lower()}{said[1:]}" in prompt) == (said != ABSENT)
    assert 5 < absent < 35


def test_whole_texts_are_held_back():
    train, held = split(examples(30))
    assert not {id(e.source) for e in train["qamr"]} & {id(e.source) for e in held["qamr"]}
    assert len(held["qamr"]) == 2 * len(COLOURS)


def test_a_base_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Unreadable, match=r"scripts/models.sh smollm2"):
        read_base(tmp_path / "none.gguf")
