"""Many new records at once: their rows are those of the ordinary way, and what is illegal is left to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework import serializers

from incidents.models import Tactic, TargetType, WeaponType
from sources.models import Licence
from tests.factories.actors import make_actor
from tests.factories.incidents import make_code, make_incident
from tests.factories.sources import make_source
from threatdb.records import creating, ledger, registry, services, writing
from threatdb.records.markings import Marking
from threatdb.records.models import Country, Part
from threatdb.records.plain import Known
from threatdb.records.registry import Document
from threatdb.records.visibility import Viewer

NOW = datetime(2022, 1, 1, tzinfo=UTC)
AUTHOR = writing.Author(reason_code="new_source", reason_note="A test")
APPS = ("records", "sources", "actors", "incidents")
IDS = [UUID(int=number, version=4) for number in range(1, 20)]

pytestmark = pytest.mark.django_db


class Undone(Exception):
    """Rolls back what a way has written."""


def tables() -> dict[str, list[Any]]:
    """All rows of the apps, without the numbers by which the tables know them alone."""
    found = {}
    for model in apps.get_models():
        if model._meta.app_label in APPS:
            names = [f.attname for f in model._meta.concrete_fields if not _is_given_out(f)]
            found[model._meta.label] = sorted(map(repr, model._base_manager.values_list(*names)))
    return found


def _is_given_out(column: Any) -> bool:
    """Whether it holds a number that is counted, or drawn at random as those of parts are."""
    while isinstance(column, models.ForeignKey):
        column = column.target_field
    return isinstance(column, models.AutoField) or (column.primary_key and issubclass(column.model, Part))


@contextmanager
def undone() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise Undone
    except Undone:
        pass


def by_the_ordinary_way(
    type_name: str, document: Document, author: writing.Author, publish: bool = False
) -> dict[str, list[Any]] | None:
    """The rows that are there after ``writing.write``; None where it refuses."""
    after = None
    with undone():
        try:
            record, _ = writing.write(registry.get(type_name), document, author, record_id=IDS[0])
            if publish:
                services.publish(record, by=None, note=author.reason_note)
            after = tables()
        except (ValidationError, serializers.ValidationError):
            pass
    return after


def many_at_once(
    type_name: str, document: Document, author: writing.Author, publish: bool = False
) -> dict[str, list[Any]] | None:
    """The rows that are there after ``creating.create``; None where it leaves the document."""
    after = None
    with undone():
        ledger.lock()
        kind = registry.get(type_name)
        if creating.create(kind, [document], author, known(), at=NOW, publish=publish) != [None]:
            after = tables()
    return after


def known() -> Known:
    return Known.of(
        {
            name: list(registry.get(name).model._base_manager.values_list("pk", flat=True))
            for name in ("actor", "source")
        }
    )


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes, and ids are as foretold."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    monkeypatch.setattr(creating, "uuid4", lambda: IDS[0])


@pytest.fixture
def world() -> dict[str, str]:
    """What documents may name, by words."""
    Country.objects.create(code="AF", name="Afghanistan")
    Licence.objects.create(code="open", label="Open", redistributable=True)
    Licence.objects.create(code="shut", label="Shut", redistributable=False)
    for vocabulary, codes in ((Tactic, "bombing"), (TargetType, "police"), (WeaponType, "rifle")):
        make_code(vocabulary, codes)
    return {
        "front": str(make_actor(slug="front", name="Front", marking="clear").pk),
        "secret": str(make_actor(slug="secret", name="Secret", marking="red").pk),
        "source": str(make_source(marking="clear").pk),
        "incident": str(make_incident(marking="clear").pk),
    }


DAY = {"earliest": "2021-10-08", "latest": "2021-10-08", "precision": "day"}
BASE: Document = {"kind": "single", "title": "Attack", "date": DAY, "domain": "crime", "marking": "amber"}

text = st.sampled_from([None, "", "Plain words", "Wörter, nicht ASCII", " trimmed ", "\x00", "x" * 400, "\ud800", 5])
number = st.sampled_from([None, 0, 1, 5, 41, -1, 2**31, True, 1.0, "3"])
day = st.sampled_from([None, "2021-10-08", "2021-10-09", "2021-02-31", "20211008", "2021-W01-1", 5])
likelihood = st.sampled_from([None, "likely", "perhaps"])


def some(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with any of these keys."""
    return st.fixed_dictionaries({}, optional=keys)


count = st.none() | some(
    low=number,
    best=number,
    high=number,
    qualifier=st.sampled_from([None, "about", "odd"]),
    as_reported=text,
    state=st.sampled_from(["reported", "unknown", "none_confirmed", None]),
    consistent=st.booleans(),
)
degrees = st.sampled_from([None, 0, 34.5, -91, 181.0, float("nan"), "3", True])
interval = some(
    earliest=day, latest=day, precision=st.sampled_from(["day", "days", "unknown", "odd", None]), as_reported=text
)
place = st.none() | some(
    country=st.sampled_from([None, "AF", "ZZ"]),
    admin1=text,
    latitude=degrees,
    longitude=degrees,
    precision=st.sampled_from(["adm1", "odd"]),
    radius_km=degrees,
)


def citation(world: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    return some(
        source=st.sampled_from([world["source"], "nobody", {"id": world["source"]}, None]),
        locator=text,
        supports=st.sampled_from([[], ["killed.low"], ["nothing"], "killed", [""], [" killed"]]),
        credibility=st.sampled_from([None, "2", "7", ""]),
        report=st.none() | some(publisher=text, date=st.none() | interval),
    )


def incidents(world: dict[str, str]) -> st.SearchStrategy[Document]:
    """Documents of incidents: many are legal, and each mistake is among them."""
    actor = st.sampled_from([world["front"], "front", world["secret"], world["source"], None])
    involvement = some(
        actor=actor,
        role=st.sampled_from(["perpetrator", "odd"]),
        basis=st.just("reported"),
        likelihood=likelihood,
        attributed_by=actor,
        made_on=st.sampled_from([None, "2021", "2021-13"]),
        note=text,
        citations=st.lists(citation(world), max_size=1),
    )
    target = some(type=st.sampled_from([None, "police", "odd"]), kind=st.just("group"), name=text, actor=actor)
    optional = {
        "kind": st.sampled_from(["single", "aggregate", "odd"]),
        "title": text,
        "summary": text,
        "date": interval | st.none(),
        "place": place,
        "killed": count,
        "wounded": count,
        "event_count": count.map(lambda c: c and {k: v for k, v in c.items() if k not in ("state", "consistent")}),
        "suicide": st.sampled_from([None, True, False, "yes"]),
        "tactics": st.sampled_from([[], ["bombing"], ["bombing", "bombing"], ["odd"], "bombing"]),
        "targets": st.lists(target, max_size=1),
        "weapons": st.sampled_from([[], [{"type": "rifle"}], [{"type": "rifle", "detail": "old"}], [{}]]),
        "involvements": st.lists(involvement, max_size=2),
        "identifiers": st.sampled_from([[], [{"scheme": "a", "value": "1"}], [{"scheme": "a", "value": "1"}] * 2]),
        "citations": st.lists(citation(world), max_size=2),
        "tags": st.sampled_from([[], ["one", "two"], [""], ["x" * 65], "one", [5]]),
        "licence": st.sampled_from([None, "open", "shut", "odd"]),
        "marking": st.sampled_from(["clear", "amber", "TLP:GREEN", "odd"]),
        "links": st.sampled_from([[], [{"kind": "part_of", "incident": world["incident"]}]]),
        "casualty_reports": st.sampled_from([[], [{"source": world["source"], "killed": {"best": 1}}]]),
        "typo": st.just(1),
    }
    # Few keys at a time, or some mistake would be in nearly all of them.
    keys = st.lists(st.sampled_from(sorted(optional)), max_size=3, unique=True)
    return keys.flatmap(lambda names: st.fixed_dictionaries({name: optional[name] for name in names})).map(
        lambda own: BASE | own
    )


def check(type_name: str, document: Document, author: writing.Author = AUTHOR) -> None:
    """Where the document is taken many at a time, it leaves the rows that it leaves by the ordinary way."""
    taken = many_at_once(type_name, document, author)
    if taken is not None:
        assert taken == by_the_ordinary_way(type_name, document, author)


def test_any_incident_leaves_the_same_rows(world: dict[str, str]) -> None:
    examine(world, 25)


@pytest.mark.slow
def test_any_of_many_incidents_leaves_the_same_rows(world: dict[str, str]) -> None:
    examine(world, 1000)


def examine(world: dict[str, str], examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(incidents(world))
    def compared(document: Document) -> None:
        check("incident", document)

    compared()


def test_a_whole_incident_is_plain(world: dict[str, str]) -> None:
    cited = {"source": world["source"], "quote": "in words", "supports": ["killed.low"], "report": {"publisher": "P"}}
    document = BASE | {
        "place": {"country": "AF", "latitude": 34.5, "longitude": 69, "precision": "near_place", "radius_km": 25.0},
        "tactics": ["bombing"],
        "targets": [{"type": "police", "kind": "group", "name": "Police", "actor": world["front"]}],
        "weapons": [{"type": "rifle"}],
        "killed": {"low": 5, "best": 3, "consistent": False},
        "involvements": [
            {
                "actor": world["front"],
                "role": "perpetrator",
                "basis": "reported",
                "citations": [cited | {"supports": []}],
            },
            {"actor": world["front"], "role": "side_b", "basis": "claimed", "made_on": "2021-10"},
        ],
        "identifiers": [{"scheme": "ucdp-ged", "value": "1"}],
        "tags": ["one"],
        "citations": [cited],
        "licence": "open",
    }
    taken = many_at_once("incident", document, AUTHOR)

    assert taken is not None
    assert taken == by_the_ordinary_way("incident", document, AUTHOR)


@pytest.mark.parametrize(
    "own",
    [
        {"kind": "armed_group", "names": [{"name": "F", "kind": "acronym"}]},
        {"kind": "state", "founded": "1919", "identifiers": [{"scheme": "ucdp-actor", "value": "1"}]},
        {"kind": "person", "summary": "Words", "designations": [{"authority": "UN", "listed_on": "2015"}]},
        {"kind": "odd"},
        {"kind": "state", "slug": "front"},
        {"kind": "state", "slug": "Not A Slug"},
        {"kind": "state", "founded": "2021-02-31"},
        {"kind": "state", "founded": "2021", "dissolved": "1999"},
        {"kind": "state", "phases": [{"kind": "state"}, {"kind": "militia"}]},
    ],
)
def test_an_actor_leaves_the_same_rows(world: dict[str, str], own: Document) -> None:
    check("actor", {"slug": "new-front", "name": "New Front", "marking": "clear", **own})


def test_an_actor_is_plain(world: dict[str, str]) -> None:
    document = {"slug": "new-front", "name": "New Front", "kind": "state", "citations": [{"source": world["source"]}]}
    assert many_at_once("actor", document, AUTHOR) is not None


def test_a_published_record_leaves_the_same_rows(world: dict[str, str]) -> None:
    author = writing.Author(reason_note="A test")
    for name in ("actor", "source"):
        for record in registry.get(name).model._base_manager.filter(marking=Marking.CLEAR):
            services.publish(record, by=None)
    part = {"actor": world["front"], "role": "side_a", "basis": "reported"}
    document = BASE | {"involvements": [part], "citations": [{"source": world["source"]}]}
    taken = many_at_once("incident", document, author, publish=True)

    assert taken is not None
    assert "'published'" in taken["incidents.Incident"][0] + taken["incidents.Incident"][1]
    assert taken == by_the_ordinary_way("incident", document, author, publish=True)


def test_what_names_a_draft_is_made_and_not_published(world: dict[str, str]) -> None:
    part = {"actor": world["front"], "role": "side_a", "basis": "reported"}
    with undone():
        ledger.lock()
        made = creating.create(
            registry.get("incident"), [BASE | {"involvements": [part]}], AUTHOR, known(), at=NOW, publish=True
        )
        assert made[0] is not None and not made[0].published


def test_a_record_that_names_what_is_marked_above_it_is_left(world: dict[str, str]) -> None:
    part = {"actor": world["secret"], "role": "side_a", "basis": "reported"}
    assert many_at_once("incident", BASE | {"involvements": [part]}, AUTHOR) is None


def test_a_slug_that_comes_twice_in_a_batch_is_left_the_second_time(
    world: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(creating, "uuid4", iter(IDS).__next__)
    given = [{"slug": "new", "name": name, "kind": "state"} for name in ("One", "Two")]
    with transaction.atomic():
        ledger.lock()
        made = creating.create(registry.get("actor"), given, AUTHOR, known(), at=NOW)
    assert [one is None for one in made] == [False, True]


def test_a_slug_of_an_actor_that_the_author_does_not_see_is_no_obstacle(world: dict[str, str]) -> None:
    author = writing.Author(viewer=Viewer(Marking.GREEN, curates=True))
    check("actor", {"slug": "secret", "name": "Another", "kind": "state", "marking": "clear"}, author)


def test_where_the_database_refuses_one_all_are_left(world: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creating, "uuid4", iter(IDS).__next__)
    wrong = BASE | {"identifiers": [{"scheme": "a", "value": "1"}] * 2}
    before = tables()
    with transaction.atomic():
        ledger.lock()
        assert creating.create(registry.get("incident"), [BASE, wrong], AUTHOR, known(), at=NOW) == [None, None]
    assert tables() == before
