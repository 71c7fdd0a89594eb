"""The short code by which people name a case on paper and aloud. Pure, but for its randomness.

Eight signs, such as `K7GD-3MXR`: no vowel (no word can appear), none of the
signs that are mistaken for another (0/O, 1/I/L, 2/Z, 5/S, 8/B keep their
digit only). The last sign is a check: one wrong sign, or two neighbours
swapped, is always noticed, so a slip of the tongue opens no other case.
"""

import re
import secrets
import unicodedata

from config.errors import InvalidInput

_SIGNS = "23456789CDFGHJKMNPRTVWX"
_MODULUS = len(_SIGNS)  # 23, a prime: every slip of one or two neighbours changes the sum
_LENGTH = 7
# What is written or heard for a sign that no reference has.
_MISTAKEN = str.maketrans("ZSB", "258")
_AT_THE_END = re.compile(r"(?:^|[^0-9A-Z])([0-9A-Z]{4})[^0-9A-Z]{0,3}([0-9A-Z]{4})[^0-9A-Z]*$")


def new_reference() -> str:
    """Return a fresh random reference (3.4 billion exist); uniqueness is the database's."""
    body = "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
    return _grouped(body + _check(body))


def parse_reference(text: str) -> str:
    """Return the canonical form of a reference as typed; raise InvalidInput `wrong_reference`.

    Case, spaces and dashes do not matter, a word before it (« Situation K7GD-3MXR »,
    as pasted) is left out, and a letter mistaken for a digit is that digit.
    """
    signs = _signs(text).translate(_MISTAKEN)
    body, check = signs[:_LENGTH], signs[_LENGTH:]
    known = len(signs) == _LENGTH + 1 and all(sign in _SIGNS for sign in signs)
    if not known or check != _check(body):
        raise InvalidInput("no such reference", code="wrong_reference", field="reference")
    return _grouped(signs)


def is_reference(text: str) -> bool:
    """Return whether this can be a reference at all: one with a slip cannot."""
    try:
        parse_reference(text)
    except InvalidInput:
        return False
    return True


def _signs(text: str) -> str:
    upper = unicodedata.normalize("NFKC", text).upper()
    signs = "".join(sign for sign in upper if sign.isalnum())
    if len(signs) > _LENGTH + 1 and (last := _AT_THE_END.search(upper)):
        return last[1] + last[2]
    return signs


def _check(body: str) -> str:
    total = sum(weight * _SIGNS.index(sign) for weight, sign in enumerate(body, start=2))
    return _SIGNS[-total % _MODULUS]


def _grouped(signs: str) -> str:
    return f"{signs[:4]}-{signs[4:]}"
