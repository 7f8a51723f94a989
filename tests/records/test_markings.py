"""Markings: their order, their codes, and what is refused."""

from __future__ import annotations

import pytest

from threatdb.records.markings import CODES, Marking, parse_marking


def test_the_order_is_that_of_the_traffic_light_protocol() -> None:
    assert CODES == ["clear", "green", "amber", "amber_strict", "red"]
    assert [int(marking) for marking in Marking] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("marking", Marking, ids=CODES)
def test_a_marking_is_read_by_its_code_and_by_its_label(marking: Marking) -> None:
    assert parse_marking(marking.code) is marking
    assert parse_marking(marking.label) is marking
    assert parse_marking(f"  {marking.label.lower()} ") is marking
    assert parse_marking(marking.code.upper()) is marking


@pytest.mark.parametrize("text", ["TLP:AMBER+STRICT", "amber+strict", "Amber Strict", "tlp:amber strict"])
def test_strict_amber_is_read_however_its_plus_arrives(text: str) -> None:
    assert parse_marking(text) is Marking.AMBER_STRICT


@pytest.mark.parametrize("text", ["", "white", "TLP:", "tlp:tlp:red", "0", "4", "redd", "red\x00", "\uff32ED"])
def test_anything_else_is_refused_with_the_codes(text: str) -> None:
    with pytest.raises(ValueError, match="use one of clear, green, amber, amber_strict, red"):
        parse_marking(text)
