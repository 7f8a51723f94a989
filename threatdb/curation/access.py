"""Which rows an admin page may show: those that exist for the user, and nothing that names what does not."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import quote
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from threatdb.records.models import Record
from threatdb.records.visibility import Viewer, viewer_of

HIDDEN = "(a record that you may not see)"


def viewer_for(request: HttpRequest) -> Viewer:
    """The viewer who asks for an admin page."""
    return viewer_of(request.user)


def visible_rows(model: type[models.Model], viewer: Viewer) -> QuerySet[Any]:
    """The rows of a record or of a part of one that exist for the viewer.

    A row that refers to a hidden record is hidden too: its name would give the other away. A part is
    visible when all that it refers to is, the record that it belongs to included.
    """
    rows: QuerySet[Any] = model._base_manager.all()
    if issubclass(model, Record):
        rows = model.objects.visible_to(viewer)
    for field in model._meta.get_fields():
        if isinstance(field, models.ForeignKey) and refers_to_record(field):
            shown = _record_model(field).objects.visible_to(viewer).filter(pk=OuterRef(field.attname))
            rows = rows.filter(Q(**{f"{field.name}__isnull": True}) | Exists(shown))
        elif isinstance(field, models.ManyToManyField) and refers_to_record(field):
            rows = rows.filter(~Exists(_hidden_links(field, viewer)))
    return rows


def _hidden_links(field: models.ManyToManyField[Any, Any], viewer: Viewer) -> QuerySet[Any]:
    """The links of a many-to-many field to records that the viewer may not see."""
    key = OuterRef(f"{field.m2m_reverse_field_name()}_id")
    shown = _record_model(field).objects.visible_to(viewer).filter(pk=key)
    through: Any = field.remote_field.through
    links: QuerySet[Any] = through._base_manager.filter(~Exists(shown))
    return links.filter(**{field.m2m_field_name(): OuterRef("pk")})


def _record_model(field: models.Field[Any, Any]) -> type[Record]:
    model: type[Record] = field.related_model  # type: ignore[assignment]
    return model


def refers_to_record(field: models.Field[Any, Any]) -> bool:
    """Whether a relation leads to a record, as against a vocabulary or a user."""
    return isinstance(field.related_model, type) and issubclass(field.related_model, Record)


def page_of(record: Record, page: str = "change") -> str:
    """The address of a page of the record in the admin."""
    name = f"admin:{record._meta.app_label}_{record._meta.model_name}_{page}"
    return reverse(name, args=[quote(str(record.pk))])
