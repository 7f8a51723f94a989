"""An actor's document: written, read back, indexed."""

from __future__ import annotations

import pytest

from actors.serializers import ActorSerializer
from tests.factories.actors import make_actor
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import services
from threatdb.records.documents import HEAD
from threatdb.records.registry import Document

from . import documents

pytestmark = pytest.mark.django_db


def body(document: Document) -> Document:
    return {key: value for key, value in document.items() if key not in HEAD}


class TestRoundTrip:
    def test_it_is_served_as_it_was_written(self) -> None:
        source = make_source(marking="green", title="A piece", kind="report", reliability="B")
        written = documents.actor(source)

        served = documents.current(make_actor(**written))

        leaf = {"id": str(source.pk), "title": "A piece", "kind": "report", "reliability": "B"}
        blank = {"language": None, "script": None, "valid_from": None, "valid_to": None, "contested": False}
        assert served["marking"] == written.pop("marking")
        assert body(served) == {
            **written,
            "names": [written["names"][0], {**blank, **written["names"][1]}],
            "phases": [written["phases"][0], {**written["phases"][1], "valid_to": None, "note": None}],
            "citations": [{**written["citations"][0], "source": leaf}],
        }

    def test_the_least_actor_has_every_key(self) -> None:
        served = documents.current(make_actor(slug="red-front", name="Red Front", kind="militia", status="unknown"))

        assert served["url"] == f"/api/v1/actors/{served['id']}/"
        assert body(served) == {
            "slug": "red-front",
            "name": "Red Front",
            "kind": "militia",
            "status": "unknown",
            **dict.fromkeys(("founded", "dissolved", "summary")),
            **{key: [] for key in ("names", "phases", "designations", "identifiers", "tags", "citations")},
        }

    @pytest.mark.parametrize("whole", [True, False])
    def test_writing_what_was_read_changes_nothing(self, whole: bool) -> None:
        actor = make_actor(**(documents.actor(make_source(marking="green")) if whole else {}))

        serializer = ActorSerializer(actor, data=documents.current(actor))
        serializer.is_valid(raise_exception=True)

        assert services.save(serializer.save(), by=None) == []
        assert documents.index_of(actor).revision.number == 1

    def test_parts_keep_the_order_in_which_they_were_written(self) -> None:
        actor = make_actor(names=[{"name": name} for name in ("C", "A", "B")])

        assert [row["name"] for row in documents.current(actor)["names"]] == ["C", "A", "B"]

    def test_parts_are_replaced_as_a_whole(self) -> None:
        actor = make_actor(names=[{"name": "A"}, {"name": "B"}], identifiers=[{"scheme": "ucdp", "value": "1"}])

        change(ActorSerializer, actor, names=[{"name": "C"}])

        served = documents.current(actor)
        assert [row["name"] for row in served["names"]] == ["C"]
        assert served["identifiers"] == [{"scheme": "ucdp", "value": "1"}]

    def test_saving_names_the_changed_fields(self) -> None:
        actor = make_actor(tags=["a"])
        serializer = ActorSerializer(actor, data={"tags": ["a", "b"], "name": actor.name}, partial=True)
        serializer.is_valid(raise_exception=True)

        assert services.save(serializer.save(), by=None) == ["tags"]


class TestIndex:
    def test_columns_are_those_of_the_document(self) -> None:
        source = make_source(marking="green")
        twice = [documents.citation(source), documents.citation(source)]
        actor = make_actor(**documents.actor(source, name="Frente Rojo, Ñ", citations=twice))

        row = documents.index_of(actor)

        assert (row.slug, row.name, row.name_key) == ("red-front", "Frente Rojo, Ñ", "frente rojo n")
        assert (row.kind, row.status, row.founded, row.dissolved) == ("state", "active", "1994", None)
        assert row.source_count == 1

    def test_terms_are_those_of_the_document(self) -> None:
        source = make_source(marking="green")

        actor = make_actor(**documents.actor(source))

        assert documents.terms_of(actor) == {
            ("name", "red front"),
            ("name", "al jabha"),
            ("name", "rf"),
            ("tag", "afghanistan"),
            ("tag", "border"),
            ("identifier", "ucdp:303"),
            ("identifier", "wikidata:Q42"),
            ("designation", "UN Security Council"),
            ("phase_kind", "armed_group"),
            ("phase_kind", "state"),
            ("source", str(source.pk)),
        }
        assert set(documents.index_of(actor).terms.values_list("sort", flat=True)) == {"Red Front"}

    def test_names_that_grow_when_folded_are_cut(self) -> None:
        actor = make_actor(name="中" * 300)

        row = documents.index_of(actor)

        assert len(row.name_key) == 300
        assert ("name", row.name_key) in documents.terms_of(actor)

    def test_a_name_without_letters_is_no_term(self) -> None:
        actor = make_actor(slug="red-front", name="***")

        assert documents.terms_of(actor) == {("name", "red front")}

    def test_every_name_can_be_searched(self) -> None:
        actor = make_actor(**documents.actor(make_source(marking="green")))

        words = documents.index_of(actor).revision.search.text

        for phrase in ("red front", "al jabha", "it fights", "insurgent", "un security council", "q42", "border"):
            assert phrase in words
