"""The reference against transformers, and against a quadratic oracle that shares no line with it."""

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from lab.reference.checkpoint import load, save
from lab.reference.config import Config
from lab.reference.decoder import Decoder
from lab.reference.state import Sizes, State, absorb, absorb_count, generate, read, run

FAMILIES = {"qwen2": (Qwen2Config, Qwen2ForCausalLM), "llama": (LlamaConfig, LlamaForCausalLM)}
MASSIVE = 7  # a token whose activations are × 1000


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(3)


def random_decoder(gate_bias: float = 0.0, dtype: torch.dtype = torch.float64, **changes) -> Decoder:
    """Gates half open, a k bias of ±100 in four channels, one massive token."""
    shape = {"vocabulary": 60, "hidden": 24, "layers": 2, "heads": 4, "kv_heads": 2, "head_dim": 6, "ff": 40}
    decoder = Decoder(Config("qwen2", **(shape | {"qkv_bias": True, "gate_hidden": 4} | changes)))
    with torch.no_grad():
        for name, p in decoder.named_parameters():
            p.copy_(torch.randn(p.shape) * (0.3 if p.dim() > 1 else 0.5) + ("norm" in name))
            if name.endswith("k_proj.bias") and "layers.0." in name:
                p[[0, 4, 7, 11]] = torch.tensor([100.0, -100.0, 100.0, -100.0])
            if name.endswith("gate.b2"):
                p.fill_(gate_bias)
        decoder.model.embed_tokens.weight[MASSIVE] *= 1000
    return decoder.to(dtype).eval()


# The oracle: every token's hidden state from the raw list of tokens, one query at a time, no state between runs.


def schedule(tokens: int, decoded: int, pinned: int, sizes: Sizes) -> list[dict]:
    """For every token: which tokens it sees, at which positions, and which are in the memory."""
    prompt = tokens - decoded
    runs = []
    start = 0
    while start < prompt:
        end = pinned if start < pinned else min(prompt, start - start % sizes.segment + sizes.segment)
        runs.append(range(start, end))
        start = end
    runs += [range(t, t + 1) for t in range(prompt, tokens)]
    seen = []
    window = []
    memory = []
    for r in runs:
        oldest = (window + list(r))[0]
        for t in r:
            place = {i: oldest - min(pinned, r.start) + i for i in range(min(pinned, r.start))}
            place |= {i: i for i in [*window, *range(r.start, t + 1)]}
            seen.append({"place": place, "memory": list(memory)})
        if r.start >= pinned:
            window += r
            leaving = max(0, len(window) - sizes.window)
            if len(r) == 1 and leaving:
                leaving = min(32, len(window))
            memory = memory + window[:leaving]
            window = window[leaving:]
    return seen


def oracle(decoder: Decoder, ids: list[int], decoded: int, pinned: int, sizes: Sizes) -> np.ndarray:
    """Logits [tokens, V] after every token; the last `decoded` tokens came one by one."""
    c = decoder.config
    w = {n: p.detach().double().numpy() for n, p in decoder.state_dict().items()}
    plan = schedule(len(ids), decoded, pinned, sizes)
    d = c.head_dim
    group = c.heads // c.kv_heads

    def norm(x, name):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + c.eps) * w[name]

    def turned(x, positions):  # [n, d] at n positions
        pairs = x[:, : d // 2] + 1j * x[:, d // 2 :]
        turn = pairs * np.exp(1j * np.outer(positions, c.theta ** (-2 * np.arange(d // 2) / d)))
        return np.concatenate([turn.real, turn.imag], 1)

    def phi(x):
        return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))

    def linear(x, name):
        return x @ w[name + ".weight"].T + w.get(name + ".bias", 0)

    x = w["model.embed_tokens.weight"][ids]  # [tokens, D]
    for i in range(c.layers):
        p = f"model.layers.{i}."
        y = norm(x, p + "input_layernorm.weight")
        q, k, v = (linear(y, f"{p}self_attn.{n}_proj").reshape(len(ids), -1, d) for n in "qkv")
        gate = {n: w[f"{p}self_attn.gate.{n}"] for n in ("w1", "b1", "w2", "b2")}
        mixed = np.zeros((len(ids), c.heads, d))
        for t, sight in enumerate(plan):
            for h in range(c.heads):
                j = h // group
                seen = list(sight["place"])
                keys = turned(k[seen, j], [sight["place"][s] for s in seen])
                scores = (turned(q[t, h][None], [t]) @ keys.T)[0] / d**0.5
                chances = np.exp(scores - scores.max())
                a = chances / chances.sum() @ v[seen, j]
                if sight["memory"]:
                    weights = phi(q[t, h]) @ phi(k[sight["memory"], j]).T
                    m = weights @ v[sight["memory"], j] / weights.sum()
                    opening = np.maximum(gate["w1"] @ m + gate["b1"], 0) @ gate["w2"].T + gate["b2"]
                    a = a + (m - a) / (1 + np.exp(np.minimum(-opening, 700)))
                mixed[t, h] = a
        x = x + linear(mixed.reshape(len(ids), -1), p + "self_attn.o_proj")
        y = norm(x, p + "post_attention_layernorm.weight")
        t = linear(y, p + "mlp.gate_proj")
        x = x + linear(t / (1 + np.exp(-t)) * linear(y, p + "mlp.up_proj"), p + "mlp.down_proj")
    return norm(x, "model.norm.weight") @ w["lm_head.weight"].T


def stepwise(decoder: Decoder, ids: list[int], decoded: int, pinned: int, sizes: Sizes) -> tuple[np.ndarray, State]:
    """The reference's logits [1 + decoded, V]: after the prompt and after every decoded token."""
    with torch.no_grad():
        prompt = len(ids) - decoded
        logits, state = read(decoder, torch.tensor(ids[:prompt]), pinned, sizes)
        rows = [logits]
        for t in ids[prompt:]:
            logits, state = run(decoder, state, torch.tensor([t]), sizes)
            rows.append(logits[0])
    return torch.stack(rows).double().numpy(), state


def tokens(n: int) -> list[int]:
    ids = torch.randint(0, 60, (n,)).tolist()
    ids[n // 3] = MASSIVE
    return ids


def close(got: np.ndarray, want: np.ndarray, bound: float) -> None:
    assert np.abs(got - want).max() / np.abs(want).max() < bound


@pytest.mark.parametrize(("family", "tied"), [("qwen2", False), ("llama", False), ("qwen2", True)])
def test_memory_off_is_transformers(family, tied, tmp_path):
    configuration, network = FAMILIES[family]
    bias = {"attention_bias": True} if family == "llama" else {}
    theirs = network(
        configuration(
            vocab_size=90, hidden_size=48, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2,
            intermediate_size=80, tie_word_embeddings=tied, initializer_range=0.2, rope_theta=5e5, **bias,
        )
    ).eval()  # fmt: skip
    with torch.no_grad():
        theirs.model.embed_tokens.weight[MASSIVE] *= 1 if tied else 1000
        for layer in theirs.model.layers:
            layer.self_attn.k_proj.bias[[0, 5, 9, 12]] = torch.tensor([100.0, -100.0, 100.0, -100.0])
    theirs.save_pretrained(tmp_path)
    decoder = load(tmp_path)
    assert not decoder.memory_trained
    assert decoder.config.parameters() == sum(p.numel() for p in theirs.parameters())
    ids = torch.tensor([tokens(60)])
    want = theirs(ids).logits.detach()  # [1, T, V]
    close(decoder.logits(decoder(ids)).detach().numpy(), want.numpy(), 1e-4)
    additive = torch.full((60, 60), -1e4).triu(1)[None, None]  # [1, 1, T, T]
    close(decoder.logits(decoder(ids, mask=additive)).detach().numpy(), want.numpy(), 1e-4)
    logits, state = read(decoder, ids[0], 5, Sizes(16, 8, 128))
    close(logits.detach().numpy(), want[0, -1].numpy(), 1e-4)
    assert state.absorbed == 0
    options = {"attention_mask": torch.ones_like(ids), "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    greedy = theirs.generate(ids, max_new_tokens=20, **options)[0, 60:]
    assert generate(decoder, ids[0], 5, Sizes(16, 8, 128), 20)[0] == greedy.tolist()


@pytest.mark.parametrize("segment", [1, 7, 16])
def test_no_cache_is_infini_attention(segment):
    decoder = random_decoder()
    ids = tokens(50)
    sizes = Sizes(segment, 0, 0)
    got, state = stepwise(decoder, ids, 4, 0, sizes)
    close(got, oracle(decoder, ids, 4, 0, sizes)[-5:], 1e-4)
    assert state.absorbed == 50


def test_closed_gate_is_streaming_llm():
    decoder = random_decoder(gate_bias=-1e9)
    ids = tokens(100)
    sizes = Sizes(16, 6, 40)
    got, state = stepwise(decoder, ids, 30, 4, sizes)
    close(got, oracle(decoder, ids, 30, 4, sizes)[-31:], 1e-9)
    assert (state.pinned, state.length) == (4, 100)
    assert state.absorbed + state.window == 96


@pytest.mark.parametrize(
    ("segment", "pinned", "window"), [(16, 3, 20), (16, 3, 5), (8, 0, 40), (16, 3, 0), (16, 6, 33)]
)
def test_everything_is_the_oracle(segment, pinned, window):
    decoder = random_decoder()
    ids = tokens(80)
    sizes = Sizes(segment, 6, window)
    got, state = stepwise(decoder, ids, 20, pinned, sizes)
    close(got, oracle(decoder, ids, 20, pinned, sizes)[-21:], 1e-4)
    assert state.absorbed + state.window + state.pinned == 80


def test_float32_is_close_to_float64():
    ids = torch.tensor(tokens(200))
    sizes = Sizes(32, 8, 64)
    with torch.no_grad():
        decoder = random_decoder()
        want, _ = read(decoder, ids, 4, sizes)
        got, _ = read(decoder.float(), ids, 4, sizes)
    close(got.numpy(), want.numpy(), 1e-3)


def test_running_means_are_sums():
    k = torch.randn(1, 2, 200, 6, dtype=torch.float64)
    v = torch.randn(1, 2, 200, 6, dtype=torch.float64)
    m = torch.zeros(1, 2, 6, 6)
    z = torch.zeros(1, 2, 6)
    for start, end in ((0, 1), (1, 33), (33, 150), (150, 200)):
        m, z = absorb(m, z, start, k[:, :, start:end].float(), v[:, :, start:end].float())
    s = torch.nn.functional.elu(k) + 1
    close(m.numpy() * 200, (s.transpose(-1, -2) @ v).numpy(), 1e-6)
    close(z.numpy() * 200, s.sum(-2).numpy(), 1e-6)


def test_how_much_is_absorbed():
    sizes = Sizes(16, 4, 40)
    assert [absorb_count(w, n, sizes) for w, n in ((0, 16), (24, 16), (40, 16), (39, 1), (40, 1), (0, 50))] == [
        0, 0, 16, 0, 32, 10,
    ]  # fmt: skip
    assert absorb_count(8, 1, Sizes(16, 4, 8)) == 9  # what there is


def test_one_call_is_many_calls():
    decoder = random_decoder()
    ids = torch.tensor(tokens(100))
    sizes = Sizes(16, 6, 20)
    with torch.no_grad():
        want, whole = read(decoder, ids, 3, sizes)
        state = None
        for start, end in ((0, 16), (16, 64), (64, 80), (80, 100)):
            got, state = read(decoder, ids[start:end], 3, sizes, state)
    close(got.numpy(), want.numpy(), 1e-12)
    assert (state.absorbed, state.window) == (whole.absorbed, whole.window) == (77, 20)


def test_a_batch_is_its_streams():
    decoder = random_decoder()
    sizes = Sizes(16, 6, 20)
    ids = torch.tensor([tokens(70), tokens(70)])
    with torch.no_grad():
        both, _ = read(decoder, ids, 3, sizes)
        for one, logits in zip(ids, both, strict=True):
            close(read(decoder, one, 3, sizes)[0].numpy(), logits.numpy(), 1e-12)


def test_gradients_pass_through_the_memory():
    decoder = random_decoder()
    ids = torch.tensor(tokens(160))
    sizes = Sizes(16, 4, 16)
    for p in decoder.parameters():
        p.requires_grad_(False)
    gates = decoder.gates()
    for p in gates.values():
        p.requires_grad_(True)
    logits, state = read(decoder, ids, 2, sizes)
    logits.logsumexp(-1).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for n, p in gates.items() if not n.endswith(".b1"))
    assert state.layers[1].m.grad_fn is not None
    assert state.detach().layers[1].m.grad_fn is None


def test_too_many_pinned_tokens():
    with pytest.raises(ValueError, match="7 tokens to pin"):
        read(random_decoder(), torch.tensor(tokens(20)), 7, Sizes(16, 6, 20))


def test_checkpoint_round_trip(tmp_path):
    decoder = random_decoder(dtype=torch.float32)
    save(decoder, tmp_path)
    again = load(tmp_path)
    assert again.memory_trained
    assert again.config.gate_hidden == 4
    assert all(
        torch.equal(a, b) for a, b in zip(decoder.state_dict().values(), again.state_dict().values(), strict=True)
    )
    (tmp_path / "gates.safetensors").unlink()
    fresh = load(tmp_path)
    assert not fresh.memory_trained
    assert all(p.eq(-4).all() for n, p in fresh.gates().items() if n.endswith(".b2"))


def test_gates_are_a_small_share():
    for layers, heads, ff in ((4, 4, 512), (6, 8, 1024)):
        c = Config("qwen2", 6144, 256, layers, heads, heads, 256 // heads, ff, tied=True, qkv_bias=True)
        h = c.gate_width()
        d = c.head_dim
        assert 0.0008 < layers * (h * (2 * d + 1) + d) / c.parameters() <= 0.0015
