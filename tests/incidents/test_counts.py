"""Numbers of killed and wounded: their order, what stands behind their absence, and the flag that keeps them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, models, transaction
from rest_framework.exceptions import ValidationError as Refused

from incidents.models import CasualtyReport, Incident
from tests.factories.incidents import make_incident
from tests.factories.sources import make_source
from threatdb.records.registry import Document

from . import documents

pytestmark = pytest.mark.django_db


def killed(**count: Any) -> Document:
    """The count that an incident shows after this one was written."""
    shown: Document = documents.current(make_incident(killed=count))["killed"]
    return shown


class TestWriting:
    def test_a_number_is_reported_unless_said_otherwise(self) -> None:
        assert killed(low=1)["state"] == "reported"
        assert killed(qualifier="dozens")["state"] == "reported"
        assert killed()["state"] == "unknown"
        assert killed(state="not_reported")["state"] == "not_reported"

    def test_none_confirmed_is_zero(self) -> None:
        count = killed(state="none_confirmed")

        assert (count["low"], count["best"], count["high"]) == (0, 0, 0)

    @pytest.mark.parametrize("state", ["unknown", "not_reported", "not_applicable"])
    def test_what_is_not_counted_has_no_number(self, state: str) -> None:
        with pytest.raises(Refused, match="Give no number of killed"):
            killed(state=state, best=0)

    def test_none_confirmed_has_no_other_number(self) -> None:
        with pytest.raises(Refused, match="None killed is zero"):
            killed(state="none_confirmed", high=1)

    @pytest.mark.parametrize("numbers", [(2, 1, None), (None, 2, 1), (2, None, 1), (3, 2, 1), (1, 3, 2)])
    def test_numbers_out_of_order_are_refused_unless_they_are_kept_as_such(
        self, numbers: tuple[int | None, ...]
    ) -> None:
        count = dict(zip(("low", "best", "high"), numbers, strict=True))

        with pytest.raises(Refused, match="must not decrease"):
            killed(**count)
        kept = killed(**count, consistent=False)
        assert (kept["low"], kept["best"], kept["high"]) == numbers
        assert kept["consistent"] is False

    @pytest.mark.parametrize("numbers", [(1, 1, 1), (None, None, 29), (60, None, None), (0, None, 5), (1, 2, 3)])
    def test_numbers_in_order_are_consistent_whatever_the_flag_says(self, numbers: tuple[int | None, ...]) -> None:
        count = dict(zip(("low", "best", "high"), numbers, strict=True))

        assert killed(**count, consistent=False)["consistent"] is True

    @pytest.mark.parametrize("number", [-1, 2**31, 10**40, 1.5, "many"])
    def test_numbers_beyond_the_column_are_refused(self, number: Any) -> None:
        with pytest.raises(Refused):
            killed(best=number)


BROKEN = [
    {"killed_low": 2, "killed_best": 1},
    {"wounded_best": 2, "wounded_high": 1},
    {"killed_low": 2, "killed_high": 1},
    {"wounded_state": "unknown", "wounded_best": 1},
    {"killed_state": "none_confirmed", "killed_low": 0, "killed_best": 0, "killed_high": 1},
    {"killed_best": -1},
    {"killed_state": "guessed"},
    {"wounded_qualifier": "perhaps"},
    {"killed_as_reported": "x" * 301},
]


class TestDatabase:
    """The same rules hold for whoever writes past the serializers: on incidents and on each source's toll."""

    @pytest.fixture(params=[Incident, CasualtyReport])
    def row(self, request: pytest.FixtureRequest) -> Any:
        incident = make_incident(
            killed={"state": "reported"},
            wounded={"state": "reported"},
            casualty_reports=[
                {"source": make_source(), "killed": {"state": "reported"}, "wounded": {"state": "reported"}}
            ],
        )
        return incident if request.param is Incident else incident.casualty_reports.get()

    @pytest.mark.parametrize("values", BROKEN)
    def test_a_broken_count_is_refused(self, row: models.Model, values: dict[str, Any]) -> None:
        rows = type(row)._base_manager.filter(pk=row.pk)

        # PostgreSQL calls a text that is too long a DataError.
        with pytest.raises((IntegrityError, DataError)), transaction.atomic():
            rows.update(**values)
        with pytest.raises(ValidationError):
            _clean(row, values)

    def test_none_confirmed_without_zeros_is_refused(self, row: models.Model) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            type(row)._base_manager.filter(pk=row.pk).update(killed_state="none_confirmed")

    def test_an_inconsistent_count_is_kept(self, row: models.Model) -> None:
        rows = type(row)._base_manager.filter(pk=row.pk)

        rows.update(killed_low=3, killed_best=2, killed_high=1, killed_inconsistent=True)

        rows.get().full_clean()


def _clean(row: models.Model, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.full_clean()
