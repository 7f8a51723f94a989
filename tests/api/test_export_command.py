"""``manage.py export``: the files of the API with a manifest, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from sources.models import Licence
from tests.base import ask
from tests.factories.incidents import make_incident
from threatdb import __version__
from threatdb.api.exports.texts import CSV
from threatdb.records import ledger

from . import public
from .exporting import exported, ids_of
from .grammar import LISTS

pytestmark = pytest.mark.django_db


def export(folder: Path, resource: str = "incidents", form: str = "csv", **options: Any) -> dict[str, Any]:
    """Run the command; returns the manifest."""
    told = StringIO()
    call_command("export", resource, format=form, to=folder, verbosity=0, stdout=told, **options)
    manifest: dict[str, Any] = json.loads((folder / f"{resource}.{form}.manifest.json").read_bytes())
    assert told.getvalue() == f"Wrote {manifest['records']:,} {resource} to {folder / f'{resource}.{form}'}.\n"
    return manifest


@pytest.mark.parametrize("resource", LISTS)
def test_the_files_are_those_of_the_api(client: Client, tmp_path: Path, resource: str) -> None:
    public.claim(incidents=[public.incident()])
    public.relationship()
    public.assessment()
    for form in LISTS[resource].formats:
        export(tmp_path, resource, form.format)
        assert (tmp_path / f"{resource}.{form.format}").read_bytes() == exported(client, resource, form.format)


def test_the_manifest_says_what_is_in_the_file(tmp_path: Path) -> None:
    Licence.objects.create(
        code="by", label="Licence BY", url="https://e.org/by", attribution="BY", redistributable=True
    )
    for number in range(3):
        public.incident(tags=["x"], licence="by" if number else None)
    public.incident()

    manifest = export(tmp_path / "new", query="tag=x&ordering=title&fields=id,licence")

    body = (tmp_path / "new" / "incidents.csv").read_bytes()
    assert manifest.pop("exported_at").endswith("Z")
    assert manifest == {
        "file": "incidents.csv",
        "format": "csv",
        "media_type": "text/csv",
        "resource": "incidents",
        "query": "tag=x&ordering=title&fields=id,licence",
        "clearance": "clear",
        "ledger_seq": ledger.position(),
        "records": 3,
        "bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "columns": ["id", "licence", "attribution"],
        "licences": [
            {"code": "by", "label": "Licence BY", "url": "https://e.org/by", "attribution": "BY", "records": 2}
        ],
        "threatdb": __version__,
    }
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "incidents.csv",
        "incidents.csv.manifest.json",
    ]


def test_what_is_marked_higher_is_written_only_where_that_is_asked(tmp_path: Path) -> None:
    shown = public.incident()
    green = make_incident(published=True, marking="green")
    red = make_incident(published=True, marking="red")
    wanted = {"clear": {shown.pk}, "green": {shown.pk, green.pk}, "red": {shown.pk, green.pk, red.pk}}

    for clearance, records in wanted.items():
        export(tmp_path / clearance, clearance=clearance)
        body = (tmp_path / clearance / "incidents.csv").read_bytes()
        assert set(ids_of(body, "csv")) == {str(record) for record in records}
    export(tmp_path / "without")
    assert (tmp_path / "without" / "incidents.csv").read_bytes() == (tmp_path / "clear/incidents.csv").read_bytes()


def test_the_past_and_working_copies_can_be_asked_for(client: Client, tmp_path: Path) -> None:
    then = public.incident()
    position, cursor = ledger.position(), ask(client, "changes")["cursor"]
    draft = public.incident(published=False)

    assert export(tmp_path / "past", query=f"as_of={cursor}")["ledger_seq"] == position
    export(tmp_path / "working", query="view=working")

    found = {name: ids_of((tmp_path / name / "incidents.csv").read_bytes(), "csv") for name in ("past", "working")}
    assert found["past"] == [str(then.pk)]
    assert set(found["working"]) == {str(then.pk), str(draft.pk)}


def test_nothing_is_replaced_unless_that_is_asked(tmp_path: Path) -> None:
    export(tmp_path)
    before = (tmp_path / "incidents.csv").read_bytes()
    public.incident()

    with pytest.raises(CommandError, match=r"incidents\.csv and .*manifest\.json would be replaced: give --overwrite"):
        export(tmp_path)
    assert (tmp_path / "incidents.csv").read_bytes() == before
    assert export(tmp_path, overwrite=True)["records"] == 1


def test_an_export_that_fails_leaves_the_file_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(tmp_path)
    before = (tmp_path / "incidents.csv").read_bytes()

    def half(self: CSV, table: Any) -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt

    monkeypatch.setattr(CSV, "write", half)
    with pytest.raises(KeyboardInterrupt):
        export(tmp_path, overwrite=True)

    # What it holds is said by no manifest any more, so that none is taken for that of another file.
    assert [path.name for path in tmp_path.iterdir()] == ["incidents.csv"]
    assert (tmp_path / "incidents.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"query": "bogus=1"}, "bogus: Unknown parameter “bogus”."),
        ({"query": "page_size=5"}, "page_size: This format gives all records at once: leave this out, or take json."),
        ({"query": "killed_low=x"}, "killed_low: "),
        ({"query": "as_of=3000-01-01"}, "as_of: This lies in the future"),
        ({"form": "geojson", "resource": "actors"}, "actors are offered as csv, xlsx, ndjson, parquet."),
    ],
)
def test_what_is_not_understood_is_said(tmp_path: Path, options: dict[str, str], words: str) -> None:
    with pytest.raises(CommandError) as raised:
        export(tmp_path / "none", **options)
    assert str(raised.value).startswith(words)
    assert not list(tmp_path.rglob("*.*"))


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(CommandError, match="Cannot write to"):
        export(tmp_path / "file" / "below")
