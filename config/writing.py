"""What people write, judged sign by sign: whether it says anything, whether it can be kept. Pure.

One place for every text that comes from outside: a visitor's line, a listener's,
a label, an alias, an answer of a form. A browser's own idea of « blank » is
narrower: it knows white space only.
"""

import re
import unicodedata

# What Unicode calls default ignorable and no category tells: fillers, joiners, variation
# selectors, tags, and the places kept for more of them (DerivedCoreProperties.txt); and three
# signs that are drawn as nothing: the blank Braille cell, a musical head, a khmer space.
_DRAWN_AS_NOTHING = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U0001d159\U000e0000-\U000e0fff]"
)
# Controls, white space of every width, line ends, format marks (joiners, directions, soft hyphen).
_NOTHING_SEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
# Format marks that are seen all the same: Arabic, Syriac and Kaithi signs of numbers and verses.
_SEEN = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)


def is_blank(text: str) -> bool:
    """Tell whether a text shows nothing: empty, or only spaces and signs that nobody sees.

    An emoji with its selector, or a name with a joiner inside, is not blank:
    one sign that is seen is enough.
    """
    return all(_shows_nothing(sign) for sign in text)


def is_storable(text: str) -> bool:
    """Tell whether PostgreSQL and UTF-8 can hold a text: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def without_edges(text: str) -> str:
    """Return a text without what shows nothing at either end, as `strip` does for spaces."""
    start, end = 0, len(text)
    while start < end and _shows_nothing(text[start]):
        start += 1
    while end > start and _shows_nothing(text[end - 1]) and not _completes(text[end - 1]):
        end -= 1
    return text[start:end]


def _shows_nothing(sign: str) -> bool:
    if sign in _SEEN:
        return False
    return unicodedata.category(sign) in _NOTHING_SEEN or bool(_DRAWN_AS_NOTHING.match(sign))


def _completes(sign: str) -> bool:
    """Tell whether a sign that shows nothing belongs to the one before it: a selector, a tag."""
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0020" <= sign <= "\U000e01ef"
