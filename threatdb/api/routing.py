"""The router of records: lists take POST and PATCH beside GET."""

from __future__ import annotations

from rest_framework.routers import DefaultRouter, Route


class RecordRouter(DefaultRouter):
    """DRF's router, whose lists can also be patched, many records at a time."""

    include_format_suffixes = False
    routes = [
        route._replace(mapping={**route.mapping, "patch": "bulk_update"})
        if isinstance(route, Route) and route.name == "{basename}-list"
        else route
        for route in DefaultRouter.routes
    ]
