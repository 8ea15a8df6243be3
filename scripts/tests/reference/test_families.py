"""Every family against transformers: configurations, weights, logits and greedy tokens, through reference and engine.

The checkpoints are random, of a few thousand parameters, with what breaks engines: biases of ±100, channels ten times
the others, norms far from one; written by transformers itself in the dtypes and shards that hubs hold.
"""

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM

from lab.export import export
from lab.export.checkpoint_prompt import default_preset
from lab.export.preset import Refused
from lab.fixtures import sampling_cases, tiny, tokenizer_cases
from lab.reference.checkpoint import load
from lab.reference.config import GLOBAL, LOCAL, NONE
from lab.reference.families import Unsupported, read_config
from lab.reference.prompt_template import PromptTemplate
from lab.reference.state import Sizes, read

SHAPE = {
    "vocab_size": tiny.CONFIG.vocabulary, "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 4,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 4096, "pad_token_id": None,
    "bos_token_id": 1, "eos_token_id": tiny.END,
}  # fmt: skip
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}  # fmt: skip
SHORT = [1.0, 1.05, 1.2, 1.4]
LONG = [1.5, 2.0, 6.0, 20.0]


@dataclass(frozen=True)
class Case:
    """A checkpoint, and what reference/config.py must have made of it."""

    name: str
    family: str
    changes: dict
    dtype: torch.dtype = torch.float32
    shard: str = "5GB"
    pattern: tuple[str, ...] = (GLOBAL,) * 4
    raw: dict = field(default_factory=dict)  # keys of config.json in older spellings


CASES = [
    Case("Llama 3", "llama", {"rope_parameters": {**LLAMA3, "rope_theta": 500000.0}}, torch.bfloat16),
    Case("Llama 3, older spelling", "llama", {}, raw={"rope_scaling": LLAMA3, "rope_theta": 500000.0}),
    Case("SmolLM2", "llama", {"tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True}, torch.float16),
    Case("linear scaling", "llama", {}, raw={"rope_scaling": {"type": "linear", "factor": 4.0}}),
    Case("Qwen2.5", "qwen2", {"tie_word_embeddings": True}, torch.bfloat16, "40KB"),
    Case("Qwen2.5, YaRN", "qwen2", {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0,
         "original_max_position_embeddings": 64}}),
    Case("Qwen2, sliding layers", "qwen2", {"use_sliding_window": True, "sliding_window": 24, "max_window_layers": 2},
         pattern=(GLOBAL, GLOBAL, LOCAL, LOCAL)),
    Case("Qwen3", "qwen3", {"head_dim": 16, "tie_word_embeddings": True}, torch.bfloat16),
    Case("SmolLM3", "smollm3", {"no_rope_layers": [1, 1, 1, 0], "head_dim": 12},
         pattern=(GLOBAL, GLOBAL, GLOBAL, NONE)),
    Case("Gemma 3", "gemma3_text", {"head_dim": 16, "query_pre_attn_scalar": 24, "sliding_window": 20,
         "layer_types": ["sliding_attention"] * 2 + ["full_attention", "sliding_attention"]}, torch.bfloat16,
         pattern=(LOCAL, LOCAL, GLOBAL, LOCAL)),
    Case("Gemma 3, older spelling", "gemma3_text", {"head_dim": 16},
         raw={"layer_types": None, "sliding_window_pattern": 2, "sliding_window": 30, "rope_local_base_freq": 5000.0,
              "rope_theta": 200000.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0}},
         pattern=(LOCAL, GLOBAL, LOCAL, GLOBAL)),
    Case("Gemma 3, sliding as far as it looks", "gemma3_text", {"head_dim": 16, "sliding_window": 4096,
         "layer_types": ["sliding_attention", "full_attention"] * 2}, pattern=(LOCAL, GLOBAL) * 2),
    Case("Qwen3, biases", "qwen3", {"head_dim": 16, "attention_bias": True, "tie_word_embeddings": False}),
    Case("Phi-3", "phi3", {"sliding_window": 22}, torch.bfloat16, pattern=(LOCAL,) * 4),
    Case("Phi-4-mini", "phi3", {"tie_word_embeddings": True, "num_attention_heads": 4, "hidden_size": 64,
         "original_max_position_embeddings": 1024, "rope_parameters": {"rope_type": "longrope", "rope_theta": 10000.0,
         "partial_rotary_factor": 0.5, "short_factor": SHORT, "long_factor": LONG,
         "original_max_position_embeddings": 1024}}, torch.bfloat16),
]  # fmt: skip


def checkpoint(case: Case, folder: Path):
    """A folder as transformers writes it, with tiny's tokenizer → the model that wrote it, in float32."""
    torch.manual_seed(4)
    config = AutoConfig.for_model(case.family, **(SHAPE | case.changes))
    model = AutoModelForCausalLM.from_config(config).to(case.dtype)
    with torch.no_grad():
        for name, p in model.named_parameters():
            size = 0.5 if p.dim() == 1 else 1.0 if "embed" in name else 1.4 / p.shape[1] ** 0.5
            p.copy_(torch.randn(p.shape) * size + (p.dim() == 1 and "norm" in name and case.family != "gemma3_text"))
            if name.endswith("k_proj.bias"):
                p[[1, 6]] = torch.tensor([100.0, -100.0]).to(p)
            if name.endswith("down_proj.weight"):
                p[5] *= 10  # a channel of the residual stream that outweighs the others
    model.save_pretrained(folder, max_shard_size=case.shard)
    if case.raw:
        kept = json.loads((folder / "config.json").read_text())
        kept.pop("rope_parameters", None)
        (folder / "config.json").write_text(json.dumps({k: v for k, v in (kept | case.raw).items() if v is not None}))
    tiny.tokenizer().save(str(folder / "tokenizer.json"))
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def made(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint") / "model"
    return request.param, folder, checkpoint(request.param, folder)


def close(got: torch.Tensor, want: torch.Tensor, bound: float) -> None:
    assert (got - want).abs().max() <= bound * want.abs().max()


def test_the_reference_is_the_base(made):
    case, folder, theirs = made
    decoder = load(folder)
    ids = torch.randint(11, 384, (1, 90), generator=torch.Generator().manual_seed(1))
    assert decoder.config.pattern == case.pattern
    assert len(list(folder.glob("model*.safetensors"))) > 1 or case.shard == "5GB"
    base = sum(p.numel() for p in theirs.parameters())
    assert (
        decoder.config.parameters()
        == base
        == sum(p.numel() for p in decoder.parameters()) - sum(p.numel() for p in decoder.gates().values())
    )
    with torch.no_grad():
        want = theirs(ids).logits
        close(decoder.logits(decoder(ids)), want, 5e-4)
        got, state = read(decoder, ids[0], 3, Sizes(16, 8, 200))  # all of it fits: by segments, nothing absorbed
    close(got, want[0, -1], 5e-4)
    assert state.absorbed == 0


def test_the_engine_is_the_base_while_a_text_fits(made, tmp_path, cli):
    _, folder, theirs = made
    preset = tiny.PRESET | {"max_error": {"fp32": 1e-3}, "readings": {"ask": "memory", "summarize": "memory"}}
    worst = export.export(folder, tmp_path / "model", export.ExportOptions(preset, precisions=["fp32"]))
    assert worst["cpu-fp32.onnx"] <= 1e-3  # beyond what fits too: against the reference
    about = json.loads((tmp_path / "model" / "model.json").read_text())
    fitting = [t for t in about["self_test"] if t["scenario"] == "large" and len(t["tokens"]) <= 512]
    assert fitting
    for test in fitting:
        with torch.no_grad():
            want = theirs(torch.tensor([test["tokens"]])).logits[0, -1]
        close(torch.tensor(test["logits"]), want[test["indices"]], 1e-3)
    program = [cli.program, "--model", str(tmp_path / "model")]
    assert subprocess.run([program[0], "verify", *program[1:]], check=False).returncode == 0  # the engine's logits
    text = tmp_path / "text.txt"
    text.write_text(tiny.EVERYTHING * 2)
    answer = json.loads(
        subprocess.run(
            [program[0], "ask", str(text), "fi go?", "--json", "--scenario", "large", *program[1:]],
            check=True, capture_output=True, text=True,
        ).stdout
    )["answers"][0]  # fmt: skip
    prompt_template = PromptTemplate(preset["prompt"], str(folder / "tokenizer.json"))
    ids, _ = prompt_template.free(tiny.EVERYTHING * 2, "ask", "fi go?")
    with torch.no_grad():
        out = theirs.generate(torch.tensor([ids]), do_sample=False, max_new_tokens=preset["limits"]["answer"])[0]
    assert answer["text"] == prompt_template.special.decode(out[len(ids) :].tolist(), skip_special_tokens=True)


REFUSED = {
    "mistral": ({"model_type": "mistral"}, "found model_type 'mistral', expected one of llama"),
    "a picture model": ({"model_type": "gemma3", "text_config": {}}, "export the text model alone"),
    "dynamic NTK": ({"model_type": "llama", "rope_parameters": {"rope_type": "dynamic", "factor": 2.0}}, "'dynamic'"),
    "relu": ({"model_type": "llama", "hidden_act": "relu"}, "found activation 'relu'"),
    "soft caps": ({"model_type": "gemma3_text", "final_logit_softcapping": 30.0}, "final_logit_softcapping 30.0"),
    "both ways": ({"model_type": "gemma3_text", "use_bidirectional_attention": True}, "use_bidirectional_attention"),
    "quantised": ({"model_type": "qwen2", "quantization_config": {"quant_method": "awq", "bits": 4}}, "quantised"),
    "own keys": ({"model_type": "llama", "no_rope_layers": [1, 0, 1, 0]}, "found no_rope_layers in a llama"),
    "layers of its own": (
        {"model_type": "llama", "layer_types": ["sliding_attention"] * 4},
        "found layer_types in a llama",
    ),
    "compressed": ({"model_type": "llama", "compression_config": {"quant_method": "compressed"}}, "quantised"),
    "a width without heads": ({"model_type": "llama", "hidden_size": 50}, "config.json"),
    "an older longrope": ({"model_type": "phi3", "rope_scaling": {"type": "su", "short_factor": SHORT}}, "config.json"),
    "chunks": ({"model_type": "qwen3", "layer_types": ["chunked_attention"] * 4}, "chunked_attention"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_computed_is_refused_by_name(name, tmp_path):
    keys, words = REFUSED[name]
    (tmp_path / "config.json").write_text(json.dumps(SHAPE | keys))
    with pytest.raises(Unsupported, match=words.replace("(", r"\(")):
        read_config(tmp_path)


def damaged(tmp_path: Path, change) -> Path:
    """A Llama's folder whose tensors were changed."""
    folder = tmp_path / "model"
    checkpoint(CASES[2], folder)
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def test_a_head_of_its_own_is_kept_where_the_config_says_tied(tmp_path):
    head = torch.randn(384, 48, generator=torch.Generator().manual_seed(1)).half()
    folder = damaged(tmp_path, lambda tensors: tensors.update({"lm_head.weight": head}))
    theirs = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    decoder = load(folder)
    ids = torch.arange(20, 40)[None]
    with torch.no_grad():
        close(decoder.logits(decoder(ids)), theirs(ids).logits, 5e-4)
    assert not decoder.config.tied


WRONG = {
    "a shape": (
        lambda t: t.update({"model.norm.weight": torch.ones(47)}),
        r"model.norm.weight \[47\], expected \[48\]",
    ),
    "a number": (lambda t: t["model.norm.weight"].fill_(float("nan")), "in model.norm.weight that are not finite"),
    "eight bits": (
        lambda t: t.update({"model.norm.weight": torch.ones(48, dtype=torch.int8)}),
        "model.norm.weight in I8",
    ),
    "one too few": (lambda t: t.pop("model.norm.weight"), "missing .'model.norm.weight'"),
    "one too many": (lambda t: t.update({"model.more": torch.ones(2)}), "unexpected .'model.more'"),
    "the embedding": (
        lambda t: t.update({"lm_head.weight": t.pop("model.embed_tokens.weight")}),
        "no model.embed_tokens",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_weights_are_refused_by_name_and_nothing_is_written(name, tmp_path, monkeypatch, capsys):
    change, words = WRONG[name]
    folder = damaged(tmp_path, change)
    monkeypatch.setattr("sys.argv", ["export", str(folder), str(tmp_path / "mine")])
    assert export.main() == 1
    assert re.search(words, capsys.readouterr().err)
    assert not (tmp_path / "mine").exists()


def test_a_shard_cut_short_is_refused(tmp_path):
    folder = damaged(tmp_path, lambda tensors: None)
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Unsupported, match=r"model.safetensors: found no safetensors"):
        load(folder)


def test_a_checkpoint_looks_no_farther_than_it_was_trained_to(tmp_path):
    tokenizer_cases.write("llama3", tmp_path)
    for positions, windows in ((2048, [1792, 512]), (131072, [2048, 512]), (400, [256, 256])):
        sizes = default_preset(tmp_path, positions)["scenarios"].values()
        assert [s["window"] for s in sizes] == windows
        assert all(s["segment"] + s["pinned"] + s["window"] <= positions for s in sizes)
    with pytest.raises(Refused, match="200 positions"):
        default_preset(tmp_path, 200)


def test_a_missing_shard_is_named(tmp_path):
    checkpoint(next(c for c in CASES if c.shard != "5GB"), tmp_path / "model")
    lost = sorted((tmp_path / "model").glob("model-*.safetensors"))[1]
    lost.unlink()
    with pytest.raises(FileNotFoundError, match=lost.name):
        load(tmp_path / "model")


def test_the_table_of_samplings_is_what_transformers_computes():
    known = json.loads(sampling_cases.TARGET.read_text())
    made = sampling_cases.table()
    assert len(known) == len(made)
    for one, other in zip(known, made, strict=True):
        assert [t for t, _ in one["left"]] == [t for t, _ in other["left"]]
        assert [v for _, v in one["left"]] == pytest.approx([v for _, v in other["left"]], abs=1e-5)
