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


class AggregateSumsSerializer(serializers.Serializer[Any]):
    """Aggregates of a group, which may stand for the same events as single incidents do."""

    reports = serializers.IntegerField()
    event_count = SumSerializer()
    killed = SumSerializer()
    wounded = SumSerializer()


class AggregateTotalsSerializer(AggregateSumsSerializer):
    """Totals over aggregates."""

    identified = serializers.IntegerField(help_text="Incidents recorded as parts of these aggregates.")


class SeriesTotalsSerializer(serializers.Serializer[Any]):
    """Series, whose incidents are recorded themselves."""

    incidents = serializers.IntegerField()


class GroupSerializer(serializers.Serializer[Any]):
    """The totals of one group."""

    group = serializers.DictField(
        child=serializers.JSONField(), help_text="The value of each dimension; null where there is none."
    )
    single = SingleTotalsSerializer()
    aggregate = AggregateSumsSerializer()
    series = SeriesTotalsSerializer()


class IncidentTotalsSerializer(serializers.Serializer[Any]):
    """Totals over incidents, apart by kind, and with ``group_by=`` those of each group."""

    single = SingleTotalsSerializer()
    aggregate = AggregateTotalsSerializer()
    series = SeriesTotalsSerializer()
    group_by = serializers.ListField(child=serializers.CharField(), required=False)
    overlapping = serializers.BooleanField(
        required=False, help_text="Whether an incident may stand in several groups, so that they add up to more."
    )
    groups = GroupSerializer(many=True, required=False)


class FacetValueSerializer(serializers.Serializer[Any]):
    """One value of a facet."""

    value = serializers.JSONField(help_text="As documents show it; an actor is embedded.")
    count = serializers.IntegerField()


class FacetSerializer(serializers.Serializer[Any]):
    """The most frequent values of one field."""

    values = FacetValueSerializer(many=True)
    distinct = serializers.IntegerField(help_text="How many values there are.")
    missing = serializers.IntegerField(help_text="How many incidents have none.")


class IncidentFacetsSerializer(serializers.Serializer[Any]):
    """How many incidents have each value."""

    count = serializers.IntegerField(help_text="How many incidents the filters choose.")
    facets = serializers.DictField(child=FacetSerializer())
