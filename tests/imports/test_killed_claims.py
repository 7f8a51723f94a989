"""An import whose rows carry claims: killed at random moments, it ends as one that nobody has disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from django.core.management import call_command

from actors.models import Actor
from incidents.models import Claim, Incident
from sources.models import Licence, Source
from tests.base import undone
from tests.webhooks.test_worker import database_url, wait_for
from threatdb.imports import batches, running
from threatdb.imports.batches import Wish
from threatdb.imports.models import Batch, BatchRow, Origin
from threatdb.records.models import Revision
from threatdb.settings import BASE_DIR

from .gtd import make_codes, write

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROWS, KILLS = 500, 6


@pytest.fixture
def path(db: None, tmp_path: Path) -> Path:
    """A file of rows that nobody claims, one group, or two."""
    make_codes()
    Licence.objects.create(code="gtd", label="GTD", redistributable=False)
    random = Random(4711)
    return write(tmp_path / "gtd.csv", *(_varied(number, random) for number in range(1, ROWS + 1)))


def _varied(number: int, random: Random) -> dict[str, str]:
    first, second = random.sample(range(6), 2)
    return {
        "eventid": f"20210203{number:04}",
        "gname": random.choice(("Unknown", f"Front {first}", f"Front {first}")),
        "gname2": random.choice(("", f"Front {second}")),
        "claimed": random.choice("011"),
        "claim2": random.choice("01"),
        "motive": f"Reason {random.randrange(9)}.",
        "nkill": str(random.randrange(9)),
    }


def started(path: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {"DATABASE_URL": database_url(), "DATABASE_POOL_SIZE": "0"}
    command = [sys.executable, "manage.py", "import_events", str(path), "--publish"]
    return subprocess.Popen(command, cwd=BASE_DIR, env=environment, stdout=subprocess.DEVNULL)


def kill(process: subprocess.Popen[bytes], random: Random) -> bool:
    """Kill it some rows and some tenths of a second after it has taken up the import; whether it still ran."""
    rows = BatchRow.objects.count() + random.choice((0, 0, 20, 60))
    wait_for(lambda: Batch.objects.exclude(lease=None).exists() or process.poll() is not None, 60)
    wait_for(lambda: BatchRow.objects.count() >= rows or process.poll() is not None, 60)
    time.sleep(random.uniform(0, 0.4))
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def assert_whole() -> None:
    """Each row is there with its incident and both with their claims, or nothing of it is."""
    assert Incident.objects.count() == BatchRow.objects.count() == Origin.objects.filter(record_type="incident").count()
    assert Claim.objects.count() == Origin.objects.filter(record_type="claim").count()


def told() -> dict[str, Any]:
    """All revisions of each record by its identifier in the data set, with names in the places of ids."""
    names = {str(pk): name for pk, name in Actor.objects.values_list("pk", "slug")}
    names |= {str(pk): name for pk, name in Source.objects.values_list("pk", "title")}
    origins = Origin.objects.filter(record_type__in=("incident", "claim"))
    names |= {str(one.record_id): str(one) for one in origins}
    found = defaultdict[str, list[Any]](list)
    revisions = Revision.objects.order_by("seq").values_list("record_id", "action", "document")
    for record_id, action, text in revisions:
        found[names[str(record_id)]].append([action, _bare(orjson.loads(text), names)])
    return dict(found)


def _bare(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        kept = {key: _bare(item, names) for key, item in value.items() if key != "url" and not key.endswith("_at")}
        # Claims of no day stand in the order of their ids.
        return kept | ({"claims": sorted(kept["claims"], key=orjson.dumps)} if "claims" in kept else {})
    if isinstance(value, list):
        return [_bare(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def undisturbed(path: Path) -> dict[str, Any]:
    with undone():
        batch = batches.open_batch(path, Wish(publish=True))
        assert running.claim(batch)
        assert running.run(batch, path).created == ROWS
        return told()


def test_it_makes_the_same_incidents_and_claims_and_none_twice(path: Path) -> None:
    expected, random, kills = undisturbed(path), Random(815), 0
    assert not Incident.objects.exists()

    for _ in range(KILLS):
        kills += kill(started(path), random)
        assert_whole()
        # The lease of who was killed has to end first.
        Batch.objects.update(lease=None, leased_until=None)

    assert started(path).wait() == 0
    assert kills >= KILLS // 2
    assert (Batch.objects.get().state, Batch.objects.get().created, Incident.objects.count()) == ("done", ROWS, ROWS)
    assert_whole()
    assert told() == expected
    call_command("rebuild_index", "--check")
