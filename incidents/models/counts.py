"""Numbers of persons and events as reports give them: an interval, its hedge, its words, its absence."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from incidents.choices import UNCOUNTED, CountState, Qualifier
from threatdb.records.fields import BoundedCharField, ChoiceField, CountField, FlagField

OUT_OF_ORDER = "The numbers must not decrease from low to best to high."

BOUNDS = ("low", "best", "high")

# The two numbers of persons that a toll has; each is a group of columns with this prefix.
TOLL = ("killed", "wounded")


def bound() -> CountField:
    """One of the three numbers; null where the words of the report leave it open."""
    return CountField(null=True, blank=True)


def qualifier() -> ChoiceField:
    return ChoiceField(choices=Qualifier.choices, null=True, blank=True, help_text="How the report hedges.")


def as_reported() -> BoundedCharField:
    return BoundedCharField(max_length=300, blank=True, help_text="The number in the words of the report.")


def count_state() -> ChoiceField:
    return ChoiceField(
        choices=CountState.choices,
        default=CountState.UNKNOWN,
        help_text="What stands behind the number, or behind its absence.",
    )


def inconsistent() -> FlagField:
    return FlagField(
        default=False,
        help_text="Keep numbers that decrease from low to high as they were given (real data sets have such rows).",
    )


class Toll(models.Model):
    """The killed and the wounded: of an incident, or of one source's account of it."""

    killed_low = bound()
    killed_best = bound()
    killed_high = bound()
    killed_qualifier = qualifier()
    killed_as_reported = as_reported()
    killed_state = count_state()
    killed_inconsistent = inconsistent()

    wounded_low = bound()
    wounded_best = bound()
    wounded_high = bound()
    wounded_qualifier = qualifier()
    wounded_as_reported = as_reported()
    wounded_state = count_state()
    wounded_inconsistent = inconsistent()

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        for prefix in TOLL:
            _settle(self, prefix)
        problems = {f"{prefix}_low": OUT_OF_ORDER for prefix in TOLL if _breaks_order(self, prefix)}
        if problems:
            raise ValidationError(problems)


def _settle(toll: Toll, prefix: str) -> None:
    """Write the zeros that ``none_confirmed`` means, and drop a flag that marks nothing."""
    if getattr(toll, f"{prefix}_state") == CountState.NONE_CONFIRMED:
        for name in BOUNDS:
            if getattr(toll, f"{prefix}_{name}") is None:
                setattr(toll, f"{prefix}_{name}", 0)
    if is_ordered(*(getattr(toll, f"{prefix}_{name}") for name in BOUNDS)):
        setattr(toll, f"{prefix}_inconsistent", False)


def _breaks_order(toll: Toll, prefix: str) -> bool:
    numbers = (getattr(toll, f"{prefix}_{name}") for name in BOUNDS)
    return not getattr(toll, f"{prefix}_inconsistent") and not is_ordered(*numbers)


def is_ordered(*numbers: int | None) -> bool:
    """Whether the known ones among the numbers never decrease."""
    known = [number for number in numbers if number is not None]
    return known == sorted(known)


def in_order(prefix: str) -> Q:
    """The same in the database: a comparison with NULL is unknown, which a CHECK lets pass."""
    low, best, high = (f"{prefix}_{name}" for name in BOUNDS)
    return Q(**{f"{best}__gte": F(low), f"{high}__gte": F(best)}) & Q(**{f"{high}__gte": F(low)})


def toll_rules(name: str) -> list[models.BaseConstraint]:
    """The constraints that each concrete table with a toll declares."""
    return [rule for prefix in TOLL for rule in _count_rules(name, prefix)]


def _count_rules(name: str, prefix: str) -> list[models.BaseConstraint]:
    numbers = [f"{prefix}_{bound_name}" for bound_name in BOUNDS]
    state = f"{prefix}_state"
    # NULL = 0 is unknown, which a CHECK lets pass; hence each number is asked for as well.
    zero = Q(**dict.fromkeys(numbers, 0), **{f"{n}__isnull": False for n in numbers})
    return [
        models.CheckConstraint(
            name=f"{name}_{prefix}_in_order",
            condition=Q(**{f"{prefix}_inconsistent": True}) | in_order(prefix),
            violation_error_message=OUT_OF_ORDER,
        ),
        models.CheckConstraint(
            name=f"{name}_{prefix}_uncounted",
            condition=~Q(**{f"{state}__in": UNCOUNTED}) | Q(**{f"{n}__isnull": True for n in numbers}),
            violation_error_message=f"Give no number of {prefix} that is unknown, not reported or not applicable.",
        ),
        models.CheckConstraint(
            name=f"{name}_{prefix}_none_is_zero",
            condition=~Q(**{state: CountState.NONE_CONFIRMED}) | zero,
            violation_error_message=f"None {prefix} is zero.",
        ),
    ]
