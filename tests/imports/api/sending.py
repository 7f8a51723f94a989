"""How tests send a file to be imported through the API, and what then lies in the store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.test import Client

from tests.imports import ged
from threatdb.imports import uploads

IMPORTS = "/api/v1/imports/"
BYTES = uploads.BYTES


def text(*rows: dict[str, str], folder: Path) -> bytes:
    """The rows as a file."""
    return ged.write(folder / "sent.csv", rows).read_bytes()


def post(client: Client, body: bytes, query: str = "", **more: Any) -> Any:
    """The answer to a file that is sent as the body."""
    headers = {"Content-Type": BYTES} | ({"Idempotency-Key": more["key"]} if "key" in more else {})
    return client.generic("POST", f"{IMPORTS}{query}", body, content_type=BYTES, headers=headers)


def stored(folder: Path) -> list[str]:
    """The names of the files in the store."""
    return [entry.name for entry in folder.iterdir()] if folder.exists() else []
