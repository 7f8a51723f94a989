"""The admin pages of tokens: one's own for everybody on the staff, all of them for administrators; and of users."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from threatdb.curation.checked import CheckedAdmin
from threatdb.records.markings import Marking
from threatdb.records.visibility import viewer_of

from . import tokens
from .forms import TokenForm
from .models import Token
from .users import AccountAdmin

# The pages of django-otp would show secrets.
admin.site.unregister([User, StaticDevice, TOTPDevice])
admin.site.register(User, AccountAdmin)


# The page that shows a token cannot be the form for the next one as well.
MAKING = {"title": "Make a token", "show_save_and_continue": False, "show_save_and_add_another": False}


def manages(request: HttpRequest) -> bool:
    """Whether the user may make, see and revoke everybody's tokens."""
    return request.user.has_perm("access.manage_tokens")


@admin.register(Token)
class TokenAdmin(CheckedAdmin):
    """Tokens are made and revoked, never changed: what one may do is agreed on when it is handed out."""

    form = TokenForm
    list_display = ("name", "key", "owner", "scope_list", "clearance", "standing", "expires_at", "last_used_at")
    list_select_related = ("owner",)
    search_fields = ("name", "key", "owner__username")
    ordering = ("-created_at", "pk")
    actions = ("revoke_selected",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        rows = super().get_queryset(request)
        return rows if manages(request) else rows.filter(owner_id=request.user.pk)

    @admin.display(description="Scopes")
    def scope_list(self, token: Token) -> str:
        return ", ".join(token.scopes) or "read"

    @admin.display(description="State")
    def standing(self, token: Token) -> str:
        return token.standing(timezone.now())

    @admin.action(description="Revoke the selected tokens")
    def revoke_selected(self, request: HttpRequest, chosen: QuerySet[Token]) -> None:
        for token in chosen:
            tokens.revoke(token)
            self.log_change(request, token, "Revoked.")
        self.message_user(request, "The selected tokens work no more.")

    # --- Making one ---

    def get_fields(self, request: HttpRequest, obj: Token | None = None) -> list[Any]:
        if obj is not None:
            shown = ["standing", "created_at", "expires_at", "last_used_at", "revoked_at"]
            return ["owner", "name", "key", "scope_list", "clearance", *shown]
        return ["owner"] * manages(request) + ["name", "scopes", "clearance", "expires_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Token | None = None) -> list[Any]:
        return self.get_fields(request, obj) if obj is not None else []

    def get_form(self, request: HttpRequest, obj: Token | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.maker = request.user
        return form

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        most = viewer_of(request.user).clearance
        if db_field.name == "clearance" and not manages(request):
            kwargs["choices"] = [(m.value, m.label) for m in Marking if m <= most]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = get_user_model().objects.filter(is_active=True).order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Token:
        request.written = form.written  # type: ignore[attr-defined]
        token: Token = super().save_form(request, form, change)
        return token

    def response_add(self, request: HttpRequest, obj: Token, post_url_continue: str | None = None) -> HttpResponse:
        """The one page that ever shows the token; a redirect would have to carry it through the session."""
        context = {
            **self.admin_site.each_context(request),
            "title": "The token was made",
            "opts": self.opts,
            "token": obj,
            "written": request.written,  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/access/token_made.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        kept_nowhere: Any = never_cache(super().add_view)
        response: HttpResponse = kept_nowhere(request, form_url, MAKING)
        return response

    # --- Who may ---

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        mine = obj is None or obj.owner_id == request.user.pk
        return bool(request.user.is_active and request.user.is_staff) and (mine or manages(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        # They go with an account that is deleted, which Django allows whoever may delete both.
        return manages(request)
