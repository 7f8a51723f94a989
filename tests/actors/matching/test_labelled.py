"""Matching finds the actors that reports mean; ``./run bench names`` measures it among 12,000 names."""

from __future__ import annotations

import pytest

from actors.matching.finding import candidates_among, decided
from actors.matching.register import Register

from .corpus import Variant, documents, variants

VARIANTS = variants()
SORTS = {"acronym", "transliteration", "script", "token_order", "misspelling", "former", "translation"}


def found(register: Register, variant: Variant) -> list[str]:
    """The slugs of the candidates."""
    return [one.actor["slug"] for one in candidates_among(register, variant.name, on=variant.on)]


def test_the_set_is_large_and_of_all_sorts() -> None:
    known = {document["slug"] for document in documents(2000)}
    held_out, unseen = ([one for one in VARIANTS if getattr(one, part)] for part in ("held_out", "unseen"))
    seen = len(VARIANTS) - len(unseen)

    assert len(VARIANTS) == len({(variant.name, variant.on) for variant in VARIANTS})
    assert {variant.slug for variant in VARIANTS} <= known
    assert SORTS == {variant.sort for variant in held_out} == {variant.sort for variant in unseen}
    assert seen >= 300
    assert len(unseen) >= 200
    assert 0.45 < len(held_out) / seen < 0.55


def test_no_actor_is_there_twice() -> None:
    names = [document["name"] for document in documents(2000)]
    assert len(names) == len(set(names))


def test_it_finds_those_that_were_held_out(register: Register) -> None:
    first, among_five = recalls(register, [variant for variant in VARIANTS if variant.held_out])
    assert first >= 0.9
    assert among_five >= 0.97


def test_it_finds_those_of_actors_that_it_was_not_made_with(register: Register) -> None:
    """What it had of them when it was first asked, which is less than of those above."""
    first, among_five = recalls(register, [variant for variant in VARIANTS if variant.unseen])
    assert first >= 0.91
    assert among_five >= 0.94


def recalls(register: Register, asked: list[Variant]) -> tuple[float, float]:
    """Which share has its actor first, and which among the first five."""
    answers = [(variant.slug, found(register, variant)) for variant in asked]
    first = sum(slugs[:1] == [slug] for slug, slugs in answers)
    return first / len(answers), sum(slug in slugs for slug, slugs in answers) / len(answers)


def test_what_is_taken_for_meant_mostly_is(register: Register) -> None:
    tuned = [variant for variant in VARIANTS if not variant.held_out and not variant.unseen]
    meant = [(v.slug, decided(candidates_among(register, v.name, on=v.on))) for v in tuned]
    taken = [(slug, one.actor["slug"]) for slug, one in meant if one]

    assert len(taken) / len(tuned) >= 0.8
    assert sum(slug == one for slug, one in taken) / len(taken) >= 0.98


@pytest.mark.parametrize("name", ["Tooth Fairy Association", "qqqq", "!!!", "", "1234567", "—", "🙂"])
def test_it_means_nobody_where_nobody_is_called_so(register: Register, name: str) -> None:
    assert decided(candidates_among(register, name)) is None


def test_every_name_on_record_is_found_by_itself(register: Register) -> None:
    for entry in list(register.entries.values())[:60]:
        for name in entry.names:
            best = candidates_among(register, name.row["name"], limit=1)[0]
            assert best.score >= 0.97, name.row
