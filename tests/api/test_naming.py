"""Actors are named by id, slug or any name that only one visible actor bears."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from actors.models import Actor
from actors.serializers import ActorSerializer
from tests.base import ask, assert_refused, found, path_of
from tests.factories.actors import make_actor
from tests.factories.records import change
from threatdb.records.markings import Marking

from . import public
from .conftest import ClientFor
from .grammar import LISTS, kind_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def group() -> Actor:
    names = [
        {"name": "Daesh Khorasan", "kind": "alias"},
        {"name": "ISKP", "kind": "acronym"},
        {"name": "Wilāyat Khurāsān", "kind": "transliteration", "language": "ar-Latn"},
        {"name": "ولاية خراسان", "kind": "alias", "language": "ar", "script": "Arab"},
        {"name": "Исламское государство", "kind": "alias", "language": "ru", "script": "Cyrl"},
    ]
    return public.actor(slug="is-khorasan", name="Islamic State in Khorasan Province", names=names)


@pytest.fixture
def incident(group: Actor) -> str:
    public.incident()
    return str(public.incident(involvements=[public.involved(group)]).pk)


@pytest.mark.parametrize(
    "name",
    [
        "is-khorasan",
        "Islamic State in Khorasan Province",
        "ISLAMIC STATE IN KHORASAN PROVINCE",
        "islamic  state in khorasan-province",
        "ISKP",
        "iskp",
        " iskp ",
        "Daesh Khorasan",
        "Wilāyat Khurāsān",
        "Wilayat Khurasan",
        "ولاية خراسان",
        "Исламское государство",
        "исламское ГОСУДАРСТВО",
    ],
)
def test_every_name(client: Client, incident: str, name: str) -> None:
    for parameter in ("actor", "perpetrator"):
        assert found(client, "incidents", **{parameter: name}) == [incident]
    assert found(client, "actors", name=name) == [ask(client, "actors", "is-khorasan")["id"]]


def test_an_id(client: Client, group: Actor, incident: str) -> None:
    assert found(client, "incidents", actor=str(group.pk)) == [incident]
    assert found(client, "incidents", actor=str(group.pk).upper()) == [incident]


def test_several_actors(client: Client, group: Actor, incident: str) -> None:
    other = public.actor(slug="other", name="Others & Co")
    second = str(public.incident(involvements=[public.involved(other)]).pk)
    assert set(found(client, "incidents", actor=["ISKP", "Others & Co"])) == {incident, second}
    assert set(found(client, "incidents", actor__in="iskp,other")) == {incident, second}
    assert found(client, "incidents", actor__in="iskp,other", actor__not="other") == [incident]
    assert incident not in found(client, "incidents", actor__not="iskp")
    assert len(found(client, "incidents", actor__not="iskp")) == 2


def test_an_ambiguous_name_is_refused_with_the_candidates(client: Client, incident: str) -> None:
    public.actor(slug="iskp-iraq", name="ISKP", kind="militia")
    error = assert_refused(client.get(path_of("incidents", actor="iskp")), "actor", "ambiguous")
    assert error["suggestions"] == ["iskp-iraq", "is-khorasan"]
    assert error["detail"] == (
        "“iskp” may be iskp-iraq (ISKP) or is-khorasan (Islamic State in Khorasan Province). Use one of these slugs."
    )
    for slug in error["suggestions"]:
        assert client.get(path_of("incidents", actor=slug)).status_code == 200


def test_a_slug_goes_before_a_name(client: Client, incident: str) -> None:
    """Whoever uses slugs is not troubled by what others are called."""
    public.actor(slug="other", name="Is Khorasan")
    assert found(client, "incidents", actor="is-khorasan") == [incident]
    assert_refused(client.get(path_of("incidents", actor="is khorasan")), "actor", "ambiguous")


def test_many_candidates_are_cut_short(client: Client) -> None:
    for _ in range(12):
        public.actor(name="Front")
    error = assert_refused(client.get(path_of("incidents", actor="front")), "actor", "ambiguous")
    assert len(error["suggestions"]) == 10
    assert "or others" in error["detail"]


def test_an_unknown_name_is_refused_with_the_nearest(client: Client, incident: str) -> None:
    error = assert_refused(client.get(path_of("incidents", actor="Wilayat Korasan")), "actor", "unknown")
    assert error["suggestions"][0] == "wilayat khurasan"
    assert "Did you mean" in error["detail"]
    error = assert_refused(client.get(path_of("incidents", actor="zzzzzz")), "actor", "unknown")
    assert "suggestions" not in error


def test_percent_signs_are_letters(client: Client) -> None:
    error = assert_refused(client.get(path_of("incidents", actor="100%(x)s %d %")), "actor", "unknown")
    assert "100%(x)s %d %" in error["detail"]


@pytest.mark.parametrize("resource", LISTS)
def test_every_filter_by_an_actor_resolves_names(client: Client, group: Actor, resource: str) -> None:
    filters = LISTS[resource].filterset_class.grammar()
    for name, one in filters.items():
        if kind_of(name, one) == "actor":
            assert client.get(path_of(resource, **{name: "ISKP"})).status_code == 200, name


def test_between_reads_both_names(client: Client, group: Actor) -> None:
    other = public.actor(slug="other", name="Others")
    there = public.relationship(subject=group, object=other)
    back = public.relationship(subject=other, object=group)
    public.relationship(subject=group)
    for asked in ("ISKP,Others", "other,is-khorasan", f"{group.pk}, {other.pk}"):
        assert set(found(client, "relationships", between=asked)) == {str(there.pk), str(back.pk)}
    assert_refused(client.get(path_of("relationships", between="ISKP,nobody at all")), "between", "unknown")


class TestHiddenActors:
    """An actor that the reader may not see is answered like one that never was, byte for byte."""

    def answers(self, client: Client, names: list[str]) -> list[bytes]:
        asked = [("incidents", "actor"), ("incidents", "claimed_by"), ("claims", "claimant"), ("claims", "accused")]
        paths = [path_of(resource, **{parameter: name}) for resource, parameter in asked for name in names]
        paths += [path_of("relationships", between=f"{name},is-khorasan") for name in names]
        paths += [path_of("actors", name) for name in names] + [path_of("actors", name=name) for name in names]
        return [client.get(path).content for path in paths]

    @pytest.mark.parametrize("hidden", [{"marking": "green"}, {"marking": "red"}, {"published": False}])
    def test_like_one_that_never_was(self, client: Client, group: Actor, hidden: dict[str, Any]) -> None:
        names = ["shadow-group", "Shadow Group", "shadow group", "Shadow Grupo", "ISKP"]
        before = self.answers(client, names)
        public.actor(slug="shadow-group", name="Shadow Group", **hidden)
        public.actor(slug="iskp-two", name="ISKP", **hidden)
        assert self.answers(client, names) == before

    def test_its_id_is_as_unknown_as_any(self, client: Client) -> None:
        hidden = make_actor(published=True, marking="green")
        answer = client.get(path_of("incidents", actor=str(hidden.pk))).content.decode()
        other = "00000000-0000-4000-8000-000000000000"
        assert answer.replace(str(hidden.pk), other) == client.get(path_of("incidents", actor=other)).content.decode()

    def test_who_is_cleared_finds_it_and_the_ambiguity(self, cleared: ClientFor, group: Actor) -> None:
        make_actor(slug="iskp-two", name="ISKP", published=True, marking="green")
        error = assert_refused(cleared(Marking.GREEN).get(path_of("incidents", actor="iskp")), "actor", "ambiguous")
        assert error["suggestions"] == ["iskp-two", "is-khorasan"]

    def test_a_name_that_is_not_published_yet(self, client: Client, group: Actor, cleared: ClientFor) -> None:
        renamed = [{"name": "New Name", "kind": "alias"}]
        change(ActorSerializer, group, names=renamed)
        for who in (client, cleared(Marking.RED, curates=True)):
            assert_refused(who.get(path_of("incidents", actor="New Name")), "actor", "unknown")
            assert who.get(path_of("incidents", actor="ISKP")).status_code == 200
