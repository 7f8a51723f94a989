"""Who asks: the viewer that a request's account makes."""

from __future__ import annotations

from rest_framework.request import Request

from threatdb.records.visibility import Viewer, viewer_of


def viewer_of_request(request: Request) -> Viewer:
    """The viewer whose rows this request may read; every endpoint asks here and nowhere else."""
    return viewer_of(request.user)
