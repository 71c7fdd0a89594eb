"""What a form's values are worth: checked, then split by class of field. Pure.

`coded` values stay in clear for routing and statistics; `sealed` ones go to
the vault; `searchable` ones go to the vault and, word by word, into the blind
index. A value whose field is unknown is refused, so nothing personal can
slip into the clear through a mistyped name.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from config.errors import InvalidInput
from config.helpline.schema.records import FieldClass, FieldType, FormField
from config.vocabulary import Disposition
from config.writing import is_blank, is_storable

TEXT_CHARS = 500
LONG_TEXT_CHARS = 20_000
MAX_CHOICES = 100
MAX_NUMBER = 10**12
# A day of a write-up: no birth is further back, no callback nor hearing further ahead. A year
# typed with two digits (0026), or with one slip (2062), is outside.
DAYS_BACK = timedelta(days=120 * 366)
DAYS_AHEAD = timedelta(days=2 * 366)
# As HTML and RFC 3339 write a day; `fromisoformat` also reads weeks, and days without dashes.
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MAX_WORDS = 32  # of one searchable value; names and aliases are shorter

Value = str | bool | int | float | list[str]


@dataclass(frozen=True, slots=True)
class Split:
    """A form's values by class of field."""

    coded: dict[str, Value] = field(default_factory=dict)
    sealed: dict[str, Value] = field(default_factory=dict)
    searchable: dict[str, Value] = field(default_factory=dict)


def split(fields: Iterable[FormField], values: Mapping[str, Any], today: date) -> Split:
    """Check every value and sort it by class; raise InvalidInput naming the field.

    None and empty values mean "not answered" and are not kept. A day must be near
    enough to `today` to be meant. The error names the field, never the value.
    """
    by_id = {each.id: each for each in fields}
    parts = Split()
    kept = {
        FieldClass.CODED: parts.coded,
        FieldClass.SEALED: parts.sealed,
        FieldClass.SEARCHABLE: parts.searchable,
    }
    for name, raw in values.items():
        known = by_id.get(name)
        if known is None:
            # The name comes from outside and could itself be personal: not repeated.
            raise InvalidInput("a value for no field of this form", code="unknown_field")
        value = _checked(known, raw, today)
        if value is None:
            continue
        kept[_kept_as(known)][name] = value
    return parts


def missing_for_close(
    fields: Iterable[FormField], values: Mapping[str, Any], disposition: Disposition
) -> list[str]:
    """Return the ids of the fields that such a closing needs and that have no answer."""
    return [
        each.id
        for each in fields
        if disposition in each.required_for_close and each.id not in values
    ]


def facts(coded: Mapping[str, Value]) -> list[tuple[str, str]]:
    """Return coded values as (fact, value) pairs; a choice of several gives several pairs."""
    pairs: list[tuple[str, str]] = []
    for name, value in coded.items():
        match value:
            case bool():
                pairs.append((name, "yes" if value else "no"))
            case list():
                pairs.extend((name, each) for each in value)
            case _:
                pairs.append((name, str(value)))
    return pairs


def search_words(value: Value) -> list[str]:
    """Return the words of a value as the blind index knows them, each once.

    Without case, accents or punctuation, so that « Zoé-Anne » is found by
    « zoe anne ». At most 32 words.
    """
    flat = unicodedata.normalize("NFKD", str(value).casefold())
    letters = (
        character if character.isalnum() else " "
        for character in flat
        if not unicodedata.combining(character)
    )
    return list(dict.fromkeys("".join(letters).split()))[:_MAX_WORDS]


def _kept_as(known: FormField) -> FieldClass:
    # Free text never lies in clear, even where a form's file says so.
    free_text = known.type in {FieldType.TEXT, FieldType.LONG_TEXT}
    if free_text and known.field_class is FieldClass.CODED:
        return FieldClass.SEALED
    return known.field_class


def _checked(known: FormField, raw: Any, today: date) -> Value | None:
    if raw is None or raw in ("", []):
        return None
    if known.type is FieldType.DATE:
        return _date(known, raw, today)
    return _CHECKS[known.type](known, raw)


def _wrong(known: FormField, code: str) -> InvalidInput:
    return InvalidInput("a value of the wrong kind", code=code, field=known.id)


def _text(known: FormField, raw: Any) -> Value | None:
    limit = LONG_TEXT_CHARS if known.type is FieldType.LONG_TEXT else TEXT_CHARS
    if not isinstance(raw, str):
        raise _wrong(known, "wrong_type")
    if len(raw) > min(limit, known.max_chars or limit):
        raise _wrong(known, "text_too_long")
    if not is_storable(raw):
        raise _wrong(known, "not_a_text")
    # Kept as typed: the form is saved while somebody is still writing.
    return None if is_blank(raw) else raw


def _codes(known: FormField) -> frozenset[str]:
    return frozenset(option.id for option in known.options)


def _choice(known: FormField, raw: Any) -> Value:
    if not isinstance(raw, str) or raw not in _codes(known):
        raise _wrong(known, "unknown_option")
    return raw


def _choices(known: FormField, raw: Any) -> Value:
    if not isinstance(raw, list) or len(raw) > MAX_CHOICES:
        raise _wrong(known, "wrong_type")
    codes = _codes(known)
    if not all(isinstance(each, str) and each in codes for each in raw):
        raise _wrong(known, "unknown_option")
    return list(dict.fromkeys(raw))


def _boolean(known: FormField, raw: Any) -> Value:
    if not isinstance(raw, bool):
        raise _wrong(known, "wrong_type")
    return raw


def _date(known: FormField, raw: Any, today: date) -> Value:
    if not isinstance(raw, str):
        raise _wrong(known, "wrong_type")
    try:
        day = date.fromisoformat(raw) if _DAY.fullmatch(raw) else None
    except ValueError:
        day = None
    if day is None or not today - DAYS_BACK <= day <= today + DAYS_AHEAD:
        raise _wrong(known, "wrong_date")
    return day.isoformat()


def _number(known: FormField, raw: Any) -> Value:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise _wrong(known, "wrong_type")
    low = -MAX_NUMBER if known.minimum is None else known.minimum
    high = MAX_NUMBER if known.maximum is None else known.maximum
    if not low <= raw <= high:  # also refuses NaN
        raise _wrong(known, "number_out_of_range")
    if raw != int(raw):
        raise _wrong(known, "wrong_type")
    return int(raw)


_CHECKS: Mapping[FieldType, Callable[[FormField, Any], Value | None]] = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _text,
    FieldType.CHOICE: _choice,
    FieldType.CHOICES: _choices,
    FieldType.BOOLEAN: _boolean,
    FieldType.NUMBER: _number,
}
