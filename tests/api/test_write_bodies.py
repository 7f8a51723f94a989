"""Bodies that are read strictly: each refusal is a problem with a pointer, and nothing of the body is written."""

from __future__ import annotations

import json
from time import monotonic
from typing import Any

import pytest
from django.test import Client

from sources.models import Source
from tests.base import PROBLEM, assert_problem, path_of
from tests.factories.sources import make_source
from threatdb.api.errors import Refused
from threatdb.api.writes import bodies

from .writing import change, create, etag_of, send, text_of, written

pytestmark = pytest.mark.django_db

GOOD = {"kind": "article", "title": "T"}


def nested(levels: int, kind: str = "[]") -> str:
    """A source whose tags are that many levels deep, its own object included."""
    inner = levels - 1
    if kind == "[]":
        return '{"kind":"article","title":"T","tags":' + "[" * inner + "]" * inner + "}"
    return '{"kind":"article","title":"T","tags":' + '{"a":' * inner + "1" + "}" * inner + "}"


def refused(response: Any, pointer: str, code: str, status: int = 400) -> None:
    error = assert_problem(response, status)["errors"][0]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert error["detail"]
    assert Source.objects.count() == 0


class TestNoJSON:
    @pytest.mark.parametrize(
        ("raw", "code"),
        [
            ("", "empty"),
            (" \n\t ", "empty"),
            ("{", "not_json"),
            ("{'kind': 1}", "not_json"),
            ('{"kind":"article",}', "not_json"),
            ('{"kind":"article"} x', "not_json"),
            ('{"title":"a\nb"}', "not_json"),
            ('{"title":01}', "not_json"),
            ("\ufeff{}", "bad_encoding"),
            ("kind=article", "not_json"),
            ("]" * 50, "not_json"),
            (b'{"title":"\xff"}', "bad_encoding"),
            (b'{"title":"\xed\xa0\x80"}', "bad_encoding"),
            ('{"a":1}'.encode("utf-16"), "bad_encoding"),
            ("1", "not_object"),
            ("null", "not_object"),
            ('"text"', "not_object"),
            ("true", "not_object"),
        ],
    )
    def test_it_is_refused(self, curator: Client, raw: Any, code: str) -> None:
        refused(create(curator, "sources", raw), "", code)

    def test_a_record_is_an_object(self, curator: Client) -> None:
        source = make_source()
        for method in ("PUT", "PATCH"):
            response = change(curator, source, method, [GOOD])
            assert assert_problem(response, 400)["errors"][0]["code"] == "not_object"

    def test_the_place_of_a_mistake_is_told(self, curator: Client) -> None:
        response = create(curator, "sources", '{"kind":"article",\n "title": T}')
        assert response.json()["errors"][0]["detail"].endswith("at line 2, column 11.")


class TestValuesThatNoDocumentHolds:
    @pytest.mark.parametrize(
        ("raw", "pointer", "code"),
        [
            ('{"kind":"article","kind":"report","title":"T"}', "/kind", "duplicate"),
            ('{"kind":"article","title":"T","published_on":{"earliest":1,"earliest":2}}', "/published_on/earliest",
             "duplicate"),
            ('{"kind":"article","title":"T","tags":[{"a":1,"a":1}]}', "/tags/0/a", "duplicate"),
            ('{"a/b~":1,"a/b~":1}', "/a~1b~0", "duplicate"),
            ('{"kind":"article","title":NaN}', "/title", "not_finite"),
            ('{"kind":"article","title":[-Infinity]}', "/title/0", "not_finite"),
            ('{"kind":"article","title":1e999}', "/title", "not_finite"),
            ('{"kind":"article","title":9223372036854775808}', "/title", "not_finite"),
            ('{"kind":"article","title":' + "9" * 5000 + "}", "/title", "not_finite"),
            ('{"kind":"article","title":"a\\u0000b"}', "/title", "null_character"),
            ('{"kind":"article","title":"T","a\\u0000":1}', "/a\x00", "null_character"),
            ('{"kind":"article","title":"\\ud800"}', "/title", "bad_encoding"),
            ('{"kind":"article","title":"T","\\udfff":1}', "/\ufffd", "bad_encoding"),
        ],
    )  # fmt: skip
    def test_it_is_refused(self, curator: Client, raw: str, pointer: str, code: str) -> None:
        refused(create(curator, "sources", raw), pointer, code)

    def test_a_pair_of_surrogates_is_one_character(self, curator: Client) -> None:
        body = written(create(curator, "sources", '{"kind":"article","title":"\\ud83d\\ude00"}'), 201)
        assert body["title"] == "\U0001f600"

    @pytest.mark.parametrize("number", ["9223372036854775807", "-9223372036854775808", "1e308", "-0", "1" * 19])
    def test_numbers_of_any_kind_reach_the_field_that_judges_them(self, curator: Client, number: str) -> None:
        for key in ("latitude", "radius_km", "locality"):
            raw = f'{{"kind":"single","title":"T","domain":"protest","date":1,"place":{{"{key}":{number}}}}}'
            assert create(curator, "incidents", raw).status_code == 400

    def test_all_places_are_told_up_to_a_hundred(self, curator: Client) -> None:
        body = {"kind": "article", "title": "T", "tags": ["\x00"] * 101}
        assert len(assert_problem(create(curator, "sources", body), 400)["errors"]) == 100


class TestDepth:
    @pytest.mark.parametrize("kind", ["[]", "{}"])
    def test_32_levels_are_read(self, curator: Client, kind: str) -> None:
        error = assert_problem(create(curator, "sources", nested(32, kind)), 400)["errors"][0]
        assert error["pointer"].startswith("/tags")

    @pytest.mark.parametrize("kind", ["[]", "{}"])
    @pytest.mark.parametrize("levels", [33, 5_000, 80_000])
    def test_more_are_not(self, curator: Client, levels: int, kind: str) -> None:
        refused(create(curator, "sources", nested(levels, kind)), "", "too_deep")

    def test_brackets_in_texts_do_not_count(self, curator: Client) -> None:
        title = '[{"\\' * 100
        assert written(create(curator, "sources", {**GOOD, "title": title}), 201)["title"] == title

    @pytest.mark.parametrize("piece", ['"', '\\"', '"\\', "[]", '{"a":', ',"a"', "\\"])
    def test_no_body_takes_long_to_judge(self, piece: str) -> None:
        raw = (piece * (bodies.MAX_BULK_BODY // len(piece))).encode()
        started = monotonic()
        with pytest.raises(Refused):
            bodies.parse(raw)
        assert monotonic() - started < 20

    def test_many_keys_that_stand_twice_do_not_take_long(self) -> None:
        raw = json.dumps({f"k{n}": 1 for n in range(60_000)})[:-1] + ',"k1":2,"k2":2}'
        started = monotonic()
        with pytest.raises(Refused) as caught:
            bodies.parse(raw.encode())
        assert [error["pointer"] for error in caught.value.errors] == ["/k1", "/k2"]
        assert monotonic() - started < 10


class TestSize:
    def padded(self, size: int, document: Any = GOOD) -> bytes:
        raw = json.dumps(document).encode()
        return raw[:-1] + b" " * (size - len(raw)) + raw[-1:]

    def test_one_document_of_a_mebibyte(self, curator: Client) -> None:
        written(create(curator, "sources", self.padded(bodies.MAX_BODY)), 201)

    def test_more_is_too_much(self, curator: Client) -> None:
        refused(create(curator, "sources", self.padded(bodies.MAX_BODY + 1)), "", "too_large", 413)

    def test_more_is_too_much_for_a_change_too(self, curator: Client) -> None:
        source = make_source()
        before = text_of(source)
        for method, move in (("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "submit")):
            response = change(curator, source, method, self.padded(bodies.MAX_BODY + 1, {}), move=move)
            assert assert_problem(response, 413)["errors"][0]["code"] == "too_large"
        assert text_of(source) == before

    def test_a_list_may_have_ten(self, curator: Client) -> None:
        assert create(curator, "sources", self.padded(bodies.MAX_BULK_BODY, [GOOD])).status_code == 201

    def test_and_no_more(self, curator: Client) -> None:
        refused(create(curator, "sources", self.padded(bodies.MAX_BULK_BODY + 1, [GOOD])), "", "too_large", 413)


class TestMediaTypes:
    @pytest.mark.parametrize(
        "media_type",
        [
            "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
            "application/merge-patch+json", "application/json; charset=latin-1", "json", "application/jsonx",
        ],
    )  # fmt: skip
    def test_others_are_refused(self, curator: Client, media_type: str) -> None:
        response = create(curator, "sources", GOOD, media_type=media_type)
        assert assert_problem(response, 415)["title"] == "Unsupported Media Type"

    @pytest.mark.parametrize(("coding", "status"), [("gzip", 415), ("br, gzip", 415), ("Identity", 201)])
    def test_a_body_comes_as_it_is(self, curator: Client, coding: str, status: int) -> None:
        assert create(curator, "sources", GOOD, **{"Content-Encoding": coding}).status_code == status

    @pytest.mark.parametrize("media_type", ["application/json; charset=UTF-8", "application/json;charset=utf8"])
    def test_utf_8_may_be_said(self, curator: Client, media_type: str) -> None:
        written(create(curator, "sources", GOOD, media_type=media_type), 201)

    def test_a_patch_takes_two(self, curator: Client) -> None:
        source = make_source()
        for number, media_type in enumerate((bodies.JSON, bodies.MERGE_PATCH)):
            written(change(curator, source, "PATCH", {"title": f"T{number}"}, media_type=media_type))
        assert change(curator, source, "PATCH", {}, media_type="application/json-patch+json").status_code == 415
        assert change(curator, source, "PUT", GOOD, media_type=bodies.MERGE_PATCH).status_code == 415

    def test_a_body_of_unknown_length_is_not_taken_for_none(self, curator: Client) -> None:
        source = make_source()
        headers = {"HTTP_TRANSFER_ENCODING": "chunked", "HTTP_IF_MATCH": etag_of(source), "CONTENT_LENGTH": ""}
        response = curator.post(path_of("sources", source.pk) + "submit/", content_type=bodies.JSON, **headers)  # type: ignore[arg-type]
        assert assert_problem(response, 411)["title"] == "Length Required"
        source.refresh_from_db()
        assert source.state == "draft"

    def test_every_refusal_is_a_problem(self, curator: Client) -> None:
        for raw in ("", "{", "[", '{"a":NaN}', nested(99)):
            assert create(curator, "sources", raw)["Content-Type"] == PROBLEM


def test_parameters_that_a_write_does_not_know(curator: Client) -> None:
    for query in ("view=working", "fields=id", "dryrun=true", "format=csv", "dry_run=yes", "dry_run=true&dry_run=true"):
        response = send(curator, "POST", f"/api/v1/sources/?{query}", GOOD)
        error = assert_problem(response, 400)["errors"][0]
        assert error["pointer"] == f"/query/{query.partition('=')[0]}"
    assert Source.objects.count() == 0
