"""The page on which somebody on the staff sets up his second factor, renews its recovery codes or turns it off."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import mark_safe

from . import second_factor
from .login import WRONG_CODE, CodeForm, GuardedForm, refused

# In the session until the first code is right; the session is kept as safely as the secrets that are in use.
SECRET = "second_factor_secret"  # noqa: S105  # the name of a key

TEMPLATE = "admin/access/second_factor.html"


class SetUpForm(GuardedForm):
    """The first code that the app shows."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def __init__(self, request: HttpRequest, user: User, secret: str, *args: Any, **kwargs: Any) -> None:
        self.request, self.user, self.secret = request, user, secret
        super().__init__(*args, **kwargs)

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        self.recovery_codes = second_factor.turn_on(self.user, self.secret, code)
        if self.recovery_codes is None:
            raise forms.ValidationError(WRONG_CODE, code="wrong")
        return code


def second_factor_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Setting up where it is off, else what can be done with it. Codes that are shown, are shown in the answer to
    the form alone, never after a redirect: nothing of them is kept."""
    user: User = request.user  # type: ignore[assignment]
    context["title"] = "Second factor"
    page = _in_use if second_factor.is_on(user) else _setting_up
    return page(request, user, context)


def _setting_up(request: HttpRequest, user: User, context: dict[str, Any]) -> HttpResponse:
    secret = request.session.setdefault(SECRET, second_factor.new_secret())
    form = SetUpForm(request, user, secret, request.POST or None)
    if form.is_valid():
        del request.session[SECRET]
        return TemplateResponse(request, TEMPLATE, {**context, "recovery_codes": form.recovery_codes})
    picture = mark_safe(second_factor.qr_code(user, secret))  # noqa: S308  # made here, of quoted parts
    context |= {"form": form, "picture": picture, "secret": second_factor.readable(secret)}
    return TemplateResponse(request, TEMPLATE, context)


def _in_use(request: HttpRequest, user: User, context: dict[str, Any]) -> HttpResponse:
    form = CodeForm(request, user, request.POST or None)
    if form.is_valid():
        if "turn_off" in request.POST:
            second_factor.turn_off(user)
            return TemplateResponse(request, TEMPLATE, {**context, "turned_off": True})
        codes = second_factor.renew_recovery_codes(user)
        return TemplateResponse(request, TEMPLATE, {**context, "recovery_codes": codes})
    context |= {"form": form, "in_use": True, "left": second_factor.recovery_codes_left(user)}
    return refused(TemplateResponse(request, TEMPLATE, context), form)
