"""How judgements came true, as a page of the admin: by term, author, actor and year."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.safestring import mark_safe

from assessments import statistics
from assessments.dimensions import GROUPINGS
from assessments.models import Assessment, AssessmentIndex
from threatdb.api.errors import InvalidParameters
from threatdb.api.sight import Sight
from threatdb.curation.access import viewer_for
from threatdb.records.querysets import IndexQuerySet

from . import calibration

TEMPLATE = "admin/assessments/scores.html"

# Authors, actors or years in a table, those with the most judgements.
MAX_GROUPS_SHOWN = 50


def respond(request: HttpRequest, site: Any) -> TemplateResponse:
    """The page, of what readers with the user's clearance see; ``PermissionDenied`` for whoever may not see it."""
    page = site.get_model_admin(Assessment)
    if not page.has_view_or_change_permission(request):
        raise PermissionDenied
    sight = Sight(viewer_for(request))
    rows = sight.rows(AssessmentIndex)
    scores = statistics.scores(rows)
    for one in scores["calibration"]:
        one |= {"name": calibration.name_of(one["likelihood"]), "told": statistics.READINGS.get(one["reading"], "—")}
    context = {
        **site.each_context(request),
        "title": "Scores of judgements",
        "subtitle": None,
        "opts": Assessment._meta,
        "scores": scores,
        # The picture escapes what it shows.
        "picture": mark_safe(calibration.picture(scores["calibration"]).markup()),  # noqa: S308
        "groups": [
            {"by": words, "rows": _groups(rows, dimension, sight)}
            for dimension, words in (("author", "Author"), ("actor", "Actor judged"), ("year", "Year of issue"))
        ],
    }
    return TemplateResponse(request, TEMPLATE, context)


def _groups(rows: IndexQuerySet, dimension: str, sight: Sight) -> list[dict[str, Any]]:
    try:
        found = statistics.by_group(rows, {dimension: GROUPINGS[dimension]}, sight)["groups"]
    except InvalidParameters:
        # More than the API gives in one answer; the page has no room for them either.
        return []
    most = sorted(found, key=lambda group: -group["assessments"])[:MAX_GROUPS_SHOWN]
    if dimension == "year":
        most.sort(key=lambda group: str(group["group"]["year"] or "…"))
    return [{**group, "name": _name(group["group"][dimension])} for group in most]


def _name(value: Any) -> str:
    return str((value or {}).get("name", "—")) if isinstance(value, dict) else str(value or "—")
