"""The admin pages of users and groups: Django's own, held to what all pages of this site keep."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import admin as django_pages
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from .checked import CheckedAdmin
from .forms import CheckedForm

CREDITED = (
    "The ledger says of each change who made it, so an account that has made one stays: take away “active” instead."
)


class NewAccountForm(CheckedForm, AdminUserCreationForm):  # type: ignore[type-arg]
    """The form of a new user."""


class AccountForm(CheckedForm, UserChangeForm):  # type: ignore[type-arg]
    """The form of a user."""


class _Deletable(CheckedAdmin):
    """Pages whose rows may be deleted, but for those that the ledger refers to."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        # Django would list revisions by the ids of records that the user may not see.
        return deleted, counts, lacking, [CREDITED] if protected else []

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError:
            return self._kept(request)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return super().response_action(request, queryset, *args, **kwargs)
        except ProtectedError:
            return self._kept(request)

    def _kept(self, request: HttpRequest) -> HttpResponse:
        """What to say where the ledger came to refer to a row after it was looked at."""
        self.message_user(request, CREDITED, messages.ERROR)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))


class AccountAdmin(_Deletable, django_pages.UserAdmin):  # type: ignore[type-arg]
    """Users; ``threatdb.access`` adds what concerns their second factor, and registers the page."""

    form = AccountForm
    add_form = NewAccountForm


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(_Deletable, django_pages.GroupAdmin):  # type: ignore[misc]
    """Groups of users: the roles."""
