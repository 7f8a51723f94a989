"""Index rows and terms of incidents and claims: what lists filter and order by."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from threatdb.records.fields import IndexCharField
from threatdb.records.models import IndexRow, TermRow


class IncidentIndex(IndexRow):
    """What incident lists filter and order by."""

    date_earliest = models.DateField()
    date_latest = models.DateField()
    date_precision = IndexCharField(max_length=32)
    kind = IndexCharField(max_length=32)
    domain = IndexCharField(max_length=32)
    title = IndexCharField(max_length=300)
    country = IndexCharField(max_length=4, null=True)
    admin1 = IndexCharField(max_length=200)
    admin2 = IndexCharField(max_length=200)
    locality = IndexCharField(max_length=200)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    place_precision = IndexCharField(max_length=32, null=True)
    radius_km = models.FloatField(null=True)
    suicide = models.BooleanField(null=True)
    succeeded = models.BooleanField(null=True)
    killed_low = models.IntegerField(null=True)
    killed_best = models.IntegerField(null=True)
    killed_high = models.IntegerField(null=True)
    killed_state = IndexCharField(max_length=32)
    wounded_low = models.IntegerField(null=True)
    wounded_best = models.IntegerField(null=True)
    wounded_high = models.IntegerField(null=True)
    wounded_state = IndexCharField(max_length=32)
    event_count_low = models.IntegerField(null=True)
    event_count_best = models.IntegerField(null=True)
    event_count_high = models.IntegerField(null=True)
    claim_status = IndexCharField(max_length=32)
    source_count = models.IntegerField()
    licence = IndexCharField(max_length=64, null=True)
    # The codes of the terms of these kinds, in order with spaces between: a profile of 20,000 incidents reads them with
    # the rest of the row, where to ask the terms of each would take longer than all else.
    tactics = models.TextField(default="")
    target_types = models.TextField(default="")

    class Meta:
        constraints = IndexRow.rules("incident_index")
        # The marking at the end lets a list or a count pass over what the viewer may not see without reading it.
        indexes = [
            IndexRow.ends("incident_index"),
            models.Index(
                F("date_earliest").desc(),
                F("record_id").desc(),
                F("marking"),
                condition=Q(in_force=True),
                name="incident_index_date",
            ),
            models.Index(
                F("country"),
                F("date_earliest").desc(),
                F("record_id").desc(),
                F("marking"),
                condition=Q(in_force=True),
                name="incident_index_country",
            ),
            models.Index(
                fields=["latitude", "longitude", "marking"], condition=Q(in_force=True), name="incident_index_point"
            ),
        ]


class IncidentTerm(TermRow):
    """One value of a many-valued filter of an incident.

    A term of the kind ``involvement`` also holds how the actor is said to be involved, so that one
    condition can ask for the actor, the role, the basis and the likelihood of the same statement.
    """

    # The unique constraint below begins with the revision and so serves as its index.
    revision = models.ForeignKey(
        IncidentIndex, db_column="seq", on_delete=models.CASCADE, related_name="terms", db_index=False
    )
    role = IndexCharField(max_length=32, blank=True, default="")
    basis = IndexCharField(max_length=32, blank=True, default="")
    likelihood = IndexCharField(max_length=32, blank=True, default="")
    likelihood_rank = models.SmallIntegerField(null=True)
    sort = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "kind", "value", "role", "basis", "likelihood"],
                name="incident_term_is_unique",
            ),
        ]
        indexes = TermRow.scans("incident_term", "role")


class ClaimIndex(IndexRow):
    """What claim lists filter and order by."""

    date_earliest = models.DateField(null=True)
    date_latest = models.DateField(null=True)
    stance = IndexCharField(max_length=32)
    mode = IndexCharField(max_length=64, null=True)
    authenticity = IndexCharField(max_length=32)
    outlet = IndexCharField(max_length=200)
    language = IndexCharField(max_length=35)
    claimant_id = models.UUIDField()
    source_count = models.IntegerField()

    class Meta:
        constraints = IndexRow.rules("claim_index")
        indexes = [
            IndexRow.ends("claim_index"),
            models.Index(
                F("date_earliest").desc(),
                F("record_id").desc(),
                condition=Q(in_force=True),
                name="claim_index_date",
            ),
        ]


class ClaimTerm(TermRow):
    """One value of a many-valued filter of a claim."""

    # The unique constraint below begins with the revision and so serves as its index.
    revision = models.ForeignKey(
        ClaimIndex, db_column="seq", on_delete=models.CASCADE, related_name="terms", db_index=False
    )
    sort = models.DateField(null=True)

    class Meta:
        constraints = TermRow.rules("claim_term")
        indexes = TermRow.scans("claim_term")
