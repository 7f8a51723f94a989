"""The buttons of a record's page and the actions of its list: submit, publish, return, withdraw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from threatdb.records.models import Record
from threatdb.records.services import Conflict

from .access import page_of
from .moves import MOVES, Move, form_for, make, offered
from .refusals import in_words

if TYPE_CHECKING:
    _Base = ModelAdmin[Any]
else:
    _Base = object


class Buttons(_Base):
    """Adds the moves to a record's page and list."""

    actions = ("submit_selected", "publish_selected")

    def get_urls(self) -> list[Any]:
        return [*(self._url(move) for move in MOVES.values()), *super().get_urls()]

    def _url(self, move: Move) -> URLPattern:
        view = self.admin_site.admin_view(self.move_view)
        return path(f"<path:object_id>/{move.name}/", view, {"move": move}, name=self._url_name(move))

    def _url_name(self, move: Move) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{move.name}"

    def move_view(self, request: HttpRequest, object_id: str, move: Move) -> HttpResponse:
        """Make one move and go back to the record's page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        record = self.get_object(request, unquote(object_id))
        if record is None or not self._may(request, move, record):
            raise PermissionDenied
        try:
            make(move, record, by=request.user, data=request.POST)  # type: ignore[arg-type]
        except (ValidationError, Conflict) as error:
            self.message_user(request, in_words(self.admin_site, request, error), messages.ERROR)
        else:
            self.message_user(request, format_html("“{}” was {}.", record, move.done), messages.SUCCESS)
        return HttpResponseRedirect(page_of(record))

    def _may(self, request: HttpRequest, move: Move, record: Record | None = None) -> bool:
        user: Any = request.user
        return self.has_view_permission(request, record) and move.is_allowed(user, record)

    def buttons(self, request: HttpRequest, record: Record) -> list[dict[str, Any]]:
        """What the page needs for each button that is open to the user now."""
        return [
            {
                "move": move,
                "url": reverse(f"admin:{self._url_name(move)}", args=[quote(str(record.pk))]),
                "form": form_for(move, initial={"read_number": record.number}, auto_id=f"{move.name}_%s"),
            }
            for move in offered(record, request.user)  # type: ignore[arg-type]
        ]

    @admin.action(description="Submit selected for review", permissions=["submit"])
    def submit_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._make_each(request, queryset, MOVES["submit"])

    @admin.action(description="Publish selected", permissions=["publish"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._make_each(request, queryset, MOVES["publish"])

    def has_submit_permission(self, request: HttpRequest) -> bool:
        return self._may(request, MOVES["submit"])

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return self._may(request, MOVES["publish"])

    def action_checkbox(self, obj: Record) -> SafeString:
        """The box of a row, and the number at which the row shows the record: nobody publishes what he did not see."""
        read = format_html('<input type="hidden" name="{}" value="{}">', _read(obj), obj.number)
        return format_html("{}{}", super().action_checkbox(obj), read)

    def _make_each(self, request: HttpRequest, queryset: QuerySet[Any], move: Move) -> None:
        """Make the move on each record by itself, and say what became of each."""
        for record in queryset:
            # Who takes all pages was not shown the rows of the others.
            data = {"read_number": request.POST.get(_read(record), record.number)}
            try:
                make(move, record, by=request.user, data=data)  # type: ignore[arg-type]
            except (ValidationError, Conflict) as error:
                text = format_html("“{}”: {}", record, in_words(self.admin_site, request, error))
                self.message_user(request, text, messages.ERROR)
            else:
                self.message_user(request, format_html("“{}” was {}.", record, move.done), messages.SUCCESS)


def _read(record: Record) -> str:
    """Under which name a list sends the number at which it showed the record."""
    return f"read_number_{record.pk}"
