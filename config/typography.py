"""French spaces: invisible to who types them, so the program sets them, not people."""

import re

from config.writing import without_edges

NARROW, WIDE = "\u202f", "\u00a0"


def typeset(text: str, language: str) -> str:
    """Return a text with its language's no-break spaces.

    In French: narrow before ; ! ? and inside « », full before a colon (Lexique
    des règles typographiques de l'Imprimerie nationale). Only plain spaces that
    were typed are changed: `https://` or `12:30` stay as they are.
    """
    if language != "fr":
        return text
    text = re.sub(r" ([;!?»])", rf"{NARROW}\1", text)
    text = text.replace("« ", f"«{NARROW}")
    return text.replace(" :", f"{WIDE}:")


# Controls, halves of pairs, line ends, and marks that turn the reading direction around: nothing
# that a sentence needs. XML holds most of them in no form at all.
_NEVER_SAID = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff ]+"
)


def one_line(text: str) -> str:
    """Return a text as one line that every screen, telephone and document can hold.

    Words pasted from a word processor bring tabs, line ends and vertical tabs:
    each becomes a space. No-break spaces stay, but at the ends; what shows
    nothing at all is empty.
    """
    return without_edges(_NEVER_SAID.sub(" ", text))
