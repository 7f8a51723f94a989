"""The first rows of a file as they were read, and what they would become: what somebody looks at before he imports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from threatdb.records.registry import Document

from .batches import Look
from .formats import DATASET, Named, NamedActor, Reading, slots
from .judging import Judge, Judged
from .models import Batch

# Characters of a value that are shown.
LONGEST = 200


def preview_of(batch: Batch, look: Look) -> list[dict[str, Any]]:
    """The first rows: of each its number, its cells, the keys of its record, and its problems."""
    judge = Judge(batch.make_format())
    return [_shown(look.columns, judged) for judged in judge.judge(look.first)]


def _shown(columns: list[str], judged: Judged) -> dict[str, Any]:
    cells = dict(zip(columns, orjson.loads(judged.cells), strict=False))
    return {
        "number": judged.number,
        "key": str(judged.reading.key or ""),
        "cells": [[name, _cut(text)] for name, text in cells.items() if text],
        "becomes": [[key, _cut(text)] for key, text in _becomes(judged.reading)],
        "problems": [problem.__dict__ for problem in judged.problems],
    }


def _becomes(reading: Reading) -> Iterator[tuple[str, str]]:
    """The keys that say something, each as a text; those of a companion after its name."""
    yield from _said(reading.document)
    for companion in reading.companions:
        yield from ((f"{companion.name}/{key}", text) for key, text in _said(companion.document))


def _said(document: Document) -> Iterator[tuple[str, str]]:
    for place, key, named in list(slots(document)):
        place[key] = _name_of(named)
    for key, value in document.items():
        if value not in (None, [], "", {}):
            yield key, value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


def _name_of(named: Named) -> str:
    if isinstance(named, NamedActor):
        return f"{named.name} ({named.key})"
    return "the data set" if named is DATASET else "this record"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
