"""Objects of the document that live in columns of their row: dates, places and counts."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.choices import CountState, PlacePrecision, Qualifier
from incidents.models.counts import BOUNDS
from incidents.models.incident import FARTHEST
from threatdb.records.fields import MAX_INTEGER
from threatdb.records.models import Country
from threatdb.records.serializers import DateSerializer, FlatSerializer, TermField


class IncidentDateSerializer(DateSerializer):
    """The days between which an incident happened, both included. It is always known within some interval."""

    earliest = serializers.DateField()
    latest = serializers.DateField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"required": True, "allow_null": False, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> dict[str, Any]:
        missing = data is serializers.empty and not getattr(self.root, "partial", False)
        if missing and self.required:
            self.fail("required")
        if data is None:
            self.fail("null")
        return super().run_validation(data)


class PlaceSerializer(FlatSerializer):
    """Where something happened, as sharply as it is known."""

    country = serializers.PrimaryKeyRelatedField(
        queryset=Country.objects.all(), required=False, allow_null=True, help_text="ISO 3166 code."
    )
    admin1 = serializers.CharField(max_length=200, required=False, allow_null=True, allow_blank=True)
    admin2 = serializers.CharField(max_length=200, required=False, allow_null=True, allow_blank=True)
    locality = serializers.CharField(max_length=200, required=False, allow_null=True, allow_blank=True)
    latitude = serializers.FloatField(min_value=-90, max_value=90, required=False, allow_null=True)
    longitude = serializers.FloatField(min_value=-180, max_value=180, required=False, allow_null=True)
    precision = TermField(choices=PlacePrecision.choices, required=False, help_text="What the point stands for.")
    radius_km = serializers.FloatField(
        min_value=0,
        max_value=FARTHEST,
        required=False,
        allow_null=True,
        help_text="Kilometres from the point within which it was, if stated; null is not 0.",
    )
    as_reported = serializers.CharField(max_length=300, required=False, allow_null=True, allow_blank=True)

    columns = {
        key: f"place_{key}"
        for key in (
            *("country", "admin1", "admin2", "locality", "latitude", "longitude"),
            *("precision", "radius_km", "as_reported"),
        )
    }
    blank = {
        **dict.fromkeys(("admin1", "admin2", "locality", "as_reported"), ""),
        "precision": PlacePrecision.UNKNOWN,
    }


def _bound() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=MAX_INTEGER, required=False, allow_null=True)


class EventCountSerializer(FlatSerializer):
    """How many incidents an aggregate stands for."""

    low = _bound()
    best = _bound()
    high = _bound()
    qualifier = TermField(choices=Qualifier.choices, required=False, allow_null=True)
    as_reported = serializers.CharField(max_length=300, required=False, allow_null=True, allow_blank=True)

    columns = {key: f"event_count_{key}" for key in (*BOUNDS, "qualifier", "as_reported")}
    blank = {"as_reported": ""}


class CountSerializer(FlatSerializer):
    """A number of persons as reported. ``consistent: false`` keeps numbers that are not in order.

    Without a state, one is read off the rest: reported where a number or its words are given.
    """

    low = _bound()
    best = _bound()
    high = _bound()
    qualifier = TermField(choices=Qualifier.choices, required=False, allow_null=True)
    as_reported = serializers.CharField(max_length=300, required=False, allow_null=True, allow_blank=True)
    state = TermField(choices=CountState.choices, required=False)
    consistent = serializers.BooleanField(required=False)

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        keys = (*BOUNDS, "qualifier", "as_reported", "state")
        self.columns = {**{key: f"{prefix}_{key}" for key in keys}, "consistent": f"{prefix}_inconsistent"}
        super().__init__(**{"allow_null": False, **kwargs})

    blank = {"as_reported": ""}

    def settled(self, values: dict[str, Any]) -> dict[str, Any]:
        values[f"{self.prefix}_inconsistent"] = values[f"{self.prefix}_inconsistent"] is False
        if values[f"{self.prefix}_state"] is None:
            values[f"{self.prefix}_state"] = self._state_of(values)
        return values

    def _state_of(self, values: dict[str, Any]) -> CountState:
        said = (values[f"{self.prefix}_{key}"] for key in (*BOUNDS, "qualifier", "as_reported"))
        reported = any(value not in (None, "") for value in said)
        return CountState.REPORTED if reported else CountState.UNKNOWN
