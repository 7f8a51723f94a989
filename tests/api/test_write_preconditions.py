"""``If-Match``: nobody changes a working copy that he has not seen."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.base import assert_problem, path_of
from tests.factories.sources import make_source
from threatdb.api.conditional import strong_etag

from .writing import change, etag_of, send, text_of, written

pytestmark = pytest.mark.django_db

# Every way to change a record, with a body that does.
WAYS = [
    ("PUT", "", {"kind": "article", "title": "New"}),
    ("PATCH", "", {"title": "New"}),
    ("DELETE", "", None),
    ("POST", "submit", None),
    ("POST", "publish", None),
    ("POST", "withdraw", None),
]


@pytest.mark.parametrize(("method", "move", "body"), WAYS)
class TestEveryWay:
    def test_it_has_to_be_there(self, curator: Client, method: str, move: str, body: object) -> None:
        source = make_source()
        before = text_of(source)
        for given in (None, "", " "):
            response = change(curator, source, method, body, move=move, if_match=given)
            assert "If-Match" in assert_problem(response, 428)["detail"]
        assert text_of(source) == before

    @pytest.mark.parametrize("tag", ['"x"', 'W/"x"', '"x", "y"', '""'])
    def test_a_stale_one_is_refused(self, curator: Client, method: str, move: str, body: object, tag: str) -> None:
        source = make_source()
        before = text_of(source)
        assert_problem(change(curator, source, method, body, move=move, if_match=tag), 412)
        assert text_of(source) == before

    def test_a_weak_one_never_matches(self, curator: Client, method: str, move: str, body: object) -> None:
        source = make_source()
        assert_problem(change(curator, source, method, body, move=move, if_match=f"W/{etag_of(source)}"), 412)

    @pytest.mark.parametrize("tag", ["x", "'x'", '"x', '"x" "y"', "* , *", '*, "x"', '"a b"'])
    def test_what_is_no_tag_is_told_apart(
        self, curator: Client, method: str, move: str, body: object, tag: str
    ) -> None:
        response = change(curator, make_source(), method, body, move=move, if_match=tag)
        error = assert_problem(response, 400)["errors"][0]
        assert (error["pointer"], error["parameter"]) == ("/headers/If-Match", "If-Match")

    @pytest.mark.parametrize("form", ["{}", '"x", {}', "{},{}", " {} ", 'W/"x" , {}'])
    def test_one_of_several_is_enough(self, curator: Client, method: str, move: str, body: object, form: str) -> None:
        source = make_source()
        written(change(curator, source, method, body, move=move, if_match=form.replace("{}", etag_of(source))))

    def test_a_star_takes_whatever_is_there(self, curator: Client, method: str, move: str, body: object) -> None:
        written(change(curator, make_source(), method, body, move=move, if_match="*"))

    def test_a_record_that_is_not_there_stays_so(self, curator: Client, method: str, move: str, body: object) -> None:
        path = path_of("sources", "00000000-0000-4000-8000-000000000000") + (f"{move}/" if move else "")
        for tag in ("*", '"x"'):
            assert_problem(send(curator, method, path, body, if_match=tag), 404)


def test_the_working_copy_that_was_read_can_be_changed(curator: Client) -> None:
    source = make_source(published=True, marking="clear")
    written(change(curator, source, "PATCH", {"title": "Pending", "reason": "other"}))
    shown = curator.get(path_of("sources", source.pk, view="working"))
    assert shown.json()["title"] == "Pending"
    body = written(change(curator, source, "PATCH", {"title": "Again", "reason": "other"}, if_match=shown["ETag"]))
    assert body["title"] == "Again"


def test_what_readers_see_is_not_what_is_changed_while_something_is_pending(curator: Client) -> None:
    source = make_source(published=True, marking="clear")
    published = curator.get(path_of("sources", source.pk))["ETag"]
    body = {"title": "Pending", "reason": "other"}
    answer = change(curator, source, "PATCH", body, if_match=published)
    assert written(answer)["title"] == "Pending"
    assert_problem(change(curator, source, "PATCH", body | {"title": "Again"}, if_match=published), 412)
    assert strong_etag(text_of(source).encode()) == answer["ETag"]


def test_each_answer_has_the_tag_for_the_next_change(contributor: Client, curator: Client) -> None:
    answer = send(contributor, "POST", path_of("sources"), {"kind": "article", "title": "0"})
    url = answer["Location"]
    for number in range(1, 4):
        answer = send(contributor, "PATCH", url, {"title": str(number)}, if_match=answer["ETag"])
        assert written(answer)["title"] == str(number)
    answer = send(contributor, "POST", f"{url}submit/", if_match=answer["ETag"])
    answer = send(curator, "POST", f"{url}publish/", if_match=answer["ETag"])
    assert written(answer)["state"] == "published"
    assert curator.get(url, {"view": "working"})["ETag"] == answer["ETag"]
