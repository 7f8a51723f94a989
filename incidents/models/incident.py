"""The working copy of an incident."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from incidents.choices import Domain, IncidentKind, PlacePrecision
from sources.models import Licensed
from threatdb.records.choices import DatePrecision
from threatdb.records.fields import (
    BoundedCharField,
    BoundedFloatField,
    BoundedTextField,
    ChoiceField,
    DayField,
    FlagField,
    TagsField,
)
from threatdb.records.intervals import Dated, interval_rules
from threatdb.records.models import Country, Record

from .counts import OUT_OF_ORDER, Toll, as_reported, bound, in_order, qualifier, toll_rules

# Half the circumference of the Earth in kilometres: nothing is farther away.
FARTHEST = 20_038


class Placed(models.Model):
    """Where something happened, as sharply as it is known."""

    place_country = models.ForeignKey(
        Country, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="country"
    )
    place_admin1 = BoundedCharField("admin1", max_length=200, blank=True, help_text="Province or state.")
    place_admin2 = BoundedCharField("admin2", max_length=200, blank=True, help_text="District.")
    place_locality = BoundedCharField("locality", max_length=200, blank=True, help_text="Town, village or site.")
    place_latitude = BoundedFloatField(
        "latitude", minimum=-90, maximum=90, null=True, blank=True, help_text="Degrees north, WGS 84."
    )
    place_longitude = BoundedFloatField(
        "longitude", minimum=-180, maximum=180, null=True, blank=True, help_text="Degrees east, WGS 84."
    )
    place_precision = ChoiceField(
        "precision",
        choices=PlacePrecision.choices,
        default=PlacePrecision.UNKNOWN,
        help_text="What the place stands for.",
    )
    place_radius_km = BoundedFloatField(
        "radius in km", minimum=0, maximum=FARTHEST, null=True, blank=True, help_text="How far off the point may be."
    )
    place_as_reported = BoundedCharField(
        "place as reported", max_length=300, blank=True, help_text="The place in the words of the report."
    )

    class Meta:
        abstract = True


class Incident(Licensed, Record, Dated, Placed, Toll):
    """Something that happened, in one place, within one span of days; or a number of such told as one."""

    kind = ChoiceField(choices=IncidentKind.choices)
    title = BoundedCharField(max_length=300)
    summary = BoundedTextField(max_length=10_000, blank=True)
    # An incident without any date could not be found again; what is known least is a wide interval.
    date_earliest = DayField()
    date_latest = DayField()
    date_precision = ChoiceField(
        choices=DatePrecision.choices, default=DatePrecision.DAY, help_text="How wide the interval is."
    )
    domain = ChoiceField(choices=Domain.choices)
    suicide = FlagField(null=True, blank=True, help_text="Whether an attacker meant to die; empty if unknown.")
    succeeded = FlagField(
        null=True, blank=True, help_text="Whether the act itself came off, whatever came of it; empty if unknown."
    )
    event_count_low = bound()
    event_count_best = bound()
    event_count_high = bound()
    event_count_qualifier = qualifier()
    event_count_as_reported = as_reported()
    tags = TagsField()

    class Meta:
        ordering = ["-date_earliest", "id"]
        constraints = [
            *interval_rules("incident_date", "date"),
            *toll_rules("incident"),
            models.CheckConstraint(
                name="incident_event_count_in_order",
                condition=in_order("event_count"),
                violation_error_message=OUT_OF_ORDER,
            ),
            models.CheckConstraint(
                name="incident_event_count_of_aggregates",
                condition=Q(kind=IncidentKind.AGGREGATE)
                | Q(
                    event_count_low=None,
                    event_count_best=None,
                    event_count_high=None,
                    event_count_qualifier=None,
                    event_count_as_reported="",
                ),
                violation_error_message="Only an aggregate counts events.",
            ),
            models.CheckConstraint(
                name="incident_place_is_a_point",
                condition=Q(place_latitude=None, place_longitude=None)
                | Q(place_latitude__isnull=False, place_longitude__isnull=False),
                violation_error_message="Latitude and longitude go together.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.title)
