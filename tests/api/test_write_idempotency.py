"""``Idempotency-Key``: a POST that is sent again has its effect once, and gets the same bytes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest import MonkeyPatch

from sources.models import Source
from sources.serializers import SourceSerializer
from tests.base import assert_problem, path_of
from tests.factories.records import change as rewrite
from tests.factories.sources import make_source
from threatdb.access import tokens
from threatdb.api.models import KeptAnswer
from threatdb.api.writes import idempotency, records
from threatdb.records.markings import Marking
from threatdb.records.models import Revision

from .conftest import MemberOf
from .writing import change, create, etag_of, send

pytestmark = pytest.mark.django_db

GOOD = {"kind": "article", "title": "T"}
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def same(one: Any, other: Any) -> bool:
    """Whether the second answer is the first one again."""
    names = ("ETag", "Location", "Content-Location", "Content-Type", "Cache-Control")
    assert other["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in one
    headers = [{name: answer[name] for name in names if name in answer} for answer in (one, other)]
    return (one.status_code, one.content, headers[0]) == (other.status_code, other.content, headers[1])


class TestRepeating:
    def test_a_record_is_made_once(self, curator: Client) -> None:
        first = create(curator, "sources", GOOD, key=KEY)
        assert all(same(first, create(curator, "sources", GOOD, key=KEY)) for _ in range(3))
        assert Source.objects.count() == Revision.objects.count() == 1

    def test_a_list_too(self, curator: Client) -> None:
        first = create(curator, "sources", [GOOD] * 3, key=KEY)
        assert same(first, create(curator, "sources", [GOOD] * 3, key=KEY))
        assert Source.objects.count() == 3

    def test_a_move_is_made_once_though_the_record_is_another_since(self, curator: Client) -> None:
        source = make_source()
        before = etag_of(source)
        first = change(curator, source, "POST", move="publish", key=KEY, if_match=before)
        assert first.status_code == 200
        assert same(first, change(curator, source, "POST", move="publish", key=KEY, if_match=before))
        assert Revision.objects.filter(action="publish").count() == 1

    def test_the_answer_stays_what_it_was(self, curator: Client) -> None:
        first = create(curator, "sources", GOOD, key=KEY)
        rewrite(SourceSerializer, Source.objects.get(), title="Changed since")
        assert same(first, create(curator, "sources", GOOD, key=KEY))

    def test_quotes_around_a_key_are_not_part_of_it(self, curator: Client) -> None:
        first = create(curator, "sources", GOOD, key=f'"{KEY}"')
        assert same(first, create(curator, "sources", GOOD, key=KEY))

    def test_without_a_key_each_request_is_its_own(self, curator: Client) -> None:
        assert create(curator, "sources", GOOD).json()["id"] != create(curator, "sources", GOOD).json()["id"]
        assert KeptAnswer.objects.count() == 0

    def test_other_methods_have_if_match_instead(self, curator: Client) -> None:
        source = make_source()
        assert change(curator, source, "PATCH", {"title": "New"}, key=KEY).status_code == 200
        assert KeptAnswer.objects.count() == 0


class TestAnotherRequest:
    def test_with_the_same_key_is_refused(self, curator: Client) -> None:
        create(curator, "sources", GOOD, key=KEY)
        for response in (
            create(curator, "sources", {**GOOD, "title": "Other"}, key=KEY),
            create(curator, "actors", GOOD, key=KEY),
            create(curator, "sources", '{"kind": "article", "title": "T" }', key=KEY),
            send(curator, "POST", path_of("sources") + "?reason=other", GOOD, key=KEY),
        ):
            error = assert_problem(response, 422)["errors"][0]
            assert (error["pointer"], error["code"]) == ("/headers/Idempotency-Key", "reused")
        assert Source.objects.count() == 1

    @pytest.mark.parametrize("key", ["", " ", "a" * 256, "a b", "ä", '"a', 'a"b', '""'])
    def test_a_key_that_is_none_is_refused(self, curator: Client, key: str) -> None:
        error = assert_problem(create(curator, "sources", GOOD, key=key), 400)["errors"][0]
        assert error["pointer"] == "/headers/Idempotency-Key"
        assert Source.objects.count() == 0

    @pytest.mark.parametrize("key", ["a", "a" * 255, '"a b"', "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"])
    def test_any_other_text_is_one(self, curator: Client, key: str) -> None:
        assert same(create(curator, "sources", GOOD, key=key), create(curator, "sources", GOOD, key=key))


class TestWhoseItIs:
    def test_nobody_gets_anothers_answer(self, member: MemberOf) -> None:
        one, other = member("curator", "one"), member("curator", "other")
        first, second = (create(client, "sources", GOOD, key=KEY) for client in (one, other))
        assert first.json()["id"] != second.json()["id"]
        assert "Idempotency-Replayed" not in second

    def test_nor_a_token_that_of_its_owners_session(self, member: MemberOf) -> None:
        session = member("curator")
        owner = User.objects.get(username="curator")
        secrets = [
            tokens.issue(owner=owner, name=name, scopes=["write"], clearance=Marking.AMBER)[1] for name in ("a", "b")
        ]
        clients = [session, *(Client(headers={"Authorization": f"Bearer {secret}"}) for secret in secrets)]
        made = [create(client, "sources", GOOD, key=KEY) for client in clients]
        assert len({response.json()["id"] for response in made}) == 3
        for client, first in zip(clients, made, strict=True):
            assert same(first, create(client, "sources", GOOD, key=KEY))

    def test_the_right_to_write_is_asked_for_each_time(self, member: MemberOf) -> None:
        client = member("contributor")
        create(client, "sources", GOOD, key=KEY)
        User.objects.get(username="contributor").groups.clear()
        assert_problem(create(client, "sources", GOOD, key=KEY), 403)

    def test_what_was_hidden_since_is_not_shown_again(self, member: MemberOf) -> None:
        client = member("contributor")
        create(client, "sources", GOOD, key=KEY)
        rewrite(SourceSerializer, Source.objects.get(), marking="red")
        assert_problem(create(client, "sources", GOOD, key=KEY), 404)
        assert Source.objects.count() == 1


class TestWhatIsKept:
    def test_a_refused_request_leaves_its_key_free(self, curator: Client) -> None:
        assert_problem(create(curator, "sources", {"kind": "article"}, key=KEY), 400)
        assert KeptAnswer.objects.count() == 0
        assert create(curator, "sources", GOOD, key=KEY).status_code == 201

    def test_so_does_one_that_failed(self, curator: Client, monkeypatch: MonkeyPatch) -> None:
        def fail(*args: Any) -> None:
            raise RuntimeError

        with monkeypatch.context() as patched:
            patched.setattr(records, "create", fail)
            curator.raise_request_exception = False
            assert create(curator, "sources", GOOD, key=KEY).status_code == 500
        assert KeptAnswer.objects.count() == Source.objects.count() == 0
        assert create(curator, "sources", GOOD, key=KEY).status_code == 201

    def test_an_answer_that_cannot_be_kept_undoes_its_effect(self, curator: Client, monkeypatch: MonkeyPatch) -> None:
        def fail(*args: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr(idempotency.Claim, "keep", fail)
        curator.raise_request_exception = False
        assert create(curator, "sources", GOOD, key=KEY).status_code == 500
        assert Source.objects.count() == 0

    def test_it_is_kept_for_a_day(self, curator: Client) -> None:
        first = create(curator, "sources", GOOD, key=KEY)
        left = KeptAnswer.objects.get().expires_at - timezone.now()
        assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)
        KeptAnswer.objects.update(expires_at=timezone.now() + timedelta(seconds=30))
        assert same(first, create(curator, "sources", GOOD, key=KEY))
        KeptAnswer.objects.update(expires_at=timezone.now())
        assert create(curator, "sources", {**GOOD, "title": "New"}, key=KEY).json()["title"] == "New"

    def test_what_ran_out_is_cleared_away_by_the_next(self, curator: Client) -> None:
        for number in range(3):
            create(curator, "sources", GOOD, key=f"k{number}")
        KeptAnswer.objects.filter(key__in=["k0", "k1"]).update(expires_at=timezone.now())
        create(curator, "sources", GOOD, key="k3")
        assert sorted(KeptAnswer.objects.values_list("key", flat=True)) == ["k2", "k3"]

    def test_anonymous_keeps_nothing(self, client: Client) -> None:
        assert_problem(create(client, "sources", GOOD, key=KEY), 401)
        assert KeptAnswer.objects.count() == 0


class TestUnderWay:
    def test_a_claim_that_nobody_answers_for_runs_out(self, curator: Client, monkeypatch: MonkeyPatch) -> None:
        """As after a crash between claim and commit."""
        monkeypatch.setattr(idempotency.Claim, "keep", crash)
        monkeypatch.setattr(idempotency.Claim, "release", lambda self: None)
        with pytest.raises(SystemExit):
            create(curator, "sources", GOOD, key=KEY)
        monkeypatch.undo()
        error = assert_problem(create(curator, "sources", GOOD, key=KEY), 409)["errors"][0]
        assert error["code"] == "in_flight"
        assert_problem(create(curator, "sources", {**GOOD, "title": "Other"}, key=KEY), 422)
        KeptAnswer.objects.update(expires_at=timezone.now())
        assert create(curator, "sources", GOOD, key=KEY).status_code == 201

    def test_who_lost_his_claim_is_undone(self, curator: Client, monkeypatch: MonkeyPatch) -> None:
        make = records.create

        def slow(*args: Any) -> Any:
            KeptAnswer.objects.all().delete()
            return make(*args)

        monkeypatch.setattr(records, "create", slow)
        assert_problem(create(curator, "sources", GOOD, key=KEY), 409)
        assert Source.objects.count() == 0


def crash(*args: Any) -> None:
    raise SystemExit
