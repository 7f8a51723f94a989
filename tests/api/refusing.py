"""How tests see that each of many bad queries is refused, and values that are too large for any."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import pytest
from django.test import Client

from tests.base import assert_refused

HUGE = "1" + "0" * 39
LONG = "1" * 5000


def assert_all_refused(client: Client, resource: str, cases: Iterable[tuple[str, str]]) -> None:
    """Each (parameter, query string) has to be refused for the parameter."""
    wrong = []
    for name, query in cases:
        response = client.get(f"/api/v1/{resource}/?{query}")
        try:
            assert_refused(response, name)
        except AssertionError as error:
            wrong.append(f"{query[:120]}: {response.status_code} {str(error)[:100]}")
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.fixture
def patient(caplog: pytest.LogCaptureFixture) -> Client:
    """A client that reports a server error as the service would, rather than raise it."""
    # Thousands of refusals are not worth a line each.
    caplog.set_level(logging.ERROR, logger="django.request")
    return Client(raise_request_exception=False)
