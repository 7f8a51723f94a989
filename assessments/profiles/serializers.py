"""The shape of threat profiles, for the API's description."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from actors.serializers import ActorLeafSerializer, PeriodSerializer
from assessments.choices import ESTIMATES, Confidence
from assessments.serializers import BandSerializer, HorizonSerializer
from incidents.choices import Basis, Role
from incidents.serializers.totals import SumSerializer
from threatdb.records.choices import Likelihood
from threatdb.records.serializers import DateSerializer

from .figures import READINGS

STANDINGS = ("holds", "may_hold", "ended", "not_yet", "undated")


class FigureSerializer(serializers.Serializer[Any]):
    """A figure, on how many rows it stands, and why it is null where it is."""

    n = serializers.IntegerField(help_text="On how many rows it stands.")
    reason = serializers.CharField(allow_null=True, help_text="Why it is null, where it is.")


class WindowSerializer(serializers.Serializer[Any]):
    """Days from the first to the last, both included."""

    first = serializers.DateField()
    last = serializers.DateField()
    days = serializers.IntegerField()


class ProfilePeriodSerializer(serializers.Serializer[Any]):
    """The time of which a profile speaks."""

    since = serializers.DateField(allow_null=True)
    until = serializers.DateField()
    until_is = serializers.ChoiceField(choices=["stated", "last_day_of_data"])
    recent = WindowSerializer()
    before = WindowSerializer()


class KindsSerializer(serializers.Serializer[Any]):
    """How many incidents of each kind were chosen."""

    single = serializers.IntegerField()
    aggregate = serializers.IntegerField()
    series = serializers.IntegerField()


class CountSpreadSerializer(serializers.Serializer[Any]):
    """How many there are: low for certain, high at the most; best where the two are one."""

    low = serializers.IntegerField()
    best = serializers.IntegerField(allow_null=True)
    high = serializers.IntegerField()


class NumberSpreadSerializer(serializers.Serializer[Any]):
    """A number between low and high; null where it has no such bound."""

    low = serializers.FloatField(allow_null=True)
    best = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class SumSpreadSerializer(serializers.Serializer[Any]):
    """A sum between low and high; null where it has no such bound."""

    low = serializers.IntegerField()
    best = serializers.IntegerField(allow_null=True)
    high = serializers.IntegerField(allow_null=True)


class IntervalSerializer(serializers.Serializer[Any]):
    """A confidence interval; high is null where it has no end."""

    level = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField(allow_null=True)


class TempoSerializer(FigureSerializer):
    """Single incidents in 30 days, in the later window; no rate where the incidents that match begin after it does."""

    incidents = CountSpreadSerializer(allow_null=True)
    per_30_days = NumberSpreadSerializer(allow_null=True)
    interval = IntervalSerializer(allow_null=True)


class TrendSerializer(FigureSerializer):
    """The rate of the later window against that of the earlier one; none where the incidents that match begin later."""

    recent = CountSpreadSerializer(allow_null=True)
    before = CountSpreadSerializer(allow_null=True)
    ratio = NumberSpreadSerializer(allow_null=True)
    interval = IntervalSerializer(allow_null=True)
    reading = serializers.ChoiceField(choices=list(READINGS), allow_null=True)
    words = serializers.CharField(allow_null=True)


class LethalitySerializer(FigureSerializer):
    """Killed in single incidents: sums over the n of which anything is known, and those divided by n."""

    unknown = serializers.IntegerField(help_text="Single incidents whose toll is not known at all; they are in no sum.")
    not_applicable = serializers.IntegerField()
    best_known = serializers.IntegerField(help_text="How many of the n have a best figure: best is null unless all do.")
    killed = SumSpreadSerializer(allow_null=True)
    per_incident = NumberSpreadSerializer(allow_null=True)


class AreaSerializer(serializers.Serializer[Any]):
    """A first-order division."""

    country = serializers.CharField(allow_null=True)
    admin1 = serializers.CharField()
    incidents = serializers.IntegerField()


class AreasSerializer(FigureSerializer):
    """The first-order divisions that were struck, most often first."""

    not_placed = serializers.IntegerField()
    distinct = serializers.IntegerField(allow_null=True)
    named = AreaSerializer(many=True)


class PointSerializer(serializers.Serializer[Any]):
    """A point in degrees."""

    latitude = serializers.FloatField()
    longitude = serializers.FloatField()


class SpreadSerializer(FigureSerializer):
    """Standard distance of the points from their centre, in kilometres."""

    centre = PointSerializer(allow_null=True)
    km = CountSpreadSerializer(allow_null=True)


class ProfileShareSerializer(serializers.Serializer[Any]):
    """A count and its share of single incidents."""

    count = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    interval = IntervalSerializer(allow_null=True)


class CodeShareSerializer(ProfileShareSerializer):
    """That of one code, its narrower ones included."""

    code = serializers.CharField()


class MixSerializer(FigureSerializer):
    """Shares of codes, which overlap: an incident may have several."""

    distinct = serializers.IntegerField()
    named = CodeShareSerializer(many=True)


class MedianSerializer(serializers.Serializer[Any]):
    """A median between the two that the dates allow."""

    low = serializers.FloatField()
    high = serializers.FloatField()


class DaysToClaimSerializer(FigureSerializer):
    """Days from incident to first claim."""

    undated = serializers.IntegerField(help_text="Claimed, but without the days that it would take.")
    median = MedianSerializer(allow_null=True)


class ProfileClaimsSerializer(FigureSerializer):
    """What the claims on single incidents come to."""

    unclaimed = ProfileShareSerializer()
    claimed = ProfileShareSerializer()
    contested = ProfileShareSerializer()
    denied = ProfileShareSerializer()
    days_to_claim = DaysToClaimSerializer()


class ProfileSourcesSerializer(FigureSerializer):
    """How many single incidents rest on one source alone."""

    one = ProfileShareSerializer()
    none = serializers.IntegerField(help_text="Single incidents without any source.")


class ProfileAggregatesSerializer(serializers.Serializer[Any]):
    """Reports that stand for several incidents; they are in no other figure."""

    reports = serializers.IntegerField()
    event_count = SumSerializer()
    killed = SumSerializer()
    identified = serializers.IntegerField(help_text="Incidents recorded as parts of these aggregates.")


class ProfileJudgementSerializer(serializers.Serializer[Any]):
    """An open judgement."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    statement = serializers.CharField()
    author = serializers.CharField()
    issued_on = DateSerializer()
    horizon = HorizonSerializer(allow_null=True)
    likelihood = serializers.ChoiceField(choices=ESTIMATES, allow_null=True)
    band = BandSerializer(allow_null=True)
    confidence = serializers.ChoiceField(choices=Confidence.choices, allow_null=True)
    overdue = serializers.BooleanField(help_text="Whether its horizon ended before the profile does.")


class ProfileJudgementsSerializer(FigureSerializer):
    """The open judgements, latest first."""

    named = ProfileJudgementSerializer(many=True)


class TieRelationshipSerializer(serializers.Serializer[Any]):
    """The relationship that makes a rival or an ally."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    kind = serializers.CharField()


class TieSerializer(serializers.Serializer[Any]):
    """A rival or an ally, and since when."""

    relationship = TieRelationshipSerializer()
    side = serializers.ChoiceField(choices=["subject", "object"], help_text="On which side the actor itself is.")
    actor = ActorLeafSerializer()
    period = PeriodSerializer(allow_null=True)
    likelihood = serializers.ChoiceField(choices=Likelihood.choices, allow_null=True)
    standing = serializers.ChoiceField(choices=list(STANDINGS), help_text="On the last day of the profile.")


class TiesSerializer(serializers.Serializer[Any]):
    """Rivals or allies, latest first."""

    n = serializers.IntegerField()
    named = TieSerializer(many=True)


class ProfileRelationshipsSerializer(serializers.Serializer[Any]):
    """Rivals and allies, from the relationships on record."""

    rivals = TiesSerializer()
    allies = TiesSerializer()


class PartSerializer(serializers.Serializer[Any]):
    """The actor's part in the incidents, and what was asked of the statements on it."""

    role = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices), help_text="The roles that count.")
    basis = serializers.ListField(child=serializers.ChoiceField(choices=Basis.choices))
    likelihood = serializers.ListField(child=serializers.ChoiceField(choices=Likelihood.choices))
    min_likelihood = serializers.ChoiceField(choices=Likelihood.choices, allow_null=True)


class ProfileSerializer(serializers.Serializer[Any]):
    """A threat profile of the incidents that the filters choose. Without any data all figures are null."""

    period = ProfilePeriodSerializer(allow_null=True)
    incidents = KindsSerializer(allow_null=True)
    tempo = TempoSerializer(allow_null=True)
    trend = TrendSerializer(allow_null=True)
    lethality = LethalitySerializer(allow_null=True)
    areas = AreasSerializer(allow_null=True)
    spread = SpreadSerializer(allow_null=True)
    tactics = MixSerializer(allow_null=True)
    target_types = MixSerializer(allow_null=True)
    claims = ProfileClaimsSerializer(allow_null=True)
    sources = ProfileSourcesSerializer(allow_null=True)
    aggregates = ProfileAggregatesSerializer(allow_null=True)
    assessments = ProfileJudgementsSerializer()
    reason = serializers.CharField(allow_null=True, help_text="Why there are no figures at all, where that is so.")


class ActorProfileSerializer(ProfileSerializer):
    """A threat profile of one actor."""

    actor = ActorLeafSerializer()
    part = PartSerializer()
    relationships = ProfileRelationshipsSerializer(allow_null=True)
