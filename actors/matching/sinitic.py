"""Chinese names in Pinyin and in Wade-Giles, made comparable syllable by syllable.

Wade-Giles tells aspirated consonants from plain ones by an apostrophe that is mostly left out (Ch'en, Chen), so it is
left out here. A name has a key for each system in which all of it can be read; two names that share one may be one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

# The finals of Pinyin that follow each initial; v stands for u with two dots.
_SYLLABLES = {
    "b": "a o ai ei ao an en ang eng i ie iao ian in ing u",
    "p": "a o ai ei ao ou an en ang eng i ie iao ian in ing u",
    "m": "a o e ai ei ao ou an en ang eng i ie iao iu ian in ing u",
    "f": "a o ei ou an en ang eng u",
    "d": "a e ai ei ao ou an en ang eng ong i ie iao iu ian ing u uo ui uan un",
    "t": "a e ai ao ou an ang eng ong i ie iao ian ing u uo ui uan un",
    "n": "a e ai ei ao ou an en ang eng ong i ie iao iu ian in iang ing u uo uan v ve",
    "l": "a e ai ei ao ou an ang eng ong i ia ie iao iu ian in iang ing u uo uan un v ve",
    "g": "a e ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang",
    "k": "a e ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang",
    "h": "a e ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang",
    "j": "i ia ie iao iu ian in iang ing iong u ue uan un",
    "q": "i ia ie iao iu ian in iang ing iong u ue uan un",
    "x": "i ia ie iao iu ian in iang ing iong u ue uan un",
    "zh": "a e i ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang",
    "ch": "a e i ai ao ou an en ang eng ong u ua uo uai ui uan un uang",
    "sh": "a e i ai ei ao ou an en ang eng u ua uo uai ui uan un uang",
    "r": "e i ao ou an en ang eng ong u uo ui uan un",
    "z": "a e i ai ei ao ou an en ang eng ong u uo ui uan un",
    "c": "a e i ai ao ou an en ang eng ong u uo ui uan un",
    "s": "a e i ai ao ou an en ang eng ong u uo ui uan un",
    "y": "a e ao ou an ang ong i in ing u ue uan un",
    "w": "a o ai ei an en ang eng u",
    "": "a o e ai ei ao ou an en ang er",
}
_INITIALS = {"b": "p", "d": "t", "g": "k", "j": "ch", "q": "ch", "x": "hs", "zh": "ch", "r": "j", "z": "ts", "c": "ts"}
_FINALS = {"ong": "ung", "iong": "iung", "ian": "ien", "ie": "ieh", "ue": "ueh", "ve": "ueh", "v": "u", "er": "erh"}
# Syllables that follow no rule.
_OWN = (
    {"zhi": "chih", "chi": "chih", "shi": "shih", "ri": "jih", "zi": "tzu", "ci": "tzu", "si": "ssu"}
    | {"ge": "ko", "ke": "ko", "he": "ho", "e": "o", "gui": "kuei", "kui": "kuei", "yi": "i"}
    | {"you": "yu", "yong": "yung", "ye": "yeh", "yan": "yen", "yue": "yueh"}
)
_KEEPS_UO = ("g", "k", "h", "sh")

# Syllables of the longest name, and letters of the longest syllable.
_SYLLABLES_AT_MOST = 8
_LONGEST = 6


def keys(words: Iterable[str]) -> frozenset[str]:
    """What the name of these words is compared by; nothing where it cannot be Chinese in either system."""
    text = list(words)
    if not 1 <= len(text) <= _SYLLABLES_AT_MOST or not all(word.isalpha() and len(word) < 25 for word in text):
        return frozenset()
    return frozenset(key for system in (pinyin(), wade_giles()) if (key := _key(text, system)))


def _key(words: list[str], system: Mapping[str, str]) -> str:
    """The syllables of all words in Wade-Giles, or nothing where a word is not made of this system's."""
    found: list[str] = []
    for word in words:
        spelt = re.sub("^sz(?=u)|(?<=[aeioun])sz(?=u)", "ss", word)
        read = _read(spelt, system)
        if read is None:
            return ""
        found += read
    return " ".join(found) if 2 <= len(found) <= _SYLLABLES_AT_MOST else ""


def _read(word: str, system: Mapping[str, str]) -> list[str] | None:
    """The syllables of a word, the longest first wherever there is a choice."""
    if not word:
        return []
    for length in range(min(_LONGEST, len(word)), 0, -1):
        if word[:length] in system and (rest := _read(word[length:], system)) is not None:
            return [system[word[:length]], *rest]
    return None


@cache
def pinyin() -> Mapping[str, str]:
    """Each syllable of Pinyin with the same in Wade-Giles."""
    pairs = ((i, final) for i, finals in _SYLLABLES.items() for final in finals.split())
    return {(initial + final).replace("v", "u"): _in_wade_giles(initial, final) for initial, final in pairs}


@cache
def wade_giles() -> Mapping[str, str]:
    """Each syllable of Wade-Giles, which stands for itself."""
    return {syllable: syllable for syllable in pinyin().values()}


def _in_wade_giles(initial: str, final: str) -> str:
    own = _OWN.get(initial + final)
    if own:
        return own
    if final == "uo" and initial not in _KEEPS_UO:
        final = "o"
    return _INITIALS.get(initial, initial) + _FINALS.get(final, final)
