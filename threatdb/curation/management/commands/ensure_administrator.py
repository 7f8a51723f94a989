"""Makes the first administrator of a fresh installation."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand
from django.db import transaction

USERNAME = "admin"


class Command(BaseCommand):
    help = "Makes the user admin with a random password, printed once, unless there is a superuser already."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return
        if users.filter(username=USERNAME).exists():
            self.stderr.write(f"There is no superuser, and the user {USERNAME} is not one: use createsuperuser.")
            return
        password = secrets.token_urlsafe(16)
        user = users.create_superuser(username=USERNAME, password=password)
        user.groups.set(Group.objects.filter(name="administrator"))
        self.stdout.write(f"Made the first administrator: user {USERNAME}, password {password}")
        self.stdout.write("The password is shown this once; change it in the admin.")
        if not settings.ONE_PERSON_TEAM:
            self.stdout.write(
                "Nobody publishes what he wrote himself. If you work alone, set ONE_PERSON_TEAM=true in the file "
                ".env and start the service again."
            )
