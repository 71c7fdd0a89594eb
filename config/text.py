"""The words of our own screens, by language: labels, buttons, sentences of the desk and the pages.

One file for each area and language: `locales/<language>/<area>.toml`. A key
is the area and the path inside the file: `desk.offer.accept`. A sentence that
depends on a number is a table of plural forms, filled in by `count`:

    waiting = { one = "{count} personne attend", other = "{count} personnes attendent" }

What correspondents are told is not here but in the helpline's own files.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from babel import Locale

from config.errors import Misconfigured
from config.typography import typeset
from config.writing import is_blank

LOCALES = Path(__file__).parent / "locales"
LANGUAGES = ("fr", "en")  # the first is the default
_PLACEHOLDER = re.compile(r"\{([a-z][a-z_]*)\}")
_PLURAL_FORMS = frozenset({"zero", "one", "two", "few", "many", "other"})

Text = str | Mapping[str, str]  # a sentence, or its plural forms


class Catalog:
    """Every interface text, complete in every language."""

    def __init__(self, texts: Mapping[str, Mapping[str, Text]]) -> None:
        """Keep `texts`: language → key → text."""
        self._texts = MappingProxyType(dict(texts))
        self._plurals = {language: Locale.parse(language).plural_form for language in texts}

    @classmethod
    def load(cls, folder: Path = LOCALES) -> "Catalog":
        """Read every area in every language; Misconfigured names each text that is missing."""
        texts = {language: dict(_read_language(folder / language)) for language in LANGUAGES}
        mistakes = [*_incomplete(texts)]
        if mistakes:
            raise Misconfigured(mistakes)
        return cls(texts)

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages of the screens, the default first."""
        return tuple(self._texts)

    def keys(self) -> frozenset[str]:
        """Return every key."""
        return frozenset(self._texts[self.languages[0]])

    def t(self, key: str, language: str, **values: object) -> str:
        """Return a text, filled in; `count` chooses among plural forms.

        A language the screens do not speak gets the default one. Raises KeyError
        when the key or a value is missing: a mistake of the program, not of its data.
        """
        language = language if language in self._texts else self.languages[0]
        text = self._texts[language][key]
        if not isinstance(text, str):
            form = self._plurals[language](_count(values["count"]))
            text = text.get(form, text["other"])
        return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), text)

    def area(self, area: str, language: str) -> dict[str, Text]:
        """Return every text of one area, unfilled, by key without the area: for a page's script."""
        language = language if language in self._texts else self.languages[0]
        prefix = f"{area}."
        return {
            key.removeprefix(prefix): text if isinstance(text, str) else dict(text)
            for key, text in self._texts[language].items()
            if key.startswith(prefix)
        }


def _count(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("count must be a whole number")
    return value


def _read_language(folder: Path) -> Iterator[tuple[str, Text]]:
    for path in sorted(folder.glob("*.toml")):
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        for key, text in _flat(path.stem, raw):
            yield key, _typeset(text, folder.name)


def _typeset(text: Text, language: str) -> Text:
    if isinstance(text, str):
        return typeset(text, language)
    return {form: typeset(each, language) for form, each in text.items()}


def _flat(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    for name, value in table.items():
        key = f"{prefix}.{name}"
        is_plural = isinstance(value, dict) and "other" in value and set(value) <= _PLURAL_FORMS
        if isinstance(value, str) or is_plural:
            yield key, value
        elif isinstance(value, dict):
            yield from _flat(key, value)
        else:
            raise Misconfigured([f"locales: {key}: must be a text or a table of texts"])


def _incomplete(texts: Mapping[str, Mapping[str, Text]]) -> Iterator[str]:
    keys = {key for entries in texts.values() for key in entries}
    for key in sorted(keys):
        names: dict[str, frozenset[str]] = {}
        for language, entries in texts.items():
            text = entries.get(key)
            file = f"locales/{language}/{key.partition('.')[0]}.toml"
            if text is None:
                yield f"{file}: {key}: is missing"
                continue
            words = text if isinstance(text, str) else "".join(text.values())
            names[file] = frozenset(_PLACEHOLDER.findall(words)) | (
                frozenset() if isinstance(text, str) else {"count"}
            )
            if is_blank(words):
                yield f"{file}: {key}: is empty"
        if len(set(names.values())) > 1:
            yield f"{', '.join(names)}: {key}: has other placeholders in other languages"
