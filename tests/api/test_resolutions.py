"""Outcomes that people decide on: when they may be, and at which key it is said that they may not."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from assessments.models import Assessment
from tests.base import assert_problem
from tests.factories.incidents import make_incident

from .writing import create, written

pytestmark = pytest.mark.django_db

GIVEN: dict[str, Any] = {
    "statement": "S.",
    "author": "A",
    "issued_on": {"earliest": "2021-11-01", "latest": "2021-11-30", "precision": "month"},
    "horizon": {"end": "2022-02-05"},
    "outcome": "did_not_occur",
    "resolved_on": "2022-02-06",
    "resolved_by": "B",
}

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"resolved_on": "2022-02-04"}, "/outcome"),
    ({"resolved_on": "2021-10-31", "outcome": "occurred"}, "/resolved_on"),
    ({"resolved_on": "2999-12-31"}, "/resolved_on"),
    ({"horizon": {"end": "2021-10-31"}}, "/horizon/end"),
]


def test_what_is_untimely_is_said_at_its_key(curator: Client) -> None:
    given = GIVEN | {"evidence": [{"stance": "resolves", "incident": str(make_incident().pk)}]}
    for asked, pointer in WRONG:
        body = assert_problem(create(curator, "assessments", given | asked), 400)
        assert [error["pointer"] for error in body["errors"]] == [pointer], asked
    assert not Assessment.objects.exists()
    written(create(curator, "assessments", given), 201)
