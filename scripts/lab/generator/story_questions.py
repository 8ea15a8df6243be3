"""FairytaleQA's stories with their questions, as ssft reads documents: a line a story, cut where it gets too long.

    scripts/lab.sh story-questions DATA stories.jsonl
    scripts/lab.sh story-questions DATA mixed.jsonl --words 600 --keys 240      with generated documents between them

Only questions about a section that is still there are asked. Generated documents declare KEYS facts that are answered
by the sentence that declares them (corpus/passkeys.py). Standard library only.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

from lab.corpus import seeds
from lab.corpus.passkeys import KEYS, passkeys
from lab.generator.examples import as_sentence
from lab.reader.sets import lines

# Words of a document: about 1,600 tokens, so that one stands whole in a sample of ssft.
LONGEST = 1200
# Tokens of a generated document as the demo model counts them: about 600 words.
GENERATED = 800


def documents(folder: Path, words: int = LONGEST) -> Iterator[dict]:
    """Stories up to so many words, as train/samples.py reads them."""
    for story in lines(folder / "fairytaleqa/train.jsonl"):
        parts: dict[str, str] = {}
        for section, text in story["sections"].items():
            if sum(len(part.split()) for part in [*parts.values(), text]) > words:
                break
            parts[section] = " ".join(text.split())
        asked = [
            {"question": q["question"], "answer": as_sentence(q["answers"][0])}
            for q in story["questions"]
            if q["section"] in parts and q["answers"]
        ]
        if asked:
            yield {"document": "\n\n".join(parts.values()), "questions": asked}


def generated(number: int) -> Iterator[dict]:
    """So many generated documents with the facts that they declare, up to their end."""
    for i in range(number):
        made = passkeys(GENERATED, f"{seeds.SSFT}/keys/{i}", KEYS, tail=0)
        told = [query for query in made.queries if query.sentence in made.text]
        asked = [{"question": query.question, "answer": query.sentence} for query in told]
        yield {"document": made.text.strip(), "questions": asked}


def mixed(*sources: Iterator[dict]) -> list[dict]:
    """All in an order that is the same each time: ssft holds every eighth line back, of each kind some."""
    rows = [row for source in sources for row in source]
    Random("mixed").shuffle(rows)
    return rows


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the sets, from prepare-reader")
    parser.add_argument("target", type=Path)
    parser.add_argument("--words", type=int, default=LONGEST, help="of a story, at most (%(default)s)")
    parser.add_argument("--keys", type=int, default=0, help="generated documents, too (%(default)s)")
    args = parser.parse_args()
    stories = documents(args.data, args.words)
    rows = mixed(stories, generated(args.keys)) if args.keys else stories
    part = args.target.with_suffix(".new")
    part.write_text("".join(json.dumps(row) + "\n" for row in rows))
    part.replace(args.target)


if __name__ == "__main__":
    main()
