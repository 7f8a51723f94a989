"""Filling in the admin's forms as a browser does: what the page shows is sent back, with changes."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.test import Client
from django.urls import reverse


def address(row: Model, page: str = "change") -> str:
    """The address of a page of the row."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[quote(str(row.pk))])


def list_address(model: type[Model], page: str = "changelist") -> str:
    """The address of a page of the model."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")


def filled(client: Client, url: str) -> dict[str, Any]:
    """What a browser would send back of the form on that page if nothing were typed."""
    response = client.get(url)
    assert response.status_code == 200, url
    values: dict[str, Any] = {}
    _collect(values, response.context["adminform"].form)
    for inline in response.context["inline_admin_formsets"]:
        _collect(values, inline.formset.management_form)
        for form in inline.formset.forms:
            _collect(values, form)
    return values


def _collect(values: dict[str, Any], form: Any) -> None:
    for bound in form:
        value = bound.value()
        if callable(value):
            value = value()
        # The choice of a related row is wrapped by the admin in its links to add and change one.
        shown = getattr(bound.field.widget, "widget", bound.field.widget).format_value(value)
        if shown is not None and shown is not False:
            values[bound.html_name] = shown


def save(client: Client, url: str, **changes: Any) -> Any:
    """The answer to the page's form, sent with those changes and otherwise as it stands."""
    return client.post(url, filled(client, url) | changes)


def errors(response: Any) -> str:
    """All errors that the form's page shows, as one text."""
    return " ".join(str(text) for texts in response.context["errors"] for text in _flat(texts))


def _flat(texts: Any) -> list[Any]:
    return list(texts) if isinstance(texts, (list, tuple)) else [texts]
