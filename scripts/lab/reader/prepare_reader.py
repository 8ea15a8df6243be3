"""Makes the folder of sets that people's questions are learned from and measured on, of clones of public repositories.

    scripts/lab.sh prepare-reader CLONES DATA

CLONES holds a clone of each repository by its own name; a set whose clone is missing is left out, and said. DATA gets a
folder a set with one JSON object a line. Texts are unchanged; nothing of it is committed. Standard library only.

    FairytaleQAData   github.com/uci-soe/FairytaleQAData   Apache-2.0      trained on; the test part measured
    qamr              github.com/uwnlp/qamr                MIT             trained on
    selqa             github.com/emorynlp/selqa            Apache-2.0      trained on
    PolicyQA          github.com/wasiahmad/PolicyQA        MIT             trained on; the test part measured
    pubmedqa          github.com/pubmedqa/pubmedqa         MIT             one half trained on, one measured
    QMSum             github.com/Yale-LILY/QMSum           MIT             trained on; the test part measured
    scitldr           github.com/allenai/scitldr           Apache-2.0      trained on; the test part measured
    clapnq            github.com/primeqa/clapnq            Apache-2.0      measured only
    COVID-QA          github.com/deepset-ai/COVID-QA       Apache-2.0      measured only
    xquad             github.com/google-deepmind/xquad     CC BY-SA 4.0    measured only
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

Rows = Iterator[tuple[str, dict]]


def fairytaleqa(clone: Path) -> Rows:
    """Stories in sections, with questions."""
    base = clone / "data-by-train-split"
    for part in ("train", "val", "test"):
        for file in sorted((base / "questions" / part).glob("*-questions.csv")):
            title = file.name.removesuffix("-questions.csv")
            story = base / f"section-stories/all/{title}-story.csv"
            with story.open(encoding="utf-8", newline="") as stream:
                sections = {row["section"]: row["text"] for row in csv.DictReader(stream)}
            with file.open(encoding="utf-8", newline="") as stream:
                questions = [asked_of_story(row) for row in csv.DictReader(stream)]
            yield f"fairytaleqa/{part}", {"title": title, "sections": sections, "questions": questions}


def asked_of_story(row: dict) -> dict:
    """A row of FairytaleQA's questions."""
    return {
        "section": row["cor_section"], "question": row["question"],
        "answers": [row[f"answer{i}"] for i in range(1, 7) if row.get(f"answer{i}")],
        "explicit": row["ex-or-im1"] == "explicit", "attribute": row["attribute1"],
        "local": row["local-or-sum"] == "local",
    }  # fmt: skip


def qamr(clone: Path) -> Rows:
    """Paragraphs of Wikipedia and Wikinews with questions about single words."""
    questions: dict[str, list[dict]] = defaultdict(list)
    tokens = dict(tsv(clone / "data/wiki-sentences.tsv"))
    for part in ("dev", "test"):
        for row in tsv(clone / f"data/filtered/{part}.tsv"):
            words = tokens[row[0]].split(" ")
            asked = {"question": row[5], "answer": " ".join(words[int(i)] for i in row[6].split())}
            if asked not in questions[row[0]]:
                questions[row[0]].append(asked)
    documents: dict[str, list[dict]] = defaultdict(list)
    for name, text in tokens.items():
        document, _, number = name.rpartition(":")
        documents[document].append({"n": int(number), "tokens": text, "questions": questions.get(name, [])})
    for document, found in sorted(documents.items()):
        yield "qamr/sentences", {"document": document, "sentences": sorted(found, key=lambda s: s["n"])}


def tsv(file: Path) -> Iterator[list[str]]:
    """The fields of each line."""
    with file.open(encoding="utf-8") as stream:
        for line in stream:
            yield line.rstrip("\n").split("\t")


def selqa(clone: Path) -> Rows:
    """Sections of Wikipedia's articles with the sentences that answer."""
    keys = ("article", "section", "topic", "question", "is_paraphrase", "candidates", "answers")
    for part, name in (("dev", "train-a"), ("test", "train-b"), ("train", "train-c")):
        file = clone / f"ass/selqa-ass-{part}.json"
        for row in json.loads(file.read_text("utf-8")) if file.exists() else ():
            yield f"selqa/{name}", {key: row[key] for key in keys}


def squad(articles: list[dict]) -> Iterator[dict]:
    """Articles in SQuAD's form."""
    for number, article in enumerate(articles):
        paragraphs = [
            {
                "text": paragraph["context"],
                "questions": [
                    {
                        "question": asked["question"],
                        "answers": [{"text": a["text"], "start": a["answer_start"]} for a in asked["answers"]],
                    }
                    for asked in paragraph["qas"]
                ],
            }
            for paragraph in article["paragraphs"]
        ]
        yield {"title": article.get("title", ""), "article": number, "paragraphs": paragraphs}


def policyqa(clone: Path) -> Rows:
    """Privacy policies in paragraphs."""
    for part, name in (("dev", "train"), ("test", "test")):
        for row in squad(json.loads((clone / f"data/{part}.json").read_text("utf-8"))["data"]):
            yield f"policyqa/{name}", {"title": row["title"], "paragraphs": row["paragraphs"]}


def pubmedqa(clone: Path) -> Rows:
    """Abstracts with a question of yes, no or maybe."""
    for name, row in json.loads((clone / "data/ori_pqal.json").read_text("utf-8")).items():
        kept = {"question": row["QUESTION"], "contexts": row["CONTEXTS"]}
        yield "pubmedqa/labelled", {"id": name, **kept, "decision": row["final_decision"], "answer": row["LONG_ANSWER"]}


def qmsum(clone: Path) -> Rows:
    """Meetings with questions by query."""
    for part in ("train", "val", "test"):
        for domain in ("Academic", "Committee", "Product"):
            for file in sorted((clone / f"data/{domain}/{part}").glob("*.json")):
                yield f"qmsum/{part}", {"domain": domain, "meeting": file.stem, **json.loads(file.read_text("utf-8"))}


def scitldr(clone: Path) -> Rows:
    """Abstracts with summaries of one sentence."""
    for part in ("train", "dev", "test"):
        with (clone / f"SciTLDR-Data/SciTLDR-A/{part}.jsonl").open(encoding="utf-8") as stream:
            for row in map(json.loads, stream):
                told = {"title": row["title"], "abstract": row["source"], "tldrs": row["target"]}
                yield f"scitldr/{part}", {"id": row["paper_id"], **told}


def clapnq(clone: Path) -> Rows:
    """Passages with a question that was typed into a search."""
    for part in ("answerable", "unanswerable"):
        with (clone / f"annotated_data/dev/clapnq_dev_{part}.jsonl").open(encoding="utf-8") as stream:
            for row in map(json.loads, stream):
                passages = [{key: passage[key] for key in ("title", "sentences")} for passage in row["passages"]]
                answers = [{"text": o["answer"], "sentences": o["selected_sentences"]} for o in row["output"]]
                yield f"clapnq/dev-{part}", {"question": row["input"], "passages": passages, "answers": answers}


def covidqa(clone: Path) -> Rows:
    """Scientific articles with questions by experts."""
    for row in squad(json.loads((clone / "data/question-answering/COVID-QA.json").read_text("utf-8"))["data"]):
        for paragraph in row["paragraphs"]:
            yield "covidqa/en", {"article": row["article"], **paragraph}


def xquad(clone: Path) -> Rows:
    """Articles of Wikipedia with questions, in twelve languages."""
    for file in sorted(clone.glob("xquad.*.json")):
        for row in squad(json.loads(file.read_text("utf-8"))["data"]):
            yield f"xquad/{file.name.split('.')[1]}", {"article": row["article"], "paragraphs": row["paragraphs"]}


REPOSITORIES: dict[str, Callable[[Path], Rows]] = {
    "FairytaleQAData": fairytaleqa,
    "qamr": qamr,
    "selqa": selqa,
    "PolicyQA": policyqa,
    "pubmedqa": pubmedqa,
    "QMSum": qmsum,
    "scitldr": scitldr,
    "clapnq": clapnq,
    "COVID-QA": covidqa,
    "xquad": xquad,
}


def prepare(clones: Path, data: Path) -> dict[str, int]:
    """Writes the sets; how many lines each file has."""
    counts: dict[str, int] = defaultdict(int)
    for name, read in REPOSITORIES.items():
        if not (clones / name).is_dir():
            print(f"{name}: no clone in {clones}, left out")
            continue
        streams = {}
        for file, row in read(clones / name):
            if file not in streams:
                (data / file).parent.mkdir(parents=True, exist_ok=True)
                streams[file] = (data / f"{file}.jsonl").open("w", encoding="utf-8")
            streams[file].write(json.dumps(row, ensure_ascii=False) + "\n")
            counts[file] += 1
        for stream in streams.values():
            stream.close()
    return dict(counts)


def main() -> None:
    """Reads the command line and writes the sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", type=Path, help="folder that holds a clone of each repository")
    parser.add_argument("data", type=Path, help="folder to write to")
    options = parser.parse_args()
    for file, count in prepare(options.clones, options.data).items():
        print(f"{file}.jsonl: {count:,} lines")


if __name__ == "__main__":
    main()
