"""The admin pages of sources and licences."""

from __future__ import annotations

from django.contrib import admin

from threatdb.curation.admin import RecordAdmin, VocabularyAdmin

from .models import Licence, Source


@admin.register(Source)
class SourceAdmin(RecordAdmin):
    """Sources."""

    list_display = ("title", "kind", "publisher", "reliability", "state", "marking", "readers", "updated_at")
    list_filter = (*RecordAdmin.list_filter, "kind", "reliability")
    search_fields = ("title", "publisher", "author")
    fieldsets = [
        (None, {"fields": ["title", ("kind", "language"), ("publisher", "author"), "summary", "tags", "marking"]}),
        (
            "Published on",
            {"fields": [("date_earliest", "date_latest", "date_precision"), "date_as_reported"]},
        ),
        ("Where it is", {"fields": ["web_url", "archived_url"]}),
        ("Worth", {"fields": [("reliability", "licence")]}),
    ]


@admin.register(Licence)
class LicenceAdmin(VocabularyAdmin):
    """Licences of sources."""

    list_display = ("label", "code", "redistributable", "position", "retired")
    list_filter = ("redistributable", "retired")
