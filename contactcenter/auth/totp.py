"""Time-based one-time codes (RFC 6238): six digits, thirty seconds, SHA-1, as every app has them."""

import hmac
import unicodedata
from datetime import datetime

import pyotp

from config.writing import is_blank

STEP_SECONDS = 30
# One step each side: telephones drift, and a code typed at the turn of a step is honest.
DRIFT_STEPS = 1
DIGITS = 6
# The longest way to write one: blanks between digits, and what a copy brings along.
LONGEST_WRITTEN = 64


def new_secret() -> str:
    """Return a fresh secret of 160 bits in base32."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, login: str, issuer: str) -> str:
    """Return the `otpauth:` address that an authenticator reads; it holds the secret."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(
        name=login, issuer_name=issuer
    )


def step_of(now: datetime) -> int:
    """Return the number of the thirty-second step that `now` falls in."""
    return int(now.timestamp()) // STEP_SECONDS


def code_at(secret: str, step: int) -> str:
    """Return the code of one step."""
    return pyotp.HOTP(secret).at(step)


def matching_step(secret: str, code: str, now: datetime, last_step: int | None) -> int | None:
    """Return the step whose code was given, or None.

    A step at or below `last_step` never matches: a code serves once (RFC 6238,
    5.2), so one read over a shoulder is worth nothing. The caller stores the
    step by a conditional update: two racing requests cannot both spend it.
    """
    current = step_of(now)
    given = _typed_digits(code)
    if len(given) != DIGITS or not given.isascii() or not given.isdigit():
        return None
    found = None
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        # Every candidate is compared, so that the time taken says nothing.
        same = hmac.compare_digest(code_at(secret, step), given)
        if same and (last_step is None or step > last_step):
            found = step
    return found


def _typed_digits(code: str) -> str:
    """Return the digits of a code as it was typed or copied.

    Authenticators and password managers show blanks of their own between the
    digits, and a copy may bring a line end or marks that nobody sees.
    """
    seen = (each for each in code[:LONGEST_WRITTEN] if not is_blank(each))
    return "".join(str(unicodedata.decimal(each, each)) for each in seen)
