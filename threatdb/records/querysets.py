"""Querysets of working copies, index rows and tombstones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from . import bulk, registry, visibility
from .registry import RecordType
from .visibility import Viewer


class RecordQuerySet(models.QuerySet[Any]):
    """Working copies."""

    def visible_to(self, viewer: Viewer) -> Self:
        """The working copies that exist for the viewer: for curators, up to their clearance."""
        index = registry.for_model(self.model).index.objects.visible_to(viewer, working=True)
        return self.filter(Exists(index.filter(record_id=OuterRef("pk"))))


@dataclass
class Told:
    """Terms, by their keys, that do not count in a query, and spare ones that do: ``showing`` finds them."""

    lost: list[int] = field(default_factory=list)
    gained: list[int] = field(default_factory=list)


class IndexQuerySet(models.QuerySet[Any]):
    """Index rows: one for each revision that is or was in force or is a working copy."""

    # Whether all rows are in force: the index that gives terms in the lists' default order holds no others.
    all_in_force = False
    # Whether a term is joined already, whose ``sort`` and ``record_id`` then give that order.
    joins_term = False
    # Where terms go by what a viewer is shown of the documents, rather than by all that these say.
    told = Told()

    def visible_to(self, viewer: Viewer, *, working: bool = False, at: int | None = None) -> Self:
        """The revisions that exist for the viewer: in force now, or the working copies.

        ``at`` asks for those in force at an earlier ledger position; each must be visible today
        too, so that what was retracted is gone from the past as well.
        """
        if at is None:
            rows = self.filter(visibility.visible_to(viewer, working=working))
            rows.all_in_force = not working
            return rows
        return self.once_visible_to(viewer, by=at).in_force_at(at).of_records_visible_to(viewer)

    def in_force_at(self, seq: int) -> Self:
        """What was in force at a ledger position, whoever could see it."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=seq), since__lte=seq)

    def once_visible_to(self, viewer: Viewer, *, by: int | None = None) -> Self:
        """What readers with the viewer's clearance could see, now or once; ``by`` a ledger position."""
        rows = self.filter(visibility.within_clearance(viewer), since__isnull=False)
        # What was ever in force was so from its own position on, so the key finds it.
        return rows if by is None else rows.filter(pk__lte=by)

    def of_records_visible_to(self, viewer: Viewer) -> Self:
        """Revisions of whatever age, of records that readers with the viewer's clearance see today.

        Those of a record that was merged are seen where its heir is: a merge retracts nothing.
        """
        # Models are made with these querysets.
        from .models import Tombstone

        today = self.model._default_manager.filter(visibility.visible_to(viewer))
        if not registry.for_index(self.model).mergeable:
            return self.filter(Exists(today.filter(record_id=OuterRef("record_id"))))
        # One question for both, so that PostgreSQL can join rather than ask for each row.
        heirs = Tombstone.objects.filter(visibility.within_clearance(viewer, "heir_marking"))
        own = heirs.filter(record_id=OuterRef(OuterRef("record_id"))).order_by("-seq")
        heir = Subquery(own.values("heir_id")[:1])
        return self.filter(Exists(today.filter(record_id=Coalesce(heir, OuterRef("record_id")))))

    def with_term(self, kind: str, values: Collection[str] | None, **also: Any) -> Self:
        """Revisions that carry any of the values (or any at all); ``also`` are conditions on the same term.

        The first plain term of a query is joined rather than asked for, so that the default order can
        be read off the terms' own index (``TermRow.scans``).
        """
        if values and len(values) == 1 and not also and self.all_in_force and not self.joins_term:
            own = self.filter(terms__kind=kind, terms__value=next(iter(values)), terms__in_force=True)
            own.joins_term = True
            return own
        return self.filter(self._term(kind, values, **also))

    def without_term(self, kind: str, values: Collection[str]) -> Self:
        """Revisions that carry none of the values."""
        return self.exclude(self._term(kind, values))

    def terms_of(self, kind: str) -> models.QuerySet[Any]:
        """The terms of that kind which count for these rows, and others."""
        found: models.QuerySet[Any] = self.model.terms.rel.related_model._default_manager.filter(self.counting(kind))
        return found

    def counting(self, kind: str, joined: str = "") -> Q:
        """The condition under which a term is of that kind and counts; ``joined`` is the path to it."""
        counts = Q(**{f"{joined}kind": kind})
        if self.told.lost:
            counts &= ~Q(**{f"{joined}pk__in": bulk.among(self.told.lost)})
        if self.told.gained:
            spare = {f"{joined}kind": registry.spare(kind), f"{joined}pk__in": bulk.among(self.told.gained)}
            counts |= Q(**spare)
        return counts

    def _term(self, kind: str, values: Collection[str] | None, **also: Any) -> Exists:
        matching = self.terms_of(kind).filter(**also)
        if values is not None:
            matching = matching.filter(value__in=list(values))
        return Exists(matching.filter(revision=OuterRef("pk")))

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone.all_in_force, clone.joins_term, clone.told = self.all_in_force, self.joins_term, self.told
        return clone


class TombstoneQuerySet(models.QuerySet[Any]):
    """What is left of records that readers saw once."""

    def visible_to(self, viewer: Viewer) -> Self:
        """The tombstones of records that the viewer could see before they went."""
        return self.filter(visibility.within_clearance(viewer))

    def outlived_by_heirs(self, record_type: RecordType, viewer: Viewer) -> Self:
        """The tombstones of merged records of that type that the viewer sees in the past as they were.

        He sees the heir today, and was cleared for each record that a merge took. Of what was purged nothing is left.
        """
        heir = record_type.index.objects.visible_to(viewer).filter(record_id=OuterRef("heir_id"))
        kept = record_type.model._base_manager.filter(pk=OuterRef("record_id"))
        return self.filter(visibility.within_clearance(viewer, "heir_marking"), Exists(heir), Exists(kept))
