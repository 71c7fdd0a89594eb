"""French spaces: invisible to who types them, so the program sets them, not people."""

import re

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
