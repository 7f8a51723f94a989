"""By what incidents can be grouped and counted."""

from __future__ import annotations

from actors.dimensions import Actors
from threatdb.api.grouping import Column, Dimension, Period, Terms

from .models import ClaimMode, Tactic, TargetType, WeaponType

GROUPINGS: dict[str, Dimension] = {
    "year": Period("Year in which it happened; null where the interval reaches over several.", 4),
    "month": Period("Month in which it happened, as YYYY-MM; null where the interval reaches over several.", 7),
    "country": Column("Country, ISO 3166 code.", "country"),
    "admin1": Column("First-order division.", "admin1"),
    "tactic": Terms("Tactic.", "tactic", Tactic),
    "target_type": Terms("Type of target.", "target_type", TargetType),
    "weapon": Terms("Weapon.", "weapon", WeaponType),
    "perpetrator": Actors("Actor in the role perpetrator, on whatever basis.", "perpetrator"),
    "claimant": Actors("Actor that claims it, or for whom it is claimed.", "claimed_by"),
    "claim_status": Column("What the claims come to.", "claim_status"),
    "source_kind": Terms("Kind of source.", "source_kind"),
}

FACETS: dict[str, Dimension] = {
    **GROUPINGS,
    "kind": Column("Single, aggregate or series.", "kind"),
    "domain": Column("Domain.", "domain"),
    "target_kind": Terms("Kind of target.", "target_kind"),
    "basis": Terms("On what an involvement rests.", "basis"),
    "likelihood": Terms("Likelihood of an involvement.", "likelihood"),
    "claim_mode": Terms("How it was claimed.", "claim_mode", ClaimMode),
    "place_precision": Column("How sharply the place is known.", "place_precision"),
    "date_precision": Column("How sharply the date is known.", "date_precision"),
    "licence": Column("Licence.", "licence"),
    "tag": Terms("Tag.", "tag"),
}
