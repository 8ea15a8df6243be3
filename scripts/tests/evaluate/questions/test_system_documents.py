"""Real documents as they are read."""

from lab.evaluate.questions import system_documents


def test_a_manual_page_without_its_macros():
    page = """.de FN
\\fI\\|\\$1\\|\\fP
..
.if n (C) 2022 by people.
.if t \\(co 2022
.SH "EXIT STATUS"
.PD 0
.TP
.B \\-c
If the
.SM
.B HOME
variable and
.BR bash (1)
are \\fIset\\fP, it says \\(lqno\\(rq. \\" remark
"""
    assert (
        system_documents.plain(page)
        == "(C) 2022 by people.\n\nEXIT STATUS\n\n-c\nIf the\nHOME\nvariable and\nbash(1)\nare set, it says “no”. "
    )
