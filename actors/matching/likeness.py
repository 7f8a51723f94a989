"""How like two names are, from 0 to 1, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import sqrt

from rapidfuzz.distance import OSA, JaroWinkler

from .forms import Form, Word
from .vocabulary import COUNTRIES_APART

EXACT = "exact"
SPACING = "spacing"
ORDER = "token_order"
ACRONYM = "acronym"
TRANSLITERATION = "transliteration"
TRANSLATION = "translation"
SPELLING = "edit_distance"
PARTIAL = "partial"

REASONS = {
    EXACT: "The name is the same but for case and accents.",
    SPACING: "The name is the same but for spaces, hyphens and articles.",
    ORDER: "The same words stand in another order.",
    ACRONYM: "One is made of the first letters of the other.",
    TRANSLITERATION: "The consonants, or the Chinese syllables, are the same: another script, or another system.",
    TRANSLATION: "Words mean the same in another language.",
    SPELLING: "Words are spelt nearly alike.",
    PARTIAL: "One has words that the other lacks.",
}

# Below this, two words are taken for different ones.
ALIKE = 0.72

# How like two words are at least whose consonants begin the same, up to the end of one.
STEM = 0.74

# Pairs of words whose likeness a process keeps.
PAIRS_KEPT = 100_000

# So few consonants are those of many names: such as are joined and parted are one only where they are spelt so nearly
# alike. An acronym such as ISKP has the consonants of Izzi (Igbo).
FEW, NEAR = 4, 0.4

Weigh = Callable[[Word], float]


@dataclass(frozen=True)
class Likeness:
    """How like two names are. ``reasons`` are codes of ``REASONS``, in their order."""

    score: float
    reasons: tuple[str, ...]


NONE = Likeness(0.0, ())


def compare(asked: Form, name: Form, weigh: Weigh) -> Likeness:
    """The best of all ways in which the two may be the same name."""
    if asked.words == name.words:
        return Likeness(1.0, (EXACT,))
    if asked.compact == name.compact or asked.bare == name.bare:
        return Likeness(0.98, (SPACING,))
    if asked.bag == name.bag:
        return Likeness(0.97, (ORDER,))
    if asked.sinitic & name.sinitic:
        return Likeness(0.95, (TRANSLITERATION,))
    if _short(asked, name) or _short(name, asked):
        return _by_initials(asked, name)
    ways = (
        _by_initials(asked, name),
        _by_words(asked, name, weigh),
        _in_part_by_initials(asked, name, weigh),
        _as_a_whole(asked, name),
    )
    return max(ways, key=lambda one: one.score)


def _by_initials(asked: Form, name: Form) -> Likeness:
    if asked.acronym and asked.acronym in name.initials:
        return Likeness(0.88 if len(asked.acronym) > SHORT else 0.7, (ACRONYM,))
    if name.acronym and name.acronym in asked.initials:
        return Likeness(0.86 if len(name.acronym) > SHORT else 0.65, (ACRONYM,))
    return NONE


# Acronyms of so few letters stand for many things.
SHORT = 2

# Of so many letters, one that differs makes another name, however alike the two sound.
SOUNDLESS = 3


def _short(name: Form, other: Form) -> bool:
    """Whether a name is one short word, such as an acronym, that the other has neither as it is nor in translation."""
    if len(name.words) > 1 or len(name.compact) > SOUNDLESS or name.vowelless or other.vowelless:
        return False
    (word,) = name.telling
    return not any(word.plain == one.plain or (word.meaning and word.meaning == one.meaning) for one in other.telling)


def _in_part_by_initials(asked: Form, name: Form, weigh: Weigh) -> Likeness:
    """Where a word of one is made of the first letters of several words of the other, and other words are the same."""
    for one, other in ((asked, name), (name, asked)):
        for word in one.telling:
            if len(one.telling) > 1 and word.plain in other.runs:
                start, end = other.runs[word.plain]
                place = one.telling.index(word)
                whole = replace(
                    one, telling=(*one.telling[:place], *other.telling[start:end], *one.telling[place + 1 :])
                )
                found = _by_words(whole, other, weigh)
                return Likeness(0.95 * found.score, (ACRONYM, *found.reasons))
    return NONE


def _as_a_whole(asked: Form, name: Form) -> Likeness:
    """Where words are joined or parted: letters and consonants of all telling words in one."""
    if asked.vowelless or name.vowelless:
        if len(asked.skeleton) > 3 and asked.skeleton == name.skeleton:
            return Likeness(0.92, (TRANSLITERATION,))
        return NONE
    if _digits(asked) != _digits(name) or (asked.countries - name.countries and name.countries - asked.countries):
        return NONE
    near = OSA.normalized_similarity(asked.bare, name.bare)
    telling = len(asked.skeleton) > FEW or (len(asked.skeleton) > 2 and near >= NEAR)
    if asked.skeleton == name.skeleton and telling:
        return Likeness(0.78 + 0.16 * near, (TRANSLITERATION,))
    return Likeness(0.95 * near, (SPELLING,)) if near > 0.8 else NONE


def _digits(form: Form) -> str:
    """The numbers in a name: one that differs is another number, not another spelling."""
    return "".join(letter for letter in form.bare if letter.isdigit())


def _by_words(asked: Form, name: Form, weigh: Weigh) -> Likeness:
    """Each word with the one that is most like it, weighed by how rare they are."""
    pairs = _pairs(asked, name)
    if not pairs:
        return NONE
    weights = [weigh(word) for word in asked.telling], [weigh(word) for word in name.telling]
    found = (
        sum(weights[0][one] * near for one, _, near, _ in pairs),
        sum(weights[1][other] * near for _, other, near, _ in pairs),
    )
    shares = [alike / sum(whole) for alike, whole in zip(found, weights, strict=True)]
    reasons = {reason for _, _, _, reason in pairs} - {EXACT}
    places = [other for _, other, _, _ in pairs]
    if places != sorted(places):
        reasons.add(ORDER)
    if len(pairs) < max(len(asked.telling), len(name.telling)):
        reasons.add(PARTIAL)
    return Likeness(0.97 * sqrt(shares[0] * shares[1]), tuple(code for code in REASONS if code in reasons))


def _pairs(asked: Form, name: Form) -> list[tuple[int, int, float, str]]:
    """Places of words that are alike, each word once and the most alike first; in the order of the first name."""
    found = []
    for one, word in enumerate(asked.telling):
        for other, candidate in enumerate(name.telling):
            near, reason = like(word, candidate)
            if near >= ALIKE:
                found.append((near, -abs(one - other), one, other, reason))
    found.sort(reverse=True)
    taken: tuple[set[int], set[int]] = set(), set()
    pairs = []
    for near, _, one, other, reason in found:
        if one not in taken[0] and other not in taken[1]:
            taken[0].add(one)
            taken[1].add(other)
            pairs.append((one, other, near, reason))
    return sorted(pairs)


@lru_cache(PAIRS_KEPT)
def like(one: Word, other: Word) -> tuple[float, str]:
    """How like two words are, and why."""
    if one.plain == other.plain:
        return 1.0, EXACT
    if one.meaning and one.meaning == other.meaning:
        return 0.94, TRANSLATION
    if one.meaning in COUNTRIES_APART and other.meaning in COUNTRIES_APART:
        return 0.0, SPELLING
    if one.plain.isdigit() or other.plain.isdigit():
        return 0.0, SPELLING
    bones = one.skeleton == other.skeleton and len(one.skeleton) > 1
    if one.vowelless or other.vowelless:
        return _without_vowels(one, other, bones)
    near = OSA.normalized_similarity(one.plain, other.plain)
    if bones:
        return 0.76 + 0.2 * near, TRANSLITERATION
    shorter, longer = sorted((one.skeleton, other.skeleton), key=len)
    if len(shorter) > 2 and longer.startswith(shorter) and near < STEM:
        # Such as a people and its country.
        return STEM, SPELLING
    if len(one.plain) < 4 or len(other.plain) < 4:
        return 0.0, SPELLING
    start = JaroWinkler.similarity(one.plain, other.plain)
    return (0.5 * (near + start) if near >= 0.5 else 0.0), SPELLING


def _without_vowels(one: Word, other: Word, bones: bool) -> tuple[float, str]:
    if bones:
        return 0.93, TRANSLITERATION
    if min(len(one.skeleton), len(other.skeleton)) < 3:
        return 0.0, TRANSLITERATION
    return 0.93 * OSA.normalized_similarity(one.skeleton, other.skeleton), TRANSLITERATION
