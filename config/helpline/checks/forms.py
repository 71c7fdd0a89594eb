"""Forms and retention: every question can be answered, and nothing personal is kept in clear."""

from collections.abc import Iterator

from config.helpline.schema.lists import OPTION_LISTS
from config.helpline.schema.records import (
    FORM_VERSIONS,
    WRAP_UP_FORM,
    FieldClass,
    FieldType,
    Form,
    FormField,
    RetentionFile,
)
from config.helpline.sources import Mistake, repeated

_CHOSEN = frozenset({FieldType.CHOICE, FieldType.CHOICES})
_TEXTS = frozenset({FieldType.TEXT, FieldType.LONG_TEXT})
# Free text, exact ages and exact dates can single a child out: always sealed.
_CODABLE = _CHOSEN | {FieldType.BOOLEAN}


def wrong_forms(forms: dict[str, Form]) -> Iterator[Mistake]:
    """Ids once and as the file's name; each question sound; the wrap-up form there."""
    if WRAP_UP_FORM not in {form.id for form in forms.values()}:
        yield Mistake(f"forms/{WRAP_UP_FORM}.toml", "", "is missing: every contact is written up")
    for file, form in forms.items():
        if file != f"forms/{form.id}.toml":
            yield Mistake(file, "id", f"is {form.id}: the file must have the form's name")
        if form.version >= FORM_VERSIONS:
            yield Mistake(file, "version", f"must be below {FORM_VERSIONS}")
        for section in repeated(each.id for each in form.sections):
            yield Mistake(file, f"sections[{section}].id", "is used twice")
        for field_id in repeated(each.id for each in form.fields):
            yield Mistake(file, f"fields[{field_id}].id", "is used twice")
        sections = {section.id for section in form.sections}
        for field in form.fields:
            key = f"fields[{field.id}]"
            if field.section not in sections:
                yield Mistake(file, f"{key}.section", f"no section is called {field.section}")
            for name, reason in [
                *_wrong_options(field),
                *_wrong_class(field),
                *_wrong_bounds(field),
            ]:
                yield Mistake(file, f"{key}.{name}", reason)


def _wrong_options(field: FormField) -> Iterator[tuple[str, str]]:
    if field.type not in _CHOSEN:
        if field.options or field.options_from:
            yield "options", f"a {field.type} has no options"
        return
    if field.options and field.options_from:
        yield "options", "are given twice: here and by options_from"
    if not field.options and not field.options_from:
        yield "options", "are empty"
    if field.options_from and field.options_from not in OPTION_LISTS:
        yield "options_from", f"no list is called {field.options_from}"
    for option in repeated(each.id for each in field.options):
        yield f"options[{option}].id", "is used twice"


def _wrong_class(field: FormField) -> Iterator[tuple[str, str]]:
    if field.field_class is FieldClass.CODED and field.type not in _CODABLE:
        yield "class", f"a {field.type} is always sealed"
    if field.field_class is FieldClass.SEARCHABLE and field.type is not FieldType.TEXT:
        yield "class", "only a text is searchable"


def _wrong_bounds(field: FormField) -> Iterator[tuple[str, str]]:
    if field.type in _TEXTS and field.max_chars is None:
        yield "max_chars", "is missing: every text has a limit"
    if field.type not in _TEXTS and field.max_chars is not None:
        yield "max_chars", f"a {field.type} has none"
    if field.type is FieldType.NUMBER:
        if field.minimum is None or field.maximum is None:
            yield "minimum", "and maximum are needed by a number"
        elif field.minimum > field.maximum:
            yield "minimum", "is larger than maximum"
    elif field.minimum is not None or field.maximum is not None:
        yield "minimum", f"and maximum: a {field.type} has none"
    for disposition in repeated(field.required_for_close):
        yield "required_for_close", f"names {disposition} twice"


def wrong_retention(file: RetentionFile) -> Iterator[Mistake]:
    """Ids once; every default is a class."""
    name = "retention.toml"
    known = {each.id for each in file.classes}
    for class_id in repeated(each.id for each in file.classes):
        yield Mistake(name, f"classes[{class_id}].id", "is used twice")
    for kind, class_id in file.defaults:
        if class_id not in known:
            yield Mistake(name, f"defaults.{kind}", f"no class is called {class_id}")
