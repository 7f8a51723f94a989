"""Closed code lists of incidents and claims, on which the program's own rules depend."""

from __future__ import annotations

from django.db import models


class IncidentKind(models.TextChoices):
    """What one record stands for."""

    SINGLE = "single", "Single incident"
    AGGREGATE = "aggregate", "Aggregate: a number of incidents reported as one"
    SERIES = "series", "Series: incidents that belong together, each recorded itself"


class Domain(models.TextChoices):
    """What sort of event it is, before any tactic."""

    POLITICAL_VIOLENCE = "political_violence", "Political violence"
    PROTEST = "protest", "Protest"
    RIOT = "riot", "Riot"
    STRATEGIC_DEVELOPMENT = "strategic_development", "Strategic development"
    CRIME = "crime", "Crime"
    OTHER = "other", "Other"


class PlacePrecision(models.TextChoices):
    """What the place stands for (crosswalk to UCDP where_prec, ACLED geo_precision, GTD specificity)."""

    EXACT_PLACE = "exact_place", "Named place"
    NEAR_PLACE = "near_place", "Near a named place, within some 25 km"
    ADM2 = "adm2", "District (second-order division)"
    ADM1 = "adm1", "Province (first-order division)"
    FEATURE = "feature", "Border, road, forest or other feature"
    COUNTRY = "country", "Country"
    INTERNATIONAL = "international", "International waters or airspace"
    UNKNOWN = "unknown", "Unknown"


class CountState(models.TextChoices):
    """What stands behind a number of persons, or behind its absence."""

    REPORTED = "reported", "Reported"
    UNKNOWN = "unknown", "Unknown"
    NOT_REPORTED = "not_reported", "Not reported"
    NOT_APPLICABLE = "not_applicable", "Not applicable"
    NONE_CONFIRMED = "none_confirmed", "None, and that is confirmed"


# The states in which there is no number. Unknown is not zero.
UNCOUNTED = (CountState.UNKNOWN, CountState.NOT_REPORTED, CountState.NOT_APPLICABLE)


class Qualifier(models.TextChoices):
    """How the report hedges its number."""

    EXACTLY = "exactly", "Exactly"
    AT_LEAST = "at_least", "At least"
    MORE_THAN = "more_than", "More than"
    UP_TO = "up_to", "Up to"
    FEWER_THAN = "fewer_than", "Fewer than"
    ABOUT = "about", "About"
    NEARLY = "nearly", "Nearly"
    BETWEEN = "between", "Between"
    SEVERAL = "several", "Several"
    DOZENS = "dozens", "Dozens"
    HUNDREDS = "hundreds", "Hundreds"
    UNKNOWN_NUMBER = "unknown_number", "An unknown number"


class TargetKind(models.TextChoices):
    """What sort of thing was aimed at."""

    PERSON = "person", "Person"
    GROUP = "group", "Group of persons"
    PLACE = "place", "Place"
    OBJECT = "object", "Object"
    UNKNOWN = "unknown", "Unknown"


class Role(models.TextChoices):
    """What part an actor has in an incident."""

    PERPETRATOR = "perpetrator", "Perpetrator"
    TARGET = "target", "Target"
    VICTIM = "victim", "Victim"
    SIDE_A = "side_a", "Side A"
    SIDE_B = "side_b", "Side B"
    ASSOCIATE = "associate", "Associate"
    RESPONDER = "responder", "Responder"
    OTHER = "other", "Other"


class Basis(models.TextChoices):
    """On what the statement rests that an actor had a part."""

    CLAIMED = "claimed", "Claimed by the actor"
    OBSERVED = "observed", "Observed"
    OFFICIAL = "official", "Said by officials"
    REPORTED = "reported", "Reported"
    THIRD_PARTY = "third_party", "Said by a third party"
    INFERRED = "inferred", "Inferred by an analyst"


class LinkKind(models.TextChoices):
    """What one incident is to another, read from the one that holds the link."""

    PART_OF = "part_of", "Part of"
    SAME_OPERATION = "same_operation", "Same operation as"
    RESPONSE_TO = "response_to", "Response to"
    DUPLICATE_OF = "duplicate_of", "Duplicate of"


class ClaimStatus(models.TextChoices):
    """What the claims that a reader of the incident may see come to."""

    UNCLAIMED = "unclaimed", "Unclaimed"
    CLAIMED = "claimed", "Claimed"
    CONTESTED = "contested", "Contested"
    DENIED = "denied", "Denied"


class Stance(models.TextChoices):
    """What a statement does about the incidents it covers."""

    CLAIMS = "claims", "Claims"
    DENIES = "denies", "Denies"
    DISPUTES = "disputes", "Disputes another's claim"
    RETRACTS = "retracts", "Retracts what it said"
    PRAISES = "praises", "Praises without claiming"
    THREATENS = "threatens", "Threatens beforehand"


class Authenticity(models.TextChoices):
    """Whether the statement is the claimant's own."""

    UNVERIFIED = "unverified", "Unverified"
    AUTHENTICATED = "authenticated", "Authenticated"
    DISPUTED = "disputed", "Disputed"
    FALSE = "false", "False"


class MentionRole(models.TextChoices):
    """How a statement speaks of an actor."""

    ACCUSED = "accused", "Accused"
    ADDRESSED = "addressed", "Addressed"
    MENTIONED = "mentioned", "Mentioned"
    PRAISED = "praised", "Praised"
