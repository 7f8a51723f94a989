"""Who asks: the viewer that a request's account makes, within what its token allows."""

from __future__ import annotations

from rest_framework.request import Request

from threatdb.access.permissions import token_of
from threatdb.records.visibility import Viewer, viewer_of


def viewer_of_request(request: Request) -> Viewer:
    """The viewer whose rows this request may read; every endpoint asks here and nowhere else."""
    viewer, token = viewer_of(request.user), token_of(request)
    return token.limit(viewer) if token else viewer
