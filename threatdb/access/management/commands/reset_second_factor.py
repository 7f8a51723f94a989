"""Turns a second factor off for who has lost it, where no administrator can log in to do so."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from threatdb.access import second_factor


class Command(BaseCommand):
    help = "Turns the second factor of an account off; it logs in with its password alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="Name of the account.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no account “{options['user']}”.")
        second_factor.turn_off(user)
        self.stdout.write(f"{user} logs in with the password alone.")
