"""Telephone numbers: the one way to read a number that comes in or is configured.

Carriers write one number in many ways: `+33612345678`, `0612345678`,
`0033612345678`, `33612345678`, `tel:…`, `sip:+33612345678@carrier;user=phone`.
What is compared, recognised or dialled is E.164 alone (ITU-T E.164).
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber

# A number with everything a carrier may put around it is shorter; whatever is longer is no number.
_LONGEST = 256
_URI = re.compile(r"(?:tel|sips?):", re.IGNORECASE)
# What people and carriers put between digits: blanks of any kind, dashes, dots, brackets, slashes.
# A letter is never a digit here: libphonenumber would read « poste 3 » as a vanity number.
_WRITTEN = re.compile(
    r"[^\w+]?\+?[\d\s\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060\ufeff().\-/]*"
)
_SIGNS = re.compile(r"[^\d+]")
_TRUNK_ZERO = re.compile(r"^\+(\d{1,3})\s*\(0\)")
# One numbering plan, several country codes (ARCEP, décision 2018-0881, plan national de
# numérotation): these first three national digits are overseas, and carriers of metropolitan
# France often write them behind +33. Those of metropolitan France never begin so.
_METROPOLITAN = 33
_OVERSEAS = {
    **dict.fromkeys(("262", "263", "269", "639", "692", "693"), 262),  # La Réunion, Mayotte
    **dict.fromkeys(("590", "690", "691"), 590),  # Guadeloupe, Saint-Martin, Saint-Barthélemy
    **dict.fromkeys(("594", "694"), 594),  # Guyane
    **dict.fromkeys(("596", "696", "697"), 596),  # Martinique
    **dict.fromkeys(("508", "708"), 508),  # Saint-Pierre-et-Miquelon
}
# What carriers send as a number where it is withheld (letters on a keypad: ANONYMOUS, RESTRICTED,
# BLOCKED, UNKNOWN, UNAVAILABLE): Twilio, « Caller ID », whichever way the signs are cut up.
WITHHELD = frozenset({"266696687", "7378742833", "2562533", "8656696", "86282452253"})


def region_of(number: str) -> str:
    """Return the region (ISO 3166) whose national way of writing goes with an E.164 number.

    Fictional numbers have it as well. Raises ValueError for what has no country code.
    """
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        raise ValueError("is not a telephone number in E.164") from None
    region: str = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return region


def valid_number(written: str, region: str | None) -> str | None:
    """Return a number in E.164, None when it is not one that anybody can have.

    `region` is the helpline's own: what is written in the national way is
    read there. Carriers send words and made-up numbers for « withheld »
    (anonymous, +266696687 …): those are not valid, so they are None too. A
    number is the same whichever way it came.
    """
    for number in _readings(written, region):
        if _digits_of(number) in WITHHELD:
            return None
        overseas = _overseas(number)
        if overseas is not None:
            return _e164(overseas)
        if phonenumbers.is_valid_number(number):
            return _e164(number)
    return None


def line_number(written: str, region: str | None) -> str | None:
    """Return a number in E.164 if it has a number's shape, in use or not; None otherwise.

    For numbers of ours, which may be fictional. Without a region only the
    international way is read.
    """
    valid = valid_number(written, region)
    if valid is not None:
        return valid
    for number in _readings(written, region):
        if phonenumbers.is_possible_number(number):
            return _e164(number)
    return None


def configured_number(written: str) -> str:
    """Return a number of ours in E.164: blanks and other signs between digits are left out.

    Raises ValueError, saying what would be right, for anything that no call
    could carry: without its country code, with a trunk zero, too short.
    """
    stripped = "+" + _SIGNS.sub("", written).lstrip("+")
    found = line_number(written, None) if _SIGNS.sub("", written).startswith("+") else None
    if found is None:
        raise ValueError("must be a telephone number in E.164, such as +33199000190")
    if found != stripped:
        raise ValueError(f"is no number that a call can carry; is {found} meant?")
    return found


def _readings(written: str, region: str | None) -> Iterator[PhoneNumber]:
    """Give what the signs may mean, the likeliest first."""
    digits = _digits(written)
    if digits is None or digits in WITHHELD:
        return
    candidates = [digits]
    if not digits.startswith(("+", "0")):
        candidates.append(f"+{digits}")  # E.164 without its sign, as some trunks write it
    for candidate in candidates:
        try:
            yield phonenumbers.parse(candidate, region)
        except NumberParseException:
            continue


def _digits(written: str) -> str | None:
    """Return the digits, `+` before them where it stood; None for what is not a number."""
    text = written.strip() if len(written) <= _LONGEST else ""
    address = re.search(r"<([^<>]*)>", text)  # "A name" <sip:…>
    text = address[1] if address else text
    scheme = _URI.match(text)
    if scheme:
        user, *parameters = text[scheme.end() :].partition("@")[0].split(";")
        context = next(
            (each for each in parameters if each.lower().startswith("phone-context=+")), ""
        )
        text = unquote(user).strip()
        if context and not text.startswith("+"):
            text = f"{context.partition('=')[2]}{text.removeprefix('0')}"
    text = _TRUNK_ZERO.sub(r"+\1", text)
    if not text.isascii():
        text = "".join(str(int(each)) if each.isdecimal() else each for each in text)
    if not _WRITTEN.fullmatch(text):
        return None
    digits = _SIGNS.sub("", text)
    return digits if digits.strip("+") else None


def _digits_of(number: PhoneNumber) -> str:
    return f"{number.country_code}{number.national_number}"


def _overseas(number: PhoneNumber) -> PhoneNumber | None:
    """Return the overseas number whose national digits were written behind the wrong country code."""
    national = str(number.national_number)
    code = _OVERSEAS.get(national[:3])
    if number.country_code != _METROPOLITAN or code is None:
        return None
    moved = PhoneNumber(country_code=code, national_number=number.national_number)
    return moved if phonenumbers.is_valid_number(moved) else None


def _e164(number: PhoneNumber) -> str:
    text: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return text
