"""The doors of the admin site: logging in, the second factor, and who has to set one up first."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from . import second_factor
from .login import CodePage, LoginPage
from .second_factor_page import second_factor_page


class GuardedSite(admin.AdminSite):
    """An admin site whose log-in is protected against guessing and may ask for a second factor."""

    def get_urls(self) -> list[Any]:
        own = [
            path("login/code/", self.login_code, name="login_code"),
            # Not through admin_view of this class, which leads here whoever has to set one up.
            path("second-factor/", super().admin_view(self.second_factor), name="second_factor"),
        ]
        return [*own, *super().get_urls()]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        @wraps(view)
        def after_setting_up(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if second_factor.has_to_be_set_up(request.user):
                return HttpResponseRedirect(reverse("admin:second_factor"))
            return view(request, *args, **kwargs)

        return super().admin_view(after_setting_up, cacheable)

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The page that asks for name and password; who is logged in already has no need of it."""
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        context = {**self._page(request), "title": "Log in", "username": request.user.get_username()}
        if REDIRECT_FIELD_NAME not in request.GET and REDIRECT_FIELD_NAME not in request.POST:
            context[REDIRECT_FIELD_NAME] = reverse("admin:index")
        return LoginPage.as_view(extra_context={**context, **(extra_context or {})})(request)

    def login_code(self, request: HttpRequest) -> HttpResponseBase:
        """The page that then asks for a code."""
        return CodePage.as_view(extra_context={**self._page(request), "title": "Log in"})(request)

    def second_factor(self, request: HttpRequest) -> HttpResponseBase:
        """The page on which it is set up and turned off."""
        return second_factor_page(request, self._page(request))

    def _page(self, request: HttpRequest) -> dict[str, Any]:
        request.current_app = self.name
        return {**self.each_context(request), "app_path": request.get_full_path()}
