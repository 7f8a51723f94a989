"""Writes a list to a file, with a manifest that says what is in it."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from tqdm import tqdm

from threatdb import __version__
from threatdb.api import conditional
from threatdb.api.errors import errors_of
from threatdb.api.exports import snapshots
from threatdb.api.exports.formats import Format
from threatdb.api.sight import sight_for
from threatdb.api.views import RecordViewSet
from threatdb.records import codelists, documents
from threatdb.records.markings import Marking, parse_marking
from threatdb.records.visibility import Viewer


@dataclass
class Contents:
    """What went into a file: how many records, and how many of them under each licence."""

    bar: Any
    records: int = 0
    licences: Counter[str] = field(default_factory=Counter)

    def seen(self, texts: Iterator[list[str]]) -> Iterator[list[str]]:
        """The same documents, counted as they pass."""
        for batch in texts:
            found = (orjson.loads(text).get("licence") for text in batch)
            self.licences.update(code for code in found if code)
            self.records += len(batch)
            self.bar.update(len(batch))
            yield batch


class Command(BaseCommand):
    help = "Writes a list to a file, with a manifest that says what is in it."

    def add_arguments(self, parser: CommandParser) -> None:
        views = lists()
        forms = dict.fromkeys(form.format for view in views.values() for form in view.formats)
        parser.add_argument("resource", choices=sorted(views), metavar="RESOURCE", help=f"One of {', '.join(views)}.")
        parser.add_argument("--format", required=True, choices=list(forms), help="The form of the file.")
        parser.add_argument("--query", default="", help="Filters and order, as in an address: 'country=AF&tag=x'.")
        parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="Where the files go.")
        parser.add_argument(
            "--clearance",
            choices=[marking.code for marking in Marking],
            default=Marking.CLEAR.code,
            help="Up to which marking records are written (default clear).",
        )
        parser.add_argument("--overwrite", action="store_true", help="Replace files of an earlier export.")

    def handle(self, *args: Any, **options: Any) -> None:
        resource, form = options["resource"], self._form(options)
        path: Path = options["to"] / f"{resource}.{form.format}"
        manifest = path.with_name(f"{path.name}.manifest.json")
        if not options["overwrite"] and (there := [str(one) for one in (path, manifest) if one.exists()]):
            raise CommandError(f"{' and '.join(there)} would be replaced: give --overwrite, or another folder.")
        try:
            options["to"].mkdir(parents=True, exist_ok=True)
            told = self._write(path, form, **options)
        except APIException as error:
            raise CommandError(_sentence(error)) from error
        except OSError as error:
            raise CommandError(f"Cannot write to {options['to']}: {error.strerror}.") from error
        _put(manifest, [json.dumps(told, indent=2, ensure_ascii=False).encode() + b"\n"])
        self.stdout.write(f"Wrote {told['records']:,} {resource} to {path}.")

    def _form(self, options: dict[str, Any]) -> Format:
        offered = {form.format: form for form in lists()[options["resource"]].formats}
        if options["format"] not in offered:
            raise CommandError(f"{options['resource']} are offered as {', '.join(offered)}.")
        form: Format = offered[options["format"]]()
        return form

    def _write(self, path: Path, form: Format, **options: Any) -> dict[str, Any]:
        """Write the file; what the manifest says of it."""
        view = asking(options["resource"], options["query"], parse_marking(options["clearance"]))
        with snapshots.snapshot() as own:
            position = conditional.head_position(view.sight)
            table = view.table(form, position, own)
            # What was there is not described by an old manifest from here on.
            path.with_name(f"{path.name}.manifest.json").unlink(missing_ok=True)
            with tqdm(total=table.count, unit=" records", disable=not options["verbosity"]) as bar:
                contents = Contents(bar)
                size, digest = _put(path, form.write(replace(table, texts=contents.seen(table.texts))))
            return {
                "file": path.name,
                "format": form.format,
                "media_type": form.media_type,
                "resource": options["resource"],
                "query": options["query"],
                "clearance": options["clearance"],
                "ledger_seq": snapshots.position(own) if view.sight.at is None else view.sight.at,
                "exported_at": documents.timestamp(timezone.now()),
                "records": contents.records,
                "bytes": size,
                "sha256": digest,
                "columns": [column.name for column in table.shown] if form.flat else None,
                "licences": _licences(contents.licences),
                "threatdb": __version__,
            }


def lists() -> dict[str, type[RecordViewSet]]:
    """The lists of records by their names in addresses."""
    # The router imports every app, and this module is imported for the help of each command.
    from threatdb.api.urls import router

    return {prefix: view for prefix, view, _ in router.registry if issubclass(view, RecordViewSet)}


def asking(resource: str, query: str, clearance: Marking) -> RecordViewSet:
    """The list as somebody with that clearance asks for it."""
    http = HttpRequest()
    http.method, http.path, http.GET = "GET", f"{documents.API_ROOT}{resource}/", QueryDict(query)
    http.META = {"QUERY_STRING": query}
    view = lists()[resource]()
    view.action, view.request = "list", Request(http)
    view.sight = sight_for(view.request, Viewer(clearance, curates=True))
    return view


def _put(path: Path, pieces: Any) -> tuple[int, str]:
    """Write the file under another name, then give it its own: nobody finds half of it. Its size and SHA-256."""
    unfinished, digest, size = path.with_name(f".{path.name}.part"), hashlib.sha256(), 0
    try:
        with unfinished.open("wb") as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return size, digest.hexdigest()


def _licences(found: Counter[str]) -> list[dict[str, Any]]:
    """The licences in a file with their terms, and how many records stand under each."""
    return [
        {
            "code": one.code,
            "label": one.label,
            "url": one.url,
            "attribution": one.attribution,
            "records": found[one.code],
        }
        for one in codelists.entries("licence")
        if one.code in found
    ]


def _sentence(error: APIException) -> str:
    """What is wrong with the query."""
    told = [f"{one.get('parameter') or 'query'}: {one['detail']}" for one in errors_of(error)]
    return " ".join(told) or str(error)
