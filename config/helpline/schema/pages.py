"""pages.toml: what the public reads about the service itself, as the operator answers for it."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from config.helpline.schema.base import Label, Rule


class Compliance(StrEnum):
    """How far the pages follow the RGAA, in the three words that it allows."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"  # also where nobody has audited them: unknown is not « partly »


class Section(Rule):
    """A title and the paragraphs under it."""

    title: Label
    paragraphs: Annotated[tuple[Label, ...], Field(min_length=1)]


class Notice(Rule):
    """A page of text."""

    title: Label
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]
    written_at: date


class AccessibilityStatement(Notice):
    """The statement that the law asks for; `compliance` is told wherever it is linked."""

    compliance: Compliance


class PagesFile(Rule):
    """pages.toml."""

    privacy: Notice
    accessibility: AccessibilityStatement
