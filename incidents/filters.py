"""What incidents and claims can be filtered by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast
from uuid import UUID

from actors import identity
from actors.choices import ActorKind
from actors.filters import actor_term, codes_of, likelihoods, tree_code
from sources.choices import SourceKind
from sources.filters import licence_codes
from sources.naming import source_term
from threatdb.api import geometry, values
from threatdb.api.errors import InvalidParameters, parameter_error
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
from threatdb.api.filters import RecordFilterSet
from threatdb.api.sight import Sight, record_id
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

# The parameters by an actor that ``include`` widens.
WIDENED = ("actor", *ROLES, "claimed_by")

Relatives = Callable[[list[UUID]], list[identity.Spell]]


def _included(value: str) -> tuple[str, ...]:
    """Names of what is included, with commas between."""
    read = values.CodeOf(lambda: identity.INCLUDED)
    return tuple(dict.fromkeys(read(word) for word in value.split(",")))


def _depth(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:9]) <= identity.MAX_DEPTH:
        raise ValueError(f"Write a whole number from 1 to {identity.MAX_DEPTH}.")
    return int(value)


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


class IncidentFilterSet(RecordFilterSet):
    """``basis``, ``likelihood`` and ``min_likelihood`` ask of the same statement as the actor filters do."""

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
        "actor_kind": Term(
            "Kind that an actor in any role may be of on a day on which it may have happened.",
            codes=lambda: ActorKind.values,
        ),
        "include": Single(
            "Also those who carry on, split from or belong to the actors asked for: successors, splinters, parts.",
            parse=_included,
            schema={"type": "string"},
        ),
        "depth": Single(
            "How many relationships include= follows, one from the next.",
            parse=_depth,
            schema={"type": "integer", "minimum": 1, "maximum": identity.MAX_DEPTH, "default": 1},
        ),
        "basis": Term("On what an involvement rests.", codes=lambda: Basis.values),
        "likelihood": Term("Likelihood of an involvement.", codes=likelihoods),
        "min_likelihood": Single("Involvement of at least this likelihood.", codes=likelihoods),
        "claimed_by": actor_term("Actor that claims it, or for whom it is claimed."),
        "claim_status": Code("What the claims come to.", codes=lambda: ClaimStatus.values),
        "claim_mode": Term("How it was claimed, or a group of ways.", codes=codes_of(ClaimMode)),
        "part_of": Term("Id of the incident that it is a part of.", parse_for=record_id),
        "identifier": Term("Identifier in another data set, as SCHEME:VALUE."),
        "licence": Code("Licence.", codes=licence_codes, nullable=True),
        "source": source_term(),
        "source_kind": Term("Kind of a source.", codes=lambda: SourceKind.values),
        "source_count": Number("How many sources it rests on."),
    }

    def filter_queryset(self, queryset: Any) -> Any:
        """All filters, then those on actors as they were then, and those on one and the same statement."""
        given, whole, relatives = self.given, self.form.cleaned_data, self._relatives()
        # What is asked of actors with their relatives, or as they were then, is more than whether a term is there.
        apart = {"actor_kind", "actor_kind__in", "actor_kind__not"}
        apart |= {f"{name}{lookup}" for name in WIDENED for lookup in ("", "__in")} if relatives else set()
        self.form.cleaned_data = {name: found for name, found in whole.items() if name not in apart}
        rows = cast(IndexQuerySet, super().filter_queryset(queryset))
        self.form.cleaned_data = whole
        rows = of_kinds_then(rows, given, self.sight)
        if relatives:
            for name in WIDENED:
                if actors := _either(given, name):
                    rows = rows.filter(identity.naming(rows, name, relatives(actors)))
        return on_one_statement(rows, given, relatives)

    def _relatives(self) -> Relatives | None:
        """What gives actors with those that ``include`` adds; an ``InvalidParameters`` where no actor is asked for."""
        given = self.given
        if "include" not in given:
            if "depth" in given:
                raise InvalidParameters([parameter_error("depth", "It says how far include= goes: give that too.")])
            return None
        if not any(_either(given, name) for name in WIDENED):
            words = f"It widens what is asked of an actor: give {', '.join(WIDENED[:2])} or another such parameter too."
            raise InvalidParameters([parameter_error("include", words)])
        depth = given.get("depth", [1])[0]

        def relatives(actors: list[UUID]) -> list[identity.Spell]:
            try:
                return identity.with_relatives(actors, given["include"][0], depth, self.sight)
            except values.Refused as error:
                raise InvalidParameters([parameter_error("include", str(error), error.code)]) from None

        return relatives


def of_kinds_then(rows: IndexQuerySet, given: dict[str, list[Any]], sight: Sight) -> IndexQuerySet:
    """Incidents with an actor that may be of the kind on a day that may be theirs, within the days asked for."""
    windows = [given[name][0] for name in ("occurred__possibly_within", "occurred__certainly_within") if name in given]
    for kinds, negated in ((_either(given, "actor_kind"), False), (given.get("actor_kind__not", []), True)):
        if kinds:
            spells = identity.of_kinds(kinds, sight)
            for window in windows:
                spells = identity.during(spells, window)
            named = identity.naming(rows, "actor", spells)
            rows = rows.exclude(named) if negated else rows.filter(named)
    return rows


def on_one_statement(
    rows: IndexQuerySet, given: dict[str, list[Any]], relatives: Relatives | None = None
) -> IndexQuerySet:
    """Incidents with a statement on an involvement that meets all of basis, likelihood, actor and role."""
    how: dict[str, Any] = {}
    if found := _either(given, "basis"):
        how["basis__in"] = found
    if found := _either(given, "likelihood"):
        how["likelihood__in"] = found
    if "min_likelihood" in given:
        how["likelihood_rank__gte"] = Likelihood(given["min_likelihood"][0]).rank
    if not how:
        return rows
    asked = [(role, _either(given, role)) for role in ("actor", *ROLES)]
    for role, actors in asked:
        if actors:
            also = how if role == "actor" else {**how, "role": role}
            if relatives:
                rows = rows.filter(identity.naming(rows, "involvement", relatives(actors), **also))
            else:
                rows = rows.with_term("involvement", [str(actor) for actor in actors], **also)
    if not any(actors for _, actors in asked):
        rows = rows.with_term("involvement", None, **how)
    return rows


def _either(given: dict[str, list[Any]], name: str) -> list[Any]:
    """The values of a parameter in both of its forms that mean any of."""
    return [*given.get(name, []), *given.get(f"{name}__in", [])]


class ClaimFilterSet(RecordFilterSet):
    families: ClassVar[dict[str, Family]] = {
        "claimant": actor_term("Actor that makes the statement."),
        "on_behalf_of": actor_term("Actor for whom it is made."),
        "actor": actor_term("Actor that makes it, for whom it is made, or whom it mentions."),
        "mentions": actor_term("Actor that it mentions, in any way."),
        "accused": actor_term("Actor that it accuses."),
        "incident": Term("Id of an incident that it covers.", parse_for=record_id),
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
