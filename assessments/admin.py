"""The admin pages of assessments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse
from django.urls import path

from threatdb.api.errors import InvalidParameters
from threatdb.curation.access import viewer_for
from threatdb.curation.admin import CitationInline, PartFormSet, PartInline, RecordAdmin, StackedPartInline
from threatdb.curation.forms import RecordForm
from threatdb.records.visibility import Viewer

from . import criteria
from .models import DECIDING, EVIDENCE, Assessment, AssessmentCitation, AssessmentPlace, AssessmentSubject, Evidence
from .pages import profile_page, scores_page


class SubjectInline(PartInline):
    """Actors on whom something is judged."""

    model = AssessmentSubject
    fields = ("actor",)


class PlaceInline(PartInline):
    """Places on which something is judged."""

    model = AssessmentPlace
    fields = ("country", "admin1")


class EvidenceFormSet(PartFormSet):
    """The evidence of one assessment, looked at together with its outcome."""

    def clean(self) -> None:
        super().clean()
        if not any(self.errors):
            stances = [piece.stance for piece in self.kept()]
            Assessment.refuse_unproven(self.instance.outcome, stances, evaluated=bool(self.instance.evaluation))


class EvidenceInline(StackedPartInline):
    """What supports or contradicts the judgement, and what shows its outcome."""

    model = Evidence
    formset = EvidenceFormSet
    fieldsets = [(None, {"fields": [("stance", "note"), EVIDENCE[:3], EVIDENCE[3:]]})]


class AssessmentCitationInline(CitationInline):
    """Citations of assessments."""

    model = AssessmentCitation


class AssessmentForm(RecordForm):
    """The form of an assessment, whose query has to be one that its readers understand."""

    viewer: Viewer
    evaluation_off = forms.BooleanField(
        required=False,
        label="Decide otherwise",
        help_text="Takes away what the criterion counted, so that the outcome can be changed.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("evaluation_off"):
            self.instance.evaluation = None
        if {*DECIDING} & {*self.changed_data}:
            self._refuse_own(cleaned)
        query, marking = cleaned.get("criterion_query"), cleaned.get("marking")
        if query and marking is not None and {"criterion_query", "marking"} & {*self.changed_data}:
            try:
                criteria.refuse_unreadable(query, criteria.reader(marking, self.viewer))
            except InvalidParameters as error:
                self.add_error("criterion_query", [str(detail) for detail in criteria.details(error)])
        return cleaned

    def _refuse_own(self, cleaned: dict[str, Any]) -> None:
        try:
            Assessment.refuse_own(cleaned.get("author", ""), cleaned.get("resolved_by", ""))
        except forms.ValidationError as error:
            self.add_error("resolved_by", error)


@admin.register(Assessment)
class AssessmentAdmin(RecordAdmin):
    """Assessments."""

    form = AssessmentForm
    change_list_template = "admin/assessments/assessment_change_list.html"
    list_display = (
        *("statement", "author", "date_earliest", "likelihood", "confidence", "outcome"),
        *("state", "marking", "readers", "updated_at"),
    )
    list_filter = (*RecordAdmin.list_filter, "likelihood", "confidence", "outcome")
    search_fields = ("statement", "author", "rationale", "criterion")
    fieldsets = [
        (None, {"fields": ["statement", "author", "rationale", "tags", "marking"]}),
        ("Issued on", {"fields": [("date_earliest", "date_latest"), ("date_precision", "date_as_reported")]}),
        ("Horizon", {"fields": [("horizon_start", "horizon_end"), "horizon_as_reported", "criterion"]}),
        (
            "Criterion that resolves itself",
            {"fields": ["criterion_query", ("comparison", "threshold", "criterion_by"), "evaluated"]},
        ),
        ("Likelihood", {"fields": [("likelihood", "likelihood_as_reported"), "probability"]}),
        ("Confidence in its basis", {"fields": [("confidence", "confidence_as_reported")]}),
        ("Outcome", {"fields": [("outcome", "resolved_on", "resolved_by"), "resolution"]}),
    ]
    readonly_fields = ("evaluated",)
    inlines = [SubjectInline, PlaceInline, EvidenceInline, AssessmentCitationInline]

    @display(description="Counted")
    def evaluated(self, record: Assessment) -> str:
        """What the criterion counted, where that gave the outcome."""
        made = record.evaluation and record.evaluations.filter(pk=record.evaluation).first()
        return str(made) if made else "not yet: ./run resolve_assessments counts once the last day is over"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Where the criterion gave the outcome, also what takes that away."""
        shown = super().get_fieldsets(request, obj)
        own = ("Resolved by its criterion", {"fields": ["evaluation_off"]})
        return [*shown, own] if obj and obj.evaluation else shown

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.viewer = viewer_for(request)
        return form

    def get_urls(self) -> list[Any]:
        shown = self.admin_site.admin_view
        own = [
            path("profile/<uuid:actor_id>/", shown(self.profile_view), name="actor_profile"),
            path("scores/", shown(self.scores_view), name="assessment_scores"),
        ]
        return [*own, *super().get_urls()]

    def scores_view(self, request: HttpRequest) -> HttpResponse:
        """How judgements came true."""
        return scores_page.respond(request, self.admin_site)

    def profile_view(self, request: HttpRequest, actor_id: UUID) -> HttpResponse:
        """The profile of an actor."""
        return profile_page.respond(request, self.admin_site, actor_id)
