"""Which language somebody is answered in: language tags as browsers, people and programs write them.

One way for every page, opening, conversation and staff screen. A tag has a
region more often than not, and its case means nothing (BCP 47): « en-GB »,
« en_US » and « EN » all speak English.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from babel.core import get_global, negotiate_locale

# Longer than any tag in use; what is longer is nobody's language.
MAX_TAG_CHARACTERS = 35
_MAX_HEADER_CHARACTERS = 400
_TAG = re.compile(r"[A-Za-z]{1,8}(?:[-_][A-Za-z0-9]{1,8})*")
_WEIGHT = re.compile(r"[qQ]\s*=\s*([01](?:\.[0-9]{0,3})?)")
_CODES: Mapping[str, str] = get_global("language_aliases")  # « eng » → « en », « iw » → « he »


def is_tag(value: str) -> bool:
    """Tell whether a text has the shape of a language tag, whatever language that is."""
    return len(value) <= MAX_TAG_CHARACTERS and _TAG.fullmatch(value) is not None


def spoken(tag: str | None, offered: Sequence[str]) -> str | None:
    """Return the offered language that a tag asks for, None when it is none of them.

    The region, script and variants of a tag are no part of what is offered:
    who asks for « fr-CA » is answered in French.
    """
    return _first_spoken([tag or ""], offered)


def wanted(tag: str, accept_language: str) -> str:
    """Return both as one header: the language asked for by name first, then those preferred."""
    return f"{tag},{accept_language}" if is_tag(tag) else accept_language


def best_language(accept_language: str, offered: Iterable[str]) -> str:
    """Return the offered language that an Accept-Language header prefers, else the first offered.

    By quality, then by place (RFC 9110, 12.5.4). A quality of 0 excludes: who
    refuses French is answered in the next language, if there is one.
    """
    known = list(offered)
    weighed = _weighed(accept_language)
    refused = {spoken(tag, known) for tag, weight in weighed if not weight}
    wanted = [tag for tag, weight in weighed if weight]
    # « * » is whatever is left; nobody hears a language they refused while there is another.
    left = [each for each in known if each not in refused] or known
    return _first_spoken(wanted, left) or left[0]


def _first_spoken(tags: Iterable[str], offered: Sequence[str]) -> str | None:
    plain = [_plain(tag) for tag in tags if is_tag(tag)]
    found: str | None = negotiate_locale(plain, list(offered), sep="-")
    return found


def _plain(tag: str) -> str:
    language, *rest = tag.lower().replace("_", "-").split("-")
    return "-".join((_CODES.get(language, language), *rest))


def _weighed(header: str) -> list[tuple[str, float]]:
    """Return a header's tags with their weights, the heaviest first; a weight nobody reads is 1."""
    weighed = []
    for part in header[:_MAX_HEADER_CHARACTERS].split(","):
        tag, *parameters = (each.strip() for each in part.split(";"))
        weights = [match[1] for each in parameters if (match := _WEIGHT.fullmatch(each))]
        weighed.append((tag, float(weights[0]) if weights else 1.0))
    return sorted(weighed, key=lambda each: -each[1])
