"""Texts and labels: complete in every language, with the same placeholders, danger first."""

from collections.abc import Iterator, Mapping

from babel.dates import parse_pattern
from pydantic import BaseModel

from config.helpline.schema.base import Label
from config.helpline.schema.lanes import DANGER_KEY, EntryFile
from config.helpline.schema.line import LineFile
from config.helpline.schema.urgency import UrgencyRules
from config.helpline.sources import Mistake, Sources
from config.helpline.texts import (
    REQUIRED,
    STAFF_AREA,
    SUFFIXES,
    has_stray_brace,
    menu_of,
    placeholders,
)
from config.writing import is_blank

Texts = dict[str, dict[str, str]]
ANSWERS = "chat.help_"  # what a yes to an opening question may be answered with


def incomplete_texts(line: LineFile, texts: Texts) -> Iterator[Mistake]:
    """Each language has every text, with the placeholders it must have."""
    languages = line.line.languages
    for language in languages:
        if language not in texts:
            yield Mistake(_file(language), "", f"is missing: the line speaks {language}")
    for language in sorted(set(texts) - set(languages)):
        yield Mistake(_file(language), "", f"the line does not speak {language}")
    present = {language: texts[language] for language in languages if language in texts}
    keys = {key for entries in present.values() for key in entries} | set(REQUIRED)
    for language, entries in present.items():
        for key in sorted(keys):
            if key not in entries:
                yield Mistake(_file(language), key, "is missing")
            else:
                yield from _wrong_text(language, key, present)


def _wrong_text(
    language: str, key: str, present: Mapping[str, Mapping[str, str]]
) -> Iterator[Mistake]:
    text = present[language][key]
    if has_stray_brace(text):
        yield Mistake(_file(language), key, "has a brace that is not part of a {placeholder}")
    expected = _expected(language, key, present)
    if expected is not None and placeholders(text) != expected:
        wanted = ", ".join(f"{{{name}}}" for name in sorted(expected)) or "no placeholder"
        yield Mistake(_file(language), key, f"must have {wanted}")


def _expected(
    language: str, key: str, present: Mapping[str, Mapping[str, str]]
) -> frozenset[str] | None:
    """Return the placeholders of a text: the program's, its plain variant's, the first language's."""
    if key in REQUIRED:
        return REQUIRED[key]
    for suffix in SUFFIXES:
        base = key.removesuffix(suffix)
        if base != key and base in REQUIRED:
            return REQUIRED[base]
    first = next((entries[key] for entries in present.values() if key in entries), None)
    is_first = first is None or next(iter(present)) == language
    return None if is_first else placeholders(first or "")


def wrong_menus(line: LineFile, texts: Texts, entry: EntryFile) -> Iterator[Mistake]:
    """The first words of every menu are the danger key; every key is announced."""
    lines = {None if key.line == line.line.id else key.line for key in entry.menu}
    for language in line.line.languages:
        for menu_line in sorted(lines, key=str):
            key = menu_of(menu_line)
            menu = texts.get(language, {}).get(key)
            if menu is None:
                if menu_line is not None and language in texts:
                    yield Mistake(_file(language), key, f"is missing: {menu_line} has its own keys")
                continue
            if DANGER_KEY not in menu.partition(".")[0]:
                reason = "must begin with the danger key, 0, and a full stop"
                yield Mistake(_file(language), key, reason)
            for each in entry.menu:
                # A key that changes the language is announced in that language, by its own text.
                is_here = (each.line or line.line.id) == (menu_line or line.line.id)
                if is_here and each.language is None and each.digit not in menu:
                    yield Mistake(_file(language), key, f"does not announce key {each.digit}")


def unsaid_texts(
    line: LineFile, entry: EntryFile, urgency: UrgencyRules, texts: Texts
) -> Iterator[Mistake]:
    """Nothing is written that nothing says: a misspelt name would silently change no word.

    Said are the program's own texts, in any variant by audience, and those
    that menus, escalation steps and answers to questions name. Lines for
    listeners are shown as written, so nothing can be filled into them.
    """
    areas = ("voice", "chat")
    named = {f"{area}.{step.text}" for step in urgency.escalation if step.text for area in areas}
    named |= {f"chat.{each.yes.text}" for each in entry.opening_questions if each.yes is not None}
    # Rules may name these; a helpline that asks or waits otherwise keeps its words for later.
    named |= {"voice.wait_saturated", "chat.wait_saturated", "chat.emergency"}
    named |= {menu_of(key.line) for key in entry.menu if key.line not in (None, line.line.id)}
    for language, entries in texts.items():
        for key, text in entries.items():
            bases = {key, *(key.removesuffix(suffix) for suffix in SUFFIXES)}
            if key.startswith(STAFF_AREA):
                if placeholders(text):
                    yield Mistake(_file(language), key, "is shown as written: nothing is filled in")
            elif key.startswith(ANSWERS):
                continue
            elif bases.isdisjoint(REQUIRED) and bases.isdisjoint(named):
                yield Mistake(_file(language), key, "is said by nothing: misspelt?")


def wrong_time_pattern(texts: Texts) -> Iterator[Mistake]:
    """The pattern that says days and hours is one Unicode knows (UTS 35)."""
    for language, entries in texts.items():
        try:
            parse_pattern(entries.get("time.pattern", ""))
        except ValueError:
            yield Mistake(_file(language), "time.pattern", "is not a date pattern (UTS 35)")


def incomplete_labels(sources: Sources) -> Iterator[Mistake]:
    """Every label of every file is there in each of the line's languages, and in no other."""
    if sources.line is None:
        return
    languages = sources.line.line.languages
    files: dict[str, BaseModel] = {
        f"{name}.toml": value
        for name, value in vars(sources).items()
        if isinstance(value, BaseModel)
    } | dict(sources.forms or {})
    for file, model in files.items():
        for key, label in _labels(model, ""):
            for language in languages:
                if is_blank(label.root.get(language, "")):
                    yield Mistake(file, f"{key}.{language}", "is missing")
            for language in sorted(set(label.root) - set(languages)):
                yield Mistake(file, f"{key}.{language}", f"the line does not speak {language}")


def _labels(value: object, key: str) -> Iterator[tuple[str, Label]]:
    if isinstance(value, Label):
        yield key, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _labels(getattr(value, name), f"{key}.{name}" if key else name)
    elif isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from _labels(each, f"{key}[{_name_of(each, index)}]")
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _labels(each, f"{key}.{name}")


def _name_of(entry: object, index: int) -> str:
    for name in ("id", "code", "digit"):
        given = getattr(entry, name, None)
        if given is not None:
            return str(getattr(given, "name", given))
    return str(index)


def _file(language: str) -> str:
    return f"texts/{language}.toml"
