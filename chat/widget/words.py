"""A reopening said in words. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_time

from config.dates import day_words
from config.text import Catalog


def reopening_words(
    catalog: Catalog, language: str, reopens_at: datetime, now: datetime, timezone: str
) -> str:
    """Return « demain à 9 h », « lundi 4 mai à 14 h 30 »: the line's own time, never the machine's."""
    zone = ZoneInfo(timezone)
    there, today = reopens_at.astimezone(zone), now.astimezone(zone).date()
    time = _time(there, language)
    match (there.date() - today).days:
        case 0:
            return catalog.t("chat.reopens_today", language, time=time)
        case 1:
            return catalog.t("chat.reopens_tomorrow", language, time=time)
        case _:
            pattern = "EEEE d MMMM" if language == "fr" else "EEEE, d MMMM"
            day = day_words(there.date(), language, pattern)
            return catalog.t("chat.reopens_on", language, day=day, time=time)


def _time(at: datetime, language: str) -> str:
    if language == "fr":
        # « 9 h », « 14 h 30 », with no-break spaces.
        return f"{at.hour}\u00a0h" + (f"\u00a0{at.minute:02d}" if at.minute else "")
    return format_time(at, "h:mm a", locale=language)
