"""Which records a row means: its own, by the identifier of its key, and the actors and the source that it names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from threatdb.records import bulk, creating, registry, writing
from threatdb.records.choices import State
from threatdb.records.creating import Created
from threatdb.records.markings import parse_marking
from threatdb.records.models import Record
from threatdb.records.plain import Known
from threatdb.records.registry import Document, RecordType
from threatdb.records.search import fold_name
from threatdb.records.visibility import Viewer
from threatdb.records.writing import Author

from .formats import DATASET, Dataset, Format, Key, NamedActor, named_actors
from .models import Origin

# How much of its name stands in the slug of an actor.
LONGEST_SLUG = 60


def find(type_name: str, keys: Collection[Key], viewer: Viewer) -> dict[Key, Record]:
    """The record that each identifier means, as far as the viewer sees: what an import or a curator gave it to.

    Where several bear it, the one that is not withdrawn is meant, and of those the oldest.
    """
    record_type = registry.get(type_name)
    bearers = defaultdict[UUID, set[Key]](set)
    for key, record_id in _bearers(record_type, keys):
        bearers[record_id].add(key)
    found: dict[Key, Record] = {}
    for batch in bulk.batches(bearers, 500):
        seen: Iterable[Record] = record_type.model.objects.visible_to(viewer).filter(pk__in=batch)
        for record in sorted(seen, key=_preference, reverse=True):
            found |= dict.fromkeys(bearers[record.pk], record)
    return found


def _preference(record: Record) -> tuple[bool, Any, str]:
    return record.state == State.WITHDRAWN, record.created_at, str(record.pk)


def _bearers(record_type: RecordType, keys: Collection[Key]) -> Iterator[tuple[Key, UUID]]:
    by_scheme = defaultdict[str, list[str]](list)
    for key in keys:
        by_scheme[key.scheme].append(key.value)
    for scheme, values in by_scheme.items():
        for batch in bulk.batches(values, 500):
            origins = Origin.objects.filter(record_type=record_type.name, scheme=scheme, value__in=batch)
            for value, record_id in origins.values_list("value", "record_id"):
                yield Key(scheme, value), record_id
            if parts := record_type.identifiers:
                back = next(f.attname for f in parts._meta.concrete_fields if f.related_model is record_type.model)
                rows = parts._default_manager.filter(scheme=scheme, value__in=batch)
                for value, record_id in rows.values_list("value", back):
                    yield Key(scheme, value), record_id


@dataclass
class Naming:
    """Finds or makes what the documents of one run name, and puts ids in the places of names."""

    format: Format
    author: Author
    marking: str
    made: set[Key] = field(default_factory=set)
    """The keys of the actors that this run made, or would make."""

    def resolve(self, documents: Sequence[Document]) -> tuple[list[Document], Known]:
        """The documents with ids, and all that they may name; makes what is not there yet.

        Runs inside the transaction that has taken ``ledger.lock()``.
        """
        dataset = self._dataset()
        ids: dict[Any, str] = {DATASET: str(dataset)} if dataset else {}
        named = dict.fromkeys(actor for document in documents for actor in named_actors(document))
        found = self._actors(list(named), ids)
        ids |= {actor: str(found[actor.key]) for actor in named}
        known = Known.of({"source": [dataset] if dataset else [], "actor": list({*found.values()})})
        return [substituted(document, ids) for document in documents], known

    def _dataset(self) -> UUID | None:
        """The source that is the data set, made where it is not there yet."""
        document = self.format.source()
        if document is None:
            return None
        key = Key(self.format.name, self.format.release or "any release")
        found = find("source", [key], self.author.viewer).get(key)
        if found is None:
            marking = min(self.format.marking.code, self.marking, key=parse_marking)
            found, _ = writing.write(registry.get("source"), {**document, "marking": marking}, self.author)
            _remember("source", {key: Created(found.pk, found.latest_seq or 0)})
        return found.pk

    def _actors(self, named: Sequence[NamedActor], ids: dict[Any, str]) -> dict[Key, UUID]:
        found = {key: record.pk for key, record in find("actor", [a.key for a in named], self.author.viewer).items()}
        # One key is one actor, by whatever names its rows call it.
        missing: dict[Key, NamedActor] = {}
        for actor in named:
            if actor.key not in found:
                missing.setdefault(actor.key, actor)
        made = self._make(list(missing.values()), ids)
        self.made |= made.keys()
        return found | {key: one.id for key, one in made.items()}

    def _make(self, actors: Sequence[NamedActor], ids: dict[Any, str]) -> dict[Key, Created]:
        if not actors:
            return {}
        actor_type = registry.get("actor")
        given = [substituted(self._document(actor), ids) for actor in actors]
        source = ids.get(DATASET)
        known = Known.of({"source": [UUID(source)] if source else []})
        made = creating.create(actor_type, given, self.author, known, at=timezone.now())
        created: dict[Key, Created] = {}
        for actor, document, one in zip(actors, given, made, strict=True):
            created[actor.key] = one or self._make_one(actor_type, actor, document)
        _remember("actor", created)
        return created

    def _make_one(self, actor_type: RecordType, actor: NamedActor, document: Document) -> Created:
        """The actor under a slug that tells it from the one which has the first already."""
        slug = f"{document['slug']}-{slug_of(str(actor.key))}"
        record, _ = writing.write(actor_type, {**document, "slug": slug}, self.author)
        return Created(record.pk, record.latest_seq or 0)

    def _document(self, actor: NamedActor) -> Document:
        cited = {"citations": [{"source": DATASET}]} if self.format.source() else {}
        return {
            "slug": slug_of(actor.name) or slug_of(str(actor.key)) or "actor",
            "name": actor.name,
            "kind": actor.kind,
            "identifiers": [{"scheme": actor.key.scheme, "value": actor.key.value}],
            "marking": self.marking,
            **cited,
        }


def slug_of(name: str) -> str:
    """A name as a slug: its folded words with hyphens between them."""
    return fold_name(name)[:LONGEST_SLUG].rstrip().replace(" ", "-")


def substituted(value: Any, ids: dict[Any, str]) -> Any:
    """The value with an id in the place of each name."""
    if isinstance(value, dict):
        return {key: substituted(item, ids) if isinstance(item, NESTED) else item for key, item in value.items()}
    if isinstance(value, list):
        return [substituted(item, ids) if isinstance(item, NESTED) else item for item in value]
    return ids[value]


NESTED = (dict, list, NamedActor, Dataset)


def _remember(type_name: str, created: dict[Key, Created]) -> None:
    bulk.insert(
        Origin,
        [
            Origin(record_type=type_name, scheme=key.scheme, value=key.value, record_id=one.id, seq=one.seq)
            for key, one in created.items()
        ],
    )
