"""What incidents and claims can be filtered by."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from actors.filters import actor_term, codes_of, likelihoods, tree_code
from actors.then import ThenFilterSet
from sources.choices import SourceKind
from sources.filters import licence_codes
from sources.naming import source_term
from threatdb.api import geometry
from threatdb.api.families import (
    Boolean,
    Bounds,
    Code,
    Day,
    Decimal,
    Family,
    Number,
    Single,
    Term,
    Text,
    Within,
)
from threatdb.api.sight import standing_id
from threatdb.records.choices import DatePrecision, Likelihood
from threatdb.records.models import Country
from threatdb.records.querysets import IndexQuerySet

from .choices import (
    Authenticity,
    Basis,
    ClaimStatus,
    CountState,
    Domain,
    IncidentKind,
    PlacePrecision,
    Role,
    Stance,
    TargetKind,
)
from .models import ClaimMode, Tactic, TargetType, WeaponType

# The kinds of which no number of incidents is asked.
UNCOUNTED = [kind.value for kind in IncidentKind if kind is not IncidentKind.AGGREGATE]

ROLES = [role.value for role in Role if role is not Role.OTHER]


def number_known(name: str, words: str) -> dict[str, Family]:
    """The filters of a number that is known as low, best and high."""
    return {
        f"{name}_low": Number(f"{words}, low figure.", nullable=True),
        f"{name}_best": Number(f"{words}, best figure.", nullable=True),
        f"{name}_high": Number(f"{words}, high figure.", nullable=True),
    }


def toll(name: str, words: str) -> dict[str, Family]:
    """The filters of the killed or the wounded."""
    return {
        **number_known(name, words),
        f"{name}_state": Code(f"{words}: what is known.", codes=lambda: CountState.values),
        name: Bounds(f"{words}.", excluded={f"{name}_state": CountState.NOT_APPLICABLE}),
    }


class IncidentFilterSet(ThenFilterSet):
    """``basis``, ``likelihood`` and ``min_likelihood`` ask of the same statement as the actor filters do."""

    span = "occurred"
    widened = ("actor", *ROLES, "claimed_by")

    families: ClassVar[dict[str, Family]] = {
        "kind": Code("Single, aggregate or series.", codes=lambda: IncidentKind.values),
        "title": Text("Title."),
        "date_earliest": Day("First day on which it may have happened."),
        "date_latest": Day("Last day on which it may have happened."),
        "date_precision": Code("How sharply the date is known.", codes=lambda: DatePrecision.values),
        "occurred": Within("Occurred."),
        "country": Code("Country, ISO 3166 code.", codes=codes_of(Country), nullable=True),
        "admin1": Text("First-order division, such as a province."),
        "admin2": Text("Second-order division, such as a district."),
        "locality": Text("Town, village or site."),
        "latitude": Decimal("Latitude in degrees.", nullable=True),
        "longitude": Decimal("Longitude in degrees.", nullable=True),
        "place_precision": Code("How sharply the place is known.", codes=lambda: PlacePrecision.values, nullable=True),
        "radius_km": Decimal("Radius in kilometres within which it lies.", nullable=True),
        "bbox": Single("WEST,SOUTH,EAST,NORTH in degrees.", parse=geometry.box, apply=geometry.in_box),
        "near": Single("LATITUDE,LONGITUDE,KILOMETRES.", parse=geometry.circle, apply=geometry.in_circle),
        "within": Single(
            "A GeoJSON Polygon of at most 1,000 vertices.",
            parse=geometry.polygon,
            apply=geometry.in_polygon,
        ),
        "domain": Code("Domain.", codes=lambda: Domain.values),
        "tactic": Term("Tactic, or a group of tactics.", codes=codes_of(Tactic)),
        "suicide": Boolean("Whether the attacker meant to die.", nullable=True),
        "succeeded": Boolean("Whether it succeeded.", nullable=True),
        "target_type": Term("Type of target, or a group of types.", codes=codes_of(TargetType)),
        "target_kind": Term("Kind of target.", codes=lambda: TargetKind.values),
        "weapon": Term("Weapon, or a group of weapons.", codes=codes_of(WeaponType)),
        **toll("killed", "Killed"),
        **toll("wounded", "Wounded"),
        **number_known("event_count", "Number of incidents that an aggregate stands for"),
        "event_count": Bounds("Number of incidents that an aggregate stands for.", excluded={"kind__in": UNCOUNTED}),
        "actor": actor_term("Actor in any role."),
        **{role: actor_term(f"Actor in the role {role}.") for role in ROLES},
        "basis": Term("On what an involvement rests.", codes=lambda: Basis.values),
        "likelihood": Term("Likelihood of an involvement.", codes=likelihoods),
        "min_likelihood": Single("Involvement of at least this likelihood.", codes=likelihoods),
        "claimed_by": actor_term("Actor that claims it, or for whom it is claimed."),
        "claim_status": Code("What the claims come to.", codes=lambda: ClaimStatus.values),
        "claim_mode": Term("How it was claimed, or a group of ways.", codes=codes_of(ClaimMode)),
        "part_of": Term("Id of the incident that it is a part of.", parse_for=standing_id),
        "identifier": Term("Identifier in another data set, as SCHEME:VALUE."),
        "licence": Code("Licence.", codes=licence_codes, nullable=True),
        "source": source_term(),
        "source_kind": Term("Kind of a source.", codes=lambda: SourceKind.values),
        "source_count": Number("How many sources it rests on."),
    }

    def filter_queryset(self, queryset: Any) -> Any:
        """All filters, then those on one and the same statement."""
        return self.on_one_statement(cast(IndexQuerySet, super().filter_queryset(queryset)))

    def on_one_statement(self, rows: IndexQuerySet) -> IndexQuerySet:
        """Incidents with a statement on an involvement that meets all of basis, likelihood, actor and role."""
        how = self.how()
        if not how:
            return rows
        named, asked = self.named_with_relatives(), [(role, self.either(role)) for role in ("actor", *ROLES)]
        for role, actors in asked:
            also = how if role == "actor" else {**how, "role": role}
            if actors and named:
                rows = rows.filter(self.naming(rows, "involvement", named(actors), **also))
            elif actors:
                rows = rows.with_term("involvement", [str(actor) for actor in actors], **also)
        return rows if any(actors for _, actors in asked) else rows.with_term("involvement", None, **how)

    def how(self) -> dict[str, Any]:
        """What is asked of the statement beside whose part it is about."""
        how: dict[str, Any] = {}
        if found := self.either("basis"):
            how["basis__in"] = found
        if found := self.either("likelihood"):
            how["likelihood__in"] = found
        if "min_likelihood" in self.given:
            how["likelihood_rank__gte"] = Likelihood(self.given["min_likelihood"][0]).rank
        return how


class ClaimFilterSet(ThenFilterSet):
    span = "made"
    widened = ("actor", "claimant", "on_behalf_of", "mentions", "accused")

    families: ClassVar[dict[str, Family]] = {
        "claimant": actor_term("Actor that makes the statement."),
        "on_behalf_of": actor_term("Actor for whom it is made."),
        "actor": actor_term("Actor that makes it, for whom it is made, or whom it mentions."),
        "mentions": actor_term("Actor that it mentions, in any way."),
        "accused": actor_term("Actor that it accuses."),
        "incident": Term("Id of an incident that it covers.", parse_for=standing_id),
        "stance": Code("Stance.", codes=lambda: Stance.values),
        "date_earliest": Day("First day on which it may have been made.", nullable=True),
        "date_latest": Day("Last day on which it may have been made.", nullable=True),
        "made": Within("Made."),
        "mode": tree_code("How it was made.", ClaimMode, nullable=True),
        "outlet": Text("Outlet."),
        "language": Text("Language, as a BCP 47 tag."),
        "authenticity": Code("Authenticity.", codes=lambda: Authenticity.values),
        "source": source_term(),
        "source_count": Number("How many sources it rests on."),
    }
