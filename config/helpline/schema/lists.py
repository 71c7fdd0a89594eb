"""categories.toml, outcomes.toml, people.toml, partners.toml, departments.toml: the closed lists."""

from typing import Annotated

from pydantic import Field

from config.helpline.schema.base import Code, Id, Label, NonEmpty, Rule
from config.vocabulary import CaseState, Disposition, EndedBy

Codes = Annotated[tuple[Code, ...], Field(min_length=1)]


class CategoriesFile(Rule):
    """categories.toml: the dangers of the 119 and the line's own problems, and signs."""

    groups: Codes
    categories: Codes
    signs: Codes


CASE = "case"  # in `closes_without`: no file is needed; every other name is a question's


class Qualification(Code):
    """What a contact was, once it is over.

    `closes_without`: what a treated contact may be closed without when it was
    this: a case (`case`), or the answers to some questions of the write-up.
    Advice about nobody in danger names no danger and needs no file.
    """

    closes_without: tuple[Id, ...] = ()


class OutcomesFile(Rule):
    """outcomes.toml: how contacts and cases end."""

    qualifications: Annotated[tuple[Qualification, ...], Field(min_length=1)]
    suites: Codes
    # To whom a person is handed who is passed on outside: emergency services, another line.
    outside_services: tuple[Code, ...] = ()
    non_content: Codes
    case_closing_reasons: Codes
    crip_feedback: Codes
    dispositions: dict[Disposition, Label]
    ended_by: dict[EndedBy, Label]
    case_states: dict[CaseState, Label]
    # Days after a report without an answer from the département at which to remind.
    crip_reminder_days: tuple[Annotated[int, Field(ge=1, le=365)], ...]


class PeopleFile(Rule):
    """people.toml: correspondents and children, as far as codes tell."""

    correspondent_families: Codes
    correspondents: Codes
    genders: Codes
    age_bands: Codes
    living_places: Codes
    child_protection: Codes


class PartnersFile(Rule):
    """partners.toml: kinds of partners, and what a territory may lack."""

    partner_types: Codes
    needs: Codes


class Region(Rule):
    """A region of the official geographic code; a string, and another type than a département."""

    code: Annotated[str, Field(pattern=r"^[0-9]{2}$")]
    name: NonEmpty


class Department(Rule):
    """A département, or an overseas collectivity with its own authority (no region)."""

    code: Annotated[str, Field(pattern=r"^[0-9]{1,2}[0-9AB]$")]
    name: NonEmpty
    region: str | None = None


class DepartmentsFile(Rule):
    """departments.toml."""

    regions: Annotated[tuple[Region, ...], Field(min_length=1)]
    departments: Annotated[tuple[Department, ...], Field(min_length=1)]


# The lists a form's field may take its options from, by the name used in `options_from`.
OPTION_LISTS: dict[str, tuple[str, str]] = {
    "categories": ("categories", "categories"),
    "signs": ("categories", "signs"),
    "qualifications": ("outcomes", "qualifications"),
    "suites": ("outcomes", "suites"),
    "outside_services": ("outcomes", "outside_services"),
    "non_content": ("outcomes", "non_content"),
    "correspondents": ("people", "correspondents"),
    "genders": ("people", "genders"),
    "age_bands": ("people", "age_bands"),
    "living_places": ("people", "living_places"),
    "child_protection": ("people", "child_protection"),
    "partner_types": ("partners", "partner_types"),
    "urgency_factors": ("urgency", "factors"),
    "departments": ("departments", "departments"),
}


class Option(Rule):
    """One choice of a form's field; wider than `Id`, for département codes such as 2A."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,48}$")]
    label: Label
