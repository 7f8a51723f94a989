"""Incidents as hypothesis draws them, for what holds of whatever figure is made of them."""

from __future__ import annotations

from datetime import date, timedelta
from math import inf

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.api import public
from tests.base import Document

FIRST = date(2021, 8, 1)
UNKNOWN: Document = {"low": None, "best": None, "high": None, "state": "unknown"}

EXAMPLES = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def _toll(low: int | None, best: int | None, high: int | None) -> Document:
    known = (low, best, high) != (None, None, None)
    return {"low": low, "best": best, "high": high, "state": "reported" if known else "unknown"}


@st.composite
def tolls(draw: st.DrawFn) -> Document:
    """A toll in which low, best and high are in order, as far as they are known."""
    known = sorted(draw(st.lists(st.integers(0, 40), min_size=3, max_size=3)))
    low, best, high = (number if draw(st.booleans()) else None for number in known)
    return _toll(low, best, high)


@st.composite
def widened_tolls(draw: st.DrawFn) -> tuple[Document, Document]:
    """A toll, and one that allows for more: its bounds lie farther out, or the upper one is gone."""
    toll = draw(tolls())
    low, best, high = toll["low"], toll["best"], toll["high"]
    gone = (low, best) != (None, None) and draw(st.booleans())
    lower = None if low is None else max(low - draw(st.integers(0, 40)), 0)
    higher = None if gone or high is None else high + draw(st.integers(0, 40))
    return toll, _toll(lower, best, higher)


@st.composite
def incidents(draw: st.DrawFn) -> Document:
    """The keys of an incident that figures are made of."""
    start = FIRST + timedelta(days=draw(st.integers(0, 80)))
    end = start + timedelta(days=draw(st.sampled_from([0, 0, 3, 25])))
    return {"date": public.on(start.isoformat(), end.isoformat()), "killed": draw(tolls())}


WORLDS = st.lists(incidents(), min_size=1, max_size=6)


def wider(days: Document, before: int, after: int) -> Document:
    """A date that may be so many days earlier or later."""
    earliest = date.fromisoformat(days["earliest"]) - timedelta(days=before)
    latest = date.fromisoformat(days["latest"]) + timedelta(days=after)
    return public.on(earliest.isoformat(), latest.isoformat())


def at_most(bound: float | None) -> float:
    """An upper bound that is not there bounds nothing."""
    return inf if bound is None else bound


def no_sharper(outer: Document, inner: Document) -> bool:
    """Whether one interval holds the other."""
    return bool(outer["low"] <= inner["low"] and at_most(inner["high"]) <= at_most(outer["high"]))
