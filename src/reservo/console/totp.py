"""Codes of an authenticator app (RFC 6238: SHA-1, six digits, thirty seconds) and those that stand in for one."""

from __future__ import annotations

import base64
import os
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.utils.crypto import constant_time_compare, salted_hmac

ISSUER = "Reservo"
DIGITS, STEP_SECONDS = 6, 30
SEED_BYTES = 20
STEPS_OF_SKEW = 1
RECOVERY_CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_seed() -> str:
    return base64.b32encode(os.urandom(SEED_BYTES)).decode()


def code_at(seed: str, step: int) -> str:
    made = TOTP(base64.b32decode(seed), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303  # nosec B303: what RFC 6238 says
    return made.generate(step * STEP_SECONDS).decode()


def step_of(code: str, seed: str, *, at: datetime) -> int | None:
    """The step that this is the code of, now or next to now; None if of none."""
    now = int(at.timestamp()) // STEP_SECONDS
    near = range(now - STEPS_OF_SKEW, now + STEPS_OF_SKEW + 1)
    return next((step for step in near if constant_time_compare(code_at(seed, step), code)), None)


def address_of(seed: str, account: str) -> str:
    """What an authenticator app reads."""
    label = quote(f"{ISSUER}:{account}")
    return f"otpauth://totp/{label}?{urlencode({'secret': seed, 'issuer': ISSUER})}"


def new_recovery_codes() -> list[str]:
    return [_recovery_code() for _ in range(RECOVERY_CODES)]


def digest_of(recovery_code: str) -> str:
    """What is kept of one: it has 49 random bits, and the lock-out counts every try."""
    return salted_hmac(
        "reservo.recovery-code", recovery_code.replace("-", "").strip().lower(), algorithm="sha256"
    ).hexdigest()


def _recovery_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"{letters[:5]}-{letters[5:]}"
