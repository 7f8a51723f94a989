"""General words of which names are made: those that tell little, and those that mean the same.

They belong to no actor in particular. A word of one line of ``vocabulary.txt`` stands for any other of it, so that a
name that was translated in part, or whose titles were spelt by another system, still meets the one on record.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from .letters import skeleton, words_of

# Articles, prepositions and conjunctions.
_PARTICLES = """
a al an and ar as ash at az d da das de dei del della den der des di die dos du e ed el et fi fil for i il in l la las
le les li lil lo los min o of on or ot por the to u ul ur us va van ve vo von w wa wal y ye yi za
"""
PARTICLES = frozenset(_PARTICLES.split())

# Countries whose names look or sound like that of another, by the words that stand for them: two are never one.
_COUNTRIES_APART = """
niger nigeria iran iraq mali malawi austria australia gambia zambia guinea guyana slovakia slovenia libya liberia
"""
COUNTRIES_APART = frozenset(_COUNTRIES_APART.split())

_FILE = Path(__file__).with_name("vocabulary.txt")


@cache
def _meanings() -> Mapping[str, str]:
    """Each word in Latin letters with the first of its line."""
    found: dict[str, str] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        first, *others = line.split()
        for word in (first, *others):
            for plain in words_of(word):
                if plain not in PARTICLES:
                    found.setdefault(plain, first)
    return found


@cache
def _meanings_by_skeleton() -> Mapping[str, str]:
    """The same for what words without vowels are known by; none where two meanings share it."""
    found: dict[str, str] = {}
    shared = set()
    for word, meant in _meanings().items():
        bones = skeleton(word)
        if len(bones) >= TELLING and found.setdefault(bones, meant) != meant:
            shared.add(bones)
    return {bones: meant for bones, meant in found.items() if bones not in shared}


# Consonants that a word without vowels has to have at least, to be known by them.
TELLING = 3


def meaning(word: str, *, vowelless: bool = False) -> str | None:
    """The word that stands for all that mean the same, where it is one of them."""
    meant = _meanings().get(word)
    return meant or (_meanings_by_skeleton().get(skeleton(word)) if vowelless else None)
