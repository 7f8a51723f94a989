"""Rows of records are read through ``visible_to`` alone, in all code that answers a request.

The modules are read as syntax trees: each mention of a manager of an index, term, revision or record
table must be followed by ``visible_to``, or by ``once_visible_to`` for the past, unless it is listed
here with the reason.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from django.db import models

from threatdb.records.models import Country, Head
from threatdb.records.vocabularies import VocabularyEntry

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("threatdb/api", "sources", "actors", "incidents")
LEFT_OUT = ("migrations", "management")
MANAGERS = ("objects", "_default_manager", "_base_manager")

# Tables without records: anybody may read their rows.
OPEN: tuple[type[models.Model], ...] = (VocabularyEntry, Country, Head)

# Module and function, and why what it reads cannot show a hidden record.
ALLOWED: dict[tuple[str, str], str] = {
    ("threatdb/api/telling.py", "told"): "revisions of changes that were found for the same viewer",
    ("threatdb/api/grouping.py", "on"): "codes of a vocabulary, and terms of rows that are visible",
    ("actors/naming.py", "_near"): "joined to the visible revisions",
    ("actors/identity.py", "of_kinds"): "terms of the rows of a sight",
    (
        "actors/importers/reviewing.py",
        "undecided",
    ): "numbers of imported rows; the actors are read as the viewer sees them",
    ("actors/importers/reviewing.py", "merge"): "numbers of imported rows, of two actors that the viewer sees",
    ("actors/importers/reviewing.py", "_row"): "candidates that were found for the viewer",
    ("incidents/importers/codes.py", "_by_code"): "a vocabulary",
    ("threatdb/api/exports/snapshots.py", "documents"): "revisions of the rows of a sight",
    ("threatdb/api/exports/snapshots.py", "position"): "the clock, which the operator's own command asks for",
    ("actors/filters.py", "codes_of"): "of a vocabulary that it is handed",
    ("threatdb/api/writes/idempotency.py", "_own"): "an account's own answer, under its key",
    ("threatdb/api/writes/idempotency.py", "forget"): "empties alone",
    ("threatdb/api/writes/idempotency.py", "_showing"): "what that empties",
    (
        "threatdb/api/writes/idempotency.py",
        "_last_marking",
    ): "the marking of a record that is being purged; nobody is told",
    ("threatdb/api/writes/moves.py", "_unmerge"): "of two records that were found through visible_to",
    ("threatdb/api/writes/idempotency.py", "_find"): "the same; the records in it are asked for anew",
    ("threatdb/api/writes/idempotency.py", "_begun"): "the same",
    ("incidents/ancestry.py", "_parents"): "of a vocabulary that it is handed",
}


def modules() -> list[Path]:
    """The modules of the API and of the domain apps."""
    found = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if not {*path.parts} & {*LEFT_OUT})


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def mentions(tree: ast.AST) -> Iterator[tuple[str, ast.Attribute, ast.AST | None]]:
    """Each mention of a manager: the function it is in, the mention, and the expression around it."""
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
            yield _function(node, parents), node, parents.get(node)


def _function(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str:
    """The outermost function around it."""
    name = ""
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.FunctionDef):
            name = node.name
    return name


def is_open(module: ModuleType, node: ast.Attribute) -> bool:
    """Whether the mention is of a table without records."""
    model = getattr(module, node.value.id, None) if isinstance(node.value, ast.Name) else None
    return isinstance(model, type) and issubclass(model, OPEN)


def is_guarded(parent: ast.AST | None) -> bool:
    return isinstance(parent, ast.Attribute) and parent.attr in ("visible_to", "once_visible_to")


def unguarded(path: Path) -> set[tuple[str, str]]:
    """Module and function of each mention that neither ``visible_to`` nor the kind of table makes safe."""
    module = importlib.import_module(name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    return {
        (name_of(path), function)
        for function, node, parent in mentions(ast.parse(path.read_text(encoding="utf-8")))
        if not is_guarded(parent) and not is_open(module, node)
    }


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_rows_are_read_through_visible_to(path: Path) -> None:
    assert not unguarded(path) - ALLOWED.keys()


def test_each_exception_is_still_needed() -> None:
    found = set().union(*map(unguarded, modules()))

    assert ALLOWED.keys() <= found


@pytest.mark.parametrize(
    ("code", "safe"),
    [
        ("SourceIndex.objects.visible_to(viewer).filter(pk=1)", True),
        ("SourceIndex.objects.once_visible_to(viewer)", True),
        ("SourceIndex.objects.filter(pk=1).visible_to(viewer)", False),
        ("SourceIndex.objects.all()", False),
        ("kind.index._base_manager.get(pk=1)", False),
        ("self.type.index.objects.visible_to(viewer)", True),
    ],
)
def test_the_reading_of_the_code_is_right(code: str, safe: bool) -> None:
    [(_, _, parent)] = mentions(ast.parse(code))

    assert is_guarded(parent) is safe
