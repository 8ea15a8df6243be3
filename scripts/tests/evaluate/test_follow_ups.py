"""The set of follow-up questions, and what is counted of the answers to it."""

from collections import Counter

from lab.evaluate.follow_ups import HEAD, PARTS, WAYS, Asked, files, headed, is_right, measures, read, rows

TEXTS = {text["name"]: text for text in read("texts.jsonl")}
QUESTIONS = read("questions.jsonl")


def answer(text: str, resolved: str | None = None) -> dict:
    """An answer that quotes a text; none was found where it is empty."""
    quotes = [{"text": text}] if text else []
    return {"found": bool(text), "text": text, "quotes": quotes, "resolved_question": resolved}


def test_the_set_is_as_large_as_it_says():
    kinds = Counter(question["kind"] for question in QUESTIONS)
    assert kinds["follow"] >= 120
    assert kinds["plain"] >= 25
    assert kinds["change"] >= 25
    assert kinds["absent"] >= 40
    assert sum(q["kind"] == "absent" and not TEXTS[q["text"]]["seen"] for q in QUESTIONS) >= 20
    assert len(TEXTS) == 15
    assert {PARTS[not text["seen"]] for text in TEXTS.values()} == set(PARTS)


def test_every_answer_stands_in_its_text_and_every_chain_opens_with_a_whole_question():
    opened = set()
    for question in QUESTIONS:
        text = " ".join(TEXTS[question["text"]]["text"].split())
        assert question["answer"] in text, question
        chain = (question["text"], question["chain"])
        assert (question["kind"] == "first") == (chain not in opened), question
        opened.add(chain)
        assert (question["kind"] == "absent") == (question["answer"] == ""), question
        if question["kind"] not in ("follow", "absent"):
            assert question["resolved"] == question["question"], question


def test_right_is_the_first_quote():
    assert is_right(answer("The rent is 840\neuros a month."), "840 euros")
    assert not is_right(answer("The rent is due."), "840 euros")
    assert not is_right(answer(""), "840 euros")
    second = {**answer("It is due."), "quotes": [{"text": "It is due."}, {"text": "840 euros"}]}
    assert not is_right(second, "840 euros")


def test_shares_of_each_kind():
    def asked(kind: str, alone: str, chat: str, resolved: str | None) -> Asked:
        answers = {"alone": answer(alone), "chat": answer(chat, resolved), "resolved": answer("right")}
        return Asked({"kind": kind, "answer": "right"}, answers)

    some = [
        asked("first", "right", "right", None),
        asked("follow", "wrong", "right", "What?"),
        asked("follow", "right", "wrong", None),
        asked("plain", "right", "wrong", "What?"),
        asked("change", "right", "right", None),
        asked("absent", "", "", None),
        asked("absent", "", "wrong", "What?"),
        asked("follow", "", "", None),
    ]
    found = measures(some)
    assert (found["follow: right, chat"]["right"], found["follow: right, chat"]["n"]) == (1, 3)
    assert found["follow: right, resolved"]["right"] == 3
    assert [found[f"absent: refused, {way}"]["right"] for way in WAYS] == [2, 1, 0]
    assert (found["follow: refused, chat"]["right"], found["follow: refused, chat"]["n"]) == (1, 3)
    assert "absent: right, chat" not in found
    assert [a.well("chat") for a in some if a.question["kind"] == "absent"] == [True, False]
    assert (found["plain and change: unchanged"]["right"], found["plain and change: unchanged"]["n"]) == (1, 2)
    assert found["plain and change: right alone, and in the chat"]["right"] == 1
    (row,) = rows({"finder": [{"document": "each text", "texts": "seen", "shares": found}]})
    assert row.count("|") == HEAD.splitlines()[0].count("|")


def test_all_texts_in_one_file_stand_under_headings(tmp_path):
    made = files(list(TEXTS.values()), tmp_path, together=True)
    assert len({file for _, file in made}) == 1
    whole = made[0][1].read_text("utf-8")
    assert all(headed(text["text"]) in whole and headed(text["text"]).startswith("# ") for text in TEXTS.values())
