"""What counts as a loop, as support and as right."""

from lab.evaluate import free_answers


def answer(text: str, found: bool = True, covered: tuple[int, int] | None = None, tokens: int = 5) -> dict:
    """As the command line says it."""
    quotes = (
        [{"text": "It costs 47 crowns.", "answer": {"start_utf16": a, "end_utf16": b}} for a, b in [covered] if a < b]
        if covered
        else []
    )
    return {"text": text, "found": found, "quotes": quotes, "usage": {"generated_tokens": tokens}}


def test_a_run_of_eight_words_three_times_is_a_loop() -> None:
    run = "the above answer is correct and so on "
    assert free_answers.loops(run * 3)
    assert not free_answers.loops(run * 2)
    assert not free_answers.loops("")


def test_a_sentence_stands_on_a_quote_that_covers_it() -> None:
    said = answer("It costs 47 crowns. I hope this helps.", covered=(0, 19))
    assert free_answers.supported(said) == [True, False]


def test_shares() -> None:
    own = [
        (["47 crowns"], answer("It costs 47 crowns.", covered=(0, 19))),
        (["blue"], answer("Red, red.", found=False, tokens=128)),
    ]
    found = free_answers.measures(own, [answer("", found=False), answer("Paris.", found=False)], limit=128)
    percents = {name: value["percent"] for name, value in found.items()}
    assert percents["end by themselves"] == 50
    assert percents["sentences that stand on a quote"] == 50
    assert percents["right, of those found"] == percents["a quote right, of those found"] == 100
    assert percents["answer exact"] == 0
    assert percents["answer F1"] == 33.3  # 2 · 2 / 6 of "it costs 47 crowns", and nought
    assert percents["about another article: refused without asking the model"] == 50
    assert percents["about another article: not found"] == 100
    assert "| loop | 0.0 % (0–66) | 0.0 % (0–66) | 2 |" in free_answers.table({"one": found, "another": found})


def test_what_holds_the_answer_is_cut_out() -> None:
    text = "It costs 47 crowns. It is due in May. Pay 47 Crowns\nto the warden."
    assert free_answers.without(text, ["47 crowns"]).split() == "It is due in May.".split()
    assert free_answers.without(text, ["May"]).split() == "It costs 47 crowns. Pay 47 Crowns to the warden.".split()
