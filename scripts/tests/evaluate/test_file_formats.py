"""Files that programs make, and what is right about an answer out of one."""

import json
import mailbox

import pytest

from lab.evaluate import file_formats
from lab.evaluate.file_formats import MAKERS, FileAsker, Result, by_format, chosen, place_of, quote_of
from lab.evaluate.files import mail, markup
from lab.evaluate.files.maker import Maker
from lab.evaluate.files.programs import MissingProgramError, folded, run
from lab.evaluate.files.texts import TITLES, Text

TEXT = Text.of("en", 4)
FEE = TEXT.facts[0]


def answer(*quotes, found=True):
    told = [{"text": text, "place": {"kind": "page", "number": 2}} for text in quotes]
    return {"found": found, "text": " ".join(quotes), "quotes": told}


@pytest.mark.parametrize("language", TITLES)
def test_every_fact_stands_once_in_its_text(language):
    text = Text.of(language, 99)
    plain = folded(markup.plain(text))
    for fact in text.facts:
        assert fact.where == "row" or plain.count(folded(fact.sentence)) == 1
    assert len({fact.question for fact in text.facts}) == len(text.facts) >= 6


def test_there_are_enough_files_of_each_format():
    names = [maker.file for maker in MAKERS]
    assert len(set(names)) == len(names)
    formats = [maker.format for maker in MAKERS]
    assert formats.count("pdf") >= 30
    for some in ({"docx", "odt"}, {"html", "epub"}, {"eml", "mbox"}):
        assert sum(formats.count(name) for name in some) >= 10
    assert [maker.file for maker in chosen(["owner-rc4"])] == ["qpdf-owner-rc4.pdf"]


def test_a_quote_is_right_by_its_sentence_and_its_value():
    assert quote_of(FEE, answer("A fourth night at the north\nquay costs 47 crowns."))
    assert quote_of(FEE, answer("Nothing.", "A fourth night at the north quay costs 47 crowns."))
    for wrong in (
        "It costs 47 crowns.",
        "A fourth night at the north quay costs",
        "47 crowns and the weather is fine today.",
    ):
        assert quote_of(FEE, answer(wrong)) is None
    assert quote_of(FEE, answer(FEE.sentence, found=False)) is None
    (row,) = (fact for fact in Text.of("en", 1, 12).facts if fact.value == "120")
    assert quote_of(row, answer("Boat\tPer day\tDeposit\tSeats\nDinghy\t95\t120\t4"))
    assert quote_of(row, answer("Canoe\t45\t120\t2")) is None


def test_words_are_compared_as_they_are_read():
    assert folded("the mu\u00ad\nseum of\nspeci\ufb01c no-\n tes, Mo\u0308we") == "the museum of specific notes, Möwe"
    assert folded("well-known") == "well-known"


def test_the_place_is_popplers_page_or_the_section():
    pdf = Maker("x.pdf", "x", TEXT, lambda *at: None, "page")
    pages = ["Handbook", "A fourth night at the north quay costs 47 crowns. More.", "47 trees"]
    assert place_of(pdf, FEE, pages) == [{"kind": "page", "number": 2}]
    over = ["A fourth night at the", "north quay costs 47 crowns."]
    assert [place["number"] for place in place_of(pdf, FEE, over)] == [1, 2]
    assert place_of(pdf, FEE, [*pages, "47 crowns"]) == place_of(pdf, FEE, []) == []
    assert place_of(Maker("x.pptx", "x", TEXT, lambda *at: None, "slide"), TEXT.facts[-1], []) == [
        {"kind": "slide", "number": 4}
    ]
    assert place_of(Maker("x.html", "x", TEXT, lambda *at: None), FEE, []) == []


def test_a_missing_program_is_named(tmp_path):
    with pytest.raises(MissingProgramError, match="no-such-program"):
        run("no-such-program", folder=tmp_path)
    maker = Maker("x.pdf", "x", TEXT, lambda *at: run("no-such-program", folder=tmp_path))
    files, missing = file_formats.made([maker], tmp_path, file_formats.Progress())
    assert not files
    assert missing == ["no-such-program is missing (see the module): no x.pdf"]


def test_messages_are_read_back(tmp_path):
    (box,) = (maker for maker in mail.MAKERS if maker.file == "python.mbox")
    read = mailbox.mbox(box.into(tmp_path))
    assert len(read) == len(box.text.sections)
    assert box.text.sections[0].heading in read[len(read) - 1].get_payload()


def test_a_message_is_asked(cli, tmp_path):
    """Every fact of the plain text is found in the message; a file that is refused is no fact that is missed."""
    asker = FileAsker(cli, tmp_path, "recall")
    (maker,) = (maker for maker in mail.MAKERS if maker.file == "base64.eml")
    result = asker.result(maker, maker.into(tmp_path))
    assert result.facts.right >= result.plain.right - 1
    assert result.facts.n == len(maker.text.facts)
    empty = Maker("empty.html", "x", TEXT, lambda text, work, path: path.write_text("<p></p>"), refusal="text.empty")
    refused = asker.result(empty, empty.into(tmp_path))
    assert refused.refused_rightly
    rows = by_format([result, refused])
    assert [(row["format"], row["facts"].n, row["refused"].right) for row in rows] == [
        ("eml", result.facts.n, 0),
        ("html", 0, 1),
    ]
    json.dumps([one.json() for one in (result, refused)])


def test_a_file_that_should_be_refused_and_is_not_is_a_fault():
    result = Result(Maker("x.pdf", "x", TEXT, lambda *at: None, "page", "document.scanned"), refusal="none")
    assert not result.refused_rightly
