"""All code lists of the service under one shape: closed lists of the code, and vocabulary tables."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.db import models

from .markings import Marking
from .models import Country
from .vocabularies import VocabularyEntry


@dataclass(frozen=True)
class Entry:
    """One code of a code list."""

    vocabulary: str
    code: str
    label: str
    definition: str | None = None
    parent: str | None = None
    position: int = 0
    crosswalk: dict[str, Any] = field(default_factory=dict)
    retired: bool = False
    valid_from: str | None = None
    valid_to: str | None = None
    url: str | None = None
    attribution: str | None = None

    @property
    def key(self) -> tuple[str, int, str]:
        """The order of entries, which is total."""
        return self.vocabulary, self.position, self.code

    def document(self) -> dict[str, Any]:
        """The entry as the API serves it."""
        return asdict(self)


def names() -> list[str]:
    """The names of all code lists, in their order."""
    return sorted([*_tables(), *_closed(), "country", "marking"])


def entries(name: str) -> list[Entry]:
    """The entries of one code list in their order; ``KeyError`` when there is no such list."""
    if name == "country":
        return sorted(map(_of_country, Country.objects.all()), key=lambda entry: entry.key)
    if name == "marking":
        return [Entry("marking", m.code, m.label, position=int(m)) for m in Marking]
    if table := _tables().get(name):
        return sorted((_of_row(name, row) for row in table._default_manager.all()), key=lambda entry: entry.key)
    choices = _closed()[name]
    return [Entry(name, c.value, str(c.label), position=n) for n, c in enumerate(choices)]


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _tables() -> dict[str, type[VocabularyEntry]]:
    found = (model for model in apps.get_models() if issubclass(model, VocabularyEntry))
    return {_snake(model.__name__): model for model in found}


def _closed() -> dict[str, type[models.TextChoices]]:
    """The closed lists: every ``TextChoices`` of every app's module ``choices``."""
    return {_snake(choices.__name__): choices for choices in _choices()}


def _choices() -> Iterable[type[models.TextChoices]]:
    for config in apps.get_app_configs():
        name = f"{config.name}.choices"
        if config.name.startswith("django") or find_spec(name) is None:
            continue
        for _, member in inspect.getmembers(import_module(name), inspect.isclass):
            if issubclass(member, models.TextChoices) and member.__module__ == name:
                yield member


def _of_row(name: str, row: Any) -> Entry:
    return Entry(
        vocabulary=name,
        code=row.code,
        label=row.label,
        definition=row.definition or None,
        parent=row.parent_id,
        position=row.position,
        crosswalk=row.crosswalk,
        retired=row.retired,
        # Licences say where their terms are, and what has to be said of the makers.
        url=getattr(row, "url", None) or None,
        attribution=getattr(row, "attribution", None) or None,
    )


def _of_country(row: Country) -> Entry:
    codes = {"alpha3": row.alpha3, "numeric": row.numeric, "gleditsch_ward": row.gleditsch_ward}
    return Entry(
        vocabulary="country",
        code=row.code,
        label=row.name,
        crosswalk={scheme: [str(code)] for scheme, code in codes.items() if code is not None},
        retired=row.valid_to is not None,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
