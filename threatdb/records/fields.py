"""Model fields whose limits the database keeps on SQLite as it does on PostgreSQL.

SQLite enforces neither ``max_length`` nor ``choices`` nor most types. Each field here adds a CHECK of its own
to the column, so that no door can store what another refuses. Where an engine cannot say a rule in a CHECK,
the field's docstring names it; ``clean`` keeps it then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

# A year of four digits from 0001; month and day are optional, as in ISO 8601 reduced precision.
PARTIAL_DATE = re.compile(r"(?!0000)[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")

# All that ``str.strip`` takes off: one rule for what is blank, in Python and in both engines.
WHITE_SPACE = "".join(filter(str.isspace, map(chr, range(0x3001))))

# The number 2^31 - 1: the largest value of a PostgreSQL integer column.
MAX_INTEGER = 2_147_483_647

MOST_LABELS, LONGEST_LABEL = 50, 64


def _quoted(values: Iterable[object]) -> str:
    """The values as the inside of an SQL IN list; single quotes doubled, per cent signs doubled for Django."""
    texts = (f"{v}" if isinstance(v, int) else "'" + str(v).replace("'", "''") + "'" for v in values)
    return ", ".join(texts).replace("%", "%%")


def refuse_nul(value: str) -> None:
    """PostgreSQL cannot store NUL in text, and no reader wants it: refuse it at every door."""
    if "\x00" in value:
        raise ValidationError("Null characters are not allowed.", code="null_character")


class _Checked(models.Field[Any, Any]):
    """Mixin: puts ``condition(column, vendor)`` on the column as a CHECK that the database keeps."""

    def condition(self, column: str, vendor: str) -> str:
        """SQL of that engine, sqlite or postgresql, that holds for each legal value of the quoted column."""
        raise NotImplementedError(f"{type(self).__name__} must say its condition.")

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        column = connection.ops.quote_name(str(self.column))
        check: str = self.condition(column, connection.vendor)
        return f"{column} IS NULL OR ({check})" if self.null else check


class _Text(_Checked):
    """Mixin: text of at most ``max_length`` characters without NUL; more than white space unless it may be blank."""

    default_validators = [refuse_nul]

    def condition(self, column: str, vendor: str) -> str:
        rules = [f"LENGTH({column}) <= {self.max_length}"]
        if not self.blank:
            rules.append(f"TRIM({column}, '{WHITE_SPACE}') <> ''")
        if vendor == "sqlite":
            # PostgreSQL stores no NUL in any text, and nothing but text in a text column.
            rules += [f"INSTR({column}, CHAR(0)) = 0", f"TYPEOF({column}) = 'text'"]
        return " AND ".join(rules)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if not self.blank and isinstance(value, str) and not value.strip():
            raise ValidationError(self.error_messages["blank"], code="blank")


class BoundedCharField(_Text, models.CharField[Any, Any]):
    """A line of text of at most ``max_length`` characters without NUL."""


class IndexCharField(models.CharField[Any, Any]):
    """A text of an index row, in the order of the numbers of its characters.

    So it is on SQLite; PostgreSQL would order by the locale in which a database was made.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        found: Any = super().db_parameters(connection)
        return {**found, "collation": "C"} if connection.vendor == "postgresql" else found


class BoundedTextField(_Text, models.TextField[Any, Any]):
    """Longer text of at most ``max_length`` characters without NUL."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators.append(MaxLengthValidator(self.max_length))


class ChoiceField(_Checked, models.CharField[Any, Any]):
    """One code of a closed list. A nullable one is NULL, never empty, when nothing is said."""

    def condition(self, column: str, vendor: str) -> str:
        return f"{column} IN ({_quoted(code for code, _ in self.flatchoices)})"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 32)
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value: Any) -> Any:
        # Forms hand in "" for "nothing chosen"; the column knows NULL alone.
        return super().get_prep_value(None if value == "" and self.null else value)


class RankField(_Checked, models.SmallIntegerField[Any, Any]):
    """One value of a closed, ordered list of small integers, such as a marking."""

    def condition(self, column: str, vendor: str) -> str:
        return f"{column} IN ({_quoted(int(code) for code, _ in self.flatchoices)})"


class SeqField(models.BigIntegerField[Any, Any]):
    """A position in the ledger, as a primary key.

    SQLite finds a row by such a key in one search where the column is called integer (with 64 bits, as ever);
    any other name of the type has it search an index for the row's hidden number first.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)


class CountField(_Checked, models.IntegerField[Any, Any]):
    """A whole number of persons or events, from 0 to 2,147,483,647."""

    default_validators = [MinValueValidator(0), MaxValueValidator(MAX_INTEGER)]

    def condition(self, column: str, vendor: str) -> str:
        whole = f" AND TYPEOF({column}) = 'integer'" if vendor == "sqlite" else ""
        return f"{column} BETWEEN 0 AND {MAX_INTEGER}{whole}"


class FlagField(_Checked, models.BooleanField[Any, Any]):
    """Yes or no; nullable where it may be unknown. SQLite by itself would keep any value."""

    def condition(self, column: str, vendor: str) -> str:
        return f"{column} IN (TRUE, FALSE)"


class DayField(_Checked, models.DateField[Any, Any]):
    """A day from year 1 to 9999. SQLite by itself would keep any text, PostgreSQL years before Christ."""

    def condition(self, column: str, vendor: str) -> str:
        if vendor == "sqlite":
            return f"DATE({column}, '+0 days') IS {column} AND SUBSTR({column}, 1, 4) <> '0000'"
        return f"{column} BETWEEN '0001-01-01' AND '9999-12-31'"


class BoundedFloatField(_Checked, models.FloatField[Any, Any]):
    """A finite number between two bounds, both included; NaN and the infinities are refused."""

    def __init__(self, *args: Any, minimum: float = 0, maximum: float = 0, **kwargs: Any) -> None:
        self.minimum, self.maximum = minimum, maximum
        super().__init__(*args, **kwargs)
        self.validators += [MinValueValidator(minimum), MaxValueValidator(maximum), _refuse_nan]

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs |= {"minimum": self.minimum, "maximum": self.maximum}
        return name, path, args, kwargs

    def condition(self, column: str, vendor: str) -> str:
        return f"{column} BETWEEN {self.minimum} AND {self.maximum}"


def _refuse_nan(value: float) -> None:
    # NaN compares false with everything and so passes both range validators.
    if value != value:
        raise ValidationError("This must be a finite number.", code="not_finite")


class PartialDateField(_Checked, models.CharField[Any, Any]):
    """A date as sharp as it is known: "2021", "2021-08" or "2021-08-15" (ISO 8601 reduced precision)."""

    description = "Year, year and month, or full date"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 10
        super().__init__(*args, **kwargs)

    def condition(self, column: str, vendor: str) -> str:
        full = f"SUBSTR({column} || '-01-01', 1, 10)"
        if vendor == "sqlite":
            return f"LENGTH({column}) IN (4, 7, 10) AND DATE({full}, '+0 days') IS {full} AND {column} >= '0001'"
        # What has the form is built into a day, which fails where the calendar has no such day.
        year, month, day = (f"SUBSTR({full}, {at}, {size})::int" for at, size in ((1, 4), (6, 2), (9, 2)))
        exists = f"MAKE_DATE({year}, {month}, {day}) IS NOT NULL"
        return f"CASE WHEN {column} ~ '^({PARTIAL_DATE.pattern})$' THEN {exists} ELSE FALSE END"

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(None if value == "" else value)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if value and not is_partial_date(value):
            raise ValidationError(
                "“%(value)s” is not a date: write 2021, 2021-08 or 2021-08-15.",
                code="invalid_date",
                params={"value": value},
            )


class LabelsField(_Checked, models.JSONField[Any, Any]):
    """A list of short labels; at most 50, each of 1 to 64 characters, none of them blank.

    A CHECK on SQLite cannot look at each item: there the database keeps that it is a list of at most 50, PostgreSQL
    also that each is a text of that length, and ``clean`` all of it.
    """

    def condition(self, column: str, vendor: str) -> str:
        if vendor == "sqlite":
            return (
                f"JSON_VALID({column}) AND JSON_TYPE({column}) = 'array'"
                f" AND JSON_ARRAY_LENGTH({column}) <= {MOST_LABELS}"
            )
        label = f'@.type() == "string" && @ like_regex "^.{{1,{LONGEST_LABEL}}}$" flag "s"'
        return (
            f"CASE WHEN JSONB_TYPEOF({column}) = 'array' THEN JSONB_ARRAY_LENGTH({column}) <= {MOST_LABELS}"
            f" AND NOT JSONB_PATH_EXISTS({column}, 'strict $[*] ? (!({label}))') ELSE FALSE END"
        )

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if not are_labels(value):
            message = f"Give a list of at most {MOST_LABELS} texts of 1 to {LONGEST_LABEL} characters."
            raise ValidationError(message, code="invalid_labels")


class TagsField(LabelsField):
    """The labels that curators give a record to find it by."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"default": list, "blank": True}
        super().__init__(*args, **kwargs)


def are_labels(value: Any) -> bool:
    """Whether the value is a list of at most 50 texts, each of 1 to 64 characters, not blank and without NUL."""
    if not isinstance(value, list) or len(value) > MOST_LABELS:
        return False
    return all(isinstance(v, str) and len(v) <= LONGEST_LABEL and v.strip() and "\x00" not in v for v in value)


def is_partial_date(value: str) -> bool:
    """Whether the text names a year, month or day that exists in the calendar."""
    if not PARTIAL_DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat((value + "-01-01")[:10])
    except ValueError:
        return False
    return True
