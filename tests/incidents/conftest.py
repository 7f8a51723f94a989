"""What tests of incidents and claims share: a cast of published records, and the codes they name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from actors.models import Actor
from incidents.models import ClaimMode, Incident, Tactic, TargetType, WeaponType
from sources.models import Licence, Source
from tests.factories.actors import make_actor
from tests.factories.incidents import make_code, make_incident
from tests.factories.sources import make_source
from threatdb.records.models import Country


@dataclass
class Cast:
    """Published records that may be named in any document."""

    source: Source
    actor: Actor
    other: Actor
    whole: Incident

    def everyone(self) -> tuple[Any, ...]:
        return self.source, self.actor, self.other, self.whole


@pytest.fixture
def cast(codes: None) -> Cast:
    """A source, two actors and an aggregate, marked clear."""
    clear: dict[str, Any] = {"published": True, "marking": "clear"}
    return Cast(
        make_source(**clear),
        make_actor(**clear, slug="iskp", name="Islamic State in Khorasan"),
        make_actor(**clear, slug="taliban", name="Taliban"),
        make_incident(**clear, kind="aggregate", title="Nearly 30 attacks"),
    )


@pytest.fixture
def codes(db: None) -> None:
    """The codes that the whole documents name."""
    Country.objects.get_or_create(code="AF", defaults={"name": "Afghanistan"})
    make_code(Tactic, "bombing")
    make_code(Tactic, "suicide_bombing", "bombing")
    make_code(TargetType, "religious")
    make_code(TargetType, "place_of_worship", "religious")
    make_code(TargetType, "mosque", "place_of_worship")
    make_code(WeaponType, "explosives")
    make_code(WeaponType, "suicide_vest", "explosives")
    make_code(ClaimMode, "social_post")
    Licence.objects.get_or_create(code="cc-by-4.0", defaults={"label": "CC BY 4.0", "redistributable": True})
