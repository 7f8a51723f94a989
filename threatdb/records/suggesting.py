"""What somebody may have meant who wrote a word that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Up to three known words that look like the given one, best first."""
    return difflib.get_close_matches(word[:100], list(known), n=3, cutoff=0.6)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence naming the nearest known words, or nothing."""
    near = nearest(word, known)
    return f" Did you mean {' or '.join(f'“{n}”' for n in near)}?" if near else ""


class Unknown(str):
    """The code of an error about a word that is not known, with what may have been meant.

    Serializers copy the errors of their fields, text and code alone, so the suggestions travel with the code.
    """

    suggestions: list[str]

    def __new__(cls, word: str, known: Iterable[str], code: str = "unknown") -> Unknown:
        made = super().__new__(cls, code)
        made.suggestions = nearest(word, known)
        return made
