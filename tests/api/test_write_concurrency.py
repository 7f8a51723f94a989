"""Many clients at once: no update is lost, no key has two effects, and nobody is answered with an error of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import Client, override_settings
from pytest import MonkeyPatch

from sources.models import Source
from tests.base import assert_problem, path_of
from tests.factories.actors import make_actor
from tests.factories.sources import make_source
from tests.records.test_concurrency import assert_in_order, together
from threatdb.api.writes import records
from threatdb.records.models import Record, Revision

from .conftest import MemberOf
from .test_write_idempotency import GOOD, KEY, same
from .writing import create, send, text_of

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 16
ROUNDS = 4


@pytest.fixture
def signed_in(member: MemberOf) -> Callable[[], Client]:
    """Makes clients of one curator, each for a thread of its own."""
    session = member("curator").cookies[settings.SESSION_COOKIE_NAME].value

    def make() -> Client:
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = session
        return client

    return make


def add_tag(client: Client, record: Record, tag: str, answered: Counter[int]) -> None:
    """Read, add to what was read, and write it back, again and again until nobody was faster."""
    path = path_of("sources" if isinstance(record, Source) else "actors", record.pk)
    while True:
        read = client.get(path, {"view": "working"})
        body = {"tags": [*read.json()["tags"], tag], "reason": "other"}
        status = send(client, "PATCH", path, body, if_match=read["ETag"]).status_code
        answered[status] += 1
        if status != 412:
            return


class TestChanges:
    def test_sixteen_writers_of_one_record_lose_nothing(self, signed_in: Callable[[], Client]) -> None:
        source = make_source(published=True, marking="clear", tags=[])
        answered: Counter[int] = Counter()

        def write(writer: int) -> None:
            client = signed_in()
            for number in range(2):
                add_tag(client, source, f"{writer}.{number}", answered)

        together(*(lambda n=n: write(n) for n in range(WRITERS)))

        source.refresh_from_db()
        assert sorted(source.tags) == sorted(f"{w}.{n}" for w in range(WRITERS) for n in range(2))
        assert answered[200] == WRITERS * 2
        assert set(answered) <= {200, 412}
        assert Revision.objects.filter(record_id=source.pk, action="update").count() == WRITERS * 2
        assert_in_order()

    def test_writers_of_many_records_are_all_served(self, signed_in: Callable[[], Client]) -> None:
        """Some of which show others, so that one write changes what another has read."""
        cited = make_source(marking="green")
        found: list[Record] = [cited, *(make_actor(citations=[{"source": cited}]) for _ in range(7))]
        answered: Counter[int] = Counter()

        def write(writer: int) -> None:
            client = signed_in()
            for number in range(ROUNDS):
                add_tag(client, found[(writer + number) % len(found)], f"{writer}.{number}", answered)

        together(*(lambda n=n: write(n) for n in range(WRITERS)))

        assert answered[200] == WRITERS * ROUNDS
        assert set(answered) <= {200, 412}
        tags = [json.loads(text_of(record))["tags"] for record in found]
        assert sum(map(len, tags)) == WRITERS * ROUNDS
        assert_in_order()

    @override_settings(ONE_PERSON_TEAM=True)
    def test_lists_and_moves_beside_each_other(self, signed_in: Callable[[], Client]) -> None:
        sources = [make_source() for _ in range(4)]
        answered: Counter[int] = Counter()

        def post() -> None:
            answered[create(signed_in(), "sources", [GOOD] * 5).status_code] += 1

        def patch(writer: int) -> None:
            items = [{"id": str(s.pk), "if_match": "*", "title": f"T{writer}", "reason": "other"} for s in sources]
            order = items if writer % 2 else items[::-1]
            answered[send(signed_in(), "PATCH", path_of("sources"), order).status_code] += 1

        def publish() -> None:
            for source in sources:
                answered[
                    send(signed_in(), "POST", path_of("sources", source.pk) + "publish/", if_match="*").status_code
                ] += 1

        together(*[post] * 4, *(lambda n=n: patch(n) for n in range(8)), *[publish] * 4)

        assert answered[201] == 4
        assert answered.keys() <= {200, 201, 409}
        titles = Source.objects.filter(pk__in=[source.pk for source in sources]).values_list("title", flat=True)
        assert len(set(titles)) == 1
        assert_in_order()

    def test_writers_in_processes_of_their_own_lose_nothing(self, signed_in: Callable[[], Client]) -> None:
        """As the workers of the server are."""
        source = make_source(marking="clear", tags=[])
        session = signed_in().cookies[settings.SESSION_COOKIE_NAME].value
        database = connection.settings_dict
        if connection.vendor == "sqlite":
            url = f"sqlite:///{database['NAME']}"
        else:
            who = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
            url = f"postgres://{who}/{database['NAME']}"
        unlimited = {"RATE_LIMIT_READS": "0", "RATE_LIMIT_WRITES": "0"}
        environment = {**os.environ, **unlimited, "DATABASE_URL": url, "DATABASE_POOL_SIZE": "0"}
        program = [sys.executable, "-c", PROGRAM, session, str(source.pk)]
        started = [
            subprocess.Popen([*program, str(writer)], cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE)
            for writer in range(4)
        ]
        told = [process.communicate(timeout=120)[0].decode().split() for process in started]

        assert [process.returncode for process in started] == [0] * 4
        assert {status for statuses in told for status in statuses} <= {"200", "412"}
        source.refresh_from_db()
        assert sorted(source.tags) == sorted(f"{w}.{n}" for w in range(4) for n in range(12))
        assert_in_order()


# Four threads that write twelve times in all, which a record's fifty tags allow; prints the status of each write.
PROGRAM = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "threatdb.settings"
import django
django.setup()
from concurrent.futures import ThreadPoolExecutor
from django.conf import settings
from django.test import Client
session, pk, writer = sys.argv[1:]
path = f"/api/v1/sources/{pk}/"

def write(number):
    client = Client(headers={"Host": "localhost"})
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    told = [412]
    while told[-1] == 412:
        read = client.get(path, {"view": "working"})
        body = {"tags": [*read.json()["tags"], f"{writer}.{number}"]}
        headers = {"If-Match": read["ETag"]}
        told.append(client.patch(path, body, content_type="application/json", headers=headers).status_code)
    return told[1:]

with ThreadPoolExecutor(4) as pool:
    print(*(status for told in pool.map(write, range(12)) for status in told))
"""


class TestKeys:
    def test_a_repetition_while_the_first_is_under_way(self, member: MemberOf, monkeypatch: MonkeyPatch) -> None:
        clients = [member("curator"), Client()]
        clients[1].force_login(User.objects.get(username="curator"))
        begun, go_on = threading.Event(), threading.Event()
        make = records.create

        def slow(*args: Any) -> Any:
            begun.set()
            assert go_on.wait(30)
            return make(*args)

        monkeypatch.setattr(records, "create", slow)
        answers: list[Any] = []

        def post() -> None:
            try:
                answers.append(create(clients[0], "sources", GOOD, key=KEY))
            finally:
                connections.close_all()

        first = threading.Thread(target=post)
        first.start()
        try:
            assert begun.wait(30)
            in_flight = create(clients[1], "sources", GOOD, key=KEY)
            other = create(clients[1], "sources", {**GOOD, "title": "Other"}, key=KEY)
        finally:
            go_on.set()
            first.join(60)
        assert assert_problem(in_flight, 409)["errors"][0]["code"] == "in_flight"
        assert_problem(other, 422)
        assert answers[0].status_code == 201
        assert same(answers[0], create(clients[1], "sources", GOOD, key=KEY))
        assert Source.objects.count() == 1

    def test_of_sixteen_at_once_one_has_an_effect(self, member: MemberOf) -> None:
        member("curator")
        user = User.objects.get(username="curator")

        def post() -> Any:
            client = Client()
            client.force_login(user)
            return create(client, "sources", GOOD, key=KEY)

        answers = together(*[post] * 16)
        made = [answer for answer in answers if answer.status_code == 201]
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert made and len({answer.content for answer in made}) == 1
        assert sum("Idempotency-Replayed" not in answer for answer in made) == 1
        assert Source.objects.count() == 1
