"""The admin pages of assessments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path

from threatdb.curation.admin import CitationInline, PartFormSet, PartInline, RecordAdmin, StackedPartInline

from .models import EVIDENCE, Assessment, AssessmentCitation, AssessmentPlace, AssessmentSubject, Evidence
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
            Assessment.refuse_unproven(self.instance.outcome, [piece.stance for piece in self.kept()])


class EvidenceInline(StackedPartInline):
    """What supports or contradicts the judgement, and what shows its outcome."""

    model = Evidence
    formset = EvidenceFormSet
    fieldsets = [(None, {"fields": [("stance", "note"), EVIDENCE[:3], EVIDENCE[3:]]})]


class AssessmentCitationInline(CitationInline):
    """Citations of assessments."""

    model = AssessmentCitation


@admin.register(Assessment)
class AssessmentAdmin(RecordAdmin):
    """Assessments."""

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
        ("Likelihood", {"fields": [("likelihood", "likelihood_as_reported"), "probability"]}),
        ("Confidence in its basis", {"fields": [("confidence", "confidence_as_reported")]}),
        ("Outcome", {"fields": [("outcome", "resolved_on", "resolved_by"), "resolution"]}),
    ]
    inlines = [SubjectInline, PlaceInline, EvidenceInline, AssessmentCitationInline]

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
