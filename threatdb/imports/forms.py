"""The form by which a file is sent in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from threatdb.records.markings import Marking
from threatdb.records.visibility import Viewer

from . import formats
from .batches import Wish
from .models import LONGEST_RELEASE
from .reading import Unreadable


class UploadForm(forms.Form):
    """What an import is asked; what its user may not ask is not offered."""

    file = forms.FileField(help_text="A table (CSV, also packed), a spreadsheet (.xlsx) or a list in JSON.")
    format = forms.ChoiceField(required=False, help_text="Its columns tell what it is, unless you say so.")
    release = forms.CharField(required=False, max_length=LONGEST_RELEASE, help_text="Of the data set, such as 23.1.")
    marking = forms.TypedChoiceField(required=False, coerce=int, empty_value=None, help_text="Of all that is made.")
    strict = forms.BooleanField(required=False, label="Import nothing where any row has an error")
    publish = forms.BooleanField(required=False, label="Publish what is imported, actors first")

    def __init__(self, *args: Any, viewer: Viewer, publishes: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(name, f"{formats.get(name).label} ({name})") for name in formats.names()]
        within = [(marking.value, marking.label) for marking in Marking if marking <= viewer.clearance]
        fields: dict[str, Any] = self.fields
        fields["format"].choices = [("", "Recognised by its columns"), *known]
        fields["marking"].choices = [("", "That of the format"), *within]
        if not (publishes and settings.ONE_PERSON_TEAM):
            del fields["publish"]

    def wish(self) -> Wish:
        """What is asked, as a dry run."""
        asked = self.cleaned_data
        marking = asked["marking"]
        return Wish(
            format=asked["format"] or None,
            release=asked["release"],
            marking=None if marking is None else Marking(marking),
            publish=asked.get("publish", False),
            strict=asked["strict"],
            dry_run=True,
        )

    def refuse(self, error: ValidationError | Unreadable) -> None:
        """Say what was refused at the field that it is about."""
        if isinstance(error, Unreadable):
            places = [f"row {error.row}" if error.row else "", f"column {error.column}" if error.column else ""]
            where = ", ".join(filter(None, places))
            self.add_error("file", f"{error.detail} ({where})" if where else error.detail)
            return
        for name, told in error.error_dict.items() if hasattr(error, "error_dict") else [("", [error])]:
            self.add_error(name if name in self.fields else None, ValidationError(told))
