"""Moves that ask more than a button can: each has a page of its own, to which the record's page leads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods

from threatdb.records.models import Record
from threatdb.records.services import Conflict

from .access import page_of
from .forms import CHANGED
from .moves import MoveForm, Offer
from .refusals import REFUSED_DOCUMENT, in_words, plain

if TYPE_CHECKING:
    _Base = ModelAdmin[Any]
else:
    _Base = object

View = Callable[..., HttpResponse]


class AskingForm(MoveForm):
    """What each such page asks beside its own: the revision that it showed, and why."""

    note = forms.CharField(max_length=2000, widget=AdminTextareaWidget(attrs={"rows": 2}), label="Reason")

    def say(self, error: Exception, words: Callable[[Any], str]) -> None:
        """Show what refused the act, in these words."""
        if isinstance(error, Conflict):
            self.add_error(None, CHANGED)
        else:
            self.add_error(None, words(plain(error, "This is refused")))


class AskingPages(_Base):
    """What the pages of such moves have in common."""

    def asked(self) -> list[tuple[Offer, View]]:
        """The moves that records of this type can make and that have a page, each with its view."""
        return []

    def get_urls(self) -> list[Any]:
        return [*(self._asking_url(*pair) for pair in self.asked()), *super().get_urls()]

    def _asking_url(self, offer: Offer, view: View) -> URLPattern:
        checked = require_http_methods(["GET", "HEAD", "POST"])(view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_{offer.name}"
        return path(f"<path:object_id>/{offer.name}/", self.admin_site.admin_view(checked), name=name)

    def links(self, request: HttpRequest, record: Record) -> list[dict[str, Any]]:
        """The pages of those moves that are open to the user now."""
        user: Any = request.user
        offers = [offer for offer, _ in self.asked() if offer.is_offered(user, record)]
        return [{"offer": offer, "url": page_of(record, offer.name)} for offer in offers]

    def opened(self, request: HttpRequest, object_id: str, offer: Offer) -> Any:
        """The record that the address names, for whoever may do this to it."""
        record = self.get_object(request, unquote(object_id))
        user: Any = request.user
        if record is None or not (self.has_view_permission(request, record) and offer.is_allowed(user, record)):
            raise PermissionDenied
        return record

    def done(self, request: HttpRequest, form: AskingForm, act: Callable[[], None]) -> bool:
        """Whether the act went through. What refused it is said on the form, and nothing of it remains.

        The act opens its record anew: under the lock, and since what was undone leaves its marks on the object.
        """
        try:
            with transaction.atomic():
                act()
        except REFUSED_DOCUMENT as error:
            form.say(error, lambda refusal: in_words(self.admin_site, request, refusal))
            return False
        return True

    def asking_page(self, request: HttpRequest, record: Record, offer: Offer, **context: Any) -> TemplateResponse:
        """The page of a move, by its template."""
        request.current_app = self.admin_site.name
        whole = {
            **self.admin_site.each_context(request),
            "title": f"{offer.label}: {record}",
            "subtitle": None,
            "opts": self.opts,
            "object": record,
            "offer": offer,
            **context,
        }
        return TemplateResponse(request, f"admin/curation/{offer.name}.html", whole)
