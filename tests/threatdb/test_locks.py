"""The hash-pinned locks agree with what they were made from, with each other, and name no host."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent.parent / "requirements"
# The extras stand in brackets, without which an older pip takes a newer version than the pinned one.
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[a-z, ]+\])?==(\S+)", re.MULTILINE)


def pins(kind: str) -> dict[str, str]:
    return dict(PIN.findall((FOLDER / f"{kind}.txt").read_text()))


def asked_for(kind: str) -> set[str]:
    names = re.findall(r"^([A-Za-z][A-Za-z0-9-]*)", (FOLDER / f"{kind}.in").read_text(), re.MULTILINE)
    return {name.lower() for name in names}


@pytest.mark.parametrize("kind", ["base", "dev"])
def test_every_package_asked_for_is_pinned(kind: str) -> None:
    assert asked_for(kind) <= set(pins(kind))


@pytest.mark.parametrize("kind", ["base", "dev"])
def test_every_pin_has_a_hash(kind: str) -> None:
    text = (FOLDER / f"{kind}.txt").read_text()

    entries = re.split(r"\n(?=[a-z])", text)
    assert [entry for entry in entries if PIN.match(entry) and "--hash=sha256:" not in entry] == []


def test_tests_run_on_the_versions_that_are_served() -> None:
    assert pins("base").items() <= pins("dev").items()


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_no_host_is_named(path: Path) -> None:
    assert not re.search(r"https?://|index-url|find-links", path.read_text())
