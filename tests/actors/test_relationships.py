"""Relationships: written, read back, indexed, and what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from rest_framework.exceptions import ValidationError as Refused

from actors.models import Relationship, RelationshipContent
from actors.serializers import RelationshipSerializer
from tests.factories.actors import make_actor, make_code, make_relationship
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import services
from threatdb.records.documents import HEAD

from . import documents

pytestmark = pytest.mark.django_db


def make_whole(**changes: Any) -> Relationship:
    return make_relationship(**documents.relationship(make_source(marking="green"), **changes))


class TestRoundTrip:
    def test_it_is_served_as_it_was_written(self) -> None:
        # Contents are served in the order of their vocabulary, whatever order they were written in.
        for position, code in enumerate(("military", "financial")):
            make_code(RelationshipContent, code)
            RelationshipContent.objects.filter(code=code).update(position=position)
        source, subject, object_ = (
            make_source(marking="green"),
            make_actor(marking="green"),
            make_actor(marking="green"),
        )
        written = documents.relationship(source, content=["financial", "military"])

        served = documents.current(make_relationship(**written, subject=subject.slug, object=object_))

        assert served["marking"] == written.pop("marking")
        assert {key: value for key, value in served.items() if key not in HEAD} == {
            **written,
            "subject": {"id": str(subject.pk), "slug": subject.slug, "name": subject.name, "kind": "armed_group"},
            "object": {"id": str(object_.pk), "slug": object_.slug, "name": object_.name, "kind": "armed_group"},
            "content": ["military", "financial"],
            "citations": [{**written["citations"][0], "source": served["citations"][0]["source"]}],
        }

    @pytest.mark.parametrize("whole", [True, False])
    def test_writing_what_was_read_changes_nothing(self, whole: bool) -> None:
        relationship = make_whole() if whole else make_relationship()

        serializer = RelationshipSerializer(relationship, data=documents.current(relationship))
        serializer.is_valid(raise_exception=True)

        assert services.save(serializer.save(), by=None) == []

    def test_a_period_of_which_nothing_is_known_is_null(self) -> None:
        relationship = make_whole()

        change(RelationshipSerializer, relationship, period=None)

        assert documents.current(relationship)["period"] is None
        assert documents.index_of(relationship).start_earliest is None

    def test_a_period_may_be_open_on_each_side(self) -> None:
        period = {"start": {"latest": "2021-10-13"}, "precision": "unknown"}

        served = documents.current(make_relationship(period=period))["period"]

        start = {"earliest": None, "latest": "2021-10-13"}
        assert served == {"start": start, "end": None, "precision": "unknown", "as_reported": None}


class TestIndex:
    def test_columns_are_those_of_the_document(self) -> None:
        relationship = make_whole()

        row = documents.index_of(relationship)

        assert (row.date_earliest, row.date_latest) == (date(2021, 8, 1), date(2021, 8, 31))
        assert (row.start_earliest, row.start_latest) == (row.date_earliest, row.date_latest)
        assert (row.end_earliest, row.end_latest) == (date(2021, 10, 1), date(2021, 10, 31))
        assert (row.kind, row.likelihood, row.likelihood_rank) == ("supports", "likely", 5)
        assert (row.subject_id, row.object_id) == (relationship.subject_id, relationship.object_id)
        assert row.source_count == 1

    def test_what_is_not_stated_is_null(self) -> None:
        row = documents.index_of(make_relationship())

        assert (row.date_earliest, row.end_latest, row.likelihood, row.likelihood_rank) == (None, None, None, None)

    def test_terms_are_those_of_the_document(self) -> None:
        relationship = make_whole()
        subject, object_ = str(relationship.subject_id), str(relationship.object_id)

        assert documents.terms_of(relationship) == {
            ("subject", subject),
            ("object", object_),
            ("actor", subject),
            ("actor", object_),
            ("content", "military"),
            ("content", "financial"),
            ("tag", "border"),
            ("source", documents.current(relationship)["citations"][0]["source"]["id"]),
        }

    def test_its_actors_and_texts_can_be_searched(self) -> None:
        relationship = make_whole(subject=make_actor(name="Red Front", marking="green"))

        words = documents.index_of(relationship).revision.search.text

        for phrase in ("red front", "presumably", "while the border is open", "couriers", "it pays"):
            assert phrase in words


class TestRules:
    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            (
                {"start_earliest": date(2021, 9, 1), "start_latest": date(2021, 8, 1)},
                "The latest start cannot come before the earliest.",
            ),
            (
                {"end_earliest": date(2021, 9, 1), "end_latest": date(2021, 8, 1)},
                "The latest end cannot come before the earliest.",
            ),
            (
                {"start_earliest": date(2021, 9, 1), "end_latest": date(2021, 8, 1)},
                "A relationship cannot end before it starts.",
            ),
        ],
    )
    def test_intervals_are_in_order(self, values: dict[str, date], sentence: str) -> None:
        relationship = make_relationship()

        with pytest.raises(IntegrityError), transaction.atomic():
            Relationship.objects.filter(pk=relationship.pk).update(**values)
        for name, value in values.items():
            setattr(relationship, name, value)
        with pytest.raises(ValidationError) as error:
            relationship.full_clean()

        assert sentence in error.value.messages

    def test_subject_and_object_are_two_actors(self) -> None:
        relationship = make_relationship()

        with pytest.raises(IntegrityError), transaction.atomic():
            Relationship.objects.filter(pk=relationship.pk).update(object=relationship.subject_id)
        relationship.object = relationship.subject
        with pytest.raises(ValidationError, match="Subject and object must be two actors"):
            relationship.full_clean()

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("subject", "nobody"),
            ("subject", {"name": "Red Front"}),
            ("subject", "00000000-0000-4000-8000-000000000000"),
            ("content", ["no_such_content"]),
            ("kind", "no_such_kind"),
            ("likelihood", "maybe"),
            ("period", {"start": {"earliest": "0000-01-01"}}),
            ("period", {"precision": "minute"}),
            ("period", "August"),
        ],
    )
    def test_bad_values_are_refused_by_key(self, key: str, value: Any) -> None:
        relationship = make_relationship()

        with pytest.raises(Refused) as refused:
            change(RelationshipSerializer, relationship, **{key: value})

        assert set(refused.value.detail) == {key}
