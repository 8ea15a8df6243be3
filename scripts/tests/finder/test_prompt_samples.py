"""Training prompts: true to their text, blocks that see what they should."""


def test_samples(tokenizer):
    from lab.finder.batches import padded_batch
    from lab.finder.prompt_samples import MARKER, Sampler
    from lab.finder.tokenizer import BOS, DOC, END_DOC, EOS, FIRST_TEXT, QUOTE, S0, SUM, Q

    def make(seed):
        return Sampler(tokenizer, 320, seed).samples(12)

    samples = make("train/1")
    assert [s.ids for s in samples] == [s.ids for s in make("train/1")]
    assert [s.ids for s in samples] != [s.ids for s in make("test/1")]
    kinds = {b.kind for s in samples for b in s.blocks}
    assert all(any(word in kind for kind in kinds) for word in ("quote", "pack", "absent"))
    for s in samples:
        assert len(s.ids) <= 321
        assert s.ids[:2] == [BOS, DOC]
        assert s.ids[s.document - 1] == END_DOC
        assert len(set(s.markers)) == len(s.markers) <= 47
        for b in s.blocks:
            prompt = s.ids[b.start - 1]
            answer = s.ids[b.start : b.start + b.length]
            if b.kind == "sum":
                assert prompt == SUM
                assert answer[-1] == EOS
                continue
            assert prompt == QUOTE
            assert answer[0] == S0 if "absent" in b.kind else answer[0] in s.markers
            if b.length > 1 and answer[0] != S0:  # the whole sentence, as it stands in the document
                at = s.ids.index(answer[0])
                assert s.ids[at : at + b.length - 1] == answer[:-1]
                assert answer[-1] == EOS
    packed = padded_batch(samples, 320)
    for i, s in enumerate(samples):
        for b in s.blocks:
            if b.start <= 319:
                assert packed.targets[i, b.start - 1] == s.ids[b.start]
                assert packed.loss[i, b.start - 1] == MARKER
        first = s.ids.index(Q, s.document) if Q in s.ids[s.document :] else 0
        if first and first < 320:
            assert packed.positions[i, first] >= s.document
    assert ((packed.loss == MARKER) <= (packed.targets < FIRST_TEXT)).all()


def test_what_is_untold_is_often_asked_of_things_in_sight(tokenizer):
    """Of questions that nothing answers, those that share half of their words with a sentence there."""
    from lab.finder.prompt_samples import Sampler
    from lab.finder.prompt_text import best_share

    class Watched(Sampler):
        def absent(self, text, lines, left_out, hard):
            question = super().absent(text, lines, left_out, hard)
            if question:
                shares.append(best_share(question, lines))
            return question

    shares = []
    Watched(tokenizer, 640, "untold").samples(40)
    near = sum(share >= 0.5 for share in shares) / len(shares)
    assert 0.3 < near < 0.7, near


def test_a_block_computes_what_it_computes_alone(tokenizer):
    """Questions share a document in training; each must see exactly the prompt that the engine gives it."""
    import torch

    from lab.finder.batches import padded_batch
    from lab.finder.losses import model_inputs
    from lab.finder.prompt_samples import Sampler
    from lab.reference.config import Config
    from lab.reference.decoder import Decoder

    torch.manual_seed(1)
    vocabulary = tokenizer.get_vocab_size()
    shape = {
        "hidden": 32,
        "layers": 2,
        "heads": 2,
        "kv_heads": 2,
        "head_dim": 16,
        "ff": 32,
        "tied": True,
        "qkv_bias": True,
    }
    decoder = Decoder(Config(family="qwen2", vocabulary=vocabulary, **shape))
    sample = next(s for s in Sampler(tokenizer, 320, "alone").samples(6) if len(s.blocks) > 2)
    ids, positions, mask, _ = model_inputs(padded_batch([sample], 320))
    with torch.no_grad():
        together = decoder(ids, positions, mask)
        for number, block in enumerate(sample.blocks, 1):
            start = sample.block.index(number)
            alone = decoder(torch.tensor([sample.ids[: sample.document] + sample.ids[start : block.start]]))
            assert torch.allclose(together[0, block.start - 1], alone[0, -1], atol=1e-4)
