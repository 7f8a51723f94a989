"""Full text: every word must occur, whatever its script and accents; both engines find the same."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.serializers import ActorSerializer
from incidents.serializers import IncidentSerializer
from tests.base import assert_refused, found, path_of
from tests.factories.records import change
from threatdb.records.search import fold

from . import public

pytestmark = pytest.mark.django_db


@pytest.fixture
def texts() -> dict[str, str]:
    """Titles of incidents by what is special about them."""
    titles = {
        "plain": "Bombing of a bus near the old market",
        "accents": "Éclatement d’une bombe à Paris",  # noqa: RUF001
        "arabic": "هجوم في كابل",
        "cyrillic": "Взрыв в Кабуле",
        "chinese": "喀布尔爆炸事件",
        "numbers": "IED of 25kg on 2021-10-08, 1e5 m away",
        "hyphens": "Al-Shabaab car-bomb",
        "operators": "NOT guilty AND bombing OR near",
    }
    made = public.copies(public.incident(title="zzz"), ({"title": title} for title in titles.values()))
    return dict(zip(titles, made, strict=True))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("bombing", {"plain", "operators"}),
        ("BOMBING", {"plain", "operators"}),
        ("bomb", {"hyphens"}),  # a word, not a part of one
        ("bomb*", {"plain", "accents", "hyphens", "operators"}),
        ("bombe", {"accents"}),
        ("market bus", {"plain"}),  # in any order
        ('"old market"', {"plain"}),
        ('"market old"', set()),
        ('"the old mark*"', set()),  # no prefix inside a phrase
        ('"the old mark"*', {"plain"}),
        ('"old mar"* bus', {"plain"}),
        ('"old arket"*', set()),
        ("bus paris", set()),
        ("eclatement", {"accents"}),
        ("ÉCLATEMENT", {"accents"}),
        ("éclatement", {"accents"}),  # decomposed
        ("هجوم", {"arabic"}),
        ("Взрыв", {"cyrillic"}),
        ("vzryv", {"cyrillic"}),
        ("кабул*", {"cyrillic"}),
        ("喀布尔爆炸事件", {"chinese"}),
        ("喀布尔*", {"chinese"}),
        ("25kg", {"numbers"}),
        ("2021-10-08", {"numbers"}),
        ('"2021 10 08"', {"numbers"}),
        ("1e5", {"numbers"}),
        ("al-shabaab", {"hyphens"}),
        ("alshabaab", set()),
        ("shabaab, car bomb!", {"hyphens"}),
        # Words that mean something to one engine's own language.
        ("NOT", {"operators"}),
        ("bombing AND near", {"operators"}),
        ("bombing OR guilty", {"operators"}),
        ("NEAR(bombing guilty)", set()),
        ("AND(bombing guilty)", {"operators"}),
        ("bombing & near", {"plain", "operators"}),
        ("bombing | bus", {"plain"}),
        ("!bombing", {"plain", "operators"}),
        ("-bombing", {"plain", "operators"}),
        ("title:bombing", set()),
        ("bombing:*", {"plain", "operators"}),
        ("^bombing", {"plain", "operators"}),
        ("bom'bing", set()),
        ('"bombing', {"plain", "operators"}),  # a quotation mark left open
        ("bombing\\", {"plain", "operators"}),
        ("%", None),
        ("'", None),
        ("() ", None),
    ],
)
def test_queries(client: Client, texts: dict[str, str], query: str, expected: set[str] | None) -> None:
    if expected is None:
        assert_refused(client.get(path_of("incidents", q=query)), "q")
    else:
        assert set(found(client, "incidents", q=query)) == {texts[name] for name in expected}


def test_the_longest_query(client: Client, texts: dict[str, str]) -> None:
    assert found(client, "incidents", q="bombing " + "x" * 192) == []
    assert_refused(client.get(path_of("incidents", q="bombing " + "x" * 193)), "q")
    assert len(found(client, "incidents", q=" ".join(["bombing"] * 20))) == 2
    assert_refused(client.get(path_of("incidents", q=" ".join(["a"] * 21))), "q")


def test_what_is_searched(client: Client) -> None:
    """Names, summaries, places, words of reports; not what readers never see as text."""
    group = public.actor(name="Hizb Example", summary="alphaword", names=[{"name": "Betaword", "kind": "alias"}])
    public.incident(
        summary="gammaword",
        place={"admin1": "Deltaword", "precision": "adm1"},
        killed={"state": "reported", "low": 3, "as_reported": "epsilonword three"},
        involvements=[public.involved(group)],
    )
    for word in ("gammaword", "deltaword", "epsilonword", "hizb"):
        assert len(found(client, "incidents", q=word)) == 1, word
    for word in ("alphaword", "betaword", "hizb"):
        assert len(found(client, "actors", q=word)) == 1, word
    assert found(client, "incidents", q="political_violence perpetrator") == []


def test_only_what_is_in_force_is_searched(client: Client) -> None:
    record = public.incident(title="Oldword")
    serializer = IncidentSerializer
    change(serializer, record, title="Newword")
    assert (len(found(client, "incidents", q="oldword")), found(client, "incidents", q="newword")) == (1, [])
    change(serializer, record, title="Newword", summary="more", published=True)
    assert (found(client, "incidents", q="oldword"), len(found(client, "incidents", q="newword"))) == ([], 1)


def test_a_renamed_actor_is_found_by_the_new_name(client: Client) -> None:
    group = public.actor(name="Oldname")
    public.incident(involvements=[public.involved(group)])
    change(ActorSerializer, group, name="Newname", published=True)
    assert (found(client, "incidents", q="oldname"), len(found(client, "incidents", q="newname"))) == ([], 1)


WORDS = st.text("ab01e.", min_size=1, max_size=4)
TEXTS = st.lists(st.lists(WORDS, min_size=1, max_size=5).map(" ".join), min_size=1, max_size=6)


def finds(text: str, query: str) -> bool:
    """Whether every phrase of the query stands in the text; one that ends in a star may go on."""
    words = f" {fold(text)} "
    for part in re.findall(r'"[^"]*"\*?|[^\s"]+', query):
        if phrase := fold(part):
            end = "" if part.endswith("*") else " "
            if f" {phrase}{end}" not in words:
                return False
    return True


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=TEXTS,
    query=st.lists(st.builds("{}{}".format, WORDS, st.sampled_from(["", "", "*"])), min_size=1, max_size=3),
    quoted=st.booleans(),
)
def test_any_words(client: Client, texts: list[str], query: list[str], quoted: bool) -> None:
    """Short words of letters, digits, points and exponents, which parsers like to read as numbers."""
    asked = f'"{" ".join(query)}"*' if quoted else " ".join(query)
    cache.clear()
    with transaction.atomic():
        original = public.incident(title="zzz")
        made = dict(zip(public.copies(original, [{"title": text} for text in texts]), texts, strict=True))
        if fold(asked):
            assert set(found(client, "incidents", q=asked)) == {k for k, text in made.items() if finds(text, asked)}
        else:
            assert_refused(client.get(path_of("incidents", q=asked)), "q")
        transaction.set_rollback(True)
