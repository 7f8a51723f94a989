"""The forms of tokens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User

from threatdb.curation.forms import CheckedForm

from . import tokens
from .choices import Scope
from .models import Token


class TokenForm(CheckedForm):
    """A token to be made; ``written`` is how it is written, for the page that shows it once."""

    maker: User
    """Who makes it, and whose it is unless another owner is chosen."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, scope.label) for scope in Scope if scope is not Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="With none of them it reads alone. Each takes the permission of its owner as well.",
    )

    class Meta:
        model = Token
        fields = ("owner", "name", "scopes", "clearance", "expires_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The owner is there before the checks of the model, which ask how far the token may reach.
        kwargs["instance"] = kwargs.get("instance") or Token(owner=self.maker)
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.written = tokens.give_secret(self.instance)
            self.initial["expires_at"] = tokens.default_expiry().replace(microsecond=0)
