"""Many records in one request: all of them or none, with each error at the index of its item."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sources.models import Source
from tests.base import Document, assert_problem, path_of
from tests.factories.actors import make_actor
from tests.factories.sources import make_source
from threatdb.api.conditional import strong_etag
from threatdb.api.writes import bulk
from threatdb.records import registry
from threatdb.records.models import Revision

from .writing import WHOLE, create, etag_of, least, plural, send, text_of

pytestmark = pytest.mark.django_db

NEVER = "00000000-0000-4000-8000-000000000000"
GOOD = {"kind": "article", "title": "T"}


def patch(client: Client, items: Any, **more: Any) -> Any:
    return send(client, "PATCH", path_of("sources") + more.pop("query", ""), items, **more)


def item(source: Source, **keys: Any) -> Document:
    return {"id": str(source.pk), "if_match": etag_of(source), **keys}


def errors(response: Any, status: int = 400) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in assert_problem(response, status)["errors"]}


def answered(response: Any, status: int) -> list[Document]:
    """The working copies of the answer, whose bytes and tags are those of the ledger."""
    assert response.status_code == status, response.content.decode()
    body = response.json()
    texts = [Revision.objects.filter(record_id=one["id"]).latest("number").document for one in body["results"]]
    assert f'"results":[{",".join(texts)}]' in response.content.decode()
    assert body["etags"] == [strong_etag(text.encode()) for text in texts]
    assert body["count"] == len(texts)
    assert body.keys() == {"count", "results", "etags"}
    return list(body["results"])


class TestMaking:
    @pytest.mark.parametrize("name", WHOLE)
    def test_each_type_is_made_in_lists(self, contributor: Client, name: str) -> None:
        document = least(name)
        others = [{**document, "slug": f"s{n}"} if name == "actor" else document for n in range(3)]
        made = answered(create(contributor, plural(name), others), 201)
        assert [one["state"] for one in made] == ["draft"] * 3
        assert registry.get(name).model._base_manager.filter(pk__in=[one["id"] for one in made]).count() == 3

    def test_the_order_is_that_of_the_request(self, contributor: Client) -> None:
        made = answered(create(contributor, "sources", [{**GOOD, "title": f"T{n}"} for n in range(7)]), 201)
        assert [one["title"] for one in made] == [f"T{n}" for n in range(7)]

    def test_one_mistake_undoes_all(self, contributor: Client) -> None:
        items = [GOOD, {"kind": "article"}, GOOD, {**GOOD, "published_on": {"earliest": "soon"}, "colour": 1}]
        found = errors(create(contributor, "sources", items))
        assert found["/1/title"] == "required"
        assert {pointer.split("/")[1] for pointer in found} == {"1", "3"}
        assert Source.objects.count() == Revision.objects.count() == 0

    def test_what_clashes_within_the_list_is_a_mistake_of_the_later(self, contributor: Client) -> None:
        actor = {"slug": "same", "name": "A", "kind": "state"}
        assert set(errors(create(contributor, "actors", [actor, actor]))) == {"/1/slug"}
        assert make_actor(slug="same")

    def test_forbidden_keys_and_reasons_have_their_index(self, contributor: Client) -> None:
        assert errors(create(contributor, "sources", [GOOD, {**GOOD, "id": NEVER}])) == {"/1/id": "forbidden"}
        items = [GOOD, {**GOOD, "reason": {"code": "x"}}]
        assert errors(create(contributor, "sources", items)) == {"/1/reason/code": "invalid_choice"}

    @pytest.mark.parametrize(("count", "status"), [(0, 400), (1, 201), (bulk.MAX_ITEMS + 1, 400)])
    def test_a_list_has_up_to_500(self, contributor: Client, count: int, status: int) -> None:
        assert create(contributor, "sources", [GOOD] * count).status_code == status

    def test_items_are_objects(self, contributor: Client) -> None:
        found = errors(create(contributor, "sources", [GOOD, 1, [GOOD], None, "x"]))
        assert found == {f"/{n}": "not_object" for n in (1, 2, 3, 4)}


class TestPatching:
    def test_each_record_is_changed(self, contributor: Client) -> None:
        sources = [make_source(title=f"T{n}") for n in range(3)]
        changed = answered(patch(contributor, [item(s, title=f"New {n}") for n, s in enumerate(sources)]), 200)
        assert [one["title"] for one in changed] == ["New 0", "New 1", "New 2"]

    def test_an_unchanged_one_stays_as_it_is(self, contributor: Client) -> None:
        source = make_source()
        before, count = text_of(source), Revision.objects.count()
        answered(patch(contributor, [item(source, title=source.title)]), 200)
        assert (text_of(source), Revision.objects.count()) == (before, count)

    def test_one_mistake_undoes_all(self, contributor: Client) -> None:
        one, two, three = (make_source() for _ in range(3))
        texts = [text_of(s) for s in (one, two, three)]
        items = [item(one, title="New"), item(two, title=None), item(three, kind="x")]
        assert errors(patch(contributor, items)) == {"/1/title": "required", "/2/kind": "invalid_choice"}
        assert [text_of(s) for s in (one, two, three)] == texts

    def test_each_item_names_its_record_and_edition(self, contributor: Client) -> None:
        source = make_source()
        assert errors(patch(contributor, [{"if_match": "*"}])) == {"/0/id": "required"}
        assert errors(patch(contributor, [{"id": 1, "if_match": "*"}])) == {"/0/id": "invalid"}
        missing = patch(contributor, [item(source), {"id": NEVER}, {"id": str(make_source().pk), "if_match": ""}])
        assert errors(missing, 428) == {"/1/if_match": "required", "/2/if_match": "required"}
        assert errors(patch(contributor, [item(source) | {"if_match": "x"}])) == {"/0/if_match": "invalid"}
        assert errors(patch(contributor, [item(source) | {"if_match": 1}])) == {"/0/if_match": "invalid"}

    def test_a_stale_one_stops_all(self, contributor: Client) -> None:
        one, two = make_source(), make_source()
        before = text_of(one)
        items = [item(one, title="New"), item(two, title="New") | {"if_match": '"stale"'}]
        assert errors(patch(contributor, items), 412) == {"/1/if_match": "stale"}
        assert text_of(one) == before

    def test_a_record_stands_once(self, contributor: Client) -> None:
        source = make_source()
        items = [item(source, title="A"), item(source, title="B") | {"if_match": "*"}]
        assert errors(patch(contributor, items)) == {"/1/id": "repeated"}

    def test_a_hidden_record_is_answered_like_one_that_never_was(self, contributor: Client) -> None:
        hidden = make_source(marking="red")
        for tag in ("*", etag_of(hidden)):
            shown, never = (patch(contributor, [{"id": i, "if_match": tag}]) for i in (str(hidden.pk), NEVER))
            assert (shown.status_code, shown.content) == (never.status_code, never.content)
            assert errors(shown, 404) == {"/0/id": "missing"}

    def test_a_reason_is_that_of_the_item_or_of_the_whole(self, curator: Client) -> None:
        one, two = (make_source(published=True, marking="clear") for _ in range(2))
        items = [item(one, title="New", reason="correction"), item(two, title="New")]
        assert errors(patch(curator, items)) == {"/1/reason": "reason_required"}
        answered(patch(curator, items, query="?reason=new_source"), 200)
        reasons = [Revision.objects.filter(record_id=s.pk).latest("number").reason_code for s in (one, two)]
        assert reasons == ["correction", "new_source"]

    def test_it_takes_a_list_alone(self, contributor: Client) -> None:
        assert errors(patch(contributor, item(make_source()))) == {"": "not_array"}

    def test_a_change_that_shows_in_a_later_item_is_kept(self, curator: Client) -> None:
        """A draft that names another draft shows its new name; the patch of the first one does not undo that."""
        source = make_source(title="Old")
        actor = make_actor(citations=[{"source": source}])
        answered(patch(curator, [item(source, title="New")]), 200)
        changed = send(curator, "PATCH", path_of("actors", actor.pk), {"summary": "S"}, if_match=etag_of(actor)).json()
        assert changed["citations"][0]["source"]["title"] == "New"
