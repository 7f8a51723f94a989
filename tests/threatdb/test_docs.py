"""What README, ARCHITECTURE and CHANGELOG say is what the code does."""

from __future__ import annotations

import itertools
import re
import shlex
import subprocess
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import get_commands
from django.test import Client

from actors import identity
from actors.matching import batches, finding, register
from actors.then import KindThen
from assessments.pages import profile_pictures, scores_page
from assessments.profiles import figures, periods
from incidents import statistics, statistics_page
from tests.api.grammar import LISTS
from threatdb import gunicorn
from threatdb import settings as project
from threatdb.access import guarding, tokens
from threatdb.api import errors, families, filters, geometry, grouping, negotiation, pagination, values
from threatdb.api.exports import answers, formats, sheets
from threatdb.api.filters import RecordFilterSet
from threatdb.api.urls import router
from threatdb.api.writes import bodies, bulk, idempotency, requests
from threatdb.api.writes.moves import MOVES
from threatdb.imports import batches as imports
from threatdb.imports import running
from threatdb.imports import worker as importing
from threatdb.imports.reading import limits as reading
from threatdb.records import fields, search, vocabularies
from threatdb.records.markings import Marking
from threatdb.webhooks import addresses, events, queue, sending
from threatdb.webhooks import models as webhooks

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

# The kinds of field in README's grammar, by the class that makes their parameters.
KINDS: dict[str, tuple[type[families.Family], ...]] = {
    "text": (families.Text,),
    "number": (families.Number, families.Decimal),
    "day": (families.Day,),
    "instant": (families.Instant,),
    "marking": (families.MarkingColumn,),
    "code": (families.Code,),
    "flag": (families.Boolean,),
    "id": (families.Id,),
    "many": (families.Term,),
    "span": (families.Within,),
    "bounds": (families.Bounds,),
    "kind then": (KindThen,),
    "single": (families.Single,),
}


def section(title: str) -> str:
    """The text below a heading, up to the next of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def table(text: str, number: int = 0) -> list[list[str]]:
    """The rows of a table in a text, without its head."""
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    lines = tables[number].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def code_words(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


# --- The calls that README opens with ---

CALL = re.compile(r"^\$ curl -s 'http://127\.0\.0\.1:8000([^']+)'\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
CALLS = CALL.findall(README[: README.index("## ")])


def test_readme_opens_with_two_commands_and_five_calls() -> None:
    opening = README[: README.index("## ")]

    assert re.findall(r"^\./run \w+", opening, re.MULTILINE) == ["./run serve", "./run test"]
    assert opening.count("$ curl ") == len(CALLS) == 5


@pytest.mark.django_db
@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize(("path", "output"), CALLS, ids=lambda text: text[:60])
def test_calls_print_what_readme_says(path: str, output: str, client: Client) -> None:
    assert client.get(path, HTTP_HOST="127.0.0.1:8000").content.decode() == output


# --- The calls that write ---

WRITES = re.findall(
    r"^\$ curl -s (-[^\n]*) 'http://127\.0\.0\.1:8000([^']+)'\n(.*?)\n```$",
    section("Writing"),
    re.MULTILINE | re.DOTALL,
)


def test_readme_writes_twice() -> None:
    assert section("Writing").count("$ curl ") == len(WRITES) == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize(("options", "path", "output"), WRITES, ids=lambda text: text[-40:])
def test_writes_print_what_readme_says(options: str, path: str, output: str) -> None:
    owner = User.objects.create_superuser("writer")
    _, token = tokens.issue(owner=owner, name="readme", scopes=["write"], clearance=Marking.AMBER)
    given = shlex.split(options.replace("$TOKEN", token))
    values = {option: [b for a, b in itertools.pairwise(given) if a == option] for option in ("-X", "-H", "-d", "-w")}
    headers = dict(line.split(": ", 1) for line in values["-H"])
    response = Client().generic(
        values["-X"][0], path, values["-d"][0], content_type=headers.pop("Content-Type"), headers=headers
    )
    told = str(response.status_code) if values["-w"] else response.content.decode()
    assert told == output


@pytest.mark.parametrize("number", [0, 1])
def test_what_can_be_written_is_listed(number: int) -> None:
    listed = [code_words(row[0])[0] for row in table(section("Writing"), number)]
    if number:
        assert listed == list(MOVES)
    else:
        assert [line.split()[0] for line in listed] == ["POST", "PUT", "PATCH", "PATCH", "DELETE", "POST"]


def test_the_scope_of_each_move_is_listed() -> None:
    rows = {code_words(row[0])[0]: code_words(row[2])[0] for row in table(section("Writing"), 1)}
    assert rows == {name: move.right.scope for name, move in MOVES.items()}


@pytest.mark.django_db
@pytest.mark.usefixtures("seeded")
def test_a_mirror_is_told_what_readme_says(client: Client) -> None:
    """``…`` stands for what differs from one installation to the next."""
    cursor = client.get("/api/v1/changes/?page_size=1000").json()["cursor"]
    calls = CALL.findall(section("Keeping a mirror"))
    assert len(calls) == 2
    for path, output in calls:
        told = client.get(path.replace("CURSOR", cursor), HTTP_HOST="127.0.0.1:8000").content.decode()
        assert re.fullmatch(re.escape(output).replace("…", ".+"), told, re.DOTALL), told[:500]


# --- Filters ---


def suffixes(kind: type[families.Family]) -> set[str]:
    """The parameters of a field called f of that kind, where it is always known."""
    return set(kind("Something.").filters("f"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_grammar_lists_the_parameters_of_each_kind(kind: str) -> None:
    rows = {row[0]: code_words(row[2]) for row in table(section("Filters"))}

    assert list(rows) == list(KINDS)
    for family in KINDS[kind]:
        assert set(rows[kind]) == suffixes(family)


def test_each_kind_of_field_is_in_the_grammar() -> None:
    used = {type(family) for filter_set in filter_sets().values() for family in own_families(filter_set).values()}
    used |= {type(family) for family in RecordFilterSet.families.values()}

    assert used == {family for kind in KINDS.values() for family in kind}


def filter_sets() -> dict[str, type[RecordFilterSet]]:
    views = {prefix: view for prefix, view, _ in router.registry}
    return {prefix: view.filterset_class for prefix, view in views.items() if hasattr(view, "filterset_class")}


def own_families(filter_set: type[RecordFilterSet]) -> dict[str, families.Family]:
    """The fields of a resource beside those of every record."""
    own: dict[str, families.Family] = {}
    for base in reversed(filter_set.__mro__):
        if issubclass(base, RecordFilterSet) and base is not RecordFilterSet:
            own |= base.__dict__.get("families", {})
    return own


def documented(resource: str) -> set[tuple[str, str]]:
    """The fields that README lists for a resource, each with its kind; ``?`` where it may be unknown."""
    start = "Fields of every record:" if resource == "" else rf"Fields of [^:.]*`{resource}`[^:.]*:"
    found = re.search(rf"^{start}(.*?)\.$", section("Filters"), re.MULTILINE | re.DOTALL)
    assert found, resource
    groups = [group.split(":") for group in found[1].split(";")]
    return {(kind.strip(), name) for kind, names in groups for name in code_words(names)}


def written(found: dict[str, families.Family]) -> set[tuple[str, str]]:
    kinds = {family: kind for kind, classes in KINDS.items() for family in classes}
    optional = {name: "?" if getattr(family, "nullable", False) else "" for name, family in found.items()}
    return {(kinds[type(family)], name + optional[name]) for name, family in found.items()}


@pytest.mark.parametrize("resource", filter_sets())
def test_the_fields_of_each_resource_are_listed(resource: str) -> None:
    assert documented(resource) == written(own_families(filter_sets()[resource]))


def test_the_fields_of_every_record_are_listed() -> None:
    assert documented("") == written(dict(RecordFilterSet.families))


def test_each_parameter_without_lookups_is_described() -> None:
    described = {code_words(row[0])[0] for row in table(section("Filters"), 1)}
    singles = {
        name
        for found in (RecordFilterSet.families, *map(own_families, filter_sets().values()))
        for name, family in found.items()
        if isinstance(family, families.Single)
    }

    assert described == singles


def test_each_resource_is_listed() -> None:
    listed = {word for row in table(section("The API")) for word in code_words(row[0])}

    assert {f"/api/v1/{prefix}/" for prefix, _, _ in router.registry} <= listed


# --- Exports ---


@pytest.mark.parametrize("resource", LISTS)
def test_the_columns_of_each_list_are_listed(resource: str) -> None:
    found = re.search(rf"^Columns of `{resource}`:(.*?)\.$", section("Exports"), re.MULTILINE | re.DOTALL)
    assert found, resource
    groups = [group.split(":") for group in found[1].split(";")]
    listed = {(kind.strip(), name) for kind, names in groups for name in code_words(names)}

    assert listed == {(str(column.kind), column.name) for column in LISTS[resource].columns}


def test_the_forms_of_a_list_are_listed() -> None:
    rows = [(code_words(row[0])[0], code_words(row[1])[0]) for row in table(section("Exports"))]
    assert rows == [("json", "application/json")] + [
        (form.format, form.media_type) for form in LISTS["incidents"].formats
    ]


# --- Limits ---


def refused(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return True
    return False


def first_refused(read: Callable[[int], bool]) -> int:
    """The largest size that is taken, given what says whether a size is."""
    return next(size for size in range(1, 1000) if not read(size + 1))


def password_length() -> int:
    validators: Any = project.AUTH_PASSWORD_VALIDATORS
    lengths = (validator.get("OPTIONS", {}).get("min_length") for validator in validators)
    return int(next(length for length in lengths if length))


def pool_timeout(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(project, "TESTING", False)
    return int(project.postgresql_database({})["OPTIONS"]["pool"]["timeout"])


# README's words for each constant.
CONSTANTS = {
    "Bytes in a request line": (gunicorn, "limit_request_line"),
    "Header fields of a request": (gunicorn, "limit_request_fields"),
    "Bytes in a header field": (gunicorn, "limit_request_field_size"),
    "Bytes in a request body": (project, "DATA_UPLOAD_MAX_MEMORY_SIZE"),
    "Bytes of one document": (bodies, "MAX_BODY"),
    "Bytes of a list of documents": (bodies, "MAX_BULK_BODY"),
    "Levels of arrays and objects in a body": (bodies, "MAX_DEPTH"),
    "Documents in a list that is written": (bulk, "MAX_ITEMS"),
    "Characters in the note of a reason": (requests, "MAX_NOTE"),
    "Characters in an idempotency key": (idempotency, "MAX_KEY"),
    "Hours for which an answer is kept under its key": (idempotency, "MAX_HOURS"),
    "Errors in one answer": (errors, "MAX_ERRORS"),
    "Fields in a form of the admin": (project, "DATA_UPLOAD_MAX_NUMBER_FIELDS"),
    "Query parameters": (filters, "MAX_PARAMETERS"),
    "Values of one parameter": (families, "MAX_VALUES"),
    "Characters in a text value": (values, "MAX_TEXT"),
    "Characters in `q`": (filters, "MAX_QUERY"),
    "Words in `q`": (search, "MAX_WORDS"),
    "Largest whole number": (fields, "MAX_INTEGER"),
    "Vertices of a polygon": (geometry, "MAX_VERTICES"),
    "Characters in a polygon": (geometry, "MAX_POLYGON_TEXT"),
    "Kilometres of a radius": (geometry, "MAX_KM"),
    "Groups in an answer": (grouping, "MAX_GROUPS"),
    "Dimensions in `group_by`": (grouping, "MAX_DIMENSIONS"),
    "Values of a facet": (statistics, "MAX_FACET_VALUES"),
    "Days of a window of a profile": (periods, "MAX_DAYS"),
    "Areas, codes, relationships or judgements that a profile names": (figures, "MAX_NAMED"),
    "Bars of a timeline on a profile's page": (profile_pictures, "MAX_BARS"),
    "Places on the map of a profile's page": (profile_pictures, "MAX_PLACES"),
    "Rows of a table on the page of scores": (scores_page, "MAX_GROUPS_SHOWN"),
    "Rows of the table on the page of statistics": (statistics_page, "MAX_GROUPS_SHOWN"),
    "Records on a page": (pagination, "MAX_SIZE"),
    "Records on a page unless asked": (pagination, "DEFAULT_SIZE"),
    "Records in an export": (formats, "MAX_ROWS"),
    "Records in an export as XLSX": (sheets, "MAX_SHEET_ROWS"),
    "Characters in a cell of XLSX": (sheets, "MAX_CELL"),
    "Exports that a worker process writes at a time": (answers, "MAX_AT_ONCE"),
    "Seconds that an export may take": (answers, "MAX_SECONDS"),
    "Media ranges of `Accept` that are read": (negotiation, "MAX_RANGES"),
    "Fields in `ordering`": (pagination, "MAX_KEYS"),
    "Characters in a cursor": (pagination, "MAX_CURSOR"),
    "Schemes in a crosswalk": (vocabularies, "MAX_SCHEMES"),
    "Codes of one scheme in a crosswalk": (vocabularies, "MAX_CODES"),
    "Characters in a code of a crosswalk": (vocabularies, "MAX_CODE"),
    "Characters of a crosswalk as JSON": (vocabularies, "MAX_CROSSWALK"),
    "Characters by which names are compared, written in plain ASCII": (search, "MAX_KEY"),
    "Relationships that `include` follows, one from the next": (identity, "MAX_DEPTH"),
    "Relationships that lead to the actors of one step of `include`": (identity, "MAX_LINKS"),
    "Actors that `include` adds up to": (identity, "MAX_INCLUDED"),
    "Names in a batch to be matched": (batches, "MAX_NAMES"),
    "Candidates for a name": (finding, "MAX_LIMIT"),
    "Sets of names that a process keeps for matching, one for each class of viewers": (register, "MAX_REGISTERS"),
    "Characters in the address of a webhook": (addresses, "MAX_URL"),
    "Changes in a webhook's message": (events, "MAX_EVENTS"),
    "Bytes of a webhook's message after which no more changes are put in": (events, "MAX_BYTES"),
    "Attempts at a webhook's message": (queue, "MAX_ATTEMPTS"),
    "Seconds until a webhook's receiver has taken the connection": (sending, "CONNECT_SECONDS"),
    "Seconds until a webhook's receiver has answered": (sending, "TOTAL_SECONDS"),
    "Bytes read of a webhook's answer": (sending, "MAX_ANSWER"),
    "Characters kept of a webhook's answer": (sending, "MAX_EXCERPT"),
    "Hours for which a webhook's former secret signs too": (webhooks, "OVERLAP_HOURS"),
    "Seconds for which a worker has a webhook to itself": (queue, "LEASE_SECONDS"),
    "Days for which a webhook's messages are listed once they are over": (queue, "KEEP_DAYS"),
    "Bytes of a file that is sent to be imported": (project, "IMPORT_MAX_BYTES"),
    "Files of an account that wait to be imported": (imports, "MAX_STORED"),
    "Hours for which the file of a dry run is kept": (importing, "KEEP_HOURS"),
    "Seconds for which a worker has an import to itself": (running, "LEASE_SECONDS"),
    "Columns of a file that is imported": (reading, "MAX_COLUMNS"),
    "Characters in one of its cells": (reading, "MAX_CELL"),
    "Characters in one of its rows": (reading, "MAX_ROW"),
    "Bytes of such a file when it is unpacked": (reading, "MAX_UNPACKED"),
    "Times that a packed file of over a megabyte may grow": (reading, "MAX_GROWTH"),
    "Rows of a spreadsheet that is imported": (reading, "MAX_SHEET_ROWS"),
    "Different texts in it": (reading, "MAX_STRINGS"),
    "Files in an archive that is imported": (reading, "MAX_MEMBERS"),
    "Bytes of its directory": (reading, "MAX_DIRECTORY"),
    "Bytes of a list in JSON that is imported": (reading, "MAX_JSON"),
    "Characters in one of its items": (reading, "MAX_ITEM"),
    "Failed log-ins of an account from one address in 15 minutes": (guarding, "MAX_FAILURES"),
    "Failed log-ins of an account from all addresses in 15 minutes": (guarding, "MAX_FAILURES_OF_ACCOUNT"),
    "Failed log-ins from one address in 15 minutes": (guarding, "MAX_FAILURES_FROM_ADDRESS"),
    "Threads of a worker process": (gunicorn, "threads"),
    "Seconds until a worker that hangs is replaced": (gunicorn, "timeout"),
    "Seconds that an idle connection is kept": (gunicorn, "keepalive"),
}


def test_the_limits_are_those_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite = project.sqlite_database({"NAME": ":memory:"})["OPTIONS"]
    limits: dict[str, int] = {name: getattr(module, constant) for name, (module, constant) in CONSTANTS.items()} | {
        "Digits of a decimal number, before and after the point each": first_refused(
            lambda size: not refused(values.number, "1" * size) and not refused(values.number, f"1.{'1' * size}")
        ),
        "Tags of a record": first_refused(lambda size: fields.are_labels(["a"] * size)),
        "Characters in a tag": first_refused(lambda size: fields.are_labels(["a" * size])),
        "Characters in a password, at least": password_length(),
        "Seconds that a writer waits for another on SQLite": sqlite["timeout"],
        "Seconds that a request waits for a connection to PostgreSQL": pool_timeout(monkeypatch),
    }

    assert {name: int(number.replace(",", "")) for name, number in table(section("Limits"))} == limits


def test_each_limit_in_the_code_is_in_the_table() -> None:
    """A constant that is named as a limit has to be one of those compared above."""
    spoken = {(module.__name__, name) for module, name in CONSTANTS.values()}
    missing = []
    for path in tracked(".py"):
        if path.parts[0] == "tests" or "migrations" in path.parts:
            continue
        module = ".".join(path.with_suffix("").parts)
        for name in re.findall(r"^([A-Z_]*MAX_[A-Z_]+)\b.*=", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE):
            if (module, name) not in spoken:
                missing.append(f"{module}.{name}")

    assert missing == []


# --- Settings and commands ---


def test_each_setting_is_in_the_table() -> None:
    own = set(re.findall(r'env\.\w+\("(\w+)"', (ROOT / "threatdb/settings.py").read_text(encoding="utf-8")))
    own |= set(re.findall(r"""environ\.get\(["'](\w+)""", (ROOT / "threatdb/gunicorn.py").read_text(encoding="utf-8")))

    assert {code_words(row[0])[0] for row in table(section("Settings"))} == own


def runner() -> ModuleType:
    loader = SourceFileLoader("threatdb_run", str(ROOT / "run"))
    spec = spec_from_loader("threatdb_run", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_each_command_is_in_the_table() -> None:
    listed = {code_words(row[0])[0] for row in table(section("Commands"))}
    own = {name for name, app in get_commands().items() if (ROOT / app.replace(".", "/")).is_dir()}

    assert {f"./run {name}" for name in {*runner().COMMANDS, *own}} == listed
    assert own == {*runner().MANAGEMENT} | {"bench"}


# --- All files ---


def tracked(*suffixes: str) -> list[Path]:
    """The files under version control, or all of a folder that is not, by their path in the project."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [Path(name) for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]
    return [path for path in paths if not suffixes or path.suffix in suffixes]


# A letter in brackets keeps each pattern from finding itself.
FORBIDDEN = {
    "a package host": re.compile(r"pypi[.]org|python[h]osted|npmj[s]\."),
    "a path of one machine": re.compile(r"(?<![\w.}])/(w[o]rk/|h[o]me/\w|r[o]ot\b|U[s]ers/)"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    found = [
        f"{path}:{number}"
        for path in tracked()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]

    assert found == []


def text_of(path: Path) -> str:
    return (ROOT / path).read_bytes().decode("utf-8", errors="replace")


def test_architecture_names_files_that_exist() -> None:
    """What looks like a path of the project in backticks is one."""
    text = text_of(Path("ARCHITECTURE.md"))
    names = [word for word in code_words(text) if re.fullmatch(r"[\w./]+(\.py|/)|\./run|\.ci/run", word)]

    assert names
    assert [name for name in names if "<" not in name and not (ROOT / name).exists()] == []
    assert len(text.splitlines()) <= 240


def test_changelog_begins_with_what_is_unreleased() -> None:
    assert "\n## Unreleased\n" in text_of(Path("CHANGELOG.md"))
