"""Filters that take actors as they were then: of what kind they were, and who belonged to them or carried them on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db.models import Q

from threatdb.api import values
from threatdb.api.errors import InvalidParameters, parameter_error
from threatdb.api.families import Family, Filters, GrammarFilter, Single
from threatdb.api.filters import RecordFilterSet
from threatdb.records.querysets import IndexQuerySet

from . import identity, spells
from .choices import ActorKind
from .spells import Days, Span, Spell

# The certain reading of a kind among its lookups; of the others one denies the possible reading.
CERTAINLY, NOT = "__certainly_in", "__not"

INCLUDE = {"include": False, "include__certainly": True}
"""The parameters that include relatives, and whether they have to be such for certain."""


_MAY = "may have been of on a day that may be its own."
KINDS = {
    "": f"{_MAY} Repeat it for any of several.",
    "__in": f"{_MAY} Any of a list.",
    "__possibly_in": f"{_MAY} Any of a list.",
    CERTAINLY: "was of on every day that may be its own, whatever the truth. Any of a list.",
    NOT: f"{_MAY} Not this.",
}
"""The lookups of a kind, with what they ask."""


@dataclass
class KindThen(Family):
    """What kind an actor was on the days of the row. The set that has it asks the actors themselves."""

    def filters(self, name: str) -> Filters:
        return {
            f"{name}{lookup}": GrammarFilter(
                values.CodeOf(lambda: ActorKind.values),
                lambda qs, found: qs,
                help_text=f"{self.help_text} {words}",
                split=lookup.endswith("in"),
            )
            for lookup, words in KINDS.items()
        }


def _included(value: str) -> tuple[str, ...]:
    """Names of what is included, with commas between."""
    read = values.CodeOf(lambda: identity.INCLUDED)
    return tuple(dict.fromkeys(read(word) for word in value.split(",")))


def _depth(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:9]) <= identity.MAX_DEPTH:
        raise ValueError(f"Write a whole number from 1 to {identity.MAX_DEPTH}.")
    return int(value)


_LISTED = "Also those who carry on, split from or belong to the actors asked for: successors, splinters, parts."
_DEPTHS = {"type": "integer", "minimum": 1, "maximum": identity.MAX_DEPTH, "default": 1}

Named = Callable[[list[UUID]], list[Spell]]
"""Gives the spells of actors, with those of the relatives that are included."""


class ThenFilterSet(RecordFilterSet):
    """Filters of records that name actors and have days of their own."""

    days: ClassVar[Days] = Days()
    """What holds the days of a row."""
    span: ClassVar[str]
    """The span whose possible and certain readings say which days are asked for."""
    widened: ClassVar[tuple[str, ...]]
    """The parameters by an actor that relatives are added to; each is named like its terms."""

    families: ClassVar[dict[str, Family]] = {
        "actor_kind": KindThen("Kind that an actor"),
        "include": Single(f"{_LISTED} Where they may have been such.", parse=_included),
        "include__certainly": Single(f"{_LISTED} Where they were such, whatever the truth.", parse=_included),
        "depth": Single("How many relationships include= follows, one from the next.", parse=_depth, schema=_DEPTHS),
    }

    def filter_queryset(self, queryset: Any) -> Any:
        """All filters, then those on actors as they were then."""
        named, whole = self.named_with_relatives(), self.form.cleaned_data
        # What is asked of actors with their relatives, or as they were then, is more than whether a term is there.
        apart = {f"{name}{lookup}" for name in self.widened for lookup in ("", "__in")} if named else set()
        self.form.cleaned_data = {name: found for name, found in whole.items() if name not in apart}
        rows = cast(IndexQuerySet, super().filter_queryset(queryset))
        self.form.cleaned_data = whole
        rows = self._of_kinds(rows)
        if named:
            for parameter in apart & self.given.keys():
                found = named(self.given[parameter])
                rows = rows.filter(self.naming(rows, parameter.removesuffix("__in"), found))
        return rows

    def either(self, name: str) -> list[Any]:
        """The values of a parameter in both of its forms that mean any of."""
        return [*self.given.get(name, []), *self.given.get(f"{name}__in", [])]

    def naming(self, rows: IndexQuerySet, kind: str, found: list[Spell], **also: Any) -> Q:
        """The rows that name one of the actors in its spell, as ``include`` reads it."""
        certainly = any(INCLUDE[name] for name in self.given.keys() & INCLUDE)
        return spells.naming(rows, kind, found, days=self.days, certainly=certainly, **also)

    def named_with_relatives(self) -> Named | None:
        """What gives actors with those included, if any are. ``InvalidParameters`` where no actor is asked for."""
        asked = [name for name in INCLUDE if name in self.given]
        if not asked:
            if "depth" in self.given:
                raise InvalidParameters([parameter_error("depth", "It says how far include= goes: give that too.")])
            return None
        name = asked[-1]
        if len(asked) > 1:
            raise InvalidParameters([parameter_error(name, f"Give this or {asked[0]}=, not both.")])
        if not any(self.either(widened) for widened in self.widened):
            some = ", ".join(self.widened[:2])
            words = f"It widens what is asked of an actor: give {some} or another such parameter too."
            raise InvalidParameters([parameter_error(name, words)])
        return partial(self._with_relatives, name)

    def _with_relatives(self, name: str, actors: list[UUID]) -> list[Spell]:
        depth, included = self.given.get("depth", [1])[0], self.given[name][0]
        try:
            return identity.with_relatives(actors, included, depth, self.sight, certainly=INCLUDE[name])
        except values.Refused as error:
            raise InvalidParameters([parameter_error(name, str(error), error.code)]) from None

    def _of_kinds(self, rows: IndexQuerySet) -> IndexQuerySet:
        """Rows with an actor of the kinds: possibly in the days that are asked for, certainly on all of the row's."""
        for lookup in KINDS:
            if kinds := self.given.get(f"actor_kind{lookup}"):
                certainly = lookup == CERTAINLY
                found = identity.of_kinds(kinds, self.sight, certainly=certainly)
                for window in () if certainly else self._windows():
                    found = spells.during(found, window)
                named = spells.naming(rows, "actor", found, days=self.days, certainly=certainly)
                rows = rows.exclude(named) if lookup == NOT else rows.filter(named)
        return rows

    def _windows(self) -> list[Span]:
        readings = (f"{self.span}__{reading}_within" for reading in ("possibly", "certainly"))
        return [self.given[name][0] for name in readings if name in self.given]
