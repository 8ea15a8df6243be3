"""The network against the library that its weights come from, and its graph against the network."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import BertConfig, BertModel

from lab.reader.encoder import ABSENT, Reader, Sizes, pretrained
from lab.reader.export_reader import Network, export
from lab.reader.exported import graph
from lab.reader.layout import PADDING, SENTENCES, Piece, lay_out
from lab.reader.loss import tensors
from lab.reader.nibbles import from_nibbles, in_nibbles
from lab.reader.reading import Choice

SIZES = Sizes(vocabulary=300, width=64, layers=2, heads=4, inner=128, positions=512)


@pytest.fixture
def reader() -> Reader:
    """A small reader with weights that were drawn."""
    torch.manual_seed(7)
    made = Reader(SIZES, SENTENCES).eval()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    made.scale.data.fill_(12.0)
    made.encoder.words.weight.data = torch.from_numpy(rounded(made.encoder.words.weight.detach().numpy()))
    return made


def rounded(words: np.ndarray) -> np.ndarray:
    """Words as a folder keeps them."""
    return from_nibbles(*in_nibbles(words))


def runs():
    """Two runs of unlike lengths, the second with a heading."""
    first = lay_out([150, 151, 152], [Piece([160, 161]), Piece([170, 171, 172])])
    second = lay_out([153], [Piece([180], [190, 191]), Piece([181, 182], [190, 191]), Piece([183])])
    return [first, second]


def test_encoder_is_bert(tmp_path):
    config = BertConfig(
        vocab_size=300, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    torch.manual_seed(3)
    bert = BertModel(config, add_pooling_layer=False).eval()
    save_file({name: value.contiguous() for name, value in bert.state_dict().items()}, tmp_path / "model.safetensors")
    reader = pretrained(tmp_path / "model.safetensors", SENTENCES, SIZES).eval()
    tokens = torch.randint(110, 300, (2, 20))
    present = torch.ones(2, 20, dtype=torch.bool)
    present[1, 12:] = False
    with torch.no_grad():
        words = bert.embeddings.word_embeddings.weight
        words.copy_(torch.from_numpy(rounded(words.numpy())))
        wanted = bert(input_ids=tokens, attention_mask=present.long()).last_hidden_state
        got = reader.encoder(tokens, torch.zeros_like(tokens), present)
    assert torch.allclose(got[present], wanted[present], atol=1e-5)


def test_the_first_layers_are_taken(tmp_path):
    config = BertConfig(
        vocab_size=300, hidden_size=64, num_hidden_layers=3, num_attention_heads=4, intermediate_size=128
    )
    bert = BertModel(config, add_pooling_layer=False)
    save_file({name: value.contiguous() for name, value in bert.state_dict().items()}, tmp_path / "model.safetensors")
    reader = pretrained(tmp_path / "model.safetensors", SENTENCES, SIZES)
    assert len(reader.encoder.layers) == 2
    assert torch.equal(reader.encoder.layers[1].inner.weight, bert.encoder.layer[1].intermediate.dense.weight)


def test_pretrained_names_what_is_missing(tmp_path):
    save_file({"embeddings.LayerNorm.weight": torch.ones(64)}, tmp_path / "model.safetensors")
    with pytest.raises(KeyError):
        pretrained(tmp_path / "model.safetensors", SENTENCES, SIZES)


def test_padding_changes_nothing(reader):
    both = runs()
    with torch.no_grad():
        together = reader(*tensors(both))
        for row, run in enumerate(both):
            alone = reader(*tensors([run]))
            for name in ("relevance", "none", "verdict"):
                assert torch.allclose(together[name][row], alone[name][0], atol=1e-4)
    assert (together["relevance"][:, 3:] == ABSENT).all()
    assert (together["begin"][tensors(both)[2] == PADDING] < ABSENT / 2).all()


@pytest.mark.parametrize(("precision", "most"), [("fp32", 1e-3), ("int8", 0.5), ("block", 0.25)])
def test_graph_computes_the_network(reader, tmp_path, precision, most):
    import onnx

    weights = {name: value.numpy() for name, value in reader.state_dict().items()}
    onnx.save(Network(SIZES, SENTENCES, weights, precision).build(), tmp_path / "reader.onnx")
    got = graph(tmp_path / "reader.onnx")(runs())
    for run, out in zip(runs(), got, strict=True):
        with torch.no_grad():
            wanted = reader(*tensors([run]))
        assert set(out) == set(wanted)
        for name, value in out.items():
            expected = wanted[name][0].numpy().reshape(value.shape)
            seen = expected > ABSENT / 2
            assert np.array_equal(seen, value > ABSENT / 2)
            assert np.abs(value - expected)[seen].max() < most * max(1.0, np.abs(expected[seen]).max() / 10)


def test_export_writes_what_the_contract_names(reader, tmp_path):
    words = ["[PAD]", *(f"[unused{i}]" for i in range(99)), "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused99]"]
    words += ["who", "signed", "the", "lease", "?", ".", "界", "ada", "rain", "##ed", "Ω".lower()]
    made = Tokenizer(models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.add_special_tokens(["[CLS]", "[SEP]"])
    made.save(str(tmp_path / "tokenizer.json"))
    error = export(reader, SIZES, tmp_path / "tokenizer.json", tmp_path / "out", "fp32", Choice(found=0.4))
    assert error < 1e-4
    said = json.loads((tmp_path / "out/reader.json").read_text())
    assert said["scoring"]["found"] == 0.4
    assert (said["precision"], said["encoder"]["width"], len(said["self_test"]["relevance"])) == ("fp32", 64, 3)
    kept = json.loads((tmp_path / "out/reader-tokenizer.json").read_text())["model"]["vocab"]
    assert set(words) - set(kept) == {"[unused99]", "界"}
    fewer = Tokenizer.from_file(str(tmp_path / "out/reader-tokenizer.json"))
    text = "Who signed the lease? Ada signed. [SEP]"
    assert fewer.encode(text).tokens == made.encode(text.replace("[SEP]", "[ SEP ]"), add_special_tokens=False).tokens
