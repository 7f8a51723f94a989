"""The form of a subscription in the admin."""

from __future__ import annotations

from typing import Any

from django import forms

from threatdb.curation.forms import CheckedForm
from threatdb.records import registry
from threatdb.records.markings import Marking
from threatdb.records.visibility import ANONYMOUS, Viewer

from .models import Subscription


def type_choices() -> list[tuple[str, str]]:
    """The record types by their names in the feed."""
    return [(t.name, str(t.model._meta.verbose_name).capitalize()) for t in registry.all_types()]


class SubscriptionForm(CheckedForm):
    """What an owner says of a subscription; he can ask for no more than he may read."""

    viewer: Viewer = ANONYMOUS

    types = forms.MultipleChoiceField(
        label="Record types",
        choices=type_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Which records are told of; all where none is chosen.",
    )

    class Meta:
        model = Subscription
        fields = ("name", "url", "clearance", "working", "types", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "clearance" in self.fields:
            within = [(m.value, m.label) for m in Marking if m <= self.viewer.clearance]
            self.fields["clearance"].widget = forms.Select(choices=within)

    def clean_clearance(self) -> int:
        asked: int = self.cleaned_data["clearance"]
        if asked > self.viewer.clearance:
            raise forms.ValidationError(f"You may read up to {self.viewer.clearance.label} yourself.")
        return asked

    def clean_working(self) -> bool:
        asked: bool = self.cleaned_data["working"]
        if asked and not self.viewer.curates:
            raise forms.ValidationError("Only those who may see working copies can have them sent.")
        return asked
