"""The admin pages of actors, relationships and their vocabularies."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse

from threatdb.curation.access import page_of, viewer_for
from threatdb.curation.admin import CitationInline, PartFormSet, PartInline, RecordAdmin, VocabularyAdmin
from threatdb.curation.merge_page import MERGE

from .importers.reviewing import ImportedActors
from .matching.duplicates import likely_duplicates
from .models import (
    Actor,
    ActorCitation,
    ActorName,
    ActorPhase,
    Designation,
    Identifier,
    Relationship,
    RelationshipCitation,
    RelationshipContent,
    RelationshipKind,
)


class NameInline(PartInline):
    """Other names."""

    model = ActorName
    fields = ("name", "kind", "language", "script", "valid_from", "valid_to", "contested")


class PhaseFormSet(PartFormSet):
    """The phases of one actor, looked at together."""

    def clean(self) -> None:
        super().clean()
        if not any(self.errors):
            ActorPhase.refuse_overlaps(self.kept())


class PhaseInline(PartInline):
    """Phases."""

    model = ActorPhase
    formset = PhaseFormSet
    fields = ("kind", "status", "valid_from", "valid_to", "note")


class DesignationInline(PartInline):
    """Designations."""

    model = Designation
    fields = ("authority", "programme", "listed_on", "delisted_on")


class IdentifierInline(PartInline):
    """Identifiers."""

    model = Identifier
    fields = ("scheme", "value")


class ActorCitationInline(CitationInline):
    """Citations of actors."""

    model = ActorCitation


@admin.register(Actor)
class ActorAdmin(ImportedActors, RecordAdmin):
    """Actors."""

    # It leads to the profile, which an app above this one shows, and names likely duplicates.
    change_form_template = "admin/actors/actor_change_form.html"
    # It leads to those that imports made.
    change_list_template = "admin/actors/actor_change_list.html"
    list_display = ("name", "slug", "kind", "status", "state", "marking", "readers", "updated_at")
    list_filter = (*RecordAdmin.list_filter, "kind", "status")
    search_fields = ("name", "slug", "names__name", "identifiers__value")
    fieldsets = [
        (
            None,
            {"fields": [("name", "slug"), ("kind", "status"), ("founded", "dissolved"), "summary", "tags", "marking"]},
        ),
    ]
    inlines = [NameInline, PhaseInline, DesignationInline, IdentifierInline, ActorCitationInline]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        actor = context["original"]
        if actor is not None:
            context["duplicates"] = likely_duplicates(actor, viewer_for(request))
            if MERGE.is_offered(request.user, actor):  # type: ignore[arg-type]
                context["merge_url"] = page_of(actor, MERGE.name)
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Says it too where the page that follows is another."""
        if found := likely_duplicates(obj, viewer_for(request)):
            names = ", ".join(f"{one.actor['name']} ({one.actor['slug']})" for one in found)
            messages.warning(request, f"“{obj}” may be on record already: {names}.")
        return super().response_add(request, obj, post_url_continue)


class RelationshipCitationInline(CitationInline):
    """Citations of relationships."""

    model = RelationshipCitation


@admin.register(Relationship)
class RelationshipAdmin(RecordAdmin):
    """Relationships."""

    list_display = ("subject", "kind", "object", "likelihood", "state", "marking", "readers", "updated_at")
    list_display_links = ("subject", "kind", "object")
    list_select_related = ("subject", "object", "kind")
    list_filter = (*RecordAdmin.list_filter, "kind", "likelihood")
    search_fields = ("subject__name", "subject__slug", "object__name", "object__slug", "summary")
    fieldsets = [
        (None, {"fields": [("subject", "kind", "object"), "content", "summary", "tags", "marking"]}),
        (
            "Period",
            {
                "fields": [
                    ("start_earliest", "start_latest"),
                    ("end_earliest", "end_latest"),
                    ("period_precision", "period_as_reported"),
                ]
            },
        ),
        ("Likelihood", {"fields": [("likelihood", "likelihood_as_reported")]}),
        ("How it is kept up", {"fields": ["conditions", "means"]}),
    ]
    inlines = [RelationshipCitationInline]


@admin.register(RelationshipKind)
class RelationshipKindAdmin(VocabularyAdmin):
    """Kinds of relationship."""

    list_display = ("label", "inverse_label", "code", "parent", "symmetric", "position", "retired")
    list_filter = ("symmetric", "retired")


@admin.register(RelationshipContent)
class RelationshipContentAdmin(VocabularyAdmin):
    """What passes between actors."""
