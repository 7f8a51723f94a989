"""Synthetic sources, actors, incidents and claims: the same for the same seed, and made of rows alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from actors.models import Actor
from incidents.models import (
    Claim,
    ClaimCitation,
    ClaimIncident,
    ClaimMode,
    Incident,
    IncidentCitation,
    IncidentTactic,
    Involvement,
    InvolvementCitation,
    Tactic,
    Target,
    TargetType,
    Weapon,
    WeaponType,
)
from sources.models import Source
from threatdb.records.choices import Likelihood, State
from threatdb.records.markings import Marking

T = TypeVar("T")

SEED = 2021
ACTORS = 500
SOURCES = 200
FIRST_DAY = date(2012, 1, 1)
DAYS = 3653
MADE_AT = datetime(2022, 1, 1, tzinfo=UTC)

# The first stands for three incidents in ten, the others for equal parts of the rest.
COUNTRIES = (
    *("AF", "PK", "IQ", "SY", "NG", "SO", "YE", "ML", "BF", "NE"),
    *("CD", "MZ", "PH", "IN", "EG", "LY", "KE", "CM", "TD", "ET"),
)
PROVINCES = ("North", "South", "East", "West", "Central", "Upper", "Lower", "River", "Highland", "Coast")

DEEDS = ("Ambush", "Raid", "Bombing", "Shooting", "Shelling", "Arson", "Kidnapping", "Clash")
# Each word is in one title in twelve, so that a search for it finds a known share.
OBJECTS = (
    *("convoy", "market", "checkpoint", "school", "bridge", "mosque"),
    *("pipeline", "village", "barracks", "clinic", "courthouse", "bazaar"),
)
SENTENCES = (
    "Witnesses spoke of several gunmen who arrived on motorcycles shortly after dawn.",
    "The authorities closed the road for the rest of the day and searched the area.",
    "Local elders gave a higher toll than the provincial spokesman did.",
    "No group had been active in the district during the months before.",
    "A second device was found nearby and was made safe.",
    "Reports differ on how many vehicles were set on fire.",
)


@dataclass
class Bundle:
    """One record with its parts; ``involvement_citation`` waits for the id of the first involvement."""

    record: Any
    parts: list[models.Model] = field(default_factory=list)
    involvement_citation: InvolvementCitation | None = None


class World:
    """Everything synthetic. Each method draws on, so that the order of calls is part of what the seed means."""

    def __init__(self, seed: int = SEED) -> None:
        self.random = Random(seed)
        self.codes: dict[type[models.Model], list[str]] = {
            kind: _codes(kind) for kind in (Tactic, TargetType, WeaponType, ClaimMode)
        }
        self.actors: list[UUID] = []
        self.sources: list[UUID] = []

    def make_sources(self) -> Iterator[Bundle]:
        """Sources to cite."""
        for number in range(SOURCES):
            day = self.day()
            yield Bundle(
                Source(
                    **self.head(), kind="article", title=f"Report {number} on the year", publisher="Daily Record",
                    reliability=self.one_of("ABCDF"), date_earliest=day, date_latest=day, language="en",
                )
            )  # fmt: skip

    def make_actors(self) -> Iterator[Bundle]:
        """Actors to involve. The first leads: two incidents in five are its own."""
        for number in range(ACTORS):
            yield Bundle(
                Actor(
                    **self.head(), slug=f"bench-{number}", name=f"Front {number}", kind="armed_group", status="active"
                )
            )

    def make_incidents(self, count: int) -> Iterator[Bundle]:
        """Published incidents with two involvements each, targets, tactics, weapons and citations."""
        for number in range(count):
            incident = self.incident(number)
            perpetrator = Involvement(
                incident=incident, actor_id=self.perpetrator(number), role="perpetrator", basis="reported",
                attributed_by_id=self.other_actor(), likelihood=self.one_of(Likelihood.values),
                likelihood_as_reported="believed to be", note="By the account of the provincial police.",
            )  # fmt: skip
            other = Involvement(
                incident=incident, actor_id=self.other_actor(), role=self.one_of(("victim", "responder", "side_b")),
                basis="official", position=1,
            )  # fmt: skip
            parts = [perpetrator, other, *self.parts(incident)]
            yield Bundle(incident, parts, InvolvementCitation(source_id=self.source(), locator="para. 3"))

    def make_claim(self, incident: UUID, claimant: UUID, day: date) -> Bundle:
        """A claim of responsibility for one incident."""
        claim = Claim(
            **self.head(), claimant_id=claimant, stance="claims", date_earliest=day, date_latest=day,
            mode_id=self.code(ClaimMode), outlet="Front Radio", text="Our men carried out this operation.",
            language="en",
        )  # fmt: skip
        parts: list[models.Model] = [
            ClaimIncident(claim=claim, incident_id=incident),
            ClaimCitation(claim=claim, source_id=self.source(), locator="para. 4"),
        ]
        return Bundle(claim, parts)

    def incident(self, number: int) -> Incident:
        """The row of an incident, without its parts."""
        day, deed, thing = self.day(), self.one_of(DEEDS), OBJECTS[number % len(OBJECTS)]
        province, killed = self.one_of(PROVINCES), self.random.randrange(12)
        return Incident(
            **self.head(), kind="single", domain="political_violence",
            title=f"{deed} near a {thing} in {province} province, {day:%d %B %Y}",
            summary=" ".join(self.random.sample(SENTENCES, 3)), date_earliest=day, date_latest=day,
            date_as_reported=f"{day:%A}", place_country_id=self.country(), place_admin1=province,
            place_locality=f"Town {self.random.randrange(400)}", place_precision="near_place",
            place_latitude=round(self.random.uniform(-35, 60), 4),
            place_longitude=round(self.random.uniform(-17, 120), 4),
            suicide=self.random.random() < 0.1, succeeded=self.random.random() < 0.8,
            killed_low=killed, killed_best=killed, killed_high=killed + 3, killed_state="reported",
            wounded_best=killed * 2, wounded_state="reported", wounded_qualifier="about",
            tags=[f"tag-{self.random.randrange(40)}"], licence_id="cc-by-4.0",
        )  # fmt: skip

    def parts(self, incident: Incident) -> Iterator[models.Model]:
        """Its tactics, targets, weapons and citations: one of each or two."""
        for position, tactic in enumerate(self.random.sample(self.codes[Tactic], self.one_or_two())):
            yield IncidentTactic(incident=incident, tactic_id=tactic, position=position)
        for position in range(self.one_or_two()):
            yield Target(
                incident=incident, type_id=self.code(TargetType), kind="group", name="Members of a patrol",
                description="On their way back to the district centre.", position=position,
                nationality_id=incident.place_country_id,
            )  # fmt: skip
        yield Weapon(incident=incident, type_id=self.code(WeaponType), detail="As the police described it")
        for position in range(self.one_or_two()):
            yield IncidentCitation(
                incident=incident, source_id=self.source(), locator=f"para. {position + 1}", position=position,
                quote="gunmen attacked before dawn", credibility="2",
            )  # fmt: skip

    def head(self) -> dict[str, Any]:
        """The columns of a record that is published and open to everybody."""
        return {
            "id": UUID(int=self.random.getrandbits(128), version=4),
            "state": State.PUBLISHED,
            "marking": Marking.CLEAR,
            "number": 1,
            "created_at": MADE_AT,
            "updated_at": MADE_AT,
        }

    def is_claimed(self) -> bool:
        """One incident in ten is, whoever did it."""
        return self.random.random() < 0.1

    def perpetrator(self, number: int) -> UUID:
        """The first in two incidents of five, the last in one of twenty-five, any other in the rest."""
        if number % 25 == 4:
            return self.actors[-1]
        return self.actors[0] if number % 5 < 2 else self.other_actor()

    def other_actor(self) -> UUID:
        """Any actor but the first; low numbers are far more frequent, as in real data."""
        return self.actors[1 + int((len(self.actors) - 1) * self.random.random() ** 2)]

    def source(self) -> UUID:
        return self.one_of(self.sources)

    def country(self) -> str:
        return COUNTRIES[0] if self.random.random() < 0.3 else self.one_of(COUNTRIES[1:])

    def code(self, vocabulary: type[models.Model]) -> str:
        return self.one_of(self.codes[vocabulary])

    def day(self) -> date:
        return FIRST_DAY + timedelta(days=self.random.randrange(DAYS))

    def one_or_two(self) -> int:
        return self.random.randint(1, 2)

    def one_of(self, items: Sequence[T]) -> T:
        return self.random.choice(items)


def _codes(vocabulary: type[models.Model]) -> list[str]:
    """Some codes that the fixtures hold, always the same ones."""
    return list(vocabulary._default_manager.order_by("code").values_list("pk", flat=True)[:25])
