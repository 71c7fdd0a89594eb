"""What was read from a helpline's folder, before anything is concluded from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from config.helpline.schema.calendar import HoursFile
from config.helpline.schema.lanes import EntryFile, ProfilesFile, QueuesFile, SkillsFile
from config.helpline.schema.line import EmergencyFile, LimitsFile, LineFile
from config.helpline.schema.lists import (
    CategoriesFile,
    DepartmentsFile,
    OutcomesFile,
    PartnersFile,
    PeopleFile,
)
from config.helpline.schema.pages import PagesFile
from config.helpline.schema.records import Form, RetentionFile
from config.helpline.schema.urgency import UrgencyRules


class Mistake(NamedTuple):
    """One thing to mend; printed as `file: key: reason`."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.file}: {self.key}: {self.reason}" if self.key else f"{self.file}: {self.reason}"
        )


@dataclass
class Sources:
    """Each file's content, None when it is missing or wrong: its mistakes are reported already."""

    line: LineFile | None = None
    limits: LimitsFile | None = None
    emergency_numbers: EmergencyFile | None = None
    skills: SkillsFile | None = None
    queues: QueuesFile | None = None
    profiles: ProfilesFile | None = None
    entry: EntryFile | None = None
    hours: HoursFile | None = None
    urgency: UrgencyRules | None = None
    categories: CategoriesFile | None = None
    outcomes: OutcomesFile | None = None
    people: PeopleFile | None = None
    partners: PartnersFile | None = None
    departments: DepartmentsFile | None = None
    retention: RetentionFile | None = None
    pages: PagesFile | None = None
    texts: dict[str, dict[str, str]] | None = None  # language → key → text
    forms: dict[str, Form] | None = None  # file name → form
    content: dict[str, dict[str, Any]] = field(default_factory=dict)  # file → as written


def repeated(values: Iterable[Any]) -> list[Any]:
    """Return the values that come more than once, each once, in order."""
    seen: set[Any] = set()
    twice: dict[Any, None] = {}
    for value in values:
        if value in seen:
            twice[value] = None
        seen.add(value)
    return list(twice)


def looping(leads_to: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the names from which one comes back to the name itself."""
    found: set[str] = set()
    for start in leads_to:
        ahead = list(leads_to[start])
        passed: set[str] = set()
        while ahead:
            name = ahead.pop()
            if name not in passed:
                passed.add(name)
                ahead.extend(leads_to.get(name, ()))
        if start in passed:
            found.add(start)
    return found
