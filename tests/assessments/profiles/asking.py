"""How tests of profiles have an actor strike, and ask for its profile."""

from __future__ import annotations

from typing import Any

from django.test import Client

from actors.models import Actor
from tests.api import public
from tests.base import Document, ask

# In front of all windows of these tests: an actor that struck then has data of its own on each of them.
LONG_AGO = "2020-01-01"


def toll(low: int | None = None, best: int | None = None, high: int | None = None) -> Document:
    return {"low": low, "best": best, "high": high, "state": "reported"}


def struck(by: Actor, day: str | Document, **document: Any) -> Any:
    """A published incident of that actor."""
    when = public.on(day) if isinstance(day, str) else day
    return public.incident(**{"date": when, "involvements": [public.involved(by)]} | document)


def profile(client: Client, actor: Actor, **asked: Any) -> Document:
    """The profile of that actor."""
    return ask(client, f"actors/{actor.pk}/profile", **asked)


def part(**asked: Any) -> Document:
    """The part of the actor that a profile says it is of: the usual one, but for these keys."""
    role = ["perpetrator", "side_a", "side_b"]
    return {"role": role, "basis": [], "likelihood": [], "min_likelihood": None, **asked}
