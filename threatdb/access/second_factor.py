"""The second factor of a log-in: codes of an app (TOTP, RFC 6238), and recovery codes for who has lost it.

django-otp keeps the secrets, refuses a code that was used, and makes whoever fails wait longer each time.
"""

from __future__ import annotations

import re
from base64 import b32encode
from typing import TYPE_CHECKING, Any

import segno
from django.conf import settings
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

RECOVERY_CODES = 10


def is_on(user: User | AnonymousUser) -> bool:
    """Whether logging in asks for a code."""
    return bool(TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists())


def has_to_be_set_up(user: User | AnonymousUser) -> bool:
    """Whether the user may see nothing of the admin before he has set it up."""
    return bool(settings.SECOND_FACTOR_REQUIRED and user.is_staff and not is_on(user))


def new_secret() -> str:
    """A secret for the app, in hexadecimal digits."""
    return str(random_hex(20))


def readable(secret: str) -> str:
    """The secret as apps take it when it is typed: Base32 in groups of four."""
    return " ".join(re.findall(".{4}", b32encode(bytes.fromhex(secret)).decode()))


def qr_code(user: User, secret: str) -> str:
    """The secret as a picture for the app's camera: SVG to stand in a page, without a style or a script."""
    address = TOTPDevice(user=user, key=secret).config_url
    return str(segno.make(address, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=False))


@transaction.atomic
def turn_on(user: User, secret: str, code: str) -> list[str] | None:
    """The user's app shows this code for the secret: from now on he needs it. Returns his recovery codes,
    or none where the code is wrong."""
    TOTPDevice.objects.filter(user=user).delete()
    device = TOTPDevice.objects.create(user=user, key=secret, name="app")
    if not _is_app_code(code) or not device.verify_token(_compact(code)):
        transaction.set_rollback(True)
        return None
    return renew_recovery_codes(user)


@transaction.atomic
def renew_recovery_codes(user: User) -> list[str]:
    """New codes, each of which stands for one of the app's once; those from before work no more."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = [str(StaticToken.random_token()) for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def recovery_codes_left(user: User) -> int:
    return int(StaticToken.objects.filter(device__user=user).count())


@transaction.atomic
def is_right(user: User, code: str) -> bool:
    """Whether it is the app's code of now, or one of the recovery codes; either is used up by being right.

    Only the kind that it looks like is asked: a failure of the one would make the other wait.
    """
    kind: Any = TOTPDevice if _is_app_code(code) else StaticDevice
    device = kind.objects.select_for_update().filter(user=user, confirmed=True).first()
    return device is not None and bool(device.verify_token(_compact(code)))


@transaction.atomic
def turn_off(user: User) -> None:
    """Logging in asks for the password alone."""
    for kind in (TOTPDevice, StaticDevice):
        kind.objects.filter(user=user).delete()


def _compact(code: str) -> str:
    return "".join(code.split()).lower()


def _is_app_code(code: str) -> bool:
    return re.fullmatch(r"[0-9]{6}", _compact(code)) is not None
