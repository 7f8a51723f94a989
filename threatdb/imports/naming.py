"""Which records a row means: its own, by the identifier of its key, and the actors and the source that it names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from threatdb.records import bulk, creating, ledger, registry, writing
from threatdb.records.choices import State
from threatdb.records.creating import Created
from threatdb.records.markings import parse_marking
from threatdb.records.models import Record
from threatdb.records.plain import Known
from threatdb.records.registry import Document, RecordType
from threatdb.records.search import fold_name
from threatdb.records.visibility import Viewer
from threatdb.records.writing import Author

from .formats import DATASET, Format, Key, Named, NamedActor, slots
from .models import Origin
from .namesakes import namesakes, remember
from .pending import is_pending
from .refusals import publish

# By what a data set is known whose release nobody has named.
ANY_RELEASE = "any release"

# How much of its name stands in the slug of an actor.
LONGEST_SLUG = 60

# How many records are kept from one transaction to the next; each takes some kilobyte.
MOST_KEPT = 20_000


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
    publish: bool = False
    made: set[Key] = field(default_factory=set)
    """The keys of the actors that this run made, or would make."""
    known: Known = field(default_factory=Known)
    ids: dict[Named, str] = field(default_factory=dict)
    as_of: int | None = None
    """The position of the ledger at which what was found last holds."""

    def begin(self) -> None:
        """Forget what was found for the transaction before, where anybody else has written since.

        Runs inside the transaction that has taken ``ledger.lock()``.
        """
        if self.as_of is None or self.as_of != ledger.position() or len(self.known.ids) > MOST_KEPT:
            self.known, self.ids = Known(), {}
        self.as_of = None

    def keep(self) -> None:
        """Keep what was found for the next transaction; the last thing before this one is committed."""
        # An import of actors or sources changes what it names.
        if self.format.record_type not in ("actor", "source"):
            self.as_of = ledger.position()

    def resolve(self, documents: Sequence[Document]) -> Known:
        """Put ids into the documents; all that they may name. Makes what is not there yet.

        Runs inside the transaction that has taken ``ledger.lock()``, after ``begin``.
        """
        found_slots = [slot for document in documents for slot in slots(document)]
        new = [name for name in dict.fromkeys(name for _, _, name in found_slots) if name not in self.ids]
        if DATASET not in self.ids and (dataset := self._dataset()):
            self.ids[DATASET] = str(dataset)
            self.known.learn("source", [dataset])
        actors = [name for name in new if isinstance(name, NamedActor)]
        found = self._actors(actors) if actors else {}
        self.ids |= {actor: str(found[actor.key]) for actor in actors}
        self.known.learn("actor", {*found.values()})
        for holder, key, name in found_slots:
            holder[key] = self.ids[name]
        return self.known

    def _dataset(self) -> UUID | None:
        """The source that is the data set, made where it is not there yet."""
        document = self.format.source()
        if document is None:
            return None
        key = Key(self.format.name, self.format.release or ANY_RELEASE)
        found = find("source", [key], self.author.viewer).get(key)
        if found is None:
            marking = min(self.format.marking.code, self.marking, key=parse_marking)
            found, _ = writing.write(registry.get("source"), {**document, "marking": marking}, self.author)
            _remember("source", {key: Created(found.pk, found.latest_seq or 0)})
        if self.publish:
            self._publish(found)
        return found.pk

    def _publish(self, record: Record) -> None:
        """Publish what an import made and nobody has taken in hand since.

        Where it stays a draft, so does what names it, whose row says why.
        """
        if record.state == State.DRAFT and not record.is_in_force and not is_pending(record, _made(record)):
            publish(record, self.author)

    def _actors(self, named: Sequence[NamedActor]) -> dict[Key, UUID]:
        records = find("actor", [actor.key for actor in named], self.author.viewer)
        for record in records.values() if self.publish else ():
            self._publish(record)
        found = {key: record.pk for key, record in records.items()}
        # One key is one actor, by whatever names its rows call it.
        missing: dict[Key, NamedActor] = {}
        for actor in named:
            if actor.key not in found:
                missing.setdefault(actor.key, actor)
        marking = parse_marking(self.marking)
        same = namesakes(missing.values(), self.author.viewer, marking, in_force=self.publish)
        remember(same)
        found |= same
        made = self._make([actor for key, actor in missing.items() if key not in same])
        self.made |= made.keys()
        return found | {key: one.id for key, one in made.items()}

    def _make(self, actors: Sequence[NamedActor]) -> dict[Key, Created]:
        if not actors:
            return {}
        actor_type = registry.get("actor")
        given = [self._document(actor, self.ids.get(DATASET)) for actor in actors]
        made = creating.create(actor_type, given, self.author, self.known, at=timezone.now(), publish=self.publish)
        created: dict[Key, Created] = {}
        for actor, document, one in zip(actors, given, made, strict=True):
            created[actor.key] = one or self._make_one(actor_type, actor, document)
        _remember("actor", created)
        return created

    def _make_one(self, actor_type: RecordType, actor: NamedActor, document: Document) -> Created:
        """The actor under a slug that tells it from the one which has the first already."""
        slug = f"{document['slug']}-{slug_of(str(actor.key))}"
        record, _ = writing.write(actor_type, {**document, "slug": slug}, self.author)
        made = Created(record.pk, record.latest_seq or 0)
        if self.publish:
            publish(record, self.author)
        return made

    def _document(self, actor: NamedActor, source: str | None) -> Document:
        cited = {"citations": [{"source": source}]} if source else {}
        return {
            "slug": slug_of(actor.name) or slug_of(str(actor.key)) or "actor",
            "name": actor.name,
            "kind": actor.kind,
            "identifiers": [{"scheme": actor.key.scheme, "value": actor.key.value}],
            "marking": self.marking,
            **cited,
        }


def _made(record: Record) -> int | None:
    """The revision by which an import made the record; None where no import did."""
    made = Origin.objects.filter(record_id=record.pk, seq__isnull=False)
    return made.order_by("seq").values_list("seq", flat=True).first()


def slug_of(name: str) -> str:
    """A name as a slug: its folded words with hyphens between them."""
    return fold_name(name)[:LONGEST_SLUG].rstrip().replace(" ", "-")


def _remember(type_name: str, created: dict[Key, Created]) -> None:
    bulk.insert(
        Origin,
        [
            bulk.row_of(Origin)(
                record_type=type_name, scheme=key.scheme, value=key.value, record_id=one.id, seq=one.seq
            )
            for key, one in created.items()
        ],
    )
