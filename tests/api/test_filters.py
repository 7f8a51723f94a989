"""Every filter of every list, held against a few lines of Python over the rows that readers may see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from operator import attrgetter, ge, gt, le, lt
from typing import Any

import pytest
from django.test import Client

from actors.models import RelationshipKind
from incidents.models import ClaimMode
from tests.base import ask, found, path_of, undone
from tests.factories.assessments import make_assessment, resolved
from tests.factories.incidents import make_code
from threatdb.api.families import Column, Term, Text
from threatdb.records import registry
from threatdb.records.markings import Marking
from threatdb.records.models import IndexRow

from . import public
from .grammar import LISTS, families, written

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("varied")]


@pytest.fixture(scope="module")
def varied(seeded: None) -> None:
    """The seed corpus, and records with what it lacks: points, identifiers, odd characters, other markings."""
    source = public.source(title="100% of “it”, a_b\\c", publisher="Éditions", language="fr", reliability="F")
    actor = public.actor(
        slug="odd-one",
        name="O'Neil & Söhne",
        kind="criminal_group",
        founded="2001-05",
        dissolved="2004",
        identifiers=[{"scheme": "ucdp", "value": "a,b"}, {"scheme": "wikidata", "value": "Q1"}],
        designations=[{"authority": "UN Security Council", "listed_on": "2002"}],
        tags=["x", "y"],
        citations=[public.cited(source)],
    )
    public.incident(
        title="ÉCLAT à Paris, 100% sûr",
        date=public.on("2015-01-01", "2015-01-31", "month"),
        place={"latitude": 48.85, "longitude": 2.35, "radius_km": 2.5, "precision": "exact_place", "admin2": "Paris"},
        suicide=False,
        wounded={"low": 1, "best": 2, "high": 3, "state": "reported"},
        killed={"state": "none_confirmed"},
        involvements=[
            public.involved(actor, "associate", "official", likelihood="unlikely"),
            public.involved(actor, "responder"),
        ],
        identifiers=[{"scheme": "gtd", "value": "201501070001"}],
        tags=["x"],
        citations=[public.cited(source)],
    )
    several = public.incident(kind="aggregate", event_count={"low": 2, "best": 3, "high": 5, "qualifier": "about"})
    public.incident(marking="green", title="Not for everybody")
    public.claim(claimant=actor, stance="denies", language="fr", tags=["x"])
    public.claim(claimant=public.actor(), on_behalf_of=actor, mode="video", incidents=[several])
    public.relationship(subject=actor, likelihood="very_likely", period=None, tags=["x"])
    make_assessment(
        **public.SHOWN,
        subjects=[actor],
        horizon={"start": "2021-01-01", "end": "2021-12-31"},
        probability=70.0,
        confidence="low",
        **resolved("occurred", several),
    )


def rows_of(resource: str) -> list[IndexRow]:
    """The rows of the index that an anonymous reader may see."""
    index = registry.get(LISTS[resource].record_type).index
    return list(index.objects.filter(in_force=True, marking=Marking.CLEAR))


def chosen(rows: list[IndexRow], test: Callable[[Any], bool]) -> list[str]:
    return sorted(str(row.record_id) for row in rows if test(row))


def answered(client: Client, resource: str, **parameters: Any) -> list[str]:
    return sorted(found(client, resource, **parameters))


COLUMNS = [(r, name, family) for r in LISTS for name, family in families(r) if isinstance(family, Column)]
TERMS = [(r, name, family) for r in LISTS for name, family in families(r) if isinstance(family, Term)]


def some(values: Any, most: int = 3) -> list[Any]:
    """A few of the values: the least, the greatest and one between."""
    ordered = sorted(set(values) - {None, ""})
    return ordered if len(ordered) <= most else [ordered[0], ordered[len(ordered) // 2], ordered[-1]]


@pytest.mark.parametrize(("resource", "name", "family"), COLUMNS)
def test_columns(client: Client, resource: str, name: str, family: Column) -> None:
    """Equal, any of several, any of a list, and not."""
    rows, value_of = rows_of(resource), attrgetter(family.column or name)
    present = some(map(value_of, rows))
    for values in [*([value] for value in present), present]:
        texts = [written(family, value) for value in values]
        if not texts:
            continue
        any_of = chosen(rows, partial(is_in, value_of, family.means(values)))
        assert answered(client, resource, **{name: texts}) == any_of
        if not any("," in text for text in texts):
            assert answered(client, resource, **{f"{name}__in": ",".join(texts)}) == any_of
        none_of = sorted({str(row.record_id) for row in rows} - {*any_of})
        assert answered(client, resource, **{f"{name}__not": texts}) == none_of


def is_in(value_of: Callable[[Any], Any], values: Collection[Any], row: Any) -> bool:
    return value_of(row) in values


COMPARED: dict[str, Callable[[Any, Any], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


@pytest.mark.parametrize(("resource", "name", "family"), [case for case in COLUMNS if "gte" in case[2].lookups])
@pytest.mark.parametrize("lookup", COMPARED)
def test_comparisons(client: Client, resource: str, name: str, family: Column, lookup: str) -> None:
    """What is not known compares with nothing."""
    column, compare = family.column or name, COMPARED[lookup]
    known = [(getattr(row, column), str(row.record_id)) for row in rows_of(resource)]
    for value in some(one for one, _ in known):
        expected = sorted(key for one, key in known if one is not None and compare(one, value))
        assert answered(client, resource, **{f"{name}__{lookup}": written(family, value)}) == expected


@pytest.mark.parametrize(("resource", "name", "family"), [case for case in COLUMNS if case[2].nullable])
@pytest.mark.parametrize("asked", [True, False])
def test_unknown_values(client: Client, resource: str, name: str, family: Column, asked: bool) -> None:
    column = family.column or name
    expected = chosen(rows_of(resource), lambda row: (getattr(row, column) is None) == asked)
    assert answered(client, resource, **{f"{name}__isnull": str(asked).lower()}) == expected


@pytest.mark.parametrize(("resource", "name", "family"), [case for case in COLUMNS if isinstance(case[2], Text)])
def test_parts_of_texts(client: Client, resource: str, name: str, family: Text) -> None:
    """``icontains`` does not mind case, ``startswith`` does; what is a wildcard elsewhere is a letter here."""
    column = family.column or name
    texts = [(getattr(row, column) or "", str(row.record_id)) for row in rows_of(resource)]
    for value in some(text for text, _ in texts):
        for part in {value[:4], value[1:5], value[-3:], value[:4].swapcase()}:
            contains = sorted(key for text, key in texts if part.upper() in text.upper())
            assert answered(client, resource, **{f"{name}__icontains": part}) == contains
            starts = sorted(key for text, key in texts if text.startswith(part))
            assert answered(client, resource, **{f"{name}__startswith": part}) == starts


@pytest.mark.parametrize(("resource", "name", "family"), TERMS)
def test_terms(client: Client, resource: str, name: str, family: Term) -> None:
    """Any of several values, and none of them; a record that has no term of the kind has none of them too."""
    kind = family.kind or name
    rows: Any = rows_of(resource)
    has = {str(row.record_id): {term.value for term in row.terms.all() if term.kind == kind} for row in rows}
    present = some(value for values in has.values() for value in values)
    for values in [*([value] for value in present), present]:
        if not values:
            continue
        any_of = sorted(key for key, own in has.items() if own & set(values))
        assert answered(client, resource, **{name: values}) == any_of
        if not any("," in value for value in values):
            assert answered(client, resource, **{f"{name}__in": ",".join(values)}) == any_of
        assert answered(client, resource, **{f"{name}__not": values}) == sorted(has.keys() - any_of)


def test_almost_every_filter_meets_a_value() -> None:
    """The tests above say nothing of a filter whose field no record has."""
    silent = set()
    for resource, name, family in COLUMNS:
        if not any(getattr(row, family.column or name) not in (None, "") for row in rows_of(resource)):
            silent.add((resource, name))
    for resource, name, term in TERMS:
        kind = term.kind or name
        if not any(row.terms.filter(kind=kind).exists() for row in rows_of(resource)):  # type: ignore[attr-defined]
            silent.add((resource, name))
    assert silent == set()


def test_filters_are_all_met(client: Client) -> None:
    """Different parameters narrow, values of one parameter widen."""
    both = answered(client, "incidents", tag=["nangarhar", "kunduz"], tactic="assassination")
    one = answered(client, "incidents", tag="nangarhar", tactic="assassination")
    assert both == one
    assert len(one) == 3
    assert answered(client, "incidents", tag="kunduz", tactic="assassination") == []


def test_repeated_terms_and_lists_together(client: Client) -> None:
    """``tag=a&tag__in=b`` are two conditions."""
    assert answered(client, "incidents", tag="nangarhar", tag__in="kunduz") == []
    assert answered(client, "incidents", tag="afghanistan", tag__in="kunduz,kandahar") == answered(
        client, "incidents", tag=["kunduz", "kandahar"]
    )
    assert answered(client, "incidents", tag="nangarhar", tag__not="afghanistan") == []


@pytest.mark.parametrize(
    ("asked", "count"),
    [("clear", 20), ("TLP:CLEAR", 20), ("tlp:clear", 20), ("Clear", 20), ("green", 0), ("TLP:AMBER+STRICT", 0)],
)
def test_markings_are_read_in_every_spelling(client: Client, asked: str, count: int) -> None:
    assert len(found(client, "incidents", marking=asked)) == count


def test_the_plus_of_a_marking_may_stand_unescaped(client: Client) -> None:
    assert client.get("/api/v1/incidents/?marking=TLP:AMBER+STRICT").status_code == 200
    assert client.get("/api/v1/incidents/?marking__lte=amber_strict").json()["count"] == 20


class TestUpdatedSince:
    def test_at_and_after(self, client: Client) -> None:
        newest = ask(client, "incidents", ordering="-updated_at", page_size=1)["results"][0]
        assert found(client, "incidents", updated_since=newest["updated_at"]) == [newest["id"]]
        assert found(client, "incidents", updated_at__gt=newest["updated_at"]) == []
        assert newest["id"] not in found(client, "incidents", updated_at__lt=newest["updated_at"])

    @pytest.mark.parametrize(
        "instant", ["2021-10-08", "2021-10-08T12:00:00Z", "2021-10-08T12:00:00.000001Z", "2021-10-08t12:00:00z"]
    )
    def test_forms(self, client: Client, instant: str) -> None:
        assert len(found(client, "incidents", updated_since=instant)) == 20

    def test_offsets(self, client: Client) -> None:
        newest = ask(client, "incidents", ordering="-updated_at", page_size=1)["results"][0]
        stem = newest["updated_at"].removesuffix("Z")
        # The plus of an offset may stand unescaped, which reads as a space.
        for offset, count in (("%2B00:00", 1), ("+00:00", 1), ("-00:00", 1), ("%2B00:01", 20), ("-00:01", 0)):
            address = f"/api/v1/incidents/?updated_since={stem}{offset}"
            assert client.get(address).json()["count"] == count, offset

    def test_the_ends_of_time(self, client: Client) -> None:
        assert len(found(client, "incidents", updated_since="0001-01-01T00:00:00Z")) == 20
        assert found(client, "incidents", updated_since="9999-12-31T23:59:59.999999Z") == []


class TestFieldsAndOmit:
    """Keys come in the order of the document, whatever the order asked for."""

    def test_fields(self, client: Client) -> None:
        for result in ask(client, "incidents", fields="title,id")["results"]:
            assert list(result) == ["id", "title"]

    def test_omit(self, client: Client) -> None:
        whole = ask(client, "incidents", page_size=1)["results"][0]
        left = ask(client, "incidents", page_size=1, omit="citations,involvements")["results"][0]
        assert left == {key: value for key, value in whole.items() if key not in ("citations", "involvements")}
        assert list(left) == [key for key in whole if key in left]

    def test_both(self, client: Client) -> None:
        assert list(ask(client, "incidents", fields="id,title", omit="id")["results"][0]) == ["title"]

    def test_repeated(self, client: Client) -> None:
        assert list(ask(client, "incidents", fields=["id", "title"])["results"][0]) == ["id", "title"]

    @pytest.mark.parametrize("resource", LISTS)
    def test_every_key_by_itself(self, client: Client, resource: str) -> None:
        whole = ask(client, resource, page_size=1)["results"][0]
        for key, value in whole.items():
            assert ask(client, resource, page_size=1, fields=key)["results"] == [{key: value}]
            assert ask(client, resource, whole["id"], fields=key) == {key: value}
            assert ask(client, resource, whole["id"], omit=key) == {k: v for k, v in whole.items() if k != key}


def test_a_code_list_is_read_once_for_all_values(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(4):  # head of the class, countries, count, page
        client.get(path_of("incidents", country__in="AF,TJ,PK,FR,US"))


# A part that is asked for, and those of the titles that hold it.
CASES = {
    "strasse": ["Straße", "STRASSE"],
    "SS": ["Straße", "STRASSE"],
    "ß": ["Straße", "STRASSE"],
    "ista": ["ISTANBUL", "\u0131stanbul"],
    "İSTA": ["İstanbul"],
    "éclat": ["ÉCLAT"],
    "ΣΟΣ": ["Σος"],
    "ﬁn": ["ﬁnal", "FINAL"],
    "ж": ["Жук"],
    "k": ["Ask"],
    "\U0001f4a3": ["Bomb \U0001f4a3"],
}
TITLES = sorted({title for titles in CASES.values() for title in titles} | {"\u212aelvin"})


@pytest.fixture(scope="class")
def made(varied: None) -> Iterator[dict[str, str]]:
    """An incident of each title, and its title."""
    with undone():
        yield {str(public.incident(title=title, tags=["case"]).pk): title for title in TITLES}


class TestCases:
    """The case of letters is that of Unicode: on both engines, in a database of any locale."""

    @pytest.mark.parametrize("part", CASES)
    def test_parts_are_found_in_any_case(self, client: Client, made: dict[str, str], part: str) -> None:
        answer = answered(client, "incidents", title__icontains=part, tag="case")
        assert sorted(made[key] for key in answer) == sorted(CASES[part])


class TestNarrowerTerms:
    """Codes of a vocabulary that is a tree stand for what is below them, at any depth."""

    @pytest.fixture(autouse=True)
    def _codes(self) -> None:
        for vocabulary in (RelationshipKind, ClaimMode):
            for code, parent in (("top", None), ("middle", "top"), ("bottom", "middle"), ("apart", None)):
                make_code(vocabulary, code, parent)

    def made(self, resource: str, code: str) -> str:
        """A record of that code by which the resource is filtered."""
        if resource == "relationships":
            return str(public.relationship(kind=code, tags=["tree"]).pk)
        incident = public.incident(tags=["tree"])
        claim = public.claim(mode=code, incidents=[incident], tags=["tree"])
        return str(claim.pk if resource == "claims" else incident.pk)

    @pytest.mark.parametrize(
        ("resource", "name"), [("relationships", "kind"), ("claims", "mode"), ("incidents", "claim_mode")]
    )
    def test_a_wider_term_finds_them(self, client: Client, resource: str, name: str) -> None:
        key = {code: self.made(resource, code) for code in ("top", "middle", "bottom", "apart")}

        def answer(**asked: str) -> list[str]:
            return sorted(code for code in key if key[code] in found(client, resource, tag="tree", **asked))

        assert answer(**{name: "top"}) == ["bottom", "middle", "top"]
        assert answer(**{name: "middle"}) == ["bottom", "middle"]
        assert answer(**{name: "bottom"}) == ["bottom"]
        assert answer(**{f"{name}__in": "bottom,apart"}) == ["apart", "bottom"]
        assert answer(**{f"{name}__not": "middle"}) == ["apart", "top"]

    def test_a_ring_ends(self, client: Client) -> None:
        RelationshipKind.objects.filter(code="top").update(parent_id="bottom")
        key = self.made("relationships", "middle")
        assert found(client, "relationships", tag="tree", kind="top") == [key]
