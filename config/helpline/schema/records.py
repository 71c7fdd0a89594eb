"""forms/*.toml and retention.toml: what is written down, how, and for how long."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field

from config.helpline.schema.base import Id, Label, NonEmpty, Rule
from config.helpline.schema.lists import Option
from config.helpline.schema.promises import Promise
from config.vocabulary import Disposition

WRAP_UP_FORM = "wrap_up"  # written after every contact
# A form's own file counts its versions below this; what it draws from the helpline's lists is
# counted above (records/configuration.py).
FORM_VERSIONS = 10_000


class FieldType(StrEnum):
    """How a form's field is filled in."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CHOICES = "choices"
    BOOLEAN = "boolean"
    DATE = "date"
    NUMBER = "number"


class FieldClass(StrEnum):
    """How a form's value is kept."""

    CODED = "coded"  # in clear, for routing and statistics
    SEALED = "sealed"  # in the vault
    SEARCHABLE = "searchable"  # in the vault, plus the blind index


class FormField(Rule):
    """One question of a form."""

    id: Id
    type: FieldType
    field_class: Annotated[FieldClass, Field(alias="class")]
    label: Label
    help: Label | None = None
    section: Id
    options: tuple[Option, ...] = ()
    options_from: str | None = None  # a list of the helpline's; resolved when loaded
    max_chars: Annotated[int, Field(ge=1, le=20_000)] | None = None
    minimum: int | None = None
    maximum: int | None = None
    # A contact closed with one of these dispositions must have an answer here.
    required_for_close: tuple[Disposition, ...] = ()
    # What an answer makes of the closing. A rule of the service and no part of the question: it
    # leaves the form when the helpline is put together (`Helpline.promises`), so it may change
    # without the form's next version.
    follow_ups: Annotated[tuple[Promise, ...], Field(exclude=True)] = ()


class FormSection(Rule):
    """A heading under which questions stand."""

    id: Id
    label: Label


class Form(Rule):
    """A form; a record keeps the version it was written with, for ever."""

    id: Id
    version: Annotated[int, Field(ge=1)]
    label: Label
    sections: Annotated[tuple[FormSection, ...], Field(min_length=1)]
    fields: Annotated[tuple[FormField, ...], Field(min_length=1)]

    @classmethod
    def kept(cls, content: Mapping[str, Any]) -> Self:
        """Return a form as the database keeps it; what another release added is passed over.

        Raises ValueError for what is no form at all.
        """
        return cls.model_validate(content, extra="ignore")

    def field(self, field_id: str) -> FormField | None:
        """Return the question of that id, None when the form has none."""
        return next((each for each in self.fields if each.id == field_id), None)


class RetentionAction(StrEnum):
    """What happens when a period is over."""

    DELETE = "delete"
    SHRED = "shred"  # destroy the data key: backups lose it too
    PSEUDONYMISE = "pseudonymise"
    ARCHIVE = "archive"


class RetentionClass(Rule):
    """How long one kind of record is kept, why, and what becomes of it."""

    id: Id
    label: Label
    period_hours: Annotated[int, Field(ge=1, le=24 * 365 * 100)]
    starts: Annotated[str, Field(pattern=r"^(created|ended|closed)$")]
    legal_basis: NonEmpty  # editable text: law changes more often than programs
    action: RetentionAction


class RetentionDefaults(Rule):
    """The class a record gets when it is made; the write-up may change it."""

    contact: Id
    contact_non_content: Id
    case: Id
    number: Id
    audit: Id


class RetentionFile(Rule):
    """retention.toml."""

    shred_days: Annotated[int, Field(ge=1, le=30)]  # physical backups hold data and keys
    defaults: RetentionDefaults
    classes: Annotated[tuple[RetentionClass, ...], Field(min_length=1)]
