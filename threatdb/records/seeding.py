"""Loading the seed corpus: reviewed facts in YAML files, one file for each record type.

A file is a list of documents in their write format. Each has an ``id``, fixed for ever, and a ``key`` by
which others in the corpus name it; actors are named by their slug.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction
from rest_framework import serializers

from . import registry, services, writing
from .choices import Action, ReasonCode, State
from .models import Record, Revision
from .registry import Document, RecordType

# Keys whose values name a record of the corpus by its key, with its type.
NAMING = {
    "source": "source",
    "incident": "incident",
    "incidents": "incident",
    "claim": "claim",
    "relationship": "relationship",
}

AUTHOR = writing.Author(reason_code=ReasonCode.CORRECTION, reason_note="Seed corpus")


class SeedError(Exception):
    """A seed file cannot be loaded; the message names the file and the record."""


Keys = dict[str, dict[str, str]]


def load(folder: Path, done: Callable[[], object] = lambda: None) -> Counter[str]:
    """Load the files of the folder, all or nothing; ``done`` is called after each record.

    Returns how many records were created, updated, unchanged, or kept because somebody has edited them
    since. Raises ``SeedError`` where a file is wrong.
    """
    outcome: Counter[str] = Counter()
    corpus = read(folder)
    keys: Keys = {name: {item["key"]: item["id"] for item in items} for name, items in corpus.items()}
    with transaction.atomic():
        for record_type in registry.all_types():
            for item in _in_order(record_type, corpus.get(record_type.name, [])):
                outcome[_load_one(record_type, item, keys)] += 1
                done()
    return outcome


def read(folder: Path) -> dict[str, list[Document]]:
    """The documents of each record type's file; a type may have none."""
    found = {}
    for record_type in registry.all_types():
        path = folder / f"{record_type.plural}.yaml"
        if path.exists():
            try:
                found[record_type.name] = yaml.safe_load(path.read_text(encoding="utf-8")) or []
            except (yaml.YAMLError, UnicodeDecodeError) as error:
                raise SeedError(f"{path.name} is not YAML: {error}") from error
    return found


def _in_order(record_type: RecordType, items: list[Document]) -> Iterable[Document]:
    """The records of one file, each after those of the same file that it names."""
    by_key = {item["key"]: item for item in items}
    named = {key: _named(item, record_type.name) & by_key.keys() for key, item in by_key.items()}
    try:
        return [by_key[key] for key in TopologicalSorter(named).static_order()]
    except CycleError as error:
        raise SeedError(f"{record_type.plural} name each other in a ring: {error.args[1]}") from error


def _named(value: Any, type_name: str) -> set[str]:
    """The keys of records of that type which a value names."""
    if isinstance(value, list):
        return {name for item in value for name in _named(item, type_name)}
    if not isinstance(value, dict):
        return set()
    found: set[str] = set()
    for key, item in value.items():
        if NAMING.get(key) == type_name:
            found.update([item] if isinstance(item, str) else item)
        else:
            found |= _named(item, type_name)
    return found


def _resolved(value: Any, keys: Keys) -> Any:
    """The value with the keys of records replaced by their ids."""
    if isinstance(value, list):
        return [_resolved(item, keys) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _pointed(key, item, keys) for key, item in value.items()}


def _pointed(key: str, item: Any, keys: Keys) -> Any:
    known = keys.get(NAMING.get(key, ""), {})
    if isinstance(item, str) and key in NAMING:
        return known.get(item, item)
    if isinstance(item, list) and key in NAMING:
        return [known.get(name, name) for name in item]
    return _resolved(item, keys)


def _load_one(record_type: RecordType, item: Document, keys: Keys) -> str:
    record_id = UUID(item["id"])
    data = _resolved({k: v for k, v in item.items() if k not in ("id", "key")}, keys)
    record = record_type.model._base_manager.filter(pk=record_id).first()
    if record and _edited(record):
        return "kept"
    try:
        return _write(record_type, data, record, record_id)
    except (serializers.ValidationError, ValidationError) as error:
        detail = getattr(error, "detail", None) or error.messages  # type: ignore[union-attr]
        raise SeedError(f"{record_type.plural}.yaml, {item['key']}: {detail}") from error


def _edited(record: Record) -> bool:
    """Whether a person has changed the record since it was seeded: his word goes before the corpus."""
    own = Revision.objects.filter(record_id=record.pk, by__isnull=False)
    return own.exclude(action=Action.REFRESH).exists()


def _write(record_type: RecordType, data: Document, record: Record | None, record_id: UUID) -> str:
    written, changed = writing.write(record_type, data, AUTHOR, record=record, record_id=None if record else record_id)
    if not changed:
        return "unchanged"
    if written.state != State.PUBLISHED:
        services.publish(written, by=None, note=AUTHOR.reason_note)
    return "updated" if record else "created"
