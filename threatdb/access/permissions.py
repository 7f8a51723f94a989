"""Whether a request may do something: the account's permission, and the token's scope where one is used."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from rest_framework.request import Request

from .models import Token


def token_of(request: Request | HttpRequest) -> Token | None:
    """The token by which the request came; none for a session or an anonymous request."""
    token = getattr(request, "auth", None)
    return token if isinstance(token, Token) else None


def may(request: Request | HttpRequest, permission: str, scope: str) -> bool:
    """Whether the account holds the permission (``app.codename``) and the token, if one is used, the scope.

    ``scope`` is what the act belongs to: ``propose`` to create records, change working copies and submit;
    ``write`` to withdraw, discard, restore, merge and split; ``publish`` to publish and return; ``import`` for
    imports. A session needs no scope: what its user may do is the whole answer.
    """
    return holds(request.user, token_of(request), permission, scope)


def holds(user: User | AnonymousUser, token: Token | None, permission: str, scope: str) -> bool:
    """The same of an account and its token where there is no request any more."""
    reached = token is None or token.reaches(scope)
    return reached and user.has_perm(permission)
