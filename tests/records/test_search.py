"""Full-text search: words are folded, and both engines find the same."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.models import SourceIndex
from tests.factories.sources import make_source
from threatdb.records import search
from threatdb.records.models import SearchText

ALPHABET = "ae0159x é"
OPERATORS = [
    *("AND", "OR", "NOT", "NEAR", "NEAR(a b)", "a OR b", "-a", "+a", "^a", "title:a", "text : a", "a NEAR/2 b"),
    *("{text} : a", "*", "a*b", "**", '"', '""', '"a', "a''b", "'; DROP TABLE x", "a\\", "\\", "a & b", "a | !b"),
    *("a <-> b", "a:*", "a:AB", "(a", "a)", "!!a", "%", "%s", "%(x)s", "$1", "?", "a\tb", "a\nb", "…", "—a"),
]


def found(query: str) -> list[str]:
    """Titles of the sources whose text matches."""
    rows = SourceIndex.objects.filter(pk__in=search.matching(query))
    return sorted(rows.values_list("title", flat=True))


def expected(query: str, title: str) -> bool:
    """Whether all phrases of the query occur in the words of the title: the definition, word by word."""
    words = search.fold(title).split()
    return all(_occurs(phrase, words) for phrase in search.parse(query))


def _occurs(phrase: str, words: list[str]) -> bool:
    *whole, last = phrase.removesuffix("*").split()
    spans = (words[start : start + len(whole) + 1] for start in range(len(words) - len(whole)))
    prefix = phrase.endswith("*")
    return any(s[:-1] == whole and (s[-1] == last or (prefix and s[-1].startswith(last))) for s in spans)


class TestFold:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Al-Qaʿida", "al qa ida"),
            ("São Tomé", "sao tome"),
            ("ISKP's “claim”", "iskp s claim"),
            ("Кабул", "kabul"),
            ("  a\t\nb  ", "a b"),
            ("ﬁre №5", "fire no5"),
            ("AK-47", "ak 47"),
            ("…—!", ""),
            ("", ""),
        ],
    )
    def test_words_in_plain_small_letters(self, text: str, words: str) -> None:
        assert search.fold(text) == words

    @given(st.text())
    def test_it_holds_only_words_and_folds_no_further(self, text: str) -> None:
        folded = search.fold(text)

        assert set(folded) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
        assert folded == search.fold(folded) == " ".join(folded.split())

    @given(st.text(max_size=400))
    def test_a_key_fits_its_column(self, name: str) -> None:
        key = search.fold_name(name)

        assert len(key) <= search.MAX_KEY
        assert search.fold(name).startswith(key)


class TestParse:
    @pytest.mark.parametrize(
        ("query", "phrases"),
        [
            ("red front", ["red", "front"]),
            ('"red front" kabul', ["red front", "kabul"]),
            ("kab*", ["kab*"]),
            ("al-qa*", ["al qa*"]),
            ('"red fr"*', ["red fr*"]),
            ('"red fr*"', ["red fr"]),
            ("AND", ["and"]),
            ("- kabul *", ["kabul"]),
            ('say "', ["say"]),
        ],
    )
    def test_phrases(self, query: str, phrases: list[str]) -> None:
        assert search.parse(query) == phrases

    @pytest.mark.parametrize("query", ["", "  ", "*", '""', "—", "()", '"*"'])
    def test_nothing_to_search_for_is_refused(self, query: str) -> None:
        with pytest.raises(ValueError, match="at least one word"):
            search.parse(query)

    def test_too_many_words_are_refused(self) -> None:
        assert len(search.parse(" ".join(["a"] * search.MAX_WORDS))) == search.MAX_WORDS
        with pytest.raises(ValueError, match="at most 20 words"):
            search.parse('"' + " ".join(["a"] * (search.MAX_WORDS + 1)) + '"')


@pytest.mark.django_db
class TestMatching:
    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("front", ["Front red", "Red Front of Kabul"]),
            ("RED FRONT", ["Front red", "Red Front of Kabul"]),
            ('"red front"', ["Red Front of Kabul"]),
            ('"front of kabul"', ["Red Front of Kabul"]),
            ("kab*", ["Kabulistan", "Red Front of Kabul"]),
            ("kabul", ["Red Front of Kabul"]),
            ("Кабул", ["Red Front of Kabul"]),
            ("abul", []),
            ("fron", []),
            ("the", ["The who"]),
            ("12e3ab", ["No 12e3ab"]),
            ("12e3a*", ["No 12e3ab"]),
            ("ab", []),
            ("12e3", []),
            ("no 2021", []),
        ],
    )
    def test_what_is_found(self, query: str, titles: list[str]) -> None:
        for title in ("Red Front of Kabul", "Front red", "Kabulistan", "The who", "No 12e3ab"):
            make_source(title=title)

        assert found(query) == titles

    @pytest.mark.parametrize("query", OPERATORS)
    def test_operators_are_words_like_any_other(self, query: str) -> None:
        titles = ["a", "b", "a b", "b a", "and", "or", "not", "near", "text", "title a", "s", "x drop table", "ab"]
        for title in titles:
            make_source(title=title)
        try:
            search.parse(query)
        except ValueError:
            return

        assert found(query) == sorted(title for title in titles if expected(query, title))

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        titles=st.lists(st.text(ALPHABET, min_size=1, max_size=12), min_size=1, max_size=6),
        query=st.text(ALPHABET + '"*', min_size=1, max_size=10),
    )
    def test_each_engine_finds_what_the_definition_says(self, titles: list[str], query: str) -> None:
        try:
            search.parse(query)
        except ValueError:
            return
        with transaction.atomic():
            rows = [make_source() for _ in titles]
            seqs = [row.latest_seq for row in rows]
            for seq, title in zip(seqs, titles, strict=True):
                SearchText.objects.filter(pk=seq).update(text=search.fold(title))

            hits = set(SourceIndex.objects.filter(pk__in=search.matching(query)).values_list("pk", flat=True))
            transaction.set_rollback(True)

        assert hits == {seq for seq, title in zip(seqs, titles, strict=True) if expected(query, title)}
