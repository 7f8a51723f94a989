"""Resolves the assessments whose criterion can be evaluated: a change of each, which is reviewed as every change."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from rest_framework.exceptions import ValidationError as LocatedError
from tqdm import tqdm

from assessments import resolving
from assessments.models import Assessment, Evaluation
from threatdb.api.errors import errors_of
from threatdb.records.services import Conflict
from threatdb.records.visibility import viewer_of
from threatdb.records.writing import Author


class Command(BaseCommand):
    help = "Resolves all assessments whose criterion can be evaluated. Publishing what it found is left to people."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--by", metavar="USER", help="Account that makes the changes; else the service itself.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be found, and keep nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        author, failed = _author(options["by"]), 0
        chosen = list(resolving.due().values_list("pk", flat=True))
        for pk in tqdm(chosen, unit=" assessments", disable=None):
            try:
                made = _resolved(Assessment.objects.get(pk=pk), author, options["dry_run"])
                self.stdout.write(f"{pk}: {made}")
            except (ValidationError, LocatedError, Conflict) as error:
                failed += 1
                told = "; ".join(one["detail"] for one in errors_of(error)) or str(error)
                self.stderr.write(f"{pk}: {told}")
        self.stdout.write(f"{len(chosen) - failed} resolved, {failed} refused.")
        if failed:
            raise CommandError("Some could not be resolved: see above.")


def _author(name: str | None) -> Author:
    if name is None:
        return Author(reason_note=resolving.REASON)
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active account called “{name}”.")
    if not (viewer_of(user).curates and user.has_perm("assessments.change_assessment")):
        raise CommandError(f"“{name}” may not change assessments.")
    return Author(viewer_of(user), user, reason_note=resolving.REASON)


def _resolved(record: Assessment, author: Author, dry_run: bool) -> Evaluation:
    with transaction.atomic():
        made = resolving.resolve(record, author)
        if dry_run:
            transaction.set_rollback(True)
    return made
