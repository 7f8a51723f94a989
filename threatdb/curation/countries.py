"""The admin page of countries."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from threatdb.records.models import Country

from .checked import CheckedAdmin


@admin.register(Country)
class CountryAdmin(CheckedAdmin):
    """Countries, present and former. Records refer to them by code, so a code never changes."""

    list_display = ("name", "code", "alpha3", "numeric", "gleditsch_ward", "valid_from", "valid_to")
    search_fields = ("name", "code", "alpha3")
    ordering = ("name", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["code"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
