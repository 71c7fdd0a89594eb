"""What every piece of a helpline's files is made of: frozen models, ids, labels."""

import re
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    field_validator,
)

from config.typography import typeset
from config.vocabulary import Urgency
from config.writing import is_blank


class Rule(BaseModel):
    """A table of a file: frozen, and refusing any key it does not know (a typing mistake)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Label(RootModel[dict[str, str]]):
    """A short text by language code; `label["fr"]`. Completeness is a cross-check."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @field_validator("root")
    @classmethod
    def _with_its_spaces(cls, texts: dict[str, str]) -> dict[str, str]:
        return {language: typeset(text, language) for language, text in texts.items()}

    def __getitem__(self, language: str) -> str:
        """Return the text in `language`; KeyError when the line does not speak it."""
        return self.root[language]


Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
Digit = Annotated[str, Field(pattern=r"^[0-9]$")]
LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2}$")]


def _saying_something(text: str) -> str:
    if is_blank(text):
        raise ValueError("must not be blank")
    return text


NonEmpty = Annotated[str, AfterValidator(_saying_something)]
Seconds = Annotated[int, Field(ge=1, le=86_400)]


def _urgency(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"U[1-5]", value):
        return Urgency[value]
    raise ValueError("must be one of U1, U2, U3, U4, U5")


UrgencyName = Annotated[Urgency, BeforeValidator(_urgency)]


class Code(Rule):
    """One entry of a closed list that people choose from."""

    id: Id
    label: Label
    group: Id | None = None
    code_chi: NonEmpty | None = None  # Child Helpline International's category, where one fits
