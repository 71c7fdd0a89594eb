"""The closed lists: no id twice, every group known, every word of the vocabulary labelled."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import pairwise
from typing import Any

from config.helpline.schema.base import Code
from config.helpline.schema.line import EmergencyFile, LimitsFile
from config.helpline.schema.lists import (
    CategoriesFile,
    DepartmentsFile,
    OutcomesFile,
    PartnersFile,
    PeopleFile,
)
from config.helpline.sources import Mistake, repeated
from config.vocabulary import CaseState, Disposition, EndedBy

# The 96 of metropolitan France, the 5 overseas, and the 3 collectivities with their own authority.
DEPARTMENT_CODES = frozenset(
    {f"{number:02}" for number in range(1, 96) if number != 20}
    | {"2A", "2B", "971", "972", "973", "974", "976"}
)
COLLECTIVITY_CODES = frozenset({"975", "977", "978"})


def wrong_departments(file: DepartmentsFile) -> Iterator[Mistake]:
    """All 104 codes, each once, and nothing else; a département lies in a region of the list."""
    name = "departments.toml"
    codes = [each.code for each in file.departments]
    regions = {region.code for region in file.regions}
    for code in repeated(region.code for region in file.regions):
        yield Mistake(name, f"regions[{code}].code", "is used twice")
    for code in repeated(codes):
        yield Mistake(name, f"departments[{code}].code", "is used twice")
    for code in sorted((DEPARTMENT_CODES | COLLECTIVITY_CODES) - set(codes)):
        yield Mistake(name, "departments", f"{code} is missing")
    for each in file.departments:
        key = f"departments[{each.code}]"
        if each.code not in DEPARTMENT_CODES | COLLECTIVITY_CODES:
            yield Mistake(name, f"{key}.code", "is not the code of a département")
        elif each.code in DEPARTMENT_CODES and each.region is None:
            yield Mistake(name, f"{key}.region", "is missing")
        if each.region is not None and each.region not in regions:
            yield Mistake(name, f"{key}.region", f"no region has the code {each.region}")


def wrong_categories(file: CategoriesFile) -> Iterator[Mistake]:
    """Ids once; each category in a known group."""
    name = "categories.toml"
    yield from _repeated_ids(name, {"groups": file.groups, "signs": file.signs})
    yield from _grouped(name, "categories", file.categories, file.groups)


def wrong_outcomes(file: OutcomesFile) -> Iterator[Mistake]:
    """Ids once; a label for every word of the vocabulary; reminders in order."""
    name = "outcomes.toml"
    yield from _repeated_ids(
        name,
        {
            "qualifications": file.qualifications,
            "suites": file.suites,
            "outside_services": file.outside_services,
            "non_content": file.non_content,
            "case_closing_reasons": file.case_closing_reasons,
            "crip_feedback": file.crip_feedback,
        },
    )
    yield from _unlabelled(name, "dispositions", Disposition, file.dispositions)
    yield from _unlabelled(name, "ended_by", EndedBy, file.ended_by)
    yield from _unlabelled(name, "case_states", CaseState, file.case_states)
    if any(later <= earlier for earlier, later in pairwise(file.crip_reminder_days)):
        yield Mistake(name, "crip_reminder_days", "must be in rising order")


def wrong_people(file: PeopleFile) -> Iterator[Mistake]:
    """Ids once; each kind of correspondent in a known family."""
    name = "people.toml"
    yield from _repeated_ids(
        name,
        {
            "correspondent_families": file.correspondent_families,
            "genders": file.genders,
            "age_bands": file.age_bands,
            "living_places": file.living_places,
            "child_protection": file.child_protection,
        },
    )
    yield from _grouped(name, "correspondents", file.correspondents, file.correspondent_families)


def wrong_partners(file: PartnersFile) -> Iterator[Mistake]:
    """Ids once."""
    lists = {"partner_types": file.partner_types, "needs": file.needs}
    yield from _repeated_ids("partners.toml", lists)


def wrong_numbers(file: EmergencyFile) -> Iterator[Mistake]:
    """Ids once; at least one number to show first, and one for who cannot speak."""
    name = "emergency_numbers.toml"
    for number_id in repeated(each.id for each in file.numbers):
        yield Mistake(name, f"numbers[{number_id}].id", "is used twice")
    if not any(each.urgent for each in file.numbers):
        yield Mistake(name, "numbers", "none is urgent: nothing to show when we cannot answer")
    if not any(each.urgent and each.text_message for each in file.numbers):
        yield Mistake(name, "numbers", "no urgent one takes text messages, for who cannot speak")


def wrong_limits(file: LimitsFile) -> Iterator[Mistake]:
    """Durations that only make sense in an order."""
    limits = file.limits
    for smaller, larger in (
        ("offer_seen_seconds", "offer_seconds"),
        ("offer_seconds", "round_seconds"),
        ("no_socket_offer_seconds", "away_seconds"),
        ("early_abandon_seconds", "short_contact_seconds"),
    ):
        if getattr(limits, smaller) >= getattr(limits, larger):
            yield Mistake("limits.toml", f"limits.{smaller}", f"must be less than {larger}")
    if limits.chats_beside_call > limits.max_chats:
        yield Mistake("limits.toml", "limits.chats_beside_call", "must be at most max_chats")


def _repeated_ids(file: str, lists: Mapping[str, Iterable[Code]]) -> Iterator[Mistake]:
    for name, codes in lists.items():
        for code_id in repeated(code.id for code in codes):
            yield Mistake(file, f"{name}[{code_id}].id", "is used twice")


def _grouped(
    file: str, name: str, codes: Iterable[Code], groups: Iterable[Code]
) -> Iterator[Mistake]:
    codes = list(codes)
    yield from _repeated_ids(file, {name: codes})
    known = {group.id for group in groups}
    for code in codes:
        if code.group not in known:
            reason = f"no group is called {code.group}" if code.group else "is missing"
            yield Mistake(file, f"{name}[{code.id}].group", reason)


def _unlabelled(
    file: str, name: str, words: type[StrEnum], labels: Mapping[Any, object]
) -> Iterator[Mistake]:
    for word in words:
        if word not in labels:
            yield Mistake(file, f"{name}.{word}", "is missing")
