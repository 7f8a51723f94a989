"""List filters that the pages of all records share."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from threatdb.records.choices import Action, State
from threatdb.records.models import Revision


class ReadersFilter(SimpleListFilter):
    """What readers up to the user's clearance see of the record."""

    title = "what readers see"
    parameter_name = "readers"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("this", "This"), ("earlier", "An earlier edition"), ("nothing", "Nothing")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "this":
                return queryset.filter(readers_see=True, state=State.PUBLISHED)
            case "earlier":
                return pending(queryset)
            case "nothing":
                return queryset.filter(readers_see=False)
        return queryset


class MineFilter(SimpleListFilter):
    """Whether the user has written in the record."""

    title = "author"
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("yes", "Changed by me")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return written_by(queryset, request.user) if self.value() == "yes" else queryset


def pending(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Records of which readers see an earlier edition than the working copy."""
    return rows.filter(readers_see=True).exclude(state=State.PUBLISHED)


def written_by(rows: QuerySet[Any], user: Any) -> QuerySet[Any]:
    """Records that the user created or changed."""
    own = Revision.objects.filter(record_id=OuterRef("pk"), by=user.pk, action__in=[Action.CREATE, Action.UPDATE])
    return rows.filter(Exists(own))
