"""Rule-made questions about real documents, through the shipped command line.

    python scripts/real.py                GPL-3, Apache-2.0 and the manual page of bash, read where Debian keeps them
    python scripts/real.py --hard         at most half of a sentence's content words, one swapped for a synonym
    python scripts/real.py --write        also writes docs/records/ and the table in models/demo/README.md

A question keeps some of a sentence's content words; no other sentence holds as many of them. It is right when the
quote is that sentence. The same rule applied to one document and asked of another gives questions that nothing there
answers. Every quote is held against the file, byte for byte and by its UTF-16 offsets. Beside it stands what BM25's
best sentence would answer, and the questions that a person wrote (licences.py). The documents are never copied and
never trained on. Needs cargo, no Python package.
"""

from __future__ import annotations

import argparse
import gzip
import random
import re
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bm25 import Bm25, sentences, stems
from cli import ROOT, Cli, built, commit, record_head, write_record
from evaluate import Progress, replace_between
from licences import ASKED, LICENCES, NOT_ANSWERED
from questions import content_words, synonyms
from score import File, Share, same

MANUAL = Path("/usr/share/man/man1/bash.1.gz")
QUESTIONS = 100  # a document, where it has so many sentences
LONGEST = 360  # characters of a sentence asked for: the engine cuts longer ones
ESCAPES = {
    "\\-": "-",
    "\\ ": " ",
    "\\e": "\\",
    "\\|": "",
    "\\^": "",
    "\\&": "",
    "\\(bu": "•",
    "\\(aq": "'",
    "\\(co": "©",
}
ESCAPES |= {"\\(lq": "“", "\\(rq": "”", "\\(em": "—", "\\(ga": "`", "\\(ha": "^", "\\(ti": "~"}


@dataclass
class Result:
    """What came of one document."""

    document: str
    answered: Share = field(default_factory=Share)
    bm25: Share = field(default_factory=Share)
    absent: Share = field(default_factory=Share)
    refused: Share = field(default_factory=Share)  # although the document says it
    quotes: int = 0

    def json(self) -> dict:
        shares = {name: getattr(self, name).json() for name in ("answered", "bm25", "absent", "refused")}
        return {"document": self.document, **shares, "quotes_checked": self.quotes}


def plain(page: str) -> str:
    """A manual page without its macros: headings and paragraphs between empty lines, line ends as they stand."""
    out, skipping = [], ""
    for line in page.splitlines():
        if skipping:
            skipping = "" if line.startswith(skipping) else skipping
            continue
        line = re.sub(r'\\".*', "", line)
        if line.startswith((".de", ".ig")):
            skipping = ".."
        line = re.sub(r"^\.(if|ie) n\s+", "", line)
        macro, _, rest = line.partition(" ") if line.startswith((".", "'")) else ("", "", line)
        words = [a or b for a, b in re.findall(r'"([^"]*)"|(\S+)', rest)] if macro else []
        if macro in (".SH", ".SS"):
            out += ["", " ".join(words), ""]
        elif macro in (".BR", ".BI", ".IR", ".IB", ".RB", ".RI"):
            out.append("".join(words))
        elif macro in (".B", ".I", ".SM", ".FN") and words:
            out.append(" ".join(words))
        elif macro in (".PP", ".LP", ".TP", ".IP", ".HP", ".RS", ".RE", ".sp"):
            out += ["", *words[: macro == ".IP"]]
        elif not macro:
            out.append(line)
    text = re.sub(r"\\f(\[\w*\]|\(..|.)|\\s[-+]?\d|\\[*n](\(..|.)", "", "\n".join(out))
    text = re.sub(r"\\(\(..|.)", lambda found: ESCAPES.get(found[0], ""), text)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line for line in text.split("\n") if line == "" or line.strip()))


def documents() -> dict[str, str]:
    """Name -> text; what this machine lacks is left out, and named on standard error."""
    files = {name: LICENCES / name for name in ("GPL-3", "Apache-2.0")} | {"bash.1": MANUAL}
    for name in [name for name, file in files.items() if not file.exists()]:
        print(f"{name} is left out: {files.pop(name)} is not there", file=sys.stderr)
    return {
        name: plain(gzip.decompress(file.read_bytes()).decode()) if file == MANUAL else file.read_text()
        for name, file in files.items()
    }


def ask_about(r: random.Random, sentence: str, hard: bool) -> str | None:
    """A question that keeps 40 to 60 % of the sentence's content words in their order; hard: at most half of them, one
    swapped for a synonym."""
    words = list(dict.fromkeys(w for w in content_words(sentence) if w[0].isalpha()))
    count = int(len(words) * (r.uniform(0.35, 0.5) if hard else r.uniform(0.4, 0.6)))
    if count < 3:
        return None
    kept = [words[i].lower() for i in sorted(r.sample(range(len(words)), count))]
    if hard:
        known = [i for i, word in enumerate(kept) if word in synonyms()]
        if not known:
            return None
        at = r.choice(known)
        kept[at] = r.choice(synonyms()[kept[at]])
    return f"{r.choice(('What is said about', 'What about', 'Which sentence speaks of'))} {' '.join(kept[:8])}?"


def rule_made(name: str, text: str, most: int, hard: bool) -> list[tuple[str, str]]:
    """(question, the one sentence that answers it), evenly over the document."""
    r = random.Random(f"real/{name}/{hard}")
    cut = sentences(text)
    held = [set(stems(sentence)) for sentence in cut]
    found = []
    for at, sentence in enumerate(cut):
        question = ask_about(r, sentence, hard) if 40 <= len(sentence) <= LONGEST else None
        if question:
            asked = set(stems(question.partition(" of " if "speaks" in question else " about ")[2]))
            if all(len(asked & other) < len(asked & held[at]) for i, other in enumerate(held) if i != at):
                found.append((question, sentence))
    count = min(most, len(found))
    return [found[i * len(found) // count] for i in range(count)]


def run(cli: Cli, file: Path, text: str, questions: list[str], reading: str) -> tuple[list[str | None], int]:
    """-> each answer's quote, or none where it was refused; quotes held against the file."""
    file.write_text(text)
    report, _, _ = cli.run("ask", str(file), *questions, "--reading", reading)
    checked = File(text.encode()).check(report["answers"])
    return [a["quotes"][0]["text"] if a["found"] and a["quotes"] else None for a in report["answers"]], checked


def by_rule(cli: Cli, work: Path, texts: dict[str, str], reading: str, most: int, hard: bool) -> list[Result]:
    made = {name: rule_made(name, text, most, hard) for name, text in texts.items()}
    results = []
    for name, text in texts.items():
        cut = sentences(text)
        index, words = Bm25(cut), set(stems(text))
        others = [question for other in made if other != name for question, _ in made[other]]
        absent = [q for q in others if len(set(stems(q)) & words) <= 0.5 * len(set(stems(q)))][:most]
        result = Result(name)
        quotes, result.quotes = run(cli, work / name, text, [q for q, _ in made[name]] + absent, reading)
        for (question, sentence), quote in zip(made[name], quotes, strict=False):
            result.answered.add(bool(quote) and same(quote, sentence))
            result.refused.add(not quote)
            scores = index.scores(question)
            result.bm25.add(cut[scores.index(max(scores))] == sentence)
        for quote in quotes[len(made[name]) :]:
            result.absent.add(not quote)
        results.append(result)
    return results


def by_hand(cli: Cli, work: Path, reading: str) -> Result:
    """The questions that a person wrote about whole licences."""
    result = Result("licences, questions by a person")
    for licence, lines in ASKED.items():
        text = (LICENCES / licence).read_text()
        cut = sentences(text)
        index = Bm25(cut)
        asked = [line.split("|") for line in lines.strip().splitlines()]
        foreign = NOT_ANSWERED if licence == "GPL-3" else []
        quotes, checked = run(cli, work / licence, text, [q for q, _ in asked] + list(foreign), reading)
        result.quotes += checked
        for (question, gold), quote in zip(asked, quotes, strict=False):
            result.answered.add(bool(quote) and gold.lower() in " ".join(quote.split()).lower())
            result.refused.add(not quote)
            scores = index.scores(question)
            result.bm25.add(gold.lower() in cut[scores.index(max(scores))].lower())
        for quote in quotes[len(asked) :]:
            result.absent.add(not quote)
    return result


def table(results: list[Result]) -> str:
    lines = ["| document | right | BM25's best sentence | there: refused | absent: refused |", "|---|---|---|---|---|"]
    return "\n".join(
        [*lines, *(f"| {r.document} | {r.answered} | {r.bm25} | {r.refused} | {r.absent} |" for r in results)]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a model folder; by default $EDGEINFINITE_MODEL, else models/demo")
    parser.add_argument("--reading", default="recall")
    parser.add_argument("--questions", type=int, default=QUESTIONS, help="a document at most (%(default)s)")
    parser.add_argument("--hard", action="store_true")
    parser.add_argument("--write", action="store_true", help="write the record and the table")
    args = parser.parse_args()
    began, progress = time.monotonic(), Progress()
    commit()
    with tempfile.TemporaryDirectory(prefix="edgeinfinite-real-") as folder:
        work = Path(folder)
        cli = Cli(built(), args.model, work)
        results = by_rule(cli, work, documents(), args.reading, args.questions, args.hard)
        results.append(by_hand(cli, work, args.reading))
        record = record_head(["python", "scripts/real.py", *sys.argv[1:]], cli, began)
    progress.say(f"{sum(r.quotes for r in results)} quotes stand in their files, byte for byte", True)
    print(table(results))
    if args.write:
        name = record["model"]["name"]
        path = write_record(f"real-{name}", record | {"rows": [r.json() for r in results]})
        text = f"`{record['command']}` ([record](../../{path.relative_to(ROOT)})); 95 % intervals (Wilson) and n:\n\n"
        replace_between(ROOT / "models/demo/README.md", f"real {name}", text + table(results))


if __name__ == "__main__":
    main()
