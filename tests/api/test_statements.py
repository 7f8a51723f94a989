"""Basis and likelihood are asked of the same statement as the actor and the role."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.models import Actor
from incidents.choices import Basis, Role
from tests.base import Document, ask, found, ids
from threatdb.records import documents
from threatdb.records.choices import Likelihood
from threatdb.records.models import Revision

from . import public

pytestmark = pytest.mark.django_db

ACTORS = ("alpha", "beta")
ROLES = ("perpetrator", "victim", "other")
BASES = ("claimed", "reported", "inferred")
TERMS = (None, "unlikely", "likely", "confirmed")

STATEMENTS = st.lists(
    st.tuples(*map(st.sampled_from, (ACTORS, ROLES, BASES, TERMS))),
    max_size=3,
)
SOME = st.lists(st.sampled_from(BASES), min_size=1, max_size=2, unique=True)
QUERY = st.fixed_dictionaries(
    {},
    optional={
        "actor": st.sampled_from(ACTORS),
        "perpetrator": st.sampled_from(ACTORS),
        "victim": st.sampled_from(ACTORS),
        "basis": SOME,
        "likelihood": st.lists(st.sampled_from(TERMS[1:]), min_size=1, max_size=2, unique=True),
        "min_likelihood": st.sampled_from(TERMS[1:]),
    },
)

Statement = tuple[str, str, str, str | None]


def meets(statements: list[Statement], query: dict[str, Any]) -> bool:
    """Each actor that is asked for has one statement that meets all of role, basis and likelihood."""

    def how(statement: Statement) -> bool:
        _, _, basis, likelihood = statement
        if "basis" in query and basis not in query["basis"]:
            return False
        if "likelihood" in query and likelihood not in query["likelihood"]:
            return False
        least = query.get("min_likelihood")
        return least is None or (likelihood is not None and Likelihood(likelihood).rank >= Likelihood(least).rank)

    who = {key: query[key] for key in ("actor", "perpetrator", "victim") if key in query}
    if not who:
        return not query or any(map(how, statements))
    return all(
        any(how(one) and one[0] == slug and role in ("actor", one[1]) for one in statements)
        for role, slug in who.items()
    )


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(incidents=st.lists(STATEMENTS, max_size=6), query=QUERY)
def test_any_statements(client: Client, incidents: list[list[Statement]], query: dict[str, Any]) -> None:
    cache.clear()
    with transaction.atomic():
        actors = {slug: public.actor(slug=slug) for slug in ACTORS}
        original = public.incident(
            involvements=[public.involved(one, "other", "official", citations=[]) for one in actors.values()]
        )
        templates = _involvements(original)
        changes = [{"involvements": [_statement(templates, one) for one in statements]} for statements in incidents]
        made = dict(zip(public.copies(original, changes), incidents, strict=True))
        answer = set(found(client, "incidents", **query)) & made.keys()
        assert answer == {key for key, statements in made.items() if meets(statements, query)}
        transaction.set_rollback(True)


def _involvements(original: Any) -> dict[str, Document]:
    document = documents.load(Revision.objects.get(pk=original.published_seq).document)
    return {one["actor"]["slug"]: one for one in document["involvements"]}


def _statement(templates: dict[str, Document], statement: Statement) -> Document:
    slug, role, basis, likelihood = statement
    return {**templates[slug], "role": role, "basis": basis, "likelihood": likelihood}


@pytest.fixture
def group() -> Actor:
    return public.actor(slug="group", name="The Group")


def test_one_statement_has_to_meet_all(client: Client, group: Actor) -> None:
    """Claimed by one and reported of another is not claimed of the other."""
    other = public.actor(slug="other")
    public.incident(
        involvements=[
            public.involved(group, "perpetrator", "claimed"),
            public.involved(other, "perpetrator", "reported", likelihood="likely"),
        ]
    )
    assert len(found(client, "incidents", perpetrator="group", basis="claimed")) == 1
    assert found(client, "incidents", perpetrator="group", basis="reported") == []
    assert found(client, "incidents", perpetrator="group", likelihood="likely") == []
    assert found(client, "incidents", perpetrator="other", min_likelihood="almost_certain") == []
    assert len(found(client, "incidents", perpetrator="other", min_likelihood="unlikely")) == 1


@pytest.mark.parametrize("least", Likelihood.values)
def test_at_least_as_likely(client: Client, group: Actor, least: str) -> None:
    """``confirmed`` is above the terms of ICD 203; a likelihood that is not stated is not above any."""
    made = {
        term: str(public.incident(involvements=[public.involved(group, likelihood=term)]).pk)
        for term in [None, *Likelihood.values]
    }
    expected = {made[term] for term in Likelihood.values if Likelihood(term).rank >= Likelihood(least).rank}
    assert set(found(client, "incidents", min_likelihood=least)) == expected
    assert set(found(client, "incidents", actor="group", min_likelihood=least)) == expected
    assert found(client, "incidents", likelihood=least) == [made[least]]


@pytest.mark.parametrize("role", [role.value for role in Role if role is not Role.OTHER])
def test_every_role_has_a_filter(client: Client, group: Actor, role: str) -> None:
    one = public.incident(involvements=[public.involved(group, role)])
    public.incident(involvements=[public.involved(group, "other")])
    assert found(client, "incidents", **{role: "group"}) == [str(one.pk)]
    assert len(found(client, "incidents", actor="group")) == 2


@pytest.mark.parametrize("basis", Basis.values)
def test_every_basis(client: Client, group: Actor, basis: str) -> None:
    one = public.incident(involvements=[public.involved(group, basis=basis)])
    public.incident()
    assert found(client, "incidents", basis=basis) == [str(one.pk)]
    assert found(client, "incidents", basis__in=basis, actor="group") == [str(one.pk)]


def test_basis_not_is_asked_of_the_incident(client: Client, group: Actor) -> None:
    """No involvement in it rests on that."""
    mixed = [public.involved(group, basis="claimed"), public.involved(group, basis="reported")]
    public.incident(involvements=mixed)
    plain = public.incident(involvements=[public.involved(group, basis="reported")])
    assert found(client, "incidents", basis__not="claimed") == [str(plain.pk)]


def test_several_statements_on_one_actor_are_one_incident(client: Client, group: Actor) -> None:
    """No join makes a row twice."""
    involvements = [public.involved(group, basis=basis, likelihood="likely") for basis in Basis.values]
    one = public.incident(involvements=involvements)
    for asked in ({"actor": "group"}, {"basis": ["claimed", "reported"]}, {"min_likelihood": "unlikely"}):
        body = ask(client, "incidents", **asked)
        assert (body["count"], ids(body)) == (1, [str(one.pk)])


class TestClaimStatus:
    """What the published claims come to."""

    def test_every_status(self, client: Client, group: Actor) -> None:
        rival = public.actor(slug="rival")
        made = {status: public.incident() for status in ("unclaimed", "claimed", "contested", "denied")}
        public.claim(claimant=group, incidents=[made["claimed"], made["contested"]])
        public.claim(claimant=rival, incidents=[made["contested"]])
        public.claim(claimant=rival, stance="denies", incidents=[made["denied"]])
        public.claim(claimant=rival, stance="praises", incidents=[made["unclaimed"]])
        for status, record in made.items():
            assert found(client, "incidents", claim_status=status) == [str(record.pk)]
        assert set(found(client, "incidents", claimed_by="group")) == {
            str(made["claimed"].pk),
            str(made["contested"].pk),
        }
        assert found(client, "incidents", claimed_by="rival") == [str(made["contested"].pk)]

    def test_for_whom_it_is_claimed(self, client: Client, group: Actor) -> None:
        mouthpiece, record = public.actor(slug="mouthpiece"), public.incident()
        public.claim(claimant=mouthpiece, on_behalf_of=group, incidents=[record], mode="video")
        for slug in ("mouthpiece", "group"):
            assert found(client, "incidents", claimed_by=slug) == [str(record.pk)]
        assert found(client, "incidents", claim_mode="video") == [str(record.pk)]
        assert len(found(client, "claims", on_behalf_of="group", actor="mouthpiece")) == 1
