"""The profile of an actor as a page of the admin that prints on one sheet."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, QueryDict
from django.template.response import TemplateResponse
from django.utils.safestring import mark_safe

from actors.models import Actor, ActorIndex, RelationshipKind
from assessments.profiles import periods, profile
from assessments.profiles.filters import ActorProfileFilterSet
from assessments.profiles.periods import Period
from incidents.choices import Role
from incidents.models import IncidentIndex, Tactic, TargetType
from threatdb.api.errors import InvalidParameters
from threatdb.api.filters import refuse_unread
from threatdb.api.sight import Sight
from threatdb.curation.access import viewer_for
from threatdb.records.querysets import IndexQuerySet

from . import profile_pictures
from .profile_tables import SHOWN, figures, shares

TEMPLATE = "admin/assessments/profile.html"


class AskedForm(forms.Form):
    """The time of a profile and the actor's roles in it, as the API takes them."""

    since = forms.CharField(required=False, label="Since")
    until = forms.CharField(required=False, label="Until")
    days = forms.CharField(required=False, label="Days")
    before = forms.CharField(required=False, label="Days before")
    role = forms.MultipleChoiceField(
        required=False, label="As", choices=Role.choices, widget=forms.CheckboxSelectMultiple
    )


def respond(request: HttpRequest, site: Any, actor_id: UUID) -> TemplateResponse:
    """The page; an actor that the user may not see is answered like one that never was.

    It shows what readers of his clearance see or, with ``view=working`` and where readers see no actor, working copies.
    """
    page = site.get_model_admin(Actor)
    actor = page.get_object(request, str(actor_id))
    if actor is None or not page.has_view_or_change_permission(request, actor):
        raise PermissionDenied
    viewer = viewer_for(request)
    published = Sight(viewer).rows(ActorIndex).filter(record_id=actor.pk).exists()
    working = request.GET.get("view") == "working" or not published
    sight = Sight(viewer, working)
    filters, period, refused = _asked(request.GET, actor, sight)
    context = {
        **site.each_context(request),
        "title": f"Profile: {actor}",
        "subtitle": None,
        "opts": actor._meta,
        "actor": actor,
        "working": working,
        "published": published,
        "refused": refused,
        "form": AskedForm({**{name: request.GET.get(name, "") for name in periods.PARAMETERS}, "role": filters.roles}),
        "roles": [Role(role).label.lower() for role in filters.roles],
        **_shown(filters, period),
    }
    return TemplateResponse(request, TEMPLATE, context)


def _asked(asked: QueryDict, actor: Actor, sight: Sight) -> tuple[ActorProfileFilterSet, Period | None, list[str]]:
    """The roles and the period that are asked for, or the usual ones with what is wrong with those."""
    given = QueryDict(mutable=True)
    for name in periods.PARAMETERS:
        if asked.get(name):
            given[name] = str(asked[name])
    given.setlist("role", asked.getlist("role"))
    try:
        return *_read(given, actor, sight), []
    except InvalidParameters as error:
        return *_read(QueryDict(), actor, sight), [f"{e['parameter']}: {e['detail']}" for e in error.errors]


def _read(asked: QueryDict, actor: Actor, sight: Sight) -> tuple[ActorProfileFilterSet, Period | None]:
    filters = ActorProfileFilterSet(asked, sight.rows(IncidentIndex), sight=sight, actor=actor.pk)
    refuse_unread(filters.form)
    return filters, periods.read_period(asked, sight)


def _shown(filters: ActorProfileFilterSet, period: Period | None) -> dict[str, Any]:
    """The figures and pictures; without any data the reason alone."""
    rows = cast(IndexQuerySet, filters.qs)
    found = profile.of_actor(rows, period, filters.actor, filters.part, filters.sight)
    if period is None:
        return {"profile": found}
    rows = rows.filter(period.chosen)
    drawn, several = profile_pictures.timeline(rows, period)
    world, not_placed = profile_pictures.world(rows)
    return {
        "profile": found,
        "lines": figures(found),
        "tactics": shares(found["tactics"], _labels(Tactic)),
        "targets": shares(found["target_types"], _labels(TargetType)),
        "areas": found["areas"]["named"][:SHOWN],
        "ties": _ties(found["relationships"]),
        "judgements": found["assessments"]["named"][:SHOWN],
        # The pictures escape what they show.
        "timeline": mark_safe(drawn),  # noqa: S308
        "several": several,
        "map": mark_safe(world),  # noqa: S308
        "not_placed": not_placed,
    }


def _ties(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Rivals and allies in words."""
    kinds = {kind.code: kind for kind in RelationshipKind.objects.all()}
    return [
        {
            "as": name[:-1] if name == "rivals" else "ally",
            "kind": _kind(kinds.get(tie["relationship"]["kind"]), tie),
            "actor": tie["actor"]["name"],
            "period": _period_words(tie["period"]),
            "standing": tie["standing"].replace("_", " "),
        }
        for name in ("rivals", "allies")
        for tie in found[name]["named"][:SHOWN]
    ]


def _kind(kind: RelationshipKind | None, tie: dict[str, Any]) -> str:
    if kind is None:
        return str(tie["relationship"]["kind"])
    return str(kind.label if tie["side"] == "subject" else kind.inverse_label or kind.label)


def _period_words(period: dict[str, Any] | None) -> str:
    """From when to when, each as an interval where it is one."""
    if period is None:
        return "undated"
    return f"{_end_words(period['start'])} to {_end_words(period['end'])}"


def _end_words(end: dict[str, Any] | None) -> str:
    if end is None:
        return "…"
    earliest, latest = end["earliest"], end["latest"]
    if earliest == latest or not latest:
        return str(earliest) if latest else f"from {earliest}"
    return f"{earliest}/{latest}" if earliest else f"by {latest}"


def _labels(vocabulary: Any) -> dict[str, str]:
    return dict(vocabulary.objects.values_list("code", "label"))
