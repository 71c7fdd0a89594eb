"""Days and hours in words, as each language says them: « vendredi 1er janvier », « Friday 1 January »."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, tokenize_pattern, untokenize_pattern


def moment_words(at: datetime, pattern: str, zone: ZoneInfo, language: str) -> str:
    """Return an instant in a zone, by a date pattern of Unicode (UTS 35)."""
    there = at.astimezone(zone)
    pattern = _with_ordinal(pattern, there.day, language)
    words: str = format_datetime(there, pattern, tzinfo=zone, locale=language)
    return words


def day_words(day: date, language: str, pattern: str | None = None) -> str:
    """Return a day by a date pattern (UTS 35), or at length: « 1er janvier 2027 »."""
    pattern = pattern or Locale.parse(language).date_formats["long"].pattern
    words: str = format_date(day, _with_ordinal(pattern, day.day, language), locale=language)
    return words


def _with_ordinal(pattern: str, day: int, language: str) -> str:
    """Return the pattern that says the first of a month as French does: « 1er », never « 1 ».

    Only before a month's name: in « 1/01/2027 » it stays a number. Unicode's
    patterns know no such day (Lexique des règles typographiques, « quantièmes »),
    and a voice reads « 1 janvier » as « un janvier ».
    """
    if language != "fr" or day != 1:
        return pattern
    tokens = tokenize_pattern(pattern)
    said = []
    for at, token in enumerate(tokens):
        said.append(token)
        following = next(
            (str(each[0]) * int(each[1]) for kind, each in tokens[at + 1 :] if kind == "field"), ""
        )
        if token == ("field", ("d", 1)) and following[:3] in ("MMM", "LLL"):
            said.append(("chars", "er"))
    ordinal: str = untokenize_pattern(said)
    return ordinal
