"""The shape of totals over incidents, for the API's description."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class SumSerializer(serializers.Serializer[Any]):
    """The sum of a number that is known as low, best and high."""

    low = serializers.IntegerField(help_text="Holds for certain: an unknown number adds nothing.")
    best = serializers.IntegerField(allow_null=True, help_text="Sum of the best figures there are.")
    best_known = serializers.IntegerField(help_text="How many best figures there are.")
    high = serializers.IntegerField(allow_null=True, help_text="Null unless every number is bounded.")
    high_known = serializers.IntegerField(help_text="How many numbers are bounded.")
    unknown = serializers.IntegerField(help_text="How many have no figure at all.")
    not_sharp = serializers.IntegerField(help_text="How many have no single sharp figure.")


class SingleTotalsSerializer(serializers.Serializer[Any]):
    """Totals over single incidents."""

    incidents = serializers.IntegerField()
    killed = SumSerializer()
    wounded = SumSerializer()


class AggregateTotalsSerializer(serializers.Serializer[Any]):
    """Totals over aggregates, which may stand for the same events as single incidents do."""

    reports = serializers.IntegerField()
    event_count = SumSerializer()
    identified = serializers.IntegerField(help_text="Incidents recorded as parts of these aggregates.")
    killed = SumSerializer()
    wounded = SumSerializer()


class SeriesTotalsSerializer(serializers.Serializer[Any]):
    """Series, whose incidents are recorded themselves."""

    incidents = serializers.IntegerField()


class IncidentTotalsSerializer(serializers.Serializer[Any]):
    """Totals over incidents, apart by kind."""

    single = SingleTotalsSerializer()
    aggregate = AggregateTotalsSerializer()
    series = SeriesTotalsSerializer()
