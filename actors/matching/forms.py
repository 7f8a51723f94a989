"""The forms of one name that another is compared with."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from . import sinitic
from .letters import lacks_vowels, skeleton, words_of
from .vocabulary import COUNTRIES_APART, PARTICLES, meaning

# What a whole word counts for, where a piece of one counts for 1.
WHOLE = 3.0

# Telling words of a name that are compared; longer names are sentences.
WORDS = 20

# A piece of a name as a number, with what it counts.
Feature = tuple[int, float]

# An acronym has at least and at most so many letters.
SHORTEST, LONGEST = 2, 8


@dataclass(frozen=True, eq=False)
class Word:
    """One word of a name with what it is compared by. There is one of each, as long as it is in use."""

    plain: str
    skeleton: str
    meaning: str | None
    vowelless: bool

    @cached_property
    def key(self) -> str:
        """What its rarity is counted by: spellings and translations of one word count as one."""
        return f"={self.meaning}" if self.meaning else f"#{self.skeleton}" if len(self.skeleton) > 1 else self.plain

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """Itself, and pieces of three letters of it and of its skeleton."""
        padded, bones = f"^{self.plain}$", f"%{self.skeleton}%"
        pieces = [f"%{bones[at : at + 3]}" for at in range(len(bones) - 2)]
        if not self.vowelless:
            pieces += [padded[at : at + 3] for at in range(len(padded) - 2)]
        return ((number(self.key), WHOLE), *((number(piece), 1.0) for piece in pieces))


# Words that a process keeps in their forms.
WORDS_KEPT = 50_000


@lru_cache(WORDS_KEPT)
def word_of(plain: str, vowelless: bool) -> Word:
    """A word in its forms; vowelless where it comes from a script that writes few vowels."""
    bones = skeleton(plain) if plain.isalpha() else plain
    return Word(plain, bones, meaning(plain, vowelless=vowelless), vowelless)


@dataclass(frozen=True)
class Form:
    """A name in its forms. ``words`` are all, ``telling`` those that are no particles."""

    words: tuple[str, ...]
    telling: tuple[Word, ...]
    vowelless: bool

    @cached_property
    def compact(self) -> str:
        """All words in one."""
        return "".join(self.words)

    @cached_property
    def bare(self) -> str:
        """The telling words in one."""
        return "".join(word.plain for word in self.telling)

    @cached_property
    def bag(self) -> tuple[str, ...]:
        """The telling words in the order of the alphabet."""
        return tuple(sorted(word.plain for word in self.telling))

    @cached_property
    def skeleton(self) -> str:
        """The skeletons of the telling words in one, without their first vowels but for the very first."""
        first, *others = (word.skeleton for word in self.telling)
        return first + "".join(other.removeprefix("A") for other in others)

    @cached_property
    def initials(self) -> frozenset[str]:
        """The acronyms that it may go by: of all words, and of the telling ones."""
        found = {"".join(word[0] for word in self.words), "".join(word.plain[0] for word in self.telling)}
        return frozenset(letters for letters in found if SHORTEST <= len(letters) <= LONGEST and letters.isalpha())

    @cached_property
    def countries(self) -> frozenset[str]:
        """The countries in it that are easily taken for another."""
        return COUNTRIES_APART & {word.meaning for word in self.telling if word.meaning}

    @cached_property
    def acronym(self) -> str:
        """All words in one where that may be an acronym."""
        return self.compact if SHORTEST <= len(self.compact) <= LONGEST and self.compact.isalpha() else ""

    @cached_property
    def runs(self) -> dict[str, tuple[int, int]]:
        """Acronyms that a part of the name may go by, with the telling words that they stand for."""
        letters = "".join(word.plain[0] for word in self.telling)
        spans = ((at, end) for at in range(len(letters)) for end in range(at + 3, min(at + LONGEST, len(letters)) + 1))
        return {letters[at:end]: (at, end) for at, end in spans}

    @cached_property
    def sinitic(self) -> frozenset[str]:
        return sinitic.keys(self.words)

    def features(self) -> dict[int, float]:
        """What candidates are found by, as numbers, each with what it counts: words, their pieces, acronyms."""
        acronyms = {self.acronym, *self.words, *self.initials, *self.runs}
        wholes = [f"_{self.bare}", f"#{self.skeleton}", *(f"~{key}" for key in sorted(self.sinitic))]
        wholes += [f"@{found}" for found in sorted(acronyms) if SHORTEST <= len(found) <= LONGEST]
        found = {feature: counts for word in self.telling for feature, counts in word.features}
        return found | {number(whole): WHOLE for whole in wholes}


def form_of(name: str) -> Form | None:
    """The forms of a name; nothing where it has no letter or digit."""
    words = tuple(words_of(name))
    if not words:
        return None
    vowelless = lacks_vowels(name)
    telling = [word for word in words if word not in PARTICLES][:WORDS] or words[:WORDS]
    return Form(words, tuple(word_of(word, vowelless) for word in telling), vowelless)


_ASIDE = re.compile(r"\s*[(\[]([^)\]]*)[)\]]\s*")
_ACRONYM = re.compile(r"[\w.-]{2,12}")
# What stands in brackets is an addition, and a part of a name is less than the name.
_PART = 0.97


def readings(name: str) -> Iterator[tuple[float, Form]]:
    """The name whole, and where it has brackets, without them and by the acronym within; each with a factor."""
    whole = form_of(name)
    if whole:
        yield 1.0, whole
    inside = _ASIDE.search(name)
    if inside:
        without = form_of(_ASIDE.sub(" ", name))
        if without:
            yield _PART, without
        acronym = form_of(inside[1]) if _ACRONYM.fullmatch(inside[1]) and inside[1].upper() == inside[1] else None
        if acronym and acronym.acronym:
            yield _PART, acronym


def number(feature: str) -> int:
    """A feature as a number of 32 bits, the same in every process; to share one only makes a candidate too many."""
    return zlib.crc32(feature.encode())
