"""Messages and mailboxes."""

from __future__ import annotations

import base64
import mailbox
from email import policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path

from lab.evaluate.files import markup
from lab.evaluate.files.maker import Maker
from lab.evaluate.files.pdf import DE, EN, RU, ZH
from lab.evaluate.files.programs import run
from lab.evaluate.files.texts import Section, Text

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
OLD = "> The mooring officer is Lorenz Aalto.\n> A fourth night at the north quay costs 99 crowns.\n"


def message(text: Text, day: int = 12) -> EmailMessage:
    """A message without its words."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = "Ingrid Dahl <ingrid@lindholm.example>"
    mail["To"] = "press@lindholm.example"
    mail["Subject"] = text.title
    mail["Date"] = f"{day} Mar 2024 10:00:00 +0100"
    mail["Message-ID"] = f"<{day}@lindholm.example>"
    return mail


def plain(text: Text, work: Path, path: Path, charset: str, cte: str) -> None:
    """Words alone, in a charset and a transfer encoding."""
    mail = message(text)
    mail.set_content(markup.plain(text), charset=charset, cte=cte)
    path.write_bytes(mail.as_bytes())


def alternative(text: Text, work: Path, path: Path) -> None:
    """The words twice, also as a page with a picture."""
    mail = message(text)
    mail.set_content(markup.plain(text))
    mail.add_alternative(markup.html(text), subtype="html")
    mail.get_payload()[1].add_related(PICTURE, "image", "png", cid="<seal>")
    path.write_bytes(mail.as_bytes())


def page(text: Text, work: Path, path: Path) -> None:
    """As a page alone."""
    mail = message(text)
    mail.set_content(markup.html(text), subtype="html", cte="quoted-printable")
    path.write_bytes(mail.as_bytes())


def attached(text: Text, work: Path, path: Path) -> None:
    """With a picture and a message attached."""
    mail = message(text)
    mail.set_content(markup.plain(text))
    mail.add_attachment(PICTURE, "image", "png", filename="Übersicht.png")
    other = message(text, 3)
    other.set_content("The mooring officer was Lorenz Aalto.\n")
    mail.add_attachment(other)
    path.write_bytes(mail.as_bytes())


def quoting(text: Text, work: Path, path: Path) -> None:
    """Under the words stands an older message that says otherwise."""
    mail = message(text)
    mail.set_content(f"{markup.plain(text)}\n-- \nIngrid Dahl\n\nOn Mon, 11 Mar 2024, Lorenz Aalto wrote:\n" + OLD)
    path.write_bytes(mail.as_bytes())


def flowed(text: Text, work: Path, path: Path) -> None:
    """In lines that flow (RFC 3676)."""
    lines = run("fold", "-s", "-w", "66", folder=work, stdin=markup.plain(text)).decode()
    mail = message(text)
    mail.set_content(lines, params={"format": "flowed"})
    path.write_bytes(mail.as_bytes())


def mpack(text: Text, work: Path, path: Path) -> None:
    """By mpack: a picture with the words as its description."""
    (work / "seal.png").write_bytes(PICTURE)
    (work / "words").write_text(markup.plain(text))
    run("mpack", "-s", "Handbook", "-d", "words", "-o", path, "seal.png", folder=work)


def parts(text: Text) -> list[str]:
    """The text, a string for each of its sections."""
    return [markup.plain(Text(text.language, section.heading, (section,), ())) for section in text.sections]


def box(text: Text, work: Path, path: Path) -> None:
    """By Python's mailbox: a message for each section, the first one newest."""
    made = mailbox.mbox(path)
    for day, words in enumerate(reversed(parts(text)), 1):
        mail = message(text, day)
        mail.set_content(words)
        made.add(mail)
    made.close()


def patches(text: Text, work: Path, path: Path) -> None:
    """By git format-patch: a commit for each section, the first one newest."""
    git = partial(run, "git", "-c", "user.name=Ingrid Dahl", "-c", "user.email=ingrid@lindholm.example", folder=work)
    git("init", "--quiet")
    for day, section in enumerate(reversed(text.sections), 1):
        date = f"{1710000000 + 86400 * day} +0000"
        git("commit", "--quiet", "--allow-empty", "--date", date, "--file=-", stdin=said(section))
    path.write_bytes(git("format-patch", "--always", "--stdout", "--root", "HEAD"))


def said(section: Section) -> str:
    """A section as a commit's message."""
    rows = [f"{row[0]}: {', '.join(row[1:])}" for row in section.table]
    items = [section.lead, *(f"- {item}" for item in section.items)] if section.items else []
    return "\n\n".join([section.heading, *section.paragraphs, "\n".join(items), "\n".join(rows)])


MAKERS = [
    Maker("7bit.eml", "python", EN[0], partial(plain, charset="us-ascii", cte="7bit")),
    Maker("quoted-printable.eml", "python", DE, partial(plain, charset="iso-8859-1", cte="quoted-printable")),
    Maker("base64.eml", "python", RU, partial(plain, charset="utf-8", cte="base64")),
    Maker("windows-1251.eml", "python", RU, partial(plain, charset="windows-1251", cte="8bit")),
    Maker("gb18030.eml", "python", ZH, partial(plain, charset="gb18030", cte="base64")),
    Maker("alternative.eml", "python", EN[12], alternative),
    Maker("page.eml", "python", EN[6], page),
    Maker("attached.eml", "python", EN[13], attached),
    Maker("quoting.eml", "python", EN[0], quoting),
    Maker("flowed.eml", "python", EN[9], flowed),
    Maker("mpack.eml", "mpack", EN[3], mpack),
    Maker("python.mbox", "python", EN[2], box, "message"),
    Maker("git-patches.mbox", "git", EN[5], patches, "message"),
]
