"""The OpenAPI description: valid, complete, and true of what is served."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import jsonschema
import pytest
import yaml
from django.core.management import CommandError, call_command
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.base import Document, ask, assert_refused, path_of
from threatdb.api import sight
from threatdb.api.filters import StrictFilterBackend
from threatdb.api.management.commands import schema_snapshot
from threatdb.records import documents, registry, veiling

from . import public
from .grammar import FILTERED, LISTS, STATISTICS, VIEWS, filters_of
from .writing import JSON, WHOLE, create, least, made, plural, text_of

DETAILS = [f"{name}/{{id}}" for name in (*LISTS, "vocabularies")]


@pytest.fixture(scope="module")
def description() -> Document:
    found: Document = yaml.safe_load(schema_snapshot.render())
    return found


def operation(description: Document, resource: str) -> Document:
    found: Document = description["paths"][f"/api/v1/{resource}/"]["get"]
    return found


def parameters(description: Document, resource: str) -> dict[str, Document]:
    return {one["name"]: one for one in operation(description, resource)["parameters"] if one["in"] == "query"}


def test_it_is_openapi_3_1(description: Document) -> None:
    assert description["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(description).validate()


def test_it_is_made_without_a_warning() -> None:
    told = StringIO()
    call_command("spectacular", fail_on_warn=True, validate=True, stdout=told, stderr=told)
    assert "openapi: 3.1" in told.getvalue()


def test_every_address_is_described(description: Document) -> None:
    lists = {f"/api/v1/{resource}/" for resource in VIEWS}
    details = {f"/api/v1/{resource}/" for resource in DETAILS}
    assert lists | details <= set(description["paths"])
    for path, methods in description["paths"].items():
        assert all(one["description"] for one in methods.values()), path


def test_what_is_no_record_is_only_read(description: Document) -> None:
    records = tuple(f"/api/v1/{resource}/" for resource in LISTS)
    others = {path: set(methods) for path, methods in description["paths"].items() if not path.startswith(records)}
    # A batch of names is sent as a body, and changes nothing.
    posts = {"/api/v1/match/actors/": {"get", "post"}, "/api/v1/imports/": {"get", "post"}}
    posts |= {f"/api/v1/imports/{{id}}/{word}/": {"post"} for word in ("cancel", "rows/{number}/decide")}
    assert others == {path: {"get"} for path in others} | posts


def test_operations_have_names_of_their_own(description: Document) -> None:
    names = [one["operationId"] for methods in description["paths"].values() for one in methods.values()]
    assert len(set(names)) == len(names)
    assert {"incidents_list", "incidents_retrieve", "stats_incidents_list", "vocabularies_list"} <= {*names}


def test_no_name_of_a_component_was_made_up(description: Document) -> None:
    """What drf-spectacular invents for code lists of the same name ends in a piece of a digest."""
    names = description["components"]["schemas"]
    assert [name for name in names if re.search(r"[0-9a-f]{3}Enum$|\d$", name)] == []


class TestParameters:
    @pytest.mark.parametrize("resource", LISTS)
    def test_those_of_a_list_are_the_ones_that_it_takes(self, description: Document, resource: str) -> None:
        taken = [*filters_of(resource), *StrictFilterBackend.shaping, *sight.PARAMETERS]
        assert sorted(parameters(description, resource)) == sorted(taken)

    @pytest.mark.parametrize("resource", STATISTICS)
    def test_those_of_statistics(self, description: Document, resource: str) -> None:
        taken = [*filters_of(resource), *VIEWS[resource].backend.shaping, *sight.PARAMETERS]
        assert sorted(parameters(description, resource)) == sorted(taken)

    @pytest.mark.parametrize("resource", LISTS)
    def test_those_of_a_detail(self, description: Document, resource: str) -> None:
        assert sorted(parameters(description, f"{resource}/{{id}}")) == ["as_of", "fields", "format", "omit", "view"]

    def test_those_of_vocabularies(self, description: Document) -> None:
        taken = [*VIEWS["vocabularies"].filters, "cursor", "page_size", "format"]
        assert sorted(parameters(description, "vocabularies")) == sorted(taken)

    @pytest.mark.parametrize("resource", FILTERED)
    def test_each_says_what_it_is(self, description: Document, resource: str) -> None:
        for name, one in parameters(description, resource).items():
            assert one["description"], name
            assert one["schema"], name

    @pytest.mark.parametrize("resource", LISTS)
    def test_what_may_be_repeated_is_a_list(self, description: Document, resource: str) -> None:
        for name, one in filters_of(resource).items():
            described = parameters(description, resource)[name]
            assert (described["schema"].get("type") == "array") is one.repeatable, name

    @pytest.mark.django_db
    @pytest.mark.parametrize("resource", VIEWS)
    def test_no_other_is_taken(self, description: Document, client: Client, resource: str) -> None:
        own = {"limit"} if resource == "match/actors" else {"include"} & {*parameters(description, resource)}
        for name in {"search", "limit", "expand", "include"} - own:
            assert name not in parameters(description, resource)
            assert_refused(client.get(path_of(resource, **{name: "1"})), name, "unknown")

    @pytest.mark.parametrize("resource", LISTS)
    def test_the_orders_are_named(self, description: Document, resource: str) -> None:
        described = parameters(description, resource)["ordering"]["description"]
        for key in LISTS[resource].ordering:
            assert key in described


@pytest.mark.django_db
@pytest.mark.usefixtures("seeded")
class TestAnswers:
    """Each answer is as its operation says, and no object has a key that the description does not name."""

    def check(self, description: Document, resource: str, response: Any) -> None:
        responses = operation(description, resource)["responses"]
        content = responses[str(response.status_code)]["content"]
        schema = content[response["Content-Type"].partition(";")[0]]["schema"]
        whole = {**schema, "components": closed(description)["components"]}
        format_checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
        errors = jsonschema.Draft202012Validator(whole, format_checker=format_checker).iter_errors(response.json())
        told = [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in errors]
        assert told == []

    @pytest.mark.parametrize("resource", VIEWS)
    def test_lists(self, description: Document, client: Client, resource: str) -> None:
        size = {} if resource in STATISTICS else {"page_size": 1000}
        self.check(description, resource, client.get(path_of(resource, **size)))

    @pytest.mark.parametrize("resource", LISTS)
    def test_pages_and_fields(self, description: Document, client: Client, resource: str) -> None:
        for query in ({"page_size": 1}, {"count": "none"}, {"fields": "id"}, {"omit": "id,url"}):
            self.check(description, resource, client.get(path_of(resource, **query)))

    @pytest.mark.parametrize("resource", LISTS)
    def test_details(self, description: Document, client: Client, resource: str) -> None:
        for key in (record["id"] for record in ask(client, resource, page_size=1000)["results"]):
            self.check(description, f"{resource}/{{id}}", client.get(path_of(resource, key)))

    def test_vocabularies(self, description: Document, client: Client) -> None:
        names = {entry["vocabulary"] for entry in ask(client, "vocabularies", page_size=1000)["results"]}
        for name in names:
            self.check(description, "vocabularies/{id}", client.get(path_of("vocabularies", name)))

    def test_records_in_which_every_key_has_a_value(self, description: Document, client: Client) -> None:
        incident = public.incident(
            place={"latitude": 1.5, "longitude": 2, "precision": "adm1", "radius_km": 3},
            identifiers=[{"scheme": "gtd", "value": "1"}],
            wounded={"low": 3, "best": 2, "high": 1, "state": "reported", "consistent": False},
        )
        aggregate = public.incident(kind="aggregate", event_count={"low": 1, "best": 2, "high": 3})
        public.incident(links=[{"kind": "part_of", "incident": aggregate}])
        for one in (incident, aggregate):
            self.check(description, "incidents/{id}", client.get(path_of("incidents", one.pk)))

    @pytest.mark.parametrize("name", WHOLE)
    def test_one_record_that_was_made_and_several(self, description: Document, curator: Client, name: str) -> None:
        responses = description["paths"][f"/api/v1/{plural(name)}/"]["post"]["responses"]
        whole = {**responses["201"]["content"][JSON]["schema"], "components": closed(description)["components"]}
        for body in (least(name), [{**least(name), "slug": "other"} if name == "actor" else least(name)]):
            jsonschema.Draft202012Validator(whole).validate(create(curator, plural(name), body).json())

    @pytest.mark.parametrize("resource", VIEWS)
    def test_errors(self, description: Document, client: Client, resource: str) -> None:
        self.check(description, resource, client.get(path_of(resource, bogus="1")))
        self.check(description, resource, client.get(path_of(resource), headers={"Accept": "text/plain"}))

    @pytest.mark.parametrize("resource", DETAILS)
    def test_what_is_not_there(self, description: Document, client: Client, resource: str) -> None:
        self.check(description, resource, client.get(path_of(resource.removesuffix("/{id}"), "nothing")))


@pytest.mark.django_db
@pytest.mark.parametrize("name", [view.record_type for view in LISTS.values()])
def test_a_document_all_of_whose_names_are_hidden_is_described(
    description: Document, curator: Client, name: str
) -> None:
    document = documents.load(text_of(made(curator, name)))
    named = {leaf["id"] for leaf in registry.embedded(document)}
    veiled = veiling.veiled(document, named, None)
    assert bool(named) == (veiled != document)

    resource = operation(description, f"{registry.get(name).plural}/{{id}}")
    schema = resource["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": closed(description)["components"]}
    jsonschema.Draft202012Validator(whole).validate(veiled)
    jsonschema.Draft202012Validator(whole).validate(document)


def closed(description: Document) -> Document:
    """The description with each object closed: a key that it does not name is an error."""
    for component in description["components"]["schemas"].values():
        if "properties" in component:
            component.setdefault("additionalProperties", False)
    return description


@pytest.mark.parametrize("resource", LISTS)
def test_every_key_of_a_document_is_described(description: Document, resource: str) -> None:
    serializer: Any = LISTS[resource].serializer_class
    body = operation(description, f"{resource}/{{id}}")["responses"]["200"]["content"]["application/json"]
    name = body["schema"]["$ref"].rpartition("/")[2]
    assert list(description["components"]["schemas"][name]["properties"]) == list(serializer().fields)


class TestSnapshot:
    """``manage.py schema_snapshot`` keeps the description, so that a change of the API shows in review."""

    def run(self, *arguments: str) -> str:
        told = StringIO()
        call_command("schema_snapshot", *arguments, stdout=told)
        return told.getvalue()

    def test_the_snapshot_is_what_the_code_says(self) -> None:
        assert self.run("--check") == ""

    def test_a_difference_is_shown_and_fails(self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "openapi.yaml"
        path.write_text(schema_snapshot.render().replace("incidents_list", "incidents_all"), encoding="utf-8")
        monkeypatch.setattr(schema_snapshot, "SNAPSHOT", path)
        before, told = path.read_bytes(), StringIO()
        with pytest.raises(CommandError, match="has changed"):
            call_command("schema_snapshot", "--check", stdout=told)
        assert "-      operationId: incidents_all" in told.getvalue()
        assert "+      operationId: incidents_list" in told.getvalue()
        assert path.read_bytes() == before

    def test_a_missing_snapshot_fails(self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(schema_snapshot, "SNAPSHOT", tmp_path / "openapi.yaml")
        with pytest.raises(CommandError, match="has changed"):
            self.run("--check")

    def test_it_is_written(self, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.BASE_DIR = tmp_path
        monkeypatch.setattr(schema_snapshot, "SNAPSHOT", tmp_path / "snapshots" / "openapi.yaml")
        assert self.run() == "Wrote snapshots/openapi.yaml.\n"
        assert self.run("--check") == ""
