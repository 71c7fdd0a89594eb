"""What may stand in clear in an event or an audit row: codes, numbers, ids.

The gate is here, and not in each caller, because a reason typed by a person
or a partner's error text would otherwise end in a column that nobody seals.
"""

import re
from collections.abc import Mapping
from uuid import UUID

from config.errors import InvalidInput

CodedValue = str | int | bool | UUID | None

# A code starts with a small letter: no telephone number, date or sentence passes for one.
# A lane is one too: `line:queue:channel:language+need`, each of them up to 48 signs long.
_CODE = re.compile(r"[a-z][a-z0-9_.-]{0,63}(:[a-z][a-z0-9_.+-]{0,97}){0,3}")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# Larger whole numbers could be telephone numbers; a duration in ms fits for 27 hours.
_LARGEST = 99_999_999


def code(value: str, field: str) -> str:
    """Return `value` if it is a code; raise InvalidInput naming `field` otherwise."""
    if not _CODE.fullmatch(value):
        raise InvalidInput("not a code", code="not_coded", field=field)
    return value


def coded(detail: Mapping[str, CodedValue] | None) -> dict[str, str | int | bool | None]:
    """Return `detail` ready to be stored; raise InvalidInput if anything in it is not coded."""
    return {code(key, "detail"): _value(key, value) for key, value in (detail or {}).items()}


def _value(key: str, value: CodedValue) -> str | int | bool | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            raise InvalidInput("too large to be a code", code="not_coded", field=key)
        return int(value)
    if _ID.fullmatch(value):
        return value
    return str(code(value, key))
