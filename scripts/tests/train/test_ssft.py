"""S-SFT of a checkpoint of one's own: gates alone, to be gone on with, taken by export; streams as the engine reads."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM

from lab.export.model_folder import entry
from lab.fixtures import tokenizer_cases
from lab.reference.checkpoint import load
from lab.reference.parallel import ask
from lab.train import ssft
from lab.train.samples import BadData, BatchShape, PromptForm, TokenizedText, document_sample, question_batch, read
from lab.train.ssft import Options, Trainer, answers, prompt_form

SHAPE = {
    "vocab_size": 384, "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 4096, "pad_token_id": None, "bos_token_id": 1,
    "eos_token_id": 2,
}  # fmt: skip
GATES = "north south east west old new upper lower".split()


def checkpoint(folder: Path, family: str, form: str) -> Path:
    """A random one, as transformers writes it, with documents to train on."""
    torch.manual_seed(4)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **SHAPE))
    with torch.no_grad():
        for name, p in model.named_parameters():
            size = 0.5 if p.dim() == 1 else 1.0 if "embed" in name else 1.4 / p.shape[1] ** 0.5
            p.copy_(torch.randn(p.shape) * size + (p.dim() == 1 and "norm" in name))
    folder.mkdir()
    model.save_pretrained(folder)
    tokenizer_cases.write(form, folder)
    rows = [
        {"document": f"The {gate} gate opens with {n}{n}. Nobody goes there after nine, for it is dark there by then.",
         "questions": [{"question": f"What opens the {gate} gate?", "answer": f"{n}{n}"}]}
        for n, gate in enumerate(GATES)
    ]  # fmt: skip
    (folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture
def small(monkeypatch):
    """Sizes that a test has the time for."""
    for name, value in {"FEWEST": 6, "WINDOWS": (1, 2), "MEASURED": 2}.items():
        monkeypatch.setattr(ssft, name, value)
    monkeypatch.setattr(ssft, "multiplies_halves", lambda: False)  # its rounding is as large as what is learned here


def options(folder: Path, **changes) -> Options:
    given = {"steps": 12, "rate": 0.1, "segment": 32, "batch": 1, "questions": 4, "most": 6}
    return Options(folder, folder / "questions.jsonl", **(given | changes))


def loss(training: Trainer) -> float:
    """On samples that were not trained on."""
    with torch.no_grad():
        found = [answers(training.decoder, b, "cpu")[:2] for b in training.held_out]
    return float(np.mean([torch.nn.functional.cross_entropy(*pair).item() for pair in found]))


@pytest.mark.parametrize(("family", "form"), [("qwen2", "qwen2"), ("llama", "llama3")])
def test_only_gates_change_and_the_memory_counts_as_trained(family, form, tmp_path, small, cli, capsys):
    folder = checkpoint(tmp_path / family, family, form)
    before = {file.name: entry(file) for file in folder.iterdir()}
    training = Trainer(options(folder))
    fresh = {name: g.detach().clone() for name, g in training.gates.items()}
    began = loss(training)
    assert all((g == 0).all() for name, g in fresh.items() if name.endswith(".w2"))
    training.run()
    assert loss(training) < began - 0.002
    said = capsys.readouterr().out
    assert "memory of each, estimated: " in said
    assert "after 12 steps: " in said
    assert "asked in pairs, over its own memory: " in said
    after = {file.name: entry(file) for file in folder.iterdir()}
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == {"gates.safetensors", "ssft.log", "ssft.pt"}
    gates = load_file(folder / "gates.safetensors")
    assert gates.keys() == fresh.keys()
    assert all(not torch.equal(gates[name], fresh[name]) for name in gates if name.endswith(".b2"))
    (folder / "ssft.pt").unlink()
    with pytest.raises(BadData, match="has trained gates"):
        Trainer(options(folder))
    export = [sys.executable, "-m", "lab.export.export", folder, tmp_path / "mine"]
    assert subprocess.run(export, check=False, capture_output=True).returncode == 0
    inspect = [cli.program, "inspect", "--json", "--model", tmp_path / "mine"]
    about = json.loads(subprocess.run(inspect, check=True, capture_output=True).stdout)
    assert about["memory_layers"] == 3
    assert about["gate_parameters"] == sum(g.numel() for g in gates.values())


def test_going_on_is_as_if_never_interrupted(tmp_path, small):
    whole, parts = (checkpoint(tmp_path / name, "qwen2", "qwen2") for name in ("whole", "parts"))
    losses = Trainer(options(whole)).run()
    first = Trainer(options(parts)).run(until=5)
    assert not (parts / "gates.safetensors").exists()
    assert first + Trainer(options(parts)).run() == losses
    a, b = (load_file(folder / "gates.safetensors") for folder in (whole, parts))
    assert all(torch.equal(a[name], b[name]) for name in a)
    with pytest.raises(BadData, match=r"'steps': 12.*expected.*'steps': 13"):
        Trainer(options(parts, steps=13))


def test_two_processes_train_one_set_of_gates(tmp_path):
    """As torchrun and `accelerate launch` begin them; each draws its own samples."""
    folder = checkpoint(tmp_path / "shared", "qwen2", "qwen2")
    given = "--steps 2 --segment 64 --batch 1 --questions 2".split()
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*launch, "-m", "lab.train.ssft", folder, "--data", folder / "questions.jsonl", *given]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("2 at once") == 1
    assert torch.load(folder / "ssft.pt", weights_only=True)["settings"]["processes"] == 2
    assert load(folder).memory_trained


def test_streams_ask_only_what_was_read():
    texts = [TokenizedText(list(range(100 * n, 100 * n + 10 * n)), [([n], [7, 8])]) for n in range(1, 6)]
    shape = BatchShape(16, 6, 2, 3, 4)
    for seed in range(20):
        source = iter([texts[(seed + i) % 5] for i in range(100)])
        ids, queries = document_sample(Random(seed), lambda s=source: next(s), shape)
        assert ids.shape == (6, 16)
        for after, question, _ in queries:
            text = texts[question[0] - 1].ids
            flat = ids[:after].flatten().tolist()
            assert any(flat[i : i + len(text)] == text for i in range(len(flat))), (seed, after, question)


def test_the_loss_is_on_answers(tmp_path):
    folder = checkpoint(tmp_path / "one", "qwen2", "qwen2")
    form = prompt_form(folder, None, 4096)
    texts, held, left_out = read(folder / "questions.jsonl", form, 128)
    assert (len(texts), len(held), left_out) == (7, 1, "")
    b = question_batch(form, texts, BatchShape(32, 6, 2, 2, 4), "seed")
    decode = form.prompt_template.special.decode
    assert decode(b.start.tolist(), skip_special_tokens=False).endswith("<|im_start|>user\n")
    for row, targets in zip(
        b.queries.reshape(-1, b.queries.shape[-1]), b.targets.reshape(-1, b.queries.shape[-1]), strict=True
    ):
        if (targets >= 0).any():
            last = int(np.flatnonzero(targets >= 0)[-1])
            assert (row[1:][targets[:-1] >= 0] == targets[targets >= 0]).all()
            assert targets[last] == form.end
            said = decode(row.tolist(), skip_special_tokens=False)
            assert "gate?<|im_end|>\n<|im_start|>assistant\n" in said
            assert decode(targets[targets >= 0].tolist()).isdigit()


def test_what_is_not_kept_is_computed_again(tmp_path):
    decoder = load(checkpoint(tmp_path / "one", "llama", "llama3"))
    start = torch.arange(3)
    ids = torch.randint(5, 300, (1, 5, 8))
    queries = torch.randint(5, 300, (1, 2, 4))
    after = torch.tensor([[2, 5]])
    found = []
    for again in (False, True):
        decoder.zero_grad()
        ask(decoder, start, ids, 1, queries, after, again=again).square().mean().backward()
        found.append({name: g.grad.clone() for name, g in decoder.gates().items()})
    assert all(torch.allclose(found[0][name], found[1][name], atol=1e-7) for name in found[0])
    assert any(g.abs().max() > 0 for g in found[0].values())


@pytest.mark.parametrize(("line", "said"), [
    ("nonsense", "line 1: found no JSON"),
    ('{"document": "x"}', "line 1: found dict without 'questions', expected"),
    ('{"document": " ", "questions": [{"question": "a", "answer": "b"}]}', "line 1: found an empty text"),
    ('{"document": "x", "questions": [{"question": "a", "answer": "b"}]}', "found 1 documents .* expected 2 or more"),
])  # fmt: skip
def test_bad_data_is_named(line, said, tmp_path):
    folder = checkpoint(tmp_path / "one", "qwen2", "qwen2")
    (tmp_path / "bad.jsonl").write_text(line + "\n")
    with pytest.raises(BadData, match=said):
        read(tmp_path / "bad.jsonl", prompt_form(folder, None, 4096), 128)
    form = PromptForm({"start": "a", "ask": "{question}"}, "<|im_end|>", (folder / "tokenizer.json").read_text())
    texts = [TokenizedText(list(range(9)), [([1], [2])])]
    with pytest.raises(BadData, match="found no document of up to 8 tokens"):
        question_batch(form, texts, BatchShape(4, 2, 1, 1, 1), "seed")
