"""The record types: what each app tells the ledger about the records it keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    from django.db.models import Model

    from .embedding import Embedder
    from .models import IndexRow, Record, TermRow
    from .serializers import RecordSerializer

Document = dict[str, Any]


class Term(NamedTuple):
    """One value of a many-valued filter, with the columns that qualify it (such as role and basis)."""

    kind: str
    value: str
    also: tuple[tuple[str, Any], ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the other terms of a document. Those that differ in ``also`` alone come of one record."""
        return self.kind, self.value


def spare(kind: str) -> str:
    """The kind of the terms that count as terms of this kind where what speaks against them is not to be seen."""
    return f"~{kind}"


class RecordType:
    """How one type of record is rendered, embedded and indexed. Each app subclasses and registers it."""

    name: ClassVar[str]
    plural: ClassVar[str]
    model: ClassVar[type[Record]]
    index: ClassVar[type[IndexRow]]
    terms: ClassVar[type[TermRow]]
    leaf: ClassVar[tuple[str, ...]] = ("id",)
    """Keys of the document that show where the record is embedded in another."""
    sort: ClassVar[str] = "date_earliest"
    """The index column that the terms repeat, for the list's default order."""
    reverse_keys: ClassVar[frozenset[str]] = frozenset()
    """Keys of the document that are embedded from behind or derived from what is."""
    mergeable: ClassVar[bool] = False
    """Whether two records of this type may turn out to be one."""

    identifiers: ClassVar[type[Model] | None] = None
    """The table of the parts that say, by scheme and value, what other data sets call the record."""

    unique_keys: ClassVar[tuple[str, ...]] = ()
    """Keys, also columns of the index, whose value no two records may share as far as anybody sees both."""

    def body(self, record: Any, embed: Embedder) -> Document:
        """The document of a working copy, without the head and the reverse keys."""
        raise NotImplementedError

    def reverse(self, document: Document) -> Document:
        """The reverse keys as they stand in the ledger for a document with this id and marking."""
        return self.reverse_of_all([document])[0]

    def reverse_of_all(self, documents: Sequence[Document]) -> list[Document]:
        """The same for each of the documents, with as many queries for a thousand of them as for five."""
        return [{} for _ in documents]

    def reverse_of_new(self, document: Document) -> Document:
        """The reverse keys of a document that nothing in the ledger can name yet."""
        return {}

    def affects(self, document: Document) -> set[UUID]:
        """Ids of the records whose documents embed this one from behind."""
        return set()

    def columns(self, document: Document) -> dict[str, Any]:
        """The typed columns of the index row, beside those that every index row has.

        As the terms, they are made of a document in force and of what a viewer is shown of one of the past: there a
        record that he may not see is None, or not in its list.
        """
        raise NotImplementedError

    def term_list(self, document: Document) -> Iterable[Term]:
        """The values of the many-valued filters; of the spare terms among them, only ``spare`` knows."""
        raise NotImplementedError

    def words(self, document: Document) -> Iterable[str | None]:
        """The texts that full-text search reads."""
        raise NotImplementedError

    def gained(self, document: Document, absorbed: Document) -> Document:
        """The document of a survivor with what it takes over from that of the record merged into it."""
        return document

    def derived(self, document: Document) -> Document:
        """A document from which hidden records were taken, with what had been made of them made anew."""
        return document

    def flaw(self, document: Document) -> str | None:
        """Why a document in which two records became one cannot stand, or nothing where it can."""
        return None

    def beside(self, document: Document, key: str, value: Any, source_id: str) -> Document | None:
        """What of the document changes where another value of a key is kept beside its own, on the word of a source.

        None where the key has no place for a second value.
        """
        return None

    def keeps_both(self, key: str) -> bool:
        """Whether ``beside`` has a place for a second value of the key."""
        return False

    def leaf_of(self, document: Document) -> Document:
        """What another document shows of this one."""
        return {key: document[key] for key in self.leaf}


Forget = Callable[[UUID], None]
"""Erases what an app keeps of a record beside its documents."""

_types: dict[str, RecordType] = {}
_keepers: list[Forget] = []
_serializers: dict[str, type[RecordSerializer]] = {}


def register(record_type: RecordType, serializer: type[RecordSerializer]) -> None:
    """Make a record type known, with what takes its documents apart; called by its app when Django starts."""
    _types[record_type.name] = record_type
    _serializers[record_type.name] = serializer


def keeps(forget: Forget) -> None:
    """Make known that an app keeps something of records, which a purge has to erase; called when Django starts."""
    if forget not in _keepers:
        _keepers.append(forget)


def keepers() -> list[Forget]:
    """What erases all that is kept of a record beside its documents."""
    return list(_keepers)


def serializer_of(record_type: RecordType) -> type[RecordSerializer]:
    """What writes a document of this type into the tables of a working copy."""
    return _serializers[record_type.name]


def get(name: str) -> RecordType:
    """The record type of that name; ``KeyError`` when there is none."""
    return _types[name]


def for_record(record: Record) -> RecordType:
    """The type of a working copy."""
    return for_model(type(record))


def for_model(model: type[Model]) -> RecordType:
    """The type whose working copies are rows of that model."""
    return next(t for t in _types.values() if issubclass(model, t.model))


def for_index(index: type[Model]) -> RecordType:
    """The type whose revisions are indexed in rows of that model."""
    return next(t for t in _types.values() if t.index is index)


def of_document(document: Document) -> RecordType:
    """The type of a document, which its address names."""
    return next(t for t in _types.values() if f"/{t.plural}/" in document["url"])


def all_types() -> list[RecordType]:
    """The record types, each after those that its documents refer to."""
    return list(_types.values())


def named(record_type: RecordType, document: Document) -> dict[UUID, Document]:
    """What the document embeds by its own word, and not from behind: the leaf of each record by its id."""
    forward = {key: value for key, value in document.items() if key not in record_type.reverse_keys}
    return {UUID(leaf["id"]): leaf for leaf in embedded(forward)}


def id_of(leaf: Document | None) -> UUID | None:
    """The id of an embedded record; nothing where it is not shown."""
    return UUID(leaf["id"]) if leaf else None


def embedded(document: Any) -> Iterator[Document]:
    """Every embedded record inside a value: the nested objects that carry an ``id``."""
    children = document.values() if isinstance(document, dict) else document
    for child in children:
        if isinstance(child, dict):
            if "id" in child:
                yield child
            yield from embedded(child)
        elif isinstance(child, list):
            yield from embedded(child)
