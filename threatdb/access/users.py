"""The admin page of users, with what an administrator does for somebody who has lost his second factor."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from threatdb.curation import accounts

from . import second_factor


class AccountAdmin(accounts.AccountAdmin):
    """The page of users, and an action that turns a second factor off."""

    actions = ("reset_second_factor",)

    @admin.action(description="Turn the second factor off", permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        for user in chosen:
            second_factor.turn_off(user)
            self.log_change(request, user, "Turned the second factor off.")
        self.message_user(request, "The selected users log in with their passwords alone.")
