"""What an answer is worth."""

import pytest

from lab.evaluate.score import File, Share, names, said, same


def test_an_answer_names_a_value_or_does_not():
    answer = {"found": True, "text": "The code that opens the gate is 48213.", "quotes": []}
    assert names(answer, "48213")
    assert names(answer, "GATE")
    assert not names(answer, "4821")
    assert not names(answer | {"found": False}, "48213")
    assert said(answer) == answer["text"]
    assert said(answer | {"quotes": [{"text": "quoted"}]}) == "quoted"
    assert said(answer | {"found": False}) == ""


def test_wilson_interval():
    low, high = Share(8, 10).interval()  # as in the literature's example
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    assert Share(0, 40).interval()[0] == 0.0
    assert Share(40, 40).interval()[1] == 1.0
    assert Share(1, 2) + Share(2, 3) == Share(3, 5)


def test_a_quote_is_held_against_bytes_and_utf16():
    text = "é 😀 It may be copied. Not sold."
    file = File(text.encode())
    start = text.index("It")
    quote = {"start": 8, "end": 28, "start_utf16": start + 1, "end_utf16": start + 21, "text": "It may be copied. No"}
    assert file.verbatim(quote)
    for key in ("start", "end", "start_utf16", "end_utf16"):
        assert not file.verbatim(quote | {key: quote[key] + 1}), key
    with pytest.raises(SystemExit, match="8 to 27"):
        file.check([{"quotes": [quote | {"end": 27}]}])


def test_the_same_sentence():
    sentence = "The roof was painted in May by a firm from Belmor."
    assert same("The roof was\n painted in May by a firm from Belmor.", sentence)
    assert same("The roof was painted in May by a firm", sentence)
    assert not same("The roof was painted", sentence)
    assert not same("The cellar was painted in May by a firm from Belmor.", sentence)
