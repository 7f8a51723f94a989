"""Judgements that count incidents of Afghanistan, and how tests have them resolved."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from assessments.models import Assessment
from tests.base import assert_problem
from tests.factories.assessments import make_assessment
from threatdb.records.models import Country

from . import public
from .writing import change, written

HORIZON = {"start": "2021-11-01", "end": "2021-12-31"}
NOTE = {"reason": "It is over."}


@pytest.fixture(autouse=True)
def country() -> None:
    """Is there for each test of a module that imports this."""
    Country.objects.create(code="AF", name="Afghanistan")


def criterion(query: str = "country=AF", comparison: str = "more_than", threshold: int = 1, **by: Any) -> Any:
    """What a judgement is resolved by, as documents say it."""
    return {"query": query, "comparison": comparison, "threshold": threshold, **by}


def judged(query: str = "country=AF", comparison: str = "more_than", threshold: int = 1, **more: Any) -> Assessment:
    """A published judgement on Afghanistan whose time is over."""
    asked = criterion(query, comparison, threshold)
    given = {"marking": "clear", "horizon": HORIZON, "criterion_query": asked, **more}
    return make_assessment(published=True, **given)


def incident(day: str = "2021-11-15", last: str | None = None, **more: Any) -> Any:
    """One in Kunduz while the judgements are open, unless another day is given."""
    place = {"country": "AF", "admin1": "Kunduz"}
    return public.incident(date=public.on(day, last, "month" if last else "unknown"), place=place, **more)


def errors(response: Any, status: int = 400) -> list[tuple[str, str]]:
    """Where something was refused, and with which codes."""
    return [(one["pointer"], one["code"]) for one in assert_problem(response, status)["errors"]]


def resolve(client: Client, record: Assessment, **more: Any) -> Any:
    """The answer to a judgement that is told to resolve itself."""
    return change(client, record, "POST", NOTE, move="resolve", **more)


def resolved(client: Client, record: Assessment) -> dict[str, Any]:
    """The parts of the working copy that resolving writes."""
    body = written(resolve(client, record))
    keys = ("outcome", "resolved_on", "resolved_by", "resolution", "evaluation", "brier")
    return {key: body[key] for key in keys}
