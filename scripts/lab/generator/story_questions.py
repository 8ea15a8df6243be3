"""FairytaleQA's stories with their questions, as ssft reads documents: a line a story, cut where it gets too long.

    scripts/lab.sh story-questions DATA stories.jsonl

Only questions about a section that is still there are asked. Standard library only.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from lab.generator.examples import as_sentence
from lab.reader.sets import lines

# Words of a document: about 1,600 tokens, so that one stands whole in a sample of ssft.
LONGEST = 1200


def documents(folder: Path) -> Iterator[dict]:
    """Stories up to LONGEST words, as train/samples.py reads them."""
    for story in lines(folder / "fairytaleqa/train.jsonl"):
        parts: dict[str, str] = {}
        for section, text in story["sections"].items():
            if sum(len(part.split()) for part in [*parts.values(), text]) > LONGEST:
                break
            parts[section] = " ".join(text.split())
        asked = [
            {"question": q["question"], "answer": as_sentence(q["answers"][0])}
            for q in story["questions"]
            if q["section"] in parts and q["answers"]
        ]
        if asked:
            yield {"document": "\n\n".join(parts.values()), "questions": asked}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the sets, from prepare-reader")
    parser.add_argument("target", type=Path)
    args = parser.parse_args()
    part = args.target.with_suffix(".new")
    part.write_text("".join(json.dumps(row) + "\n" for row in documents(args.data)))
    part.replace(args.target)


if __name__ == "__main__":
    main()
