"""Whole documents of incidents and claims, as a client writes them, in which every key has a value."""

from __future__ import annotations

from typing import Any

from tests.actors.documents import citation, current, in_force, index_of, terms_of
from threatdb.records.models import Record
from threatdb.records.registry import Document

__all__ = ["citation", "claim", "count", "current", "days", "in_force", "incident", "index_of", "terms_of"]


def days(earliest: str, latest: str | None = None, precision: str = "day") -> Document:
    """A date object."""
    return {"earliest": earliest, "latest": latest or earliest, "precision": precision, "as_reported": "then"}


def count(low: int | None = None, best: int | None = None, high: int | None = None, **changes: Any) -> Document:
    """A count object."""
    base = {"low": low, "best": best, "high": high, "qualifier": "about", "as_reported": "some"}
    return base | {"state": "reported", "consistent": True} | changes


def incident(source: Record, actor: Record, other: Record, whole: Record, **changes: Any) -> Document:
    """An incident that is part of ``whole``."""
    involvement = {
        "actor": {"id": str(actor.pk)},
        "role": "perpetrator",
        "basis": "third_party",
        "attributed_by": str(other.pk),
        "attributed_by_name": "Officials",
        "likelihood": "likely",
        "likelihood_as_reported": "presumably",
        "made_on": "2021-10",
        "note": "Said in passing.",
        "citations": [citation(source, "likelihood")],
    }
    report = {
        "source": str(source.pk),
        "attributed_to": "a hospital",
        "killed": count(41, None, None, qualifier="more_than"),
        "wounded": count(state="not_reported", qualifier=None, as_reported=None),
        "preferred": True,
        "preferred_reason": "The latest one.",
    }
    document = {
        "marking": "green",
        "kind": "aggregate",
        "title": "Attacks in Kunduz",
        "summary": "Several attacks.",
        "date": days("2021-10-08", "2021-10-12", "days"),
        "place": {
            "country": "AF",
            "admin1": "Kunduz",
            "admin2": "Kunduz District",
            "locality": "Kunduz",
            "latitude": 36.728,
            "longitude": 68.857,
            "precision": "near_place",
            "radius_km": 25.0,
            "as_reported": "near Kunduz",
        },
        "domain": "political_violence",
        "tactics": ["suicide_bombing", "bombing"],
        "suicide": True,
        "succeeded": False,
        "targets": [
            {
                "type": "mosque",
                "kind": "place",
                "name": "Gozar-e-Sayed Abad Mosque",
                "role": "place of worship",
                "description": "A mosque of Shias.",
                "nationality": "AF",
                "actor": str(other.pk),
            }
        ],
        "weapons": [{"type": "suicide_vest", "detail": "two vests"}],
        "killed": count(41, 50, 60),
        "wounded": count(100, 90, 80, consistent=False),
        "event_count": {"low": 2, "best": 3, "high": 4, "qualifier": "several", "as_reported": "several"},
        "involvements": [involvement],
        "casualty_reports": [report],
        "links": [{"kind": "part_of", "incident": str(whole.pk), "note": "Named in the same sentence."}],
        "identifiers": [{"scheme": "ucdp-ged", "value": "12422"}],
        "tags": ["kunduz", "shia"],
        "citations": [citation(source)],
        "licence": "cc-by-4.0",
    }
    return document | changes


def claim(source: Record, actor: Record, other: Record, covered: Record, **changes: Any) -> Document:
    """A claim of one incident."""
    document = {
        "marking": "green",
        "claimant": str(actor.pk),
        "on_behalf_of": str(other.pk),
        "stance": "claims",
        "date": days("2021-10-08"),
        "mode": "social_post",
        "outlet": "Amaq",
        "stated_motive": "Cooperation with China.",
        "text": "The attacker was a Uyghur.",
        "language": "ar",
        "authenticity": "authenticated",
        "incidents": [str(covered.pk)],
        "mentions": [{"actor": str(other.pk), "role": "accused"}],
        "tags": ["kunduz"],
        "citations": [citation(source, "stated_motive")],
    }
    return document | changes
