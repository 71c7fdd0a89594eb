"""Identifiers as Twilio forms them: two letters and 32 hexadecimal digits."""

from config.ids import new_id


def new_sid(prefix: str) -> str:
    """Return a fresh sid such as `CA…`; opaque, and sorted by birth here only."""
    return prefix + new_id().hex
