"""What is said and shown to correspondents: which texts must exist, and how they are filled in.

A key is `<area>.<name>`. A text may have variants by audience, named with a
suffix: `chat.wait` speaks to a minor (« tu »), `chat.wait_adult` to any
adult (« vous »), `chat.welcome_professional` to one kind of adult. Who is
unknown is spoken to as a minor.
"""

import re
from collections.abc import Mapping

from config.vocabulary import Audience

PLACEHOLDER = re.compile(r"\{([a-z][a-z_]*)\}")
ADULTS = frozenset({Audience.RELATIVE, Audience.PROFESSIONAL})
ADULT_SUFFIX = "_adult"
SUFFIXES = (*(f"_{audience}" for audience in Audience), ADULT_SUFFIX)

# Shown to listeners as they are written, for them to say: whatever a helpline puts there.
STAFF_AREA = "staff."

# What the program says; a test holds that each is said, and that nothing else is. Beside these, a
# helpline has those it names itself: escalation steps, answers to questions, menus of further lines.
# Said to everybody alike, before we know who listens. Each with exactly its placeholders.
_NEUTRAL: dict[str, set[str]] = {
    "voice.menu": set(),
    "voice.language_key": {"digit"},
    "voice.emergency": set(),
    "chat.title": set(),
    "chat.exit": set(),
    "chat.exit_hint": set(),
    "time.pattern": set(),  # how an opening is said: Unicode's date pattern (UTS 35)
    "time.later": set(),
}
# Said to a known audience: each needs its `_adult` variant too.
_ADDRESSED: dict[str, set[str]] = {
    "voice.danger": set(),
    "voice.wait": set(),
    "voice.wait_minutes": {"minutes"},
    "voice.hold": set(),
    "voice.wait_closed": set(),
    "voice.one_moment": set(),
    "voice.moved": set(),
    "voice.silence": set(),
    "voice.closed": {"opening"},
    "voice.full": set(),
    "voice.unstaffed": set(),
    "voice.taken_in": set(),
    "voice.taken_in_until": {"opening"},
    "voice.chat_offer": set(),
    "voice.callback_offer": set(),
    "voice.callback_agreed": set(),
    "voice.goodbye": set(),
    "chat.welcome": set(),
    "chat.trust": set(),
    "chat.wait": set(),
    "chat.wait_minutes": {"minutes"},
    "chat.hold": set(),
    "chat.wait_closed": set(),
    "chat.position": {"position"},
    "chat.joined": set(),
    "chat.listener_lost": set(),
    "chat.handed_over": set(),
    "chat.end": set(),
    "chat.closed": {"opening"},
    "chat.full": set(),
    "chat.unstaffed": set(),
    "chat.taken_in": set(),
    "chat.taken_in_until": {"opening"},
    "chat.call_offer": set(),
    "chat.unavailable": set(),
    "chat.away": set(),
}
REQUIRED: Mapping[str, frozenset[str]] = {
    **{key: frozenset(names) for key, names in _NEUTRAL.items()},
    **{key: frozenset(names) for key, names in _ADDRESSED.items()},
    **{f"{key}{ADULT_SUFFIX}": frozenset(names) for key, names in _ADDRESSED.items()},
}


def menu_of(line: str | None) -> str:
    """Return the key of the text that announces a menu: the main line's, or a further line's own.

    Its first words are the danger key.
    """
    return "voice.menu" if line is None else f"voice.menu_{line}"


def placeholders(template: str) -> frozenset[str]:
    """Return the names between braces in a text."""
    return frozenset(PLACEHOLDER.findall(template))


def has_stray_brace(template: str) -> bool:
    """Tell whether a brace is left once the placeholders are taken out: a typing mistake."""
    return bool(re.search(r"[{}]", PLACEHOLDER.sub("", template)))


def fill(template: str, values: Mapping[str, object]) -> str:
    """Return the text with its placeholders filled in; KeyError when a value is missing.

    Not `str.format`: a text is data, and must not reach into the values given.
    """
    return PLACEHOLDER.sub(lambda match: str(values[match[1]]), template)


def variant(texts: Mapping[str, object], key: str, audience: Audience | None) -> str:
    """Return the key of the closest variant for an audience: its own, the adults', the plain one."""
    if audience is not None:
        candidates = [f"{key}_{audience}"]
        if audience in ADULTS:
            candidates.append(f"{key}{ADULT_SUFFIX}")
        for candidate in candidates:
            if candidate in texts:
                return candidate
    return key
