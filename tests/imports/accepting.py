"""Whether what a format reads is taken by the same door as every other document."""

from __future__ import annotations

from typing import Any

from sources.models import Licence
from tests.factories.actors import make_actor
from tests.factories.sources import make_source
from threatdb.imports.formats import Dataset, Format, NamedActor, Reading
from threatdb.records import registry, writing
from threatdb.records.registry import Document


def accepted(kind: Format, reading: Reading) -> Document:
    """The body of the record that the document of a reading makes; its licence is made first."""
    if kind.licence:
        Licence.objects.get_or_create(code=kind.licence, defaults={"label": kind.licence, "redistributable": False})
    source = make_source(**(kind.source() or {}))
    record_type = registry.get(kind.record_type)
    document = {**_placed(reading.document, str(source.pk)), "marking": "amber"}
    record, _ = writing.write(record_type, document, writing.Author())
    from threatdb.records.embedding import Embedder

    return record_type.body(record, Embedder())


def _placed(value: Any, source: str) -> Any:
    if isinstance(value, dict):
        return {key: _placed(item, source) for key, item in value.items()}
    if isinstance(value, list):
        return [_placed(item, source) for item in value]
    if isinstance(value, NamedActor):
        return str(make_actor(name=value.name, kind=value.kind).pk)
    return source if isinstance(value, Dataset) else value
