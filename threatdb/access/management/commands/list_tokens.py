"""Lists API tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from threatdb.access.models import Token
from threatdb.records.markings import Marking

HEAD = ("key", "owner", "scopes", "clearance", "expires", "last used", "state", "name")


class Command(BaseCommand):
    help = "Lists API tokens, a line each with tabs between; the secrets are kept nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", help="Only those of this account.")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Token.objects.select_related("owner")
        if options["user"]:
            rows = rows.filter(owner__username=options["user"])
        self.stdout.write("\t".join(HEAD))
        for token in rows:
            self.stdout.write("\t".join(line(token)))


def line(token: Token) -> list[str]:
    return [
        f"tdb_{token.key}",
        token.owner.get_username(),
        ",".join(token.scopes) or "read",
        Marking(token.clearance).code,
        minute(token.expires_at),
        minute(token.last_used_at) if token.last_used_at else "never",
        token.standing(timezone.now()),
        token.name,
    ]


def minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"
