"""The formats of data sets: what each app tells the import engine about the files whose rows become its records.

A format reads one row at a time and writes nothing: from the row's cells, by the names of their columns, it makes
the document that a ``PUT`` would take. Where the document names something that the row brings along, it holds a
``NamedActor`` or ``DATASET`` in place of an id; the engine finds or makes the record and puts its id there. Each app
registers its formats when Django starts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

from threatdb.records.markings import Marking
from threatdb.records.registry import Document

# Stands in the scheme of a key before the name of a record that a row tells of beside its own.
BESIDE = "#"

Cells = Mapping[str, str]
"""The cells of one row by the names of their columns, as the file has them."""


class Severity(StrEnum):
    """Whether a problem keeps a row out."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """What is wrong or doubtful in a row; ``column`` is where, None where it is about the whole row."""

    column: str | None
    code: str
    detail: str
    severity: Severity = Severity.ERROR


class Key(NamedTuple):
    """The external identifier by which a row is known again: its scheme, such as ucdp-ged, and the value there."""

    scheme: str
    value: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"

    def beside(self, name: str) -> Key:
        """The key of the record of that name which the row tells of beside its own."""
        return Key(f"{self.scheme}{BESIDE}{name}", self.value)

    def of_row(self) -> Key:
        """The key of the row that tells of the record with this one."""
        return Key(self.scheme.partition(BESIDE)[0], self.value)


@dataclass(frozen=True)
class NamedActor:
    """An actor that a document names by what the data set calls it; stands in the place of its id.

    ``column`` is where the row names it: the same actor may stand in several.
    """

    key: Key
    name: str
    kind: str
    column: str | None = field(default=None, compare=False)


class Dataset:
    """Stands in a document in the place of the id of the source that is the data set itself."""


DATASET = Dataset()


class Own:
    """Stands in the document of a companion in the place of the id of the row's own record."""


OWN = Own()

Named = NamedActor | Dataset | Own


@dataclass(frozen=True)
class Companion:
    """A record of another type that a row tells of beside its own, such as the claim of its incident.

    ``name`` tells it from the others of the row, and is the same whenever the row is imported: claim-1.
    """

    record_type: str
    name: str
    document: Document


@dataclass(frozen=True)
class Reading:
    """What a row says: who it is, its document in the write format, and what was noticed on the way.

    With a problem that is an error the row is refused, and ``document`` is not looked at. The engine adds the
    marking, and the licence where the document has that key and says nothing of it.
    """

    key: Key | None
    document: Document = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    companions: Sequence[Companion] = ()
    revises: Cells | None = None
    """The cells of a row that changes a record by its id (``revising``), and so has no document of its own."""

    @property
    def is_refused(self) -> bool:
        return any(problem.severity is Severity.ERROR for problem in self.problems)


class Format:
    """How the rows of one kind of file are read. One instance serves one run, so that it may keep what it looks up."""

    name: ClassVar[str]
    """By which commands and the API name it, such as ucdp-ged."""
    label: ClassVar[str]
    record_type: ClassVar[str] = "incident"
    """The name of the record type that its rows become."""
    required: ClassVar[frozenset[str]]
    """Columns without which nothing can be read, as ``normal`` writes them."""
    licence: ClassVar[str | None] = None
    """The code of the licence of the data set."""
    marking: ClassVar[Marking] = Marking.AMBER
    """The marking of its records where the importer asks for no other."""
    lowest_marking: ClassVar[Marking] = Marking.CLEAR
    """The marking below which its terms let no record go."""
    told_in: ClassVar[Mapping[tuple[str, ...], str]] = {}
    """By the path of a value in the document the column that tells it, of values that a rule may refuse."""

    def __init__(self, release: str = "") -> None:
        self.release = release

    @classmethod
    def normal(cls, column: str) -> str:
        """A column's name as ``required`` writes it."""
        return column.strip()

    @classmethod
    def recognises(cls, columns: Sequence[str]) -> bool:
        """Whether a file with these columns looks like one of this format."""
        return cls.required <= {cls.normal(column) for column in columns}

    @classmethod
    def faults(cls, columns: Sequence[str]) -> list[Problem]:
        """What is wrong with the columns of a file: each one that is missing or there twice."""
        found = Counter(map(cls.normal, columns))
        missing = [Problem(name, "missing_column", f"There is no column “{name}”.") for name in cls.required - {*found}]
        doubled = [
            Problem(name, "doubled_column", f"The column “{name}” is there {count} times.")
            for name, count in found.items()
            if name and count > 1
        ]
        return sorted([*missing, *doubled], key=lambda problem: problem.column or "")

    def column_of(self, path: tuple[str, ...]) -> str | None:
        """The column that tells what lies at the path in the document of a row; None where it is not one alone."""
        return self.told_in.get(path)

    def source(self) -> Document | None:
        """The document of the source that is the data set itself; None where its rows are not cited to it."""
        return None

    def edition(self, name: str) -> str:
        """The name of the data set with its release, which whoever passes rows on is asked to name.

        Where the importer named none, that is said: the name alone would read as that of all releases.
        """
        return f"{name} {self.release}" if self.release else f"{name}, release not stated"

    def skips(self, cells: Cells) -> bool:
        """Whether a row is none, such as a second heading."""
        return False

    def read(self, cells: Cells) -> Reading:
        """What the row says. Never raises for what a cell holds: that is a problem of the reading."""
        raise NotImplementedError


_formats: dict[str, type[Format]] = {}


def register(kind: type[Format]) -> None:
    """Make a format known; called by its app when Django starts."""
    _formats[kind.name] = kind


def get(name: str) -> type[Format]:
    """The format of that name; ``KeyError`` when there is none."""
    return _formats[name]


def names() -> list[str]:
    """The names of all formats."""
    return sorted(_formats)


def recognised(columns: Sequence[str]) -> list[type[Format]]:
    """The formats as which a file with these columns could be read, the one that asks for most columns first."""
    found = [kind for kind in _formats.values() if kind.recognises(columns)]
    return sorted(found, key=lambda kind: (-len(kind.required), kind.name))


def slots(document: Any) -> Iterator[tuple[Any, Any, Named]]:
    """Where a document holds something else than values: the object or list, the key or place there, and what it is."""
    items = document.items() if type(document) is dict else enumerate(document)
    for key, value in items:
        kind = type(value)
        if kind is dict or kind is list:
            if value:
                yield from slots(value)
        elif kind is NamedActor or kind is Dataset or kind is Own:
            yield document, key, value
