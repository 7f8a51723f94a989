"""Full-text search without scores: a document matches or not, and hidden ones change nothing."""

from __future__ import annotations

import re

from anyascii import anyascii
from django.db import connection
from django.db.models.expressions import RawSQL

_WORD = re.compile(r"[a-z0-9]+")

MAX_WORDS = 20

# Some scripts grow manifold in plain ASCII; the columns that hold keys do not.
MAX_KEY = 300


def fold(text: str) -> str:
    """The words of a text in plain ASCII small letters, whatever its script and accents."""
    # What is plain ASCII already is not walked through letter by letter.
    return " ".join(_WORD.findall((text if text.isascii() else anyascii(text)).lower()))


def fold_name(name: str) -> str:
    """The key under which a name is looked up: its folded words, cut where the index columns end."""
    return fold(name)[:MAX_KEY].rstrip()


def parse(query: str) -> list[str]:
    """The phrases that a query asks for, all of which must be found; each is folded words.

    Words in double quotes are one phrase; a word or phrase before a ``*`` is a prefix. Raises ``ValueError``
    where nothing is left to search for, or too much.
    """
    phrases = [_phrase(part) for part in re.findall(r'"[^"]*"\*?|[^\s"]+', query)]
    words = [phrase for phrase in phrases if phrase]
    if not words:
        raise ValueError("Write at least one word with a letter or digit.")
    if sum(len(phrase.split()) for phrase in words) > MAX_WORDS:
        raise ValueError(f"Ask for at most {MAX_WORDS} words.")
    return words


def _phrase(part: str) -> str:
    folded = fold(part)
    return f"{folded}*" if folded and part.endswith("*") else folded


def matching(query: str) -> RawSQL:
    """A subquery of the revisions whose text holds all phrases of the query."""
    phrases = parse(query)
    if connection.vendor == "postgresql":
        asked = " & ".join(_tsquery(phrase) for phrase in phrases)
        return RawSQL("SELECT seq FROM records_searchtext WHERE words @@ to_tsquery('simple', %s)", [asked])
    asked = " ".join(_fts5(phrase) for phrase in phrases)
    return RawSQL("SELECT rowid FROM records_searchfts WHERE records_searchfts MATCH %s", [asked])


def holds(query: str, text: str) -> bool:
    """Whether folded words hold all phrases of the query, as either engine would find it."""
    return all(_stands_in(phrase, f" {text} ") for phrase in parse(query))


def _stands_in(phrase: str, text: str) -> bool:
    return f" {phrase.removesuffix('*')}" + ("" if phrase.endswith("*") else " ") in text


def _tsquery(phrase: str) -> str:
    # The column of words has this letter in front of what begins with a digit; see the migration.
    words = [f"ñ{word}" if word[0].isdigit() else word for word in phrase.removesuffix("*").split()]
    asked = " <-> ".join(words)
    return f"({asked}:*)" if phrase.endswith("*") else f"({asked})"


def _fts5(phrase: str) -> str:
    # Quoted, a word cannot be read as an operator of the match language.
    return f'"{phrase.removesuffix("*")}"' + ("*" if phrase.endswith("*") else "")


def forget_deleted() -> None:
    """Drop the words of deleted texts, which SQLite's own index would keep until it next merges its segments."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO records_searchfts(records_searchfts) VALUES ('optimize')")
