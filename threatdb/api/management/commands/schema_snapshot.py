"""Keep the snapshot of the API's description, so that no change of the API goes unnoticed in review."""

from __future__ import annotations

import difflib
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

SNAPSHOT = settings.BASE_DIR / "tests" / "snapshots" / "openapi.yaml"

# A diff beyond this many lines says no more than that much has changed.
SHOWN = 200


def render() -> str:
    """The description of the API as it is now, as YAML."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    text: str = OpenApiYamlRenderer().render(schema, renderer_context={}).decode()  # type: ignore[no-untyped-call]
    return text


def difference(kept: str, now: str) -> list[str]:
    """What has changed since the snapshot, as the lines of a unified diff."""
    lines = kept.splitlines(), now.splitlines()
    return list(difflib.unified_diff(*lines, "snapshot", "now", lineterm=""))


class Command(BaseCommand):
    help = "Writes the OpenAPI description to tests/snapshots/openapi.yaml; --check only compares."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail where they differ")

    def handle(self, *args: Any, **options: Any) -> None:
        now = render()
        if options["check"]:
            self._compare(now)
        else:
            SNAPSHOT.parent.mkdir(exist_ok=True)
            SNAPSHOT.write_text(now, encoding="utf-8")
            self.stdout.write(f"Wrote {SNAPSHOT.relative_to(settings.BASE_DIR)}.")

    def _compare(self, now: str) -> None:
        kept = SNAPSHOT.read_text(encoding="utf-8") if SNAPSHOT.exists() else ""
        lines = difference(kept, now)
        if not lines:
            return
        self.stdout.write("\n".join(lines[:SHOWN]))
        if len(lines) > SHOWN:
            self.stdout.write(f"... and {len(lines) - SHOWN} more lines")
        raise CommandError(
            "The API's description has changed. If that was meant, run ./run schema_snapshot and commit the file."
        )
