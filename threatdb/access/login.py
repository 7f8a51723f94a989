"""Logging in to the admin: a password, then a code for who has set up a second factor."""

from __future__ import annotations

import time
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import get_user_model, login
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, RedirectURLMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.generic import FormView

from . import guarding, second_factor

# In the session of somebody who has given his password, and nothing else as yet.
PENDING = "second_factor"
SECONDS_FOR_THE_CODE = 5 * 60

WRONG_CODE = (
    "The code is wrong, or was used already. Wait for the app's next one; several failures make you wait longer."
)


class GuardedForm(forms.Form):
    """A form that somebody may fill wrongly so often, and then has to wait; ``wait`` is for how many seconds."""

    wait = 0

    def refuse_guessing(self, request: HttpRequest, secret: guarding.Secret, account: str) -> None:
        """Raises ``ValidationError`` where it was tried too often. To be called before anything is compared."""
        self.wait = guarding.try_once(request, secret, account)
        if self.wait:
            raise ValidationError(guarding.words(self.wait), code="locked")


class LoginForm(GuardedForm, AdminAuthenticationForm):
    """Name and password."""

    def clean(self) -> dict[str, Any]:
        request: HttpRequest = self.request  # type: ignore[assignment]
        account = self.cleaned_data.get("username") or ""
        self.refuse_guessing(request, "password", account)
        cleaned = super().clean()
        guarding.succeed(request, "password", account)
        return cleaned


class CodeForm(GuardedForm):
    """A code of the app, or a recovery code."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "autocapitalize": "none"}),
    )

    def __init__(self, request: HttpRequest, user: User, *args: Any, **kwargs: Any) -> None:
        self.request, self.user = request, user
        super().__init__(*args, **kwargs)

    def clean_code(self) -> str:
        account, code = str(self.user.pk), str(self.cleaned_data["code"])
        self.refuse_guessing(self.request, "code", account)
        if not second_factor.is_right(self.user, code):
            raise ValidationError(WRONG_CODE, code="wrong")
        guarding.succeed(self.request, "code", account)
        return code


def refused(response: HttpResponse, form: Any) -> HttpResponse:
    """The page with the form again; with 429 where somebody has to wait."""
    if form.wait:
        response.status_code = 429
        response["Retry-After"] = str(form.wait)
    return response


class LoginPage(LoginView):
    """The first page. Nobody is logged in by it who has set up a second factor."""

    authentication_form = LoginForm
    template_name = "admin/login.html"
    # For who asked for no page, or for one of another site.
    next_page = "admin:index"

    def form_valid(self, form: Any) -> HttpResponse:
        user: User = form.get_user()
        if not second_factor.is_on(user):
            return super().form_valid(form)
        kept = {"user": user.pk, "password": user.get_session_auth_hash(), "until": time.time() + SECONDS_FOR_THE_CODE}
        self.request.session[PENDING] = {**kept, "next": self.get_success_url()}
        return HttpResponseRedirect(reverse("admin:login_code"))

    def form_invalid(self, form: Any) -> HttpResponse:
        return refused(super().form_invalid(form), form)


@method_decorator([never_cache, csrf_protect], name="dispatch")
class CodePage(RedirectURLMixin, FormView[CodeForm]):
    """The second page, for who came from the first a few minutes ago."""

    form_class = CodeForm
    template_name = "admin/access/login_code.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.user = pending_user(request)
        if self.user is None:
            return HttpResponseRedirect(reverse("admin:login"))
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request, "user": self.user}

    def form_valid(self, form: CodeForm) -> HttpResponse:
        following = self.request.session.pop(PENDING)["next"]
        login(self.request, form.user, backend="django.contrib.auth.backends.ModelBackend")
        return HttpResponseRedirect(following)

    def form_invalid(self, form: CodeForm) -> HttpResponse:
        return refused(super().form_invalid(form), form)


def pending_user(request: HttpRequest) -> User | None:
    """Who has given his password in this session, a few minutes ago, and has not changed it since."""
    kept = request.session.get(PENDING)
    if not kept or kept["until"] < time.time():
        return None
    user: User | None = get_user_model().objects.filter(pk=kept["user"], is_active=True).first()
    return user if user and user.get_session_auth_hash() == kept["password"] else None
