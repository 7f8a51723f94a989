"""Texts are ordered by the numbers of their characters: on both engines, in a database of any locale."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client

from tests.base import ids, pages, path_of
from threatdb.records import registry
from threatdb.records.fields import IndexCharField

from . import public
from .grammar import LISTS

ROOT = Path(__file__).resolve().parents[2]

# As they have to be ordered; a locale of any language would bring "a" before "B" and "é" before "z".
TITLES = [
    "",
    "!a",
    "(b)",
    "10",
    "9",
    "A",
    "B",
    "Z",
    "a",
    "a b",
    "a-b",
    "ab",
    "b",
    "z",
    "É",
    "é",
    "я",
    "\u06a9",
    "\U0001f4a3",
]


@pytest.mark.django_db
@pytest.mark.parametrize("size", [3, 50])
def test_titles(client: Client, size: int) -> None:
    """Pages go on where the last one ended, in both directions of the order."""
    made = {str(public.source(title=title or "-", publisher=title).pk): title for title in reversed(TITLES)}
    for ordering, expected in (("publisher", TITLES), ("-publisher", TITLES[::-1])):
        walked = [
            key for page in pages(client, path_of("sources", ordering=ordering, page_size=size)) for key in ids(page)
        ]
        assert [made[key] for key in walked] == expected


@pytest.mark.django_db
def test_names_of_actors(client: Client) -> None:
    """Their default order is read off terms too."""
    names = [title for title in TITLES if title.strip()]
    for name in names:
        public.actor(name=name, tags=["some"])
    for query in ({}, {"tag": "some"}):
        found = [actor["name"] for actor in client.get(path_of("actors", **query)).json()["results"]]
        assert found == sorted(found)
        assert len(found) == len(names)


def test_they_stand_in_order() -> None:
    assert all(one < other for one, other in pairwise(TITLES))


def index_models() -> list[type[models.Model]]:
    """The tables of index rows and terms."""
    rows: list[Any] = [record_type.index for record_type in registry.all_types()]
    return [*rows, *(row.terms.rel.related_model for row in rows)]


@pytest.mark.parametrize("resource", LISTS)
def test_each_text_that_lists_are_ordered_by_has_that_order(resource: str) -> None:
    view = LISTS[resource]
    index: Any = registry.get(view.record_type).index
    columns = [index._meta.get_field(key.column) for key in view.ordering.values()]
    texts = [column for column in columns if isinstance(column, models.CharField | models.TextField)]
    assert [column.name for column in texts if not isinstance(column, IndexCharField)] == []


@pytest.mark.parametrize("model", index_models())
def test_each_text_of_the_index_itself_has_that_order(model: type[models.Model]) -> None:
    """Those that all record types share are codes and terms, by which nothing is ordered."""
    texts = [field for field in model._meta.local_fields if isinstance(field, models.CharField)]
    shared = {"state", "kind", "value"}
    assert {field.name for field in texts if not isinstance(field, IndexCharField)} <= shared


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite knows no locales")
def test_a_database_of_another_locale_orders_alike() -> None:
    """The tests above pass in a database that would order "a" before "B"."""
    settings = connection.settings_dict
    name = f"test_icu_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        )
    try:
        account = f"{settings['USER']}:{settings['PASSWORD']}@{settings['HOST']}:{settings['PORT'] or 5432}"
        url = f"postgres://{account}/{name.removeprefix('test_')}"
        own = [f"{Path(__file__)}::{test.__name__}" for test in (test_titles, test_names_of_actors)]
        command = [sys.executable, "-m", "pytest", "-q", "--reuse-db", "-p", "no:cacheprovider", *own]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")
