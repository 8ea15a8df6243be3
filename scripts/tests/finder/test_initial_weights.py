"""The starting circuits look where they say."""

import torch

from lab import ROOT
from lab.corpus.lexicon import topics
from lab.finder.memory_samples import KINDS, TOPIC, MemorySampler
from lab.finder.tokenizer import S0, open_tokenizer
from lab.reference.decoder import Decoder
from lab.train.samples import BatchShape


def test_the_starting_circuits_look_where_they_say(tokenizer):
    """Layer 0: one, two, three tokens back, and at the last marker."""
    from dataclasses import replace

    import torch

    from lab.finder.initial_weights import set_initial_weights
    from lab.finder.pretrain import FINDER
    from lab.finder.tokenizer import FIRST_TEXT
    from lab.reference.decoder import Decoder, rope

    decoder = Decoder(replace(FINDER, vocabulary=tokenizer.get_vocab_size()))
    set_initial_weights(decoder, tokenizer)
    ids = torch.randint(FIRST_TEXT, tokenizer.get_vocab_size(), (1, 400), generator=torch.Generator().manual_seed(1))
    markers = torch.arange(0, 400, 23)
    ids[0, markers] = S0 + 1 + torch.arange(len(markers))
    at = torch.arange(400)
    with torch.no_grad():
        q, k, _ = decoder.model.layers[0].qkv(decoder.embed(ids))  # [1,4,400,64]
        cos, sin = decoder.angles(at)["global"]
        scores = rope(q, cos, sin) @ rope(k, cos, sin).mT  # [1,4,400,400]
        seen = scores.masked_fill(at[:, None] < at, float("-inf")).argmax(-1)[0]  # [4,400]
    expected = {0: at - 1, 1: at - 2, 3: at - 3, 2: at // 23 * 23}
    for head, where in expected.items():
        assert (seen[head] == where)[3:].float().mean() > 0.95, head
    assert sum(p.numel() for p in decoder.gates().values()) <= 0.0015 * decoder.config.parameters()


def test_the_starting_circuits_tell_the_topic():
    """Before any training, of twelve documents: most of 3,000 tokens; one in sixteen by chance. The codes are far
    apart."""
    from lab.finder.initial_weights import Part, hamming_codes, set_initial_weights
    from lab.finder.losses import memory_logits
    from lab.finder.pretrain import FINDER

    codes = hamming_codes()
    assert all((codes[i] != codes[j]).sum() >= 3 for i in range(16) for j in range(i))
    tokenizer = open_tokenizer(ROOT / "models/finder/tokenizer.json")
    decoder = Decoder(FINDER)
    set_initial_weights(decoder, tokenizer)
    for layer in decoder.model.layers[:3]:
        assert not layer.self_attn.o_proj.weight[Part.TOPIC].any()
        assert not layer.mlp.down_proj.weight[Part.TOPIC].any()
    names = torch.tensor([tokenizer.encode(f" {name}").ids[0] for name in topics()])  # [16]
    right = queries = 0
    for number in range(6):
        if queries == 12:
            break
        b = MemorySampler(tokenizer, f"topic/{number}").batch(BatchShape(128, 24, 2, 3, 40))
        with torch.no_grad():
            logits, targets, _, question = memory_logits(decoder, b)
        for document in range(3):
            first = next((q for q in range(40) if KINDS[b.kind[document, q]] == TOPIC), None)
            if first is None or queries == 12:
                continue
            first += 40 * document
            at = next(r for r in (question == first).nonzero()[:, 0].tolist() if targets[r] in names)
            right += int(logits[at].argmax() == targets[at])
            queries += 1
    assert queries == 12
    assert right >= 8, right
