"""The shape of scores, for the API's description."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .choices import BANDS
from .profiles.serializers import IntervalSerializer
from .serializers import BandSerializer
from .statistics import READINGS


class OutcomesSerializer(serializers.Serializer[Any]):
    """How many assessments have each outcome."""

    open = serializers.IntegerField()
    occurred = serializers.IntegerField()
    partly = serializers.IntegerField()
    did_not_occur = serializers.IntegerField()
    cannot_be_judged = serializers.IntegerField()


class BrierSerializer(serializers.Serializer[Any]):
    """The mean Brier score of those that have one."""

    scored = serializers.IntegerField(help_text="On how many assessments it stands.")
    mean = serializers.FloatField(allow_null=True, help_text="0 is the best, 1 the worst.")


class CalibrationSerializer(serializers.Serializer[Any]):
    """A likelihood term: its band against the share that came true."""

    likelihood = serializers.ChoiceField(choices=list(BANDS))
    band = BandSerializer()
    stated = serializers.IntegerField(help_text="How many assessments use the term.")
    resolved = serializers.IntegerField(help_text="How many of them occurred, occurred in part or did not.")
    occurred = serializers.IntegerField()
    partly = serializers.IntegerField()
    did_not_occur = serializers.IntegerField()
    observed_percent = serializers.FloatField(allow_null=True, help_text="Share that came true; half of those in part.")
    interval = IntervalSerializer(allow_null=True, help_text="Of that share, in percent.")
    in_band = serializers.BooleanField(allow_null=True)
    reading = serializers.ChoiceField(
        choices=list(READINGS), allow_null=True, help_text="too_few where the interval reaches into the band."
    )


class ScoresSerializer(serializers.Serializer[Any]):
    """Outcomes and scores."""

    assessments = serializers.IntegerField()
    outcomes = OutcomesSerializer()
    brier = BrierSerializer()


class ScoreGroupSerializer(ScoresSerializer):
    """Those of one group."""

    group = serializers.DictField(
        child=serializers.JSONField(), help_text="The value of each dimension; null where there is none."
    )


class AssessmentScoresSerializer(ScoresSerializer):
    """How assessments came true, and with ``group_by=`` how those of each group did."""

    calibration = CalibrationSerializer(many=True)
    group_by = serializers.ListField(child=serializers.CharField(), required=False)
    overlapping = serializers.BooleanField(required=False)
    groups = ScoreGroupSerializer(many=True, required=False)
