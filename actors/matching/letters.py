"""Names of any script in plain Latin letters, and what is left of a word when its vowels are taken away.

The Arabic script writes few vowels, and each language that uses it (Arabic, Persian, Dari, Pashto, Urdu) is written
in Latin letters by several systems. Words are therefore also compared by their *skeleton*: consonants alone, and of
consonants that the systems exchange (kh, q, g; dh, d, t; sh, ch, j) one letter for all.
"""

from __future__ import annotations

import re

from anyascii import anyascii

from threatdb.records.search import MAX_KEY

# anyascii gives alif and the feminine ending as consonants or drops them; Pashto and Persian letters beside Arabic's.
_ARABIC = str.maketrans(
    dict(zip("اأإآٱؤعوىيیېۍےةۃ", "aaaaawawayyyyyaa", strict=True))
    | {"ه": "h", "ۀ": "a", "ہ": "h", "ھ": "h", "ح": "h", "خ": "kh", "غ": "gh", "ق": "q", "ث": "th", "ذ": "dh"}  # noqa: RUF001
    | {"ص": "s", "ض": "d", "ط": "t", "ظ": "z", "ش": "sh", "ج": "j", "چ": "ch", "ژ": "zh", "گ": "g", "ګ": "g", "پ": "p"}
    | {"ټ": "t", "ډ": "d", "ړ": "r", "ږ": "g", "ښ": "kh", "څ": "ts", "ځ": "dz", "ڼ": "n", "ں": "n", "ٹ": "t", "ڈ": "d"}
    | {"ڑ": "r", "ب": "b", "ت": "t", "د": "d", "ر": "r", "ز": "z", "س": "s", "ف": "f", "ك": "k", "ک": "k", "ل": "l"}
    | {"م": "m", "ن": "n", "ء": "", "ئ": "", "ـ": "", "\u200c": " "}
)
_IS_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]")
# The vowel signs and other marks over and under Arabic letters.
_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")
# The Arabic article, and the word for “and” before it, are written as one word with their noun; God's own name is not
# taken for a noun with one.
_ARTICLE = re.compile(r"\b(و?)(?:ال|أل)(?!ل[\u0647\u06c1]\b)(?=\w{2,})")
# It is one word with what stands before it in a name, as every other script writes it: Abdullah, Fazlullah.
_OF_GOD = re.compile(r"(?<=\w)\s+(?=الل[\u0647\u06c1]\b)")
# Scripts whose words mostly lack vowels: Arabic and Hebrew.
_VOWELLESS = re.compile("[\u0590-\u05ff\u0600-\u06ff\u0750-\u077f\ufb1d-\ufdff\ufe70-\ufeff]")
_APOSTROPHES = re.compile("['`´‘’ʻʼʾʿ\u02bd]")  # noqa: RUF001
_WORD = re.compile(r"[a-z]+|[0-9]+")


def lacks_vowels(text: str) -> bool:
    """Whether the text is in a script that writes few vowels."""
    return bool(_VOWELLESS.search(text))


def words_of(text: str) -> list[str]:
    """The words of a name in small Latin letters; letters with dots between them are one word."""
    if _IS_ARABIC.search(text):
        text = _ARTICLE.sub(r"\1 ال ", _OF_GOD.sub("", _MARKS.sub("", text))).translate(_ARABIC)
    plain = _APOSTROPHES.sub("", anyascii(_APOSTROPHES.sub("", text))).lower()
    return _joined(_WORD.findall(plain[:MAX_KEY]))


def _joined(words: list[str]) -> list[str]:
    """The words, with each run of several single letters made into one: F.A.R.C."""
    found: list[str] = []
    run: list[str] = []
    for word in [*words, ""]:
        if len(word) == 1 and word.isalpha():
            run.append(word)
            continue
        found += ["".join(run)] if len(run) > 1 else run
        run = []
        if word:
            found.append(word)
    return found


# Longer ones first. A capital stands for all that are exchanged for one another.
_CLASSES = (
    (re.compile("tch|sch|dzh|dsh|dj|sh|ch|zh|j"), "X"),
    (re.compile("ts|tz|dz|c(?=[eiy])"), "S"),
    (re.compile("kh|gh|ck|[kqgc]"), "K"),
    (re.compile("x"), "KS"),
    (re.compile("th|dh|[td]"), "T"),
    (re.compile("ph|[fv]"), "F"),
    (re.compile("[bp]"), "P"),
    (re.compile("[sz]"), "S"),
)
_FEMININE = re.compile("(?<=[a-z]{3})(?:ah|at|et|eh)$")
_DOUBLED = re.compile(r"(.)\1+")
_DROPPED = re.compile("[aeiouywh]")


def skeleton(word: str) -> str:
    """The consonants of a word, those that systems of transliteration exchange made one; a first vowel is A."""
    body = _FEMININE.sub("", word)
    for pattern, letter in _CLASSES:
        body = pattern.sub(letter, body)
    body = _DOUBLED.sub(r"\1", body)
    first = body[:1]
    start = "A" if first in "aeiou" else "F" if first == "w" else "H" if first == "h" else "Y" if first == "y" else ""
    return start + _DROPPED.sub("", body).upper()
