"""Porter's stemmer (1980), as the original ROUGE uses it: English words without their endings.

    stem("relational")        'relat'

Standard library only.
"""

from __future__ import annotations

import re
from functools import cache

# Steps 2, 3 and 4 of the paper: what each ending becomes, after a stem of more than so many syllables.
STEP_2 = {
    "ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize", "abli": "able", "alli": "al",
    "entli": "ent", "eli": "e", "ousli": "ous", "ization": "ize", "ation": "ate", "ator": "ate", "alism": "al",
    "iveness": "ive", "fulness": "ful", "ousness": "ous", "aliti": "al", "iviti": "ive", "biliti": "ble",
}  # fmt: skip
STEP_3 = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": ""}
STEP_4 = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti",
    "ous", "ive", "ize",
)  # fmt: skip


def form(word: str) -> str:
    """Consonants as c, vowels as v."""
    found = ""
    for letter in word:
        vowel = letter in "aeiou" or (letter == "y" and found[-1:] == "c")
        found += "v" if vowel else "c"
    return found


def measure(word: str) -> int:
    """How often vowels are followed by consonants: the paper's m."""
    return len(re.findall("v+c+", form(word)))


def is_short(word: str) -> bool:
    """Whether a word ends in consonant, vowel and a consonant that is not w, x or y."""
    return form(word).endswith("cvc") and word[-1] not in "wxy"


def longest(word: str, endings: dict[str, str], least: int) -> str:
    """A word with the longest of the endings that it has exchanged, if what stands before measures more than that."""
    ending = max((e for e in endings if word.endswith(e)), key=len, default=None)
    if ending is None:
        return word
    rest = word[: len(word) - len(ending)]
    if ending == "ion" and rest[-1:] not in ("s", "t"):
        return word
    return rest + endings[ending] if measure(rest) > least else word


def singular(word: str) -> str:
    """Step 1a."""
    for ending, becomes in (("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")):
        if word.endswith(ending):
            return word[: len(word) - len(ending)] + becomes
    return word


def present(word: str) -> str:
    """Step 1b."""
    if word.endswith("eed"):
        return word[:-1] if measure(word[:-3]) > 0 else word
    rest = next((word[: -len(e)] for e in ("ed", "ing") if word.endswith(e) and "v" in form(word[: -len(e)])), None)
    if rest is None:
        return word
    if rest.endswith(("at", "bl", "iz")):
        return rest + "e"
    if form(rest).endswith("c") and rest[-2:-1] == rest[-1] and rest[-1] not in "lsz":
        return rest[:-1]
    return rest + "e" if measure(rest) == 1 and is_short(rest) else rest


@cache
def stem(word: str) -> str:
    """The stem of a word in small letters."""
    if len(word) < 3:
        return word
    word = present(singular(word))
    if word.endswith("y") and "v" in form(word[:-1]):
        word = word[:-1] + "i"
    word = longest(word, STEP_2, 0)
    word = longest(word, STEP_3, 0)
    word = longest(word, dict.fromkeys(STEP_4, ""), 1)
    if word.endswith("e"):
        size = measure(word[:-1])
        if size > 1 or (size == 1 and not is_short(word[:-1])):
            word = word[:-1]
    return word[:-1] if word.endswith("ll") and measure(word) > 1 else word
