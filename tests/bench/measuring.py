"""Timing what is compared in one run, turn by turn, so that a slow spell of the machine meets both alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from math import ceil

Task = Callable[[], float]
"""Does something once and says how many seconds that took."""


# Cheap tasks are repeated until they have taken so long together: a few requests of a millisecond each say little
# on a machine that does something else beside.
SECONDS = 2.0
MOST = 400


def medians(tasks: Sequence[Task], repetitions: int, seconds: float = SECONDS, warm_up: int = 3) -> list[float]:
    """The median seconds of each task, all run in turn, after some turns that do not count."""
    for _ in range(warm_up):
        _turn(tasks, backwards=False)
    turns: list[list[float]] = []
    while len(turns) < repetitions or (len(turns) < MOST and sum(map(sum, turns)) < seconds):
        # Who goes first finds other things in the processor's caches; so they take turns in that too.
        turns.append(_turn(tasks, backwards=len(turns) % 2 == 1))
    return [statistics.median(times) for times in zip(*turns, strict=True)]


def _turn(tasks: Sequence[Task], *, backwards: bool) -> list[float]:
    if backwards:
        return [task() for task in reversed(tasks)][::-1]
    return [task() for task in tasks]


def percentile(values: Sequence[float], share: int) -> float:
    """The smallest of the values that so many in a hundred do not exceed."""
    return sorted(values)[max(0, ceil(len(values) * share / 100) - 1)]
