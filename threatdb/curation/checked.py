"""The base of every page of the admin: whatever it is asked, it answers in words."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup, DisallowedModelAdminToField
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from .choosing import LimitedChoosing
from .forms import CheckedForm
from .keys import is_key, key_of
from .lists import CheckedList, NotAsked, check_search
from .refusals import REFUSED, in_words, refusal_of

NOTHING_CHANGED = "Nothing was changed, so nothing was saved."


class CheckedAdmin(LimitedChoosing, admin.ModelAdmin[Any]):
    """An admin page that says what the database or a service refused, with the form as it was filled in."""

    form = CheckedForm
    view_on_site = False
    show_full_result_count = False
    list_per_page = 50

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except REFUSED as error:
            # Django's transaction around the view has been rolled back. The second pass finds the
            # refusal, so the form is not valid and the page shows it instead of saving.
            request.refusal = refusal_of(error, self._tables(request))  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _tables(self, request: HttpRequest) -> list[type[models.Model]]:
        """The models that the page writes to."""
        return [self.model, *(inline.model for inline in self.get_inlines(request, None))]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        form.in_words = staticmethod(partial(in_words, self.admin_site, request))
        return form

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row of that id. One that the user may not see is answered like one that never was."""
        row = None
        if is_key(key_of(self.model, from_field), object_id):
            row = super().get_object(request, object_id, from_field)
        if row is None:
            raise Http404(f"There is no such {self.opts.verbose_name}.")
        return row

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        # Django's two boxes of an instant take an instant to begin with, and no text from an address.
        instants = {field.name for field in self.opts.fields if isinstance(field, models.DateTimeField)}
        return {key: text for key, text in super().get_changeform_initial_data(request).items() if key not in instants}

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        request.changed = bool(message)  # type: ignore[attr-defined]
        return super().log_change(request, obj, message) if message else None

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if getattr(request, "changed", True) or "_popup" in request.POST:
            return super().response_change(request, obj)
        self.message_user(request, self.nothing_changed(request), messages.WARNING)
        if "_continue" in request.POST:
            return HttpResponseRedirect(request.get_full_path())
        return self.response_post_save_change(request, obj)

    def nothing_changed(self, request: HttpRequest) -> str:
        """What to say of a form that was sent as it stood."""
        return NOTHING_CHANGED

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CheckedList]:
        return CheckedList

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        try:
            return super().get_changelist_instance(request)
        except (IncorrectLookupParameters, DisallowedModelAdminLookup, DisallowedModelAdminToField):
            raise NotAsked("This list cannot be asked in this way, so all of it is shown.") from None

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        try:
            return super().changelist_view(request, extra_context)
        except NotAsked as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(request.path)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        check_search(search_term)
        return super().get_search_results(request, queryset, search_term)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        column = key_of(self.model)
        if not all(is_key(column, key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            # Keys that are no keys are none of the list's own: no record is chosen by them.
            raise BadRequest("The chosen rows are not named by their keys.")
        return super().response_action(request, queryset, *args, **kwargs)
