"""The shape of the code: which way imports point, how modules are named, how long they are."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from threatdb.settings import BASE_DIR

# Lowest first: an app may import those before it, and threatdb.records and threatdb.api, which is its tool box.
DOMAIN = ["sources", "actors", "incidents", "assessments"]
ROUTER = "threatdb/api/urls.py"
LONGEST = 400
NAMELESS = {"utils", "util", "helpers", "common", "misc"}


def modules(*folders: str) -> list[Path]:
    """The project's own modules, without migrations."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *(f"{folder}/*.py" for folder in folders)],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    found = (Path(line) for line in listed.stdout.splitlines())
    return sorted(path for path in found if "migrations" not in path.parts and (BASE_DIR / path).exists())


def imported(path: Path) -> Iterator[str]:
    """The names of the modules that a module imports, absolute."""
    package = list(path.with_suffix("").parts[:-1])
    for node in ast.walk(ast.parse((BASE_DIR / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            yield ".".join([*above, *(node.module or "").split(".")]).strip(".")


def named(*packages: str) -> set[tuple[str, str]]:
    """Which of the packages are imported by which modules of the project."""
    everything = modules("threatdb", *DOMAIN)
    return {
        (str(path), package)
        for path in everything
        for name in imported(path)
        for package in packages
        if name == package or name.startswith(f"{package}.")
    }


@pytest.mark.parametrize("app", DOMAIN)
def test_an_app_imports_only_what_lies_below_it(app: str) -> None:
    above = DOMAIN[DOMAIN.index(app) + 1 :]
    upward = {(path, name) for path, name in named(*above) if path.startswith(f"{app}/")}
    assert upward == set()


def test_only_the_router_imports_every_app() -> None:
    assert {path for path, _ in named(*DOMAIN) if path.startswith("threatdb/")} == {ROUTER}


def test_records_import_nothing_of_the_api_or_the_admin() -> None:
    found = named("threatdb.api", "threatdb.curation")
    assert {path for path, _ in found if path.startswith("threatdb/records/")} == set()


@pytest.mark.parametrize("app", ["sources", "actors", "incidents", "assessments"])
@pytest.mark.parametrize(
    "module", ["apps", "choices", "models", "documents", "serializers", "filters", "views", "urls", "admin"]
)
def test_an_app_reads_like_its_neighbour(app: str, module: str) -> None:
    assert (BASE_DIR / app / f"{module}.py").exists() or (BASE_DIR / app / module / "__init__.py").exists()


def test_no_module_is_named_after_nothing() -> None:
    assert [path for path in modules("threatdb", "tests", *DOMAIN) if path.stem in NAMELESS] == []


@pytest.mark.parametrize("path", modules("threatdb", *DOMAIN), ids=str)
def test_no_module_is_too_long_to_read(path: Path) -> None:
    assert (BASE_DIR / path).read_text(encoding="utf-8").count("\n") <= LONGEST


def test_serializers_name_their_fields() -> None:
    lazy = [path for path in modules(*DOMAIN) if '"__all__"' in (BASE_DIR / path).read_text(encoding="utf-8")]
    assert lazy == []
