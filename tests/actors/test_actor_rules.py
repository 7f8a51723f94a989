"""Each rule of an actor: refused by the database, and by ``full_clean`` with a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from rest_framework.exceptions import ValidationError as Refused

from actors.models import Actor, ActorName, ActorPhase, Designation, Identifier
from tests.factories.actors import make_actor
from tests.factories.sources import make_source

pytestmark = pytest.mark.django_db


def refused_by_full_clean(row: models.Model) -> str:
    with pytest.raises(ValidationError) as error:
        row.full_clean()
    return " ".join(error.value.messages)


def refused_by_database(model: type[models.Model], pk: Any, **values: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        model._base_manager.filter(pk=pk).update(**values)


class TestSlug:
    @pytest.mark.parametrize(
        "slug", ["", "Red-Front", "red front", "-red", "red-", "red--front", "röt", "red_front", "a\n"]
    )
    def test_ill_formed_slugs_are_refused(self, slug: str) -> None:
        actor = make_actor()

        refused_by_database(Actor, actor.pk, slug=slug)

        actor.slug = slug
        assert refused_by_full_clean(actor)

    def test_slugs_over_100_characters_are_refused(self) -> None:
        actor = make_actor(slug="a" * 100)
        actor.slug = "a" * 101

        assert "at most 100 characters" in refused_by_full_clean(actor)

    def test_a_slug_that_reads_as_an_id_is_refused(self) -> None:
        actor = make_actor()
        actor.slug = "0123456789abcdef0123456789abcdef"

        assert "must not look like an id" in refused_by_full_clean(actor)


class TestSpans:
    @pytest.mark.parametrize(
        ("model", "start", "end", "sentence"),
        [
            (Actor, "founded", "dissolved", "An actor cannot be dissolved before it is founded."),
            (ActorName, "valid_from", "valid_to", "A name cannot fall out of use before it comes into use."),
            (ActorPhase, "valid_from", "valid_to", "A phase cannot end before it starts."),
            (Designation, "listed_on", "delisted_on", "An actor cannot be taken off a list before it is put on it."),
        ],
    )
    @pytest.mark.parametrize(
        ("first", "last", "legal"),
        [
            ("2021", "2020", False),
            ("2021-08", "2020", False),
            ("2021-08-15", "2021-08-14", False),
            ("2021-08-15", "2021-07", False),
            ("2021-08", "2021", True),
            ("2021", "2021-01-01", True),
            ("2021-08-15", "2021-08-15", True),
            ("2021", None, True),
            (None, "2021", True),
        ],
    )
    def test_the_end_does_not_come_before_the_start(
        self, model: type[Any], start: str, end: str, sentence: str, first: str | None, last: str | None, legal: bool
    ) -> None:
        row = self._row(model)
        values = {start: first, end: last}
        if legal:
            model._base_manager.filter(pk=row.pk).update(**values)
        else:
            refused_by_database(model, row.pk, **values)

        setattr(row, start, first)
        setattr(row, end, last)
        if legal:
            row.full_clean()
        else:
            assert sentence in refused_by_full_clean(row)

    def _row(self, model: type[Any]) -> Any:
        actor = make_actor(
            names=[{"name": "A"}], phases=[{"kind": "state", "status": "active"}], designations=[{"authority": "UN"}]
        )
        return actor if model is Actor else model.objects.get(actor=actor)


class TestPhases:
    @pytest.mark.parametrize(
        ("one", "other", "legal"),
        [
            (("1994", "2021-08-15"), ("2021-08-15", None), True),
            (("1994", "2021-08-14"), ("2021-08-15", None), True),
            (("1994", "2021"), ("2021-08", None), True),
            ((None, "2001"), ("2001", "2004"), True),
            (("2021-08-15", None), ("1994", "2021"), True),
            (("1994", "2021"), ("2020", None), False),
            (("1994", None), ("2001", "2004"), False),
            ((None, None), ("2001", "2004"), False),
            (("1994", "2021-09"), ("2021-08-15", "2022"), False),
        ],
    )
    def test_phases_of_one_actor_do_not_overlap(
        self, one: tuple[str | None, ...], other: tuple[str | None, ...], legal: bool
    ) -> None:
        phases = [{"kind": "state", "valid_from": span[0], "valid_to": span[1]} for span in (one, other)]
        if legal:
            assert make_actor(phases=phases).phases.count() == 2
            return
        with pytest.raises(Refused) as refused:
            make_actor(phases=phases)
        assert "The phases of an actor cannot overlap: State, " in str(refused.value.detail)


class TestIdentifiers:
    def test_an_actor_has_each_identifier_once(self) -> None:
        same = {"scheme": "ucdp", "value": "303"}
        actor = make_actor(identifiers=[same, {"scheme": "ucdp", "value": "304"}])
        second = actor.identifiers.get(value="304")

        refused_by_database(Identifier, second.pk, value="303")
        with pytest.raises(Refused) as refused:
            make_actor(identifiers=[same, same])

        assert "This actor has that identifier already." in str(refused.value.detail)

    def test_two_actors_may_share_an_identifier(self) -> None:
        for _ in range(2):
            make_actor(identifiers=[{"scheme": "ucdp", "value": "303"}])

        assert Identifier.objects.count() == 2


class TestInput:
    @pytest.mark.parametrize("supports", ["name", {"id": "x"}, [{"id": "x"}], [[]], ["a" * 65], ["a\x00"], [""]])
    def test_a_citation_supports_fields_by_their_names(self, supports: Any) -> None:
        source = make_source()
        with pytest.raises(Refused, match="supports"):
            make_actor(citations=[{"source": source, "supports": supports}])

        citation = make_actor(citations=[{"source": source}]).citations.get()
        citation.supports = supports
        assert "Give a list of at most 50 texts" in refused_by_full_clean(citation)

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("kind", "gang"),
            ("status", None),
            ("founded", "0000"),
            ("founded", "2021-02-30"),
            ("name", "a" * 301),
            ("name", "a\x00"),
            ("tags", ["a" * 65]),
            ("tags", {"id": "x"}),
            ("marking", "purple"),
            ("names", [{"kind": "alias"}]),
            ("phases", [{"kind": "gang"}]),
            ("citations", [{"source": "no-such-source"}]),
            ("citations", [{"source": "\x00"}]),
        ],
    )
    def test_bad_values_are_refused_by_key(self, key: str, value: Any) -> None:
        with pytest.raises(Refused) as refused:
            make_actor(**{key: value})

        assert set(refused.value.detail) == {key}
