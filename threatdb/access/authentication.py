"""Reads ``Authorization: Bearer``: which token a request shows, and what is said to one that is no good."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, ParseError
from rest_framework.request import Request

from . import tokens
from .models import Token

# The same for each reason: who holds a token that does not work learns nothing about it.
NOT_VALID = "The token is not valid: it may be unknown, expired or revoked."
OTHER_SCHEME = "Tokens are shown as “Authorization: Bearer TOKEN”."
MALFORMED = "Write “Authorization: Bearer TOKEN”, with one token after one space."


class TokenAuthentication(BaseAuthentication):
    """The owner of the token, and the token itself as ``request.auth``."""

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        token = bearer(request._request)
        return (token.owner, token) if token else None

    def authenticate_header(self, request: Request) -> str:
        shown = bool(request.META.get("HTTP_AUTHORIZATION"))
        return 'Bearer realm="threatdb"' + ', error="invalid_token"' * shown


def bearer(request: HttpRequest) -> Token | None:
    """The token that the request shows, or none where it has no such header; looked up once for each request.

    Raises ``AuthenticationFailed`` (401) for a token that is not valid or another scheme, ``ParseError`` (400)
    for a header that is not well formed.
    """
    if not hasattr(request, "_bearer"):
        request._bearer = _outcome(request)  # type: ignore[attr-defined]
    found: Token | Exception | None = request._bearer  # type: ignore[attr-defined]
    if isinstance(found, Exception):
        raise found
    return found


def _outcome(request: HttpRequest) -> Token | Exception | None:
    header: str = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        return None
    scheme, *rest = header.split(" ")
    if scheme.lower() != "bearer":
        return AuthenticationFailed(OTHER_SCHEME)
    if len(rest) != 1 or not rest[0]:
        return ParseError(MALFORMED)
    token = tokens.find(rest[0])
    if token is None:
        return AuthenticationFailed(NOT_VALID)
    tokens.note_use(token)
    return token
