"""Makes an API token."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from threatdb.access import tokens
from threatdb.access.choices import Scope
from threatdb.records.markings import CODES, parse_marking


class Command(BaseCommand):
    help = "Makes an API token for an account and prints it, this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="Name of the account that the token acts for.")
        parser.add_argument("--name", default="made on the command line", help="What uses the token.")
        parser.add_argument(
            "--scope", action="append", default=[], choices=Scope.values, help="What it is for; may be repeated."
        )
        parser.add_argument(
            "--clearance",
            default="clear",
            help=f"The highest marking that it reads (clear unless said otherwise, whatever the account may read):"
            f" {', '.join(CODES)}.",
        )
        parser.add_argument("--expires", metavar="YYYY-MM-DD", help="The first day on which it works no more.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            owner = User.objects.get(username=options["user"])
            token, written = tokens.issue(
                owner=owner,
                name=options["name"],
                scopes=sorted({*options["scope"]} - {Scope.READ.value}),
                clearance=parse_marking(options["clearance"]),
                expires_at=midnight(options["expires"]) if options["expires"] else None,
            )
        except User.DoesNotExist:
            raise CommandError(f"There is no account “{options['user']}”.") from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stderr.write(f"It works until {token.expires_at:%Y-%m-%d %H:%M} UTC, and is shown this once:")
        self.stdout.write(written)


def midnight(text: str) -> datetime:
    """The start of that day in UTC. Raises ``ValueError`` for what is no day."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        raise ValueError(f"“{text}” is not a day; write it like 2027-01-31.") from None
    return datetime.combine(day, time(), UTC)
