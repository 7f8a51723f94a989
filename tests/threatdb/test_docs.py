"""What README, ARCHITECTURE and CHANGELOG say is what the code does; for limits see beside it."""

from __future__ import annotations

import itertools
import re
import shlex
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest
from django.contrib.auth.models import User
from django.core.management import get_commands
from django.test import Client

from actors.then import KindThen
from tests.api.grammar import LISTS
from threatdb.access import tokens
from threatdb.api import families
from threatdb.api.filters import RecordFilterSet
from threatdb.api.urls import router
from threatdb.api.writes.moves import MOVES
from threatdb.records.markings import Marking

from .readme import README, ROOT, code_words, section, table, text_of, tracked

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


def test_architecture_names_files_that_exist() -> None:
    """What looks like a path of the project in backticks is one."""
    text = text_of(Path("ARCHITECTURE.md"))
    names = [word for word in code_words(text) if re.fullmatch(r"[\w./]+(\.py|/)|\./run|\.ci/run", word)]

    assert names
    assert [name for name in names if "<" not in name and not (ROOT / name).exists()] == []
    assert len(text.splitlines()) <= 240


def test_changelog_begins_with_what_is_unreleased() -> None:
    assert "\n## Unreleased\n" in text_of(Path("CHANGELOG.md"))
