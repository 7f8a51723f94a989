"""Copies of a block of incidents: what the ledger would have made of them, in a database of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

# Indexes and foreign keys are set aside, which no transaction of a test allows; so another process does it.
PROGRAM = """
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from incidents.models import Claim, Incident
from tests.bench import loading
from threatdb.records import documents
from threatdb.records.models import Revision

call_command("migrate", verbosity=0)
call_command("load_fixtures", verbosity=0)
indexes = connection.introspection.get_constraints
with connection.cursor() as cursor:
    before = indexes(cursor, "incidents_incidentterm")
loading.load(300, quiet=True, block=100)
with connection.cursor() as cursor:
    assert indexes(cursor, "incidents_incidentterm") == before
assert (Incident.objects.count(), Claim.objects.count() % 3) == (300, 0)
for record in [*Incident.objects.order_by("latest_seq"), *Claim.objects.all()][-40:]:
    text = Revision.objects.get(pk=record.latest_seq).document
    assert documents.load(text) == documents.render(record)
call_command("rebuild_index", "--check")
"""


@pytest.mark.slow
def test_copies_are_what_the_ledger_would_have_made(tmp_path: Path) -> None:
    address = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'copies.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "threatdb.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=settings.BASE_DIR,
        env={**os.environ, **address},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "The index agrees with the ledger" in done.stdout
