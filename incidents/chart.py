"""Grouped totals of incidents as a picture: a timeline, bars, or for two groupings a table of shades."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from threatdb.pictures import bars, matrix, rows
from threatdb.pictures.svg import Picture

WIDTH, HEIGHT = 760.0, 260.0

# Groups that have room: those with the most incidents. Of periods all are shown, as far as they can be told apart.
MOST_ROWS, MOST_COLUMNS, MOST_PERIODS = 30, 16, 240

PERIODS = ("year", "month")

# What is said of the group that has no value, where that is something else than that nobody knows it.
WITHOUT = {**dict.fromkeys(PERIODS, "over several"), "claimant": "none"}

WORDS = (
    "Single incidents by {by}. Bars are solid where the toll is known or not applicable; "
    "reports on several incidents are in no bar."
)
CROSSED = "Single incidents by {by}, without reports on several at once. The darker, the more."

Groups = Sequence[dict[str, Any]]


def picture(totals: dict[str, Any]) -> Picture:
    """Drawn from what ``stats/incidents`` answers."""
    by = totals.get("group_by", [])
    if len(by) == 2:
        return _crossed(totals["groups"], by)
    groups = totals["groups"] if by else [{"group": {"all": "All"}, **totals}]
    (name,) = by or ["all"]
    title = f"Incidents by {_words(name)}" if by else "Incidents"
    if name in PERIODS:
        return _timeline(groups, name, title)
    most = sorted(groups, key=lambda group: -group["single"]["incidents"])[:MOST_ROWS]
    shown = [rows.Row(_label(name, group["group"][name]), *_counts(group)) for group in most]
    return rows.draw(
        shown, WIDTH, title, WORDS.format(by=_words(name)), _left_out(len(groups) - len(most), _words(name))
    )


def _timeline(groups: Groups, name: str, title: str) -> Picture:
    found = {group["group"][name]: _counts(group) for group in groups}
    several = found.pop(None, None)
    periods = _filled(sorted(found), name)[-MOST_PERIODS:]
    stretches = [bars.Stretch(period, *found.get(period, (0, 0, 0))) for period in periods]
    words = WORDS.format(by=name)
    if several:
        words += f" {several[0] + several[1]} reach over several and are in none."
    return bars.draw(stretches, WIDTH, HEIGHT, title, words, "statistics")


def _crossed(groups: Groups, by: Sequence[str]) -> Picture:
    """Periods go across, whichever was named first."""
    down, across = reversed(by) if by[0] in PERIODS and by[1] not in PERIODS else by
    counts = Counter[tuple[str, str]]()
    rank, wide = Counter[str](), Counter[str]()
    for group in groups:
        pair = (_label(down, group["group"][down]), _label(across, group["group"][across]))
        counts[pair] += group["single"]["incidents"]
        rank[pair[0]] += group["single"]["incidents"]
        wide[pair[1]] += group["single"]["incidents"]
    lines = [name for name, _ in rank.most_common(MOST_ROWS)]
    columns = (
        sorted(wide)[-MOST_COLUMNS:] if across in PERIODS else [name for name, _ in wide.most_common(MOST_COLUMNS)]
    )
    title = f"Incidents by {_words(down)} and {_words(across)}"
    left = [_left_out(len(rank) - len(lines), _words(down)), _left_out(len(wide) - len(columns), _words(across))]
    words = CROSSED.format(by=f"{_words(down)} and {_words(across)}")
    return matrix.draw(lines, columns, counts, WIDTH, title, words, " ".join(filter(None, left)))


def name_of(group: dict[str, Any]) -> str:
    """A group in words."""
    return ", ".join(_label(name, value) for name, value in group.items())


def _counts(group: dict[str, Any]) -> tuple[int, int, int]:
    """Incidents whose toll is known or not applicable, those with an unknown one, and reports on several."""
    single = group["single"]
    unknown = single["killed"]["unknown"]
    return single["incidents"] - unknown, unknown, group["aggregate"]["reports"]


def _filled(periods: Sequence[str], name: str) -> list[str]:
    """All months or years from the first to the last, also those in which nothing happened."""
    if not periods:
        return []
    per_year = 12 if name == "month" else 1
    first, last = (_number(period, per_year) for period in (periods[0], periods[-1]))
    return [_period(number, per_year) for number in range(first, last + 1)]


def _number(period: str, per_year: int) -> int:
    year, _, month = period.partition("-")
    return int(year) * per_year + (int(month) - 1 if month else 0)


def _period(number: int, per_year: int) -> str:
    year, month = divmod(number, per_year)
    return f"{year:04}" if per_year == 1 else f"{year:04}-{month + 1:02}"


def _label(name: str, value: Any) -> str:
    if value is None:
        return WITHOUT.get(name, "not known")
    return str(value["name"]) if isinstance(value, dict) else str(value)


def _left_out(count: int, words: str) -> str:
    return f"No room for {count} more ({words})." if count > 0 else ""


def _words(name: str) -> str:
    return name.replace("_", " ")
