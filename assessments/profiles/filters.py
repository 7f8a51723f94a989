"""What the incidents of a profile can be chosen by."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import Exists, OuterRef, Q

from incidents.choices import Role
from incidents.filters import ROLES, IncidentFilterSet
from incidents.models import IncidentTerm
from threatdb.api import values
from threatdb.api.families import Family, Filters, GrammarFilter
from threatdb.api.sight import Sight
from threatdb.records.querysets import IndexQuerySet

# The roles of those who took part in the act, which count unless others are asked for. Data sets of battles know no
# perpetrator, but two sides.
TOOK_PART = (Role.PERPETRATOR, Role.SIDE_A, Role.SIDE_B)
# The kinds of term that name an actor in a role.
NAMING = ("involvement", "target")


class ProfileFilterSet(IncidentFilterSet):
    """All that incidents can be filtered by, but for their dates and for relatives of actors.

    A profile counts days, so it has to know its time itself: ``since`` and ``until`` say it.
    """

    left_out: ClassVar[tuple[str, ...]] = ("date_earliest", "date_latest", "occurred", "include", "depth")

    @classmethod
    def get_filters(cls) -> OrderedDict[str, django_filters.Filter]:
        """The filters of the families of this class and its bases, without what is left out."""
        found = super().get_filters().items()
        return OrderedDict((name, one) for name, one in found if name.partition("__")[0] not in cls.left_out)


@dataclass
class OwnRoles(Family):
    """The roles of the actor whose profile it is. The set that has it knows the actor, and asks for them."""

    def filters(self, name: str) -> Filters:
        words = {"": "Repeat it for any of several.", "__in": "Any of a list."}
        return {
            f"{name}{lookup}": GrammarFilter(
                values.CodeOf(lambda: Role.values),
                lambda qs, found: qs,
                help_text=f"{self.help_text} {said}",
                split=lookup == "__in",
            )
            for lookup, said in words.items()
        }


class ActorProfileFilterSet(ProfileFilterSet):
    """The same of an actor, by the roles that it has in the incidents."""

    families: ClassVar[dict[str, Family]] = {
        "role": OwnRoles(f"Role of the actor itself; {', '.join(TOOK_PART)} unless said."),
    }

    def __init__(self, data: Any, queryset: Any, *, sight: Sight, actor: UUID) -> None:
        super().__init__(data, queryset, sight=sight)
        self.actor = actor

    @property
    def roles(self) -> list[str]:
        """The roles that count, in the order of the list."""
        asked = self.either("role") or TOOK_PART
        return [role.value for role in Role if role in asked]

    @property
    def part(self) -> dict[str, Any]:
        """The actor's part in the incidents: its roles, and what was asked of the statements on it."""
        least = next(iter(self.given.get("min_likelihood", [])), None)
        either = {name: self.either(name) for name in ("basis", "likelihood")}
        return {"role": self.roles, **either, "min_likelihood": least}

    def on_one_statement(self, rows: IndexQuerySet) -> IndexQuerySet:
        """The statement is that on the actor itself; where others are asked for, the same is asked of theirs."""
        if any(self.either(name) for name in ("actor", *ROLES)):
            rows = super().on_one_statement(rows)
        terms = IncidentTerm.objects.filter(self._names_it(rows), value=str(self.actor))
        if rows.all_in_force:
            # Each incident once, however often it names the actor, by the one index that leads from an actor to them;
            # SQLite seeks in it only where the kinds are a list.
            return rows.filter(pk__in=terms.filter(in_force=True, kind__in=NAMING).values("revision"))
        return rows.filter(Exists(terms.filter(revision=OuterRef("pk"))))

    def _names_it(self, rows: IndexQuerySet) -> Q:
        """The condition on a term that names the actor in one of the roles."""
        roles, how = self.roles, self.how()
        named = rows.counting("involvement") & Q(role__in=roles, **how)
        if Role.TARGET in roles and not how:
            # Whom an incident was aimed at stands among its targets too, as the filter ``target`` knows; no statement
            # says on what basis.
            named |= rows.counting("target")
        return named
