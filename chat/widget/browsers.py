"""Which browser a page is read in, as far as telling how its history is erased needs it. Pure."""

import re

# The first that fits: every browser of a kind names those it wants to be taken for as well.
_KINDS = (
    ("firefox", re.compile(r"Firefox/|FxiOS/")),
    ("chrome", re.compile(r"Chrome/|CriOS/|Edg(?:A|iOS)?/|SamsungBrowser/")),
    ("safari", re.compile(r"Safari/")),
)
_PHONE = re.compile(r"Mobile|Android|iPhone|iPad|Tablet")


def erasing(user_agent: str) -> str:
    """Return the name of the text that says how this browser's history is erased.

    `erase_chrome`, `erase_firefox`, `erase_safari`, each with `_phone` for
    telephones and tablets, or `erase_other`. A browser that hides what it is
    gets the last.
    """
    for kind, sign in _KINDS:
        if sign.search(user_agent):
            return f"erase_{kind}" + ("_phone" if _PHONE.search(user_agent) else "")
    return "erase_other"
