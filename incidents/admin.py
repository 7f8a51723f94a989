"""The admin pages of incidents, claims and their vocabularies."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path

from threatdb.curation.admin import (
    CitationInline,
    PartAdmin,
    PartInline,
    RecordAdmin,
    StackedPartInline,
    VocabularyAdmin,
)

from . import statistics_page
from .models import (
    CasualtyReport,
    Claim,
    ClaimCitation,
    ClaimIncident,
    ClaimMention,
    ClaimMode,
    Incident,
    IncidentCitation,
    IncidentIdentifier,
    IncidentLink,
    IncidentTactic,
    Involvement,
    InvolvementCitation,
    Tactic,
    Target,
    TargetType,
    Weapon,
    WeaponType,
)


def toll_fields(prefix: str) -> list[Any]:
    """The fields of the killed or the wounded, in rows."""
    return [
        tuple(f"{prefix}_{name}" for name in ("low", "best", "high")),
        tuple(f"{prefix}_{name}" for name in ("qualifier", "state", "as_reported")),
        f"{prefix}_inconsistent",
    ]


DATE: list[Any] = [("date_earliest", "date_latest"), ("date_precision", "date_as_reported")]


class TacticInline(PartInline):
    """Tactics."""

    model = IncidentTactic
    fields = ("tactic",)


class TargetInline(StackedPartInline):
    """Targets."""

    model = Target
    fieldsets = [
        (
            None,
            {"fields": [("type", "kind"), ("name", "role"), "description", ("nationality", "actor")]},
        )
    ]


class WeaponInline(PartInline):
    """Weapons."""

    model = Weapon
    fields = ("type", "detail")


class InvolvementInline(StackedPartInline):
    """Who took part, on whose word and how surely. What it rests on is edited on its own page."""

    model = Involvement
    show_change_link = True
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("actor", "role", "basis"),
                    ("attributed_by", "attributed_by_name", "made_on"),
                    ("likelihood", "likelihood_as_reported"),
                    "note",
                ]
            },
        )
    ]


class CasualtyReportInline(StackedPartInline):
    """Each source's own toll."""

    model = CasualtyReport
    readonly_fields = ("preferred_by",)
    fieldsets = [
        (None, {"fields": [("source", "attributed_to"), ("preferred", "preferred_reason", "preferred_by")]}),
        ("Killed", {"fields": toll_fields("killed")}),
        ("Wounded", {"fields": toll_fields("wounded")}),
    ]


class LinkInline(PartInline):
    """Links to other incidents."""

    model = IncidentLink
    fk_name = "incident"
    fields = ("kind", "target", "note")


class IdentifierInline(PartInline):
    """Identifiers."""

    model = IncidentIdentifier
    fields = ("scheme", "value")


class IncidentCitationInline(CitationInline):
    """Citations of incidents."""

    model = IncidentCitation


@admin.register(Incident)
class IncidentAdmin(RecordAdmin):
    """Incidents."""

    change_list_template = "admin/incidents/incident_change_list.html"
    list_display = ("title", "kind", "date_earliest", "place_country", "state", "marking", "readers", "updated_at")
    list_filter = (*RecordAdmin.list_filter, "kind", "domain")
    search_fields = ("title", "summary", "place_admin1", "place_locality", "identifiers__value")
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "title",
                    ("kind", "domain"),
                    "summary",
                    ("suicide", "succeeded"),
                    "tags",
                    ("marking", "licence"),
                ]
            },
        ),
        ("Date", {"fields": DATE}),
        (
            "Place",
            {
                "fields": [
                    ("place_country", "place_admin1", "place_admin2", "place_locality"),
                    ("place_latitude", "place_longitude", "place_precision", "place_radius_km"),
                    "place_as_reported",
                ]
            },
        ),
        ("Killed", {"fields": toll_fields("killed")}),
        ("Wounded", {"fields": toll_fields("wounded")}),
        (
            "Number of incidents",
            {
                "description": "For aggregates only.",
                "classes": ["collapse"],
                "fields": [
                    ("event_count_low", "event_count_best", "event_count_high"),
                    ("event_count_qualifier", "event_count_as_reported"),
                ],
            },
        ),
    ]
    inlines = [
        TacticInline,
        TargetInline,
        WeaponInline,
        InvolvementInline,
        CasualtyReportInline,
        LinkInline,
        IdentifierInline,
        IncidentCitationInline,
    ]

    def get_urls(self) -> list[Any]:
        shown = self.admin_site.admin_view(self.statistics_view)
        return [path("statistics/", shown, name="incident_statistics"), *super().get_urls()]

    def statistics_view(self, request: HttpRequest) -> HttpResponse:
        """Totals of incidents as a picture and a table."""
        return statistics_page.respond(request, self.admin_site)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Note who preferred one toll to the others."""
        if formset.model is CasualtyReport:
            for row_form in formset.forms:
                _note_preference(row_form, request)
        super().save_formset(request, form, formset, change)


def _note_preference(form: Any, request: HttpRequest) -> None:
    if "preferred" in form.changed_data:
        form.instance.preferred_by = request.user.get_username() if form.instance.preferred else ""


class InvolvementCitationInline(CitationInline):
    """What an involvement rests on."""

    model = InvolvementCitation


@admin.register(Involvement)
class InvolvementAdmin(PartAdmin):
    """One involvement with its citations."""

    record_field = "incident"
    search_fields = ("actor__name",)
    fieldsets = [("Involvement", InvolvementInline.fieldsets[0][1])]
    inlines = [InvolvementCitationInline]


class ClaimIncidentInline(PartInline):
    """Incidents covered."""

    model = ClaimIncident
    fields = ("incident",)


class ClaimMentionInline(PartInline):
    """Actors mentioned."""

    model = ClaimMention
    fields = ("actor", "role")


class ClaimCitationInline(CitationInline):
    """Citations of claims."""

    model = ClaimCitation


@admin.register(Claim)
class ClaimAdmin(RecordAdmin):
    """Claims."""

    list_display = ("claimant", "stance", "date_earliest", "authenticity", "state", "marking", "readers", "updated_at")
    list_display_links = ("claimant", "stance")
    list_filter = (*RecordAdmin.list_filter, "stance", "authenticity", "mode")
    search_fields = ("claimant__name", "stated_motive", "text", "outlet")
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("claimant", "stance", "on_behalf_of"),
                    ("mode", "outlet", "language"),
                    "stated_motive",
                    "text",
                    "authenticity",
                    "tags",
                    "marking",
                ]
            },
        ),
        ("Date", {"fields": DATE}),
    ]
    inlines = [ClaimIncidentInline, ClaimMentionInline, ClaimCitationInline]


@admin.register(Tactic)
class TacticAdmin(VocabularyAdmin):
    """Tactics."""


@admin.register(TargetType)
class TargetTypeAdmin(VocabularyAdmin):
    """Types of target."""


@admin.register(WeaponType)
class WeaponTypeAdmin(VocabularyAdmin):
    """Types of weapon."""


@admin.register(ClaimMode)
class ClaimModeAdmin(VocabularyAdmin):
    """How claims are made."""
