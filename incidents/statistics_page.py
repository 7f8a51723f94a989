"""Statistics of incidents as a page of the admin: a picture, and the table behind it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, QueryDict
from django.template.response import TemplateResponse
from django.utils.safestring import mark_safe
from rest_framework.request import Request
from rest_framework.reverse import reverse

from threatdb.api.errors import InvalidParameters
from threatdb.api.sight import sight_for
from threatdb.curation.access import viewer_for

from . import chart
from .dimensions import GROUPINGS
from .models import Incident
from .views import IncidentStatisticsViewSet

TEMPLATE = "admin/incidents/statistics.html"

# Groups in the table, those with the most incidents.
MAX_GROUPS_SHOWN = 100

CHOICES = [(name, name.replace("_", " ")) for name in GROUPINGS]
WITHIN = "occurred__possibly_within"


class AskedForm(forms.Form):
    """What is asked most, and whatever else the API takes."""

    by = forms.ChoiceField(choices=CHOICES, required=False, initial="year")
    and_by = forms.ChoiceField(label="and", choices=[("", "—"), *CHOICES], required=False)
    country = forms.CharField(max_length=2, required=False, label="Country code")
    perpetrator = forms.CharField(max_length=300, required=False)
    first = forms.DateField(required=False, label="From")
    last = forms.DateField(required=False, label="To")
    more = forms.CharField(
        max_length=500,
        required=False,
        label="Other filters, as in the API",
        widget=forms.TextInput(attrs={"class": "pages-long", "placeholder": "tactic=bombing&killed__certainly_gte=10"}),
    )

    def clean_more(self) -> str:
        """Raise ``ValidationError`` for what the page itself says."""
        more = str(self.cleaned_data["more"])
        if said := sorted({"group_by", "format"} & set(QueryDict(more))):
            raise forms.ValidationError(f"{said[0]} is no filter here.")
        return more

    def query(self) -> QueryDict:
        """The parameters of ``stats/incidents`` that ask for it."""
        given = self.cleaned_data
        asked = QueryDict(given["more"], mutable=True)
        asked.appendlist("group_by", ",".join(filter(None, (given["by"] or "year", given["and_by"]))))
        for name in ("country", "perpetrator"):
            if given[name]:
                asked.appendlist(name, given[name])
        if given["first"] or given["last"]:
            first, last = given["first"] or "0001-01-01", given["last"] or "9999-12-31"
            asked.appendlist(WITHIN, f"{first}/{last}")
        return asked


def respond(request: HttpRequest, site: Any) -> TemplateResponse:
    """The page; ``PermissionDenied`` for whoever may not see incidents. What is not understood is told on it."""
    if not site.get_model_admin(Incident).has_view_or_change_permission(request):
        raise PermissionDenied
    form = AskedForm(request.GET if request.GET else {"by": "year"})
    context = {
        **site.each_context(request),
        "title": "Statistics of incidents",
        "subtitle": None,
        "opts": Incident._meta,
        "form": form,
        **(_found(request, form.query()) if form.is_valid() else {}),
    }
    return TemplateResponse(request, TEMPLATE, context)


def _found(request: HttpRequest, query: QueryDict) -> dict[str, Any]:
    try:
        figures = _figures(request, query)
    except InvalidParameters as error:
        return {"refused": [f"{one['parameter']}: {one['detail']}" for one in error.errors]}
    most = sorted(figures["groups"], key=lambda group: -group["single"]["incidents"])[:MAX_GROUPS_SHOWN]
    if figures["group_by"][0] in chart.PERIODS:
        most.sort(key=lambda group: chart.name_of(group["group"]))
    address = f"{reverse('incident-statistics-list')}?{query.urlencode()}"
    return {
        "figures": figures,
        # The picture escapes what it shows.
        "picture": mark_safe(chart.picture(figures).markup()),  # noqa: S308
        "groups": [{**group, "name": chart.name_of(group["group"])} for group in most],
        "left_out": len(figures["groups"]) - len(most),
        "address": address,
    }


def _figures(request: HttpRequest, query: QueryDict) -> dict[str, Any]:
    """What the API answers to these parameters, for the user of the page."""
    sent = HttpRequest()
    sent.method, sent.META = "GET", {"QUERY_STRING": query.urlencode()}
    sent.GET = QueryDict(query.urlencode())
    asked = Request(sent)
    asked.user = request.user
    view = IncidentStatisticsViewSet()
    view.request, view.sight = asked, sight_for(asked, viewer_for(request))
    return view.answer()
