"""Documents that may name what their reader may not see: working copies, and records as they once were.

What is in force names only what its readers see as well. A draft may name a record that is marked higher, and an
earlier edition one that was withdrawn since; where they are shown, such a record is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, Q

from . import bulk, documents, registry, search, visibility
from .models import PastReference, Reference, Tombstone
from .querysets import IndexQuerySet
from .registry import Document, RecordType
from .visibility import Viewer


def naming_hidden(rows: IndexQuerySet, viewer: Viewer, *, working: bool) -> IndexQuerySet:
    """Of past revisions, or of working copies, those that name a record which the viewer may not see.

    What is in force names none. A past revision that he sees names none that such readers never saw.
    """
    first, *others = (_hidden(record_type, viewer, working=working) for record_type in registry.all_types())
    hidden = first.union(*others, _gone(viewer, working=working).values("record_id"), all=True)
    references = Reference.objects if working else PastReference.objects
    found: IndexQuerySet = rows.filter(pk__in=references.filter(target_id__in=hidden).values("revision_id"))
    return found


def _hidden(record_type: RecordType, viewer: Viewer, *, working: bool) -> models.QuerySet[Any]:
    """The ids of the records of that type that may be named but are hidden from the viewer."""
    rows = record_type.index.objects.order_by()
    once = Q(until__isnull=False) & visibility.within_clearance(viewer)
    named = rows.filter(Q(in_force=True) | Q(current=True) if working else once)
    for shown in _shown(record_type, viewer):
        named = named.exclude(Exists(shown.filter(record_id=OuterRef("record_id"))))
    return named.values("record_id")


def _gone(viewer: Viewer, *, working: bool) -> models.QuerySet[Any]:
    """The tombstones of what is not shown in the past: of what was purged there is no index."""
    stones: models.QuerySet[Any] = Tombstone.objects.order_by()
    for kind in [] if working else [kind for kind in registry.all_types() if kind.mergeable]:
        merged = Tombstone.objects.outlived_by_heirs(kind, viewer)
        stones = stones.exclude(Exists(merged.filter(pk=OuterRef("pk"))))
    return stones


def seen(ids: Collection[UUID], viewer: Viewer) -> set[UUID]:
    """Those of the records whose embedded form, as published or else as drafted, the viewer may see."""
    return {found for batch in bulk.batches(sorted(ids)) for found in _seen(batch, viewer)}


def _seen(ids: Sequence[UUID], viewer: Viewer) -> Iterable[UUID]:
    parts = (part.filter(record_id__in=ids) for kind in registry.all_types() for part in _shown(kind, viewer))
    first, *others = (part.order_by().values_list("record_id", flat=True) for part in parts)
    return first.union(*others, all=True)


def _shown(record_type: RecordType, viewer: Viewer) -> Iterable[models.QuerySet[Any]]:
    """Rows of the records of that type that are shown where another document embeds them.

    A curator, who reads working copies, is shown them as published or as drafted; others as published, today or before
    they were merged into what they see.
    """
    yield record_type.index.objects.visible_to(viewer)
    if viewer.curates:
        published = record_type.index.objects.filter(in_force=True, record_id=OuterRef("record_id"))
        yield record_type.index.objects.visible_to(viewer, working=True).filter(~Exists(published))
    elif record_type.mergeable:
        yield Tombstone.objects.outlived_by_heirs(record_type, viewer)


def hidden_in(found: Iterable[Document], viewer: Viewer) -> set[str]:
    """The ids of the records that the documents embed and that the viewer may not see."""
    ids = {UUID(leaf["id"]) for document in found for leaf in registry.embedded(document)}
    return {str(record_id) for record_id in ids - seen(ids, viewer)}


def veiled(document: Document, hidden: Collection[str], instead: Any) -> Document:
    """The document with something else in place of each embedded record of those ids."""
    return {key: _veiled(value, hidden, instead) for key, value in document.items()}


def _veiled(value: Any, hidden: Collection[str], instead: Any) -> Any:
    if isinstance(value, list):
        items = (_veiled(item, hidden, instead) for item in value)
        # No list of a document holds nulls: one here is a record that is not to be seen.
        return [item for item in items if item is not None]
    if not isinstance(value, dict):
        return value
    if value.get("id") in hidden:
        return instead
    return {key: _veiled(item, hidden, instead) for key, item in value.items()}


def veiled_texts(texts: list[str], viewer: Viewer) -> list[str]:
    """Stored documents without the records that the viewer may not see: null in their place, or nothing in a list."""
    loaded = [documents.load(text) for text in texts]
    hidden = hidden_in(loaded, viewer)
    if not hidden:
        return texts
    return [
        documents.dump(as_shown(document, hidden)) if any(key in text for key in hidden) else text
        for text, document in zip(texts, loaded, strict=True)
    ]


def as_shown(document: Document, hidden: Collection[str]) -> Document:
    """What a viewer is shown of a document, those records being hidden from him."""
    return registry.of_document(document).derived(veiled(document, hidden, None))


class _Nothing(dict[str, Any]):
    """Stands where a hidden record was: whatever is asked of it, it says nothing."""

    def __missing__(self, key: str) -> None:
        return None


def words_in(text: str, hidden: Collection[str]) -> str:
    """The folded words of a stored document, as full-text search would read them without those records."""
    document = veiled(documents.load(text), hidden, _Nothing())
    words = registry.of_document(document).words(document)
    return search.fold(" ".join(filter(None, words)))


class Kept(dict[str, Any]):
    """A record that a working copy names and goes on naming, though its writer may not see it."""


def kept(document: Document, viewer: Viewer) -> Document:
    """The stored document, in which each record that the viewer may not see is marked as kept."""
    hidden = hidden_in([document], viewer)
    whole: Document = unveiled(shown := veiled(document, hidden, None), shown, document)
    return whole


def unveiled(given: Any, shown: Any, stored: Any) -> Any:
    """What a writer gave, with what was withheld from him put back where he left alone what was shown instead.

    ``shown`` is the veiled form of ``stored``. Where he changed a list of records, the hidden ones stay at its end.
    """
    if given == shown:
        return _kept(shown, stored)
    if isinstance(given, dict) and isinstance(shown, dict) and isinstance(stored, dict):
        return {key: unveiled(value, shown.get(key), stored.get(key)) for key, value in given.items()}
    if isinstance(given, list) and isinstance(shown, list) and isinstance(stored, list):
        return _unveiled_list(given, shown, stored)
    return given


def _unveiled_list(given: list[Any], shown: list[Any], stored: list[Any]) -> list[Any]:
    if len(shown) < len(stored):
        visible = [leaf["id"] for leaf in shown]
        return [*given, *(Kept(leaf) for leaf in stored if leaf["id"] not in visible)]
    left = list(zip(shown, stored, strict=True))
    found = []
    for position, item in enumerate(given):
        # An item that was only moved is known by what it says, one that was changed by its place.
        same = next((pair for pair in left if pair[0] == item), None)
        if same is None and len(given) == len(shown):
            same = (shown[position], stored[position])
        elif same is not None:
            left.remove(same)
        found.append(unveiled(item, *same) if same else item)
    return found


def _kept(shown: Any, stored: Any) -> Any:
    """The stored value, in which each record that is not shown is marked as kept."""
    if shown == stored:
        return shown
    if shown is None:
        return Kept(stored)
    if isinstance(shown, dict):
        return {key: _kept(value, stored[key]) for key, value in shown.items()}
    return _unveiled_list(shown, shown, stored) if len(shown) < len(stored) else list(map(_kept, shown, stored))
