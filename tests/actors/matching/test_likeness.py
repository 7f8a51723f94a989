"""How like two names are: the ways in which they may be one, and rules that hold of all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.matching import likeness, sinitic
from actors.matching.forms import Form, form_of
from actors.matching.letters import skeleton, words_of
from actors.matching.likeness import Likeness


def form(name: str) -> Form:
    found = form_of(name)
    assert found is not None
    return found


def alike(one: str, other: str) -> Likeness:
    """The two compared with all words of one weight."""
    return likeness.compare(form(one), form(other), lambda word: 1.0)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("BOKO HARAM", "Boko Harâm", "exact"),
        ("Bokoharam", "Boko-Haram", "spacing"),
        ("The Red Brigades", "Red Brigades", "spacing"),
        ("Kony, Joseph", "Joseph Kony", "token_order"),
        ("PFLP", "Popular Front for the Liberation of Palestine", "acronym"),
        ("Popular Front for the Liberation of Palestine", "P.F.L.P.", "acronym"),
        ("Provisional IRA", "Provisional Irish Republican Army", "acronym"),
        ("معمر القذافي", "Muammar Gaddafi", "transliteration"),
        ("حزب الله", "Hezbollah", "transliteration"),
        ("د طالبانو غورځنګ", "Talibano Ghurdzang", "transliteration"),
        ("Рамзан Кадыров", "Ramzan Kadirov", "transliteration"),
        ("Mao Tse-tung", "Mao Zedong", "transliteration"),
        ("毛泽东", "Mao Zedong", "spacing"),
        ("Teng Hsiao-p'ing", "Deng Xiaoping", "transliteration"),
        ("Frente de Liberación Popular", "Popular Liberation Front", "translation"),
        ("Ulster Volunteed Force", "Ulster Volunteer Force", "edit_distance"),
        ("Senior General Min Aung Hlaing", "Min Aung Hlaing", "partial"),
    ],
)
def test_a_way_to_be_one_name(one: str, other: str, reason: str) -> None:
    for found in (alike(one, other), alike(other, one)):
        assert reason in found.reasons
        assert found.score >= 0.65


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("17 November", "18 November"),
        ("North Korea", "South Korea"),
        ("Hamas", "Fatah"),
        ("Zhou Enlai", "Zhou Yongkang"),
        ("Fatah al-Islam", "Fatah al-Intifada"),
        ("Al", "ULA"),
        ("Allah", "ULA"),
        ("UDA", "ETA"),
        ("BKI", "PKK"),
        ("Government of Niger", "Government of Nigeria"),
        ("Government of Iran", "Government of Iraq"),
        ("Mali", "Malawi"),
        ("Austria", "Australia"),
        ("ISKP", "Izzi (Igbo)"),
        ("Izzi (Igbo)", "ISKP"),
    ],
)
def test_names_that_are_not_one(one: str, other: str) -> None:
    assert alike(one, other).score < 0.75


@pytest.mark.parametrize(
    ("arabic", "latin"),
    [
        ("القاعدة", "Qa'ida"),
        ("طالبان", "Taliban"),
        ("النصرة", "Nusra"),
        ("خراسان", "Khorasan"),
        ("قذافي", "Gaddafi"),
        ("محمد", "Muhammad"),
    ],
)
def test_a_skeleton_is_the_same_in_both_scripts(arabic: str, latin: str) -> None:
    assert skeleton(words_of(arabic)[-1]) == skeleton(words_of(latin)[-1])


def test_letters_with_dots_are_one_word() -> None:
    assert words_of("F.A.R.C. of Cauca") == ["farc", "of", "cauca"]
    assert words_of("Tehrik-e Taliban") == ["tehrik", "e", "taliban"]


@pytest.mark.parametrize(
    "name", ["mao zedong", "zhou enlai", "deng xiaoping", "hua guofeng", "zhao ziyang", "yan xishan"]
)
def test_pinyin_has_a_key_in_wade_giles(name: str) -> None:
    (key,) = sinitic.keys(name.split())
    assert key in sinitic.keys(key.split())


def test_what_cannot_be_chinese_has_no_key() -> None:
    assert sinitic.keys(["islamic", "state"]) == frozenset()
    assert sinitic.keys(["mao"]) == frozenset()
    assert sinitic.keys(["x" * 30]) == frozenset()


names = st.text(min_size=1, max_size=40)


@given(names, names)
def test_a_likeness_is_between_nothing_and_one(one: str, other: str) -> None:
    left, right = form_of(one), form_of(other)
    if left and right:
        found = likeness.compare(left, right, lambda word: 1.0)
        assert 0.0 <= found.score <= 1.0
        assert set(found.reasons) <= likeness.REASONS.keys()
        assert (found.score == 1.0) == (left.words == right.words)


@given(names)
def test_a_name_is_itself(name: str) -> None:
    own = form_of(name)
    if own:
        assert likeness.compare(own, own, lambda word: 1.0) == Likeness(1.0, ("exact",))


@pytest.mark.parametrize(
    ("apart", "joined"), [("عبد الله عزام", "عبدالله عزام"), ("فضل اللہ", "فضلاللہ"), ("حزب الله", "حزبالله")]
)
def test_the_name_of_god_is_one_word_with_what_stands_before_it(apart: str, joined: str) -> None:
    assert words_of(apart) == words_of(joined)
