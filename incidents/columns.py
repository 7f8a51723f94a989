"""The flat columns of incidents and claims."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.columns import actor
from sources.columns import IDENTIFIERS, LICENSED, TAGS, cited
from threatdb.api.exports.columns import RECORD, Column, Computed, Kind, column, interval, listed
from threatdb.records.registry import Document

from .choices import PlacePrecision, Role
from .models.counts import BOUNDS

# What a point of the place itself may stand for; any other stands for the middle of an area.
SHARP = (PlacePrecision.EXACT_PLACE.value, PlacePrecision.NEAR_PLACE.value)


def _location_is_certain(document: Document) -> bool | None:
    """Nothing where there is no point."""
    place = document.get("place") or {}
    return place.get("precision") in SHARP if place.get("latitude") is not None else None


PLACE = (
    column(Kind.CODE, "country", "Country (ISO 3166-1 alpha-2, or ISO 3166-3 when former).", "place", "country"),
    column(Kind.TEXT, "admin1", "Province (first-order division).", "place", "admin1"),
    column(Kind.TEXT, "admin2", "District (second-order division).", "place", "admin2"),
    column(Kind.TEXT, "locality", "Town, village or spot.", "place", "locality"),
    column(Kind.DECIMAL, "latitude", "Degrees north (WGS 84).", "place", "latitude"),
    column(Kind.DECIMAL, "longitude", "Degrees east (WGS 84).", "place", "longitude"),
    column(
        Kind.CODE, "place_precision", "What the point stands for, and so how it may be drawn.", "place", "precision"
    ),
    column(
        Kind.DECIMAL, "radius_km", "Kilometres from the point within which it was, if stated.", "place", "radius_km"
    ),
    column(Kind.TEXT, "place_as_reported", "The place in the words of the report.", "place", "as_reported"),
    Computed(
        "location_is_certain",
        Kind.FLAG,
        "False where the point is only the middle of a district, province, country or other area, or may be.",
        "place",
        _location_is_certain,
    ),
)


def count(key: str, words: str) -> tuple[Column, ...]:
    """The columns of a number that is known as low, best and high."""
    return (
        *(column(Kind.NUMBER, f"{key}_{bound}", f"{words}: {bound} figure.", key, bound) for bound in BOUNDS),
        column(Kind.CODE, f"{key}_qualifier", f"{words}: how the report hedges its number.", key, "qualifier"),
        column(Kind.TEXT, f"{key}_as_reported", f"{words}: in the words of the report.", key, "as_reported"),
    )


def toll(key: str, words: str) -> tuple[Column, ...]:
    """The same of persons, with what stands behind the number or its absence."""
    return (*count(key, words), column(Kind.CODE, f"{key}_state", f"{words}: what is known.", key, "state"))


def _perpetrators(key: str) -> Callable[[Document], list[Any]]:
    def of(document: Document) -> list[Any]:
        parts = document.get("involvements") or ()
        return [(part["actor"] or {}).get(key) for part in parts if part["role"] == Role.PERPETRATOR.value]

    return of


def _targets(document: Document) -> list[str | None]:
    return [part["name"] or (part["actor"] or {}).get("name") for part in document.get("targets") or ()]


INCIDENTS = (
    *RECORD,
    column(Kind.CODE, "kind", "Single incident, aggregate or series."),
    column(Kind.TEXT, "title", "Title."),
    column(Kind.TEXT, "summary", "Summary."),
    *interval("date", "date", "When it happened"),
    *PLACE,
    column(Kind.CODE, "domain", "What sort of event it is."),
    listed("tactics", "Codes of the tactics.", "tactics"),
    column(Kind.FLAG, "suicide", "Whether a perpetrator meant to die."),
    column(Kind.FLAG, "succeeded", "Whether the attack took place as its tactic defines it."),
    listed("target_types", "Codes of the types of its targets.", "targets", "type"),
    Computed("targets", Kind.LIST, "What they are called, in the same order.", "targets", _targets),
    listed("weapons", "Codes of the weapons.", "weapons", "type"),
    *toll("killed", "Killed"),
    *toll("wounded", "Wounded"),
    *count("event_count", "Incidents that an aggregate stands for"),
    Computed(
        "perpetrators",
        Kind.LIST,
        "Names of the perpetrators, on whatever word.",
        "involvements",
        _perpetrators("name"),
    ),
    Computed(
        "perpetrator_ids",
        Kind.LIST,
        "Their ids, in the same order.",
        "involvements",
        _perpetrators("id"),
    ),
    listed("actors", "Names of all who had a part.", "involvements", "actor", "name"),
    listed("actor_ids", "Their ids, in the same order.", "involvements", "actor", "id"),
    listed("actor_roles", "The part of each.", "involvements", "role"),
    listed("actor_bases", "On what it rests that each had this part.", "involvements", "basis"),
    listed("actor_likelihoods", "How likely each part is.", "involvements", "likelihood"),
    column(Kind.CODE, "claim_status", "What the claims on it come to."),
    listed("claimants", "Names of those who made a statement on it.", "claims", "claimant", "name"),
    listed("claim_stances", "What each says, in the same order.", "claims", "stance"),
    listed("linked_ids", "Ids of the incidents that it is linked to.", "links", "incident", "id"),
    listed("link_kinds", "What it is to each, in the same order.", "links", "kind"),
    IDENTIFIERS,
    TAGS,
    *cited(),
    column(Kind.NUMBER, "source_count", "How many different sources it rests on, those of its parts included."),
    *LICENSED,
)

CLAIMS = (
    *RECORD,
    *actor("claimant", "who makes the statement"),
    *actor("on_behalf_of", "the one who is spoken for"),
    column(Kind.CODE, "stance", "What the statement does."),
    *interval("date", "date", "When it was made"),
    column(Kind.CODE, "mode", "By what means it was made."),
    column(Kind.TEXT, "outlet", "Where it appeared."),
    column(Kind.TEXT, "stated_motive", "The motive that it states."),
    column(Kind.TEXT, "text", "Its text, or a part of it."),
    column(Kind.CODE, "language", "Its language (BCP 47)."),
    column(Kind.CODE, "authenticity", "Whether it is the claimant's own."),
    listed("incident_ids", "Ids of the incidents that it covers.", "incidents", "id"),
    listed("incident_titles", "Their titles, in the same order.", "incidents", "title"),
    listed("mentions", "Names of the actors that it mentions.", "mentions", "actor", "name"),
    listed("mention_ids", "Their ids, in the same order.", "mentions", "actor", "id"),
    listed("mention_roles", "How it speaks of each.", "mentions", "role"),
    TAGS,
    *cited(),
)
