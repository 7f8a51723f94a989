"""How many requests to the API one client may make: budgets, whose they are, and what each answer says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import APIException

from . import counters
from .addresses import client_address
from .authentication import bearer
from .counters import Taken

WINDOW = 60
"""Seconds for which a budget is given, from the first request on."""

READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Budget:
    """Requests of one kind that a client may make in a window; a quota of 0 is none at all."""

    name: str
    quota: int


def budget_of(request: HttpRequest) -> Budget:
    """The one that the request is taken from."""
    if request.method in READING:
        return Budget("reads", settings.RATE_LIMIT_READS)
    return Budget("writes", settings.RATE_LIMIT_WRITES)


def client_of(request: HttpRequest) -> str:
    """Whose budget it is: the token's, the signed-in user's, or else the address's.

    A token that is not valid is not a client of its own, or a new one with each request would have a new budget.
    """
    try:
        token = bearer(request)
        if token is not None:
            return f"token:{token.key}"
        user: Any = request.user
        if user.is_authenticated:
            return f"user:{user.pk}"
    except (APIException, OperationalError):
        # The view meets the same error and says it.
        pass
    return f"address:{client_address(request)}"


def take(request: HttpRequest, budget: Budget) -> Taken:
    """One request from the client's budget."""
    return counters.shared().take(f"{budget.name}:{client_of(request)}", budget.quota, WINDOW)


def tell(response: HttpResponseBase, budget: Budget, taken: Taken) -> None:
    """Says the budget and what is left of it (draft-ietf-httpapi-ratelimit-headers-10)."""
    response["RateLimit-Policy"] = f'"{budget.name}";q={budget.quota};w={WINDOW}'
    response["RateLimit"] = f'"{budget.name}";r={taken.remaining};t={taken.seconds}'
    if not taken.allowed:
        response["Retry-After"] = str(taken.seconds)
