"""Whom the service takes a request to come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from threatdb.api.docs import Page
from threatdb.api.schema import FORMAT, Schema
from threatdb.api.viewing import viewer_of_request
from threatdb.records.markings import CODES

from .choices import Scope, reach
from .models import Token
from .permissions import token_of

TOKEN: Schema = {
    "type": ["object", "null"],
    "description": "The token that the request shows; null for a session or without an account.",
    "required": ["name", "key", "scopes", "expires_at"],
    "properties": {
        "name": {"type": "string"},
        "key": {"type": "string", "description": "Its public part, after tdb_."},
        "scopes": {
            "type": "array",
            "items": {"type": "string", "enum": list(Scope.values)},
            "description": "What it may be used for, where its owner may as well.",
        },
        "expires_at": {"type": "string", "format": "date-time"},
    },
}


class MeView(Page):
    """Who asks, as the service sees it: account, clearance, and the token with its scopes and its end."""

    response_schema: ClassVar[Schema] = {
        "type": "object",
        "required": ["user", "clearance", "curates", "token"],
        "properties": {
            "user": {"type": ["string", "null"], "description": "Name of the account; null without one."},
            "clearance": {
                "type": "string",
                "enum": CODES,
                "description": "The highest marking that this request may read.",
            },
            "curates": {"type": "boolean", "description": "Whether it may see working copies."},
            "token": TOKEN,
        },
    }

    @classmethod
    def describe_parameters(cls, lists: bool) -> Sequence[Schema]:
        """The query parameters, for the OpenAPI description."""
        return [FORMAT]

    def get(self, request: Request) -> Response:
        """What this request may see, and with what."""
        viewer, token = viewer_of_request(request), token_of(request)
        name = request.user.get_username() or None
        body = {"user": name, "clearance": viewer.clearance.code, "curates": viewer.curates}
        return Response({**body, "token": shown(token) if token else None})


def shown(token: Token) -> dict[str, Any]:
    """A token as its user may see it."""
    reached = reach(token.scopes)
    scopes = [scope for scope in Scope.values if scope in reached]
    return {"name": token.name, "key": token.key, "scopes": scopes, "expires_at": token.expires_at}
