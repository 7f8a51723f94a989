"""How numbers are written in pictures, and which of them stand at an axis."""

from __future__ import annotations

import math

# A tick is one, two or five times a power of ten.
_STEPS = (1, 2, 5, 10)


def written(value: float | None) -> str:
    """A number for people: 12,345; 0.25; a dash where it is not known."""
    if value is None:
        return "—"
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """A share of one: 0.25 is 25 %."""
    return f"{written(round(share * 100, 1))} %"


def coordinate(value: float) -> str:
    """A place in a picture, to a hundredth of a pixel."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def ticks(low: float, high: float, most: int = 6, *, whole: bool = False) -> list[float]:
    """Round numbers from ``low`` to ``high``, at most so many; ``whole`` for what is counted."""
    if high <= low:
        return [low]
    rough = (high - low) / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in _STEPS if power * factor >= rough * 0.999999)
    if whole:
        step = max(1.0, step)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Multiplied rather than added up, so that no error of rounding grows along the axis.
    return [round(number * step, 12) for number in range(first, last + 1)]


def rounded_up(value: float, most: int = 6, *, whole: bool = False) -> float:
    """The end of an axis that begins at 0 and has to hold the value: the first tick that is not below it."""
    if value <= 0:
        return 1.0
    found = ticks(0, value, most, whole=whole)
    step = found[1] - found[0] if len(found) > 1 else value
    return found[-1] if found[-1] >= value else round(found[-1] + step, 12)
