"""Revokes API tokens."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from threatdb.access import tokens
from threatdb.access.models import Token


class Command(BaseCommand):
    help = "Revokes an API token, named by its public part; it works no more from the next request on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="The 16 characters after tdb_, as list_tokens prints them.")

    def handle(self, *args: Any, **options: Any) -> None:
        # Whoever has the whole token at hand may paste it.
        key = options["key"].removeprefix("tdb_")[:16]
        token = Token.objects.filter(key=key).first()
        if token is None:
            raise CommandError(f"There is no token tdb_{key}.")
        tokens.revoke(token)
        self.stdout.write(f"The token {token} is revoked.")
