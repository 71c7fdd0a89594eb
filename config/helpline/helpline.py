"""A helpline, checked and frozen: what every other package reads its rules from."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, cast

from babel.dates import format_datetime

from config.helpline import texts
from config.helpline.hours import Closed, Open, opening
from config.helpline.lanes import Lane, Profile, lane_id, lanes_of, profile_of
from config.helpline.schema.base import Code, Label
from config.helpline.schema.calendar import HoursFile
from config.helpline.schema.lanes import EntryRule, MenuKey, Queue, UrgencyRules
from config.helpline.schema.line import EmergencyNumber, Limits, Line
from config.helpline.schema.lists import (
    OPTION_LISTS,
    CategoriesFile,
    Department,
    DepartmentsFile,
    Option,
    OutcomesFile,
    PartnersFile,
    PeopleFile,
)
from config.helpline.schema.records import WRAP_UP_FORM, Form, RetentionFile
from config.helpline.sources import Sources
from config.vocabulary import Audience, CaseState, Channel, Disposition, EndedBy


@dataclass(frozen=True, eq=False)
class Helpline:
    """One line's rules. Made by `load_helpline` only, so that none is ever half checked."""

    line: Line
    queues: tuple[Queue, ...]  # in order of service at equal urgency
    profiles: tuple[Profile, ...]
    menu: Mapping[str, MenuKey]  # digit → meaning; 0 is danger, U1
    entry: tuple[EntryRule, ...]
    hours: HoursFile
    urgency: UrgencyRules
    category_lists: CategoriesFile
    outcomes: OutcomesFile
    people: PeopleFile
    partners: PartnersFile
    geography: DepartmentsFile
    forms: Mapping[str, Form]  # form id → its present version, options resolved
    retention: RetentionFile
    emergency_numbers: tuple[EmergencyNumber, ...]
    limits: Limits
    texts: Mapping[str, Mapping[str, str]]  # key → language → text
    content: dict[str, Any]  # the files as written, ready for JSON; not to be changed
    config_version: str  # SHA-256 of `content`, in hexadecimal

    def lanes(self) -> tuple[Lane, ...]:
        """Return every lane of the line, in the queues' order."""
        return lanes_of(self.line.id, self.queues, self.line.languages)

    def lane_id(self, queue: str, channel: Channel, language: str) -> str:
        """Return the id of one of the line's lanes."""
        return lane_id(self.line.id, queue, channel, language)

    def queue(self, queue_id: str) -> Queue:
        """Return a queue; KeyError when the line has none of that id."""
        for queue in self.queues:
            if queue.id == queue_id:
                return queue
        raise KeyError(queue_id)

    def profile(self, profile_id: str) -> Profile:
        """Return a profile; KeyError when the line has none of that id."""
        for profile in self.profiles:
            if profile.id == profile_id:
                return profile
        raise KeyError(profile_id)

    def entry_rule(self, channel: Channel, audience: Audience) -> EntryRule:
        """Return where, and how urgently, who comes in so is placed."""
        for rule in self.entry:
            if channel in rule.channels and rule.audience is audience:
                return rule
        raise KeyError((channel, audience))

    def opening(self, channel: Channel, queue: str, now: datetime) -> Open | Closed:
        """Return whether a queue answers on a channel at `now`; closed when nothing says open."""
        return opening(self.hours, self.line.zone, channel, queue, now)

    def language(self, wanted: str | None) -> str:
        """Return the language the line speaks for who asked for `wanted`: it, or the first one."""
        return wanted if wanted in self.line.languages else self.line.languages[0]

    def text(
        self, key: str, language: str, *, audience: Audience | None = None, **values: object
    ) -> str:
        """Return a text filled in, in the variant for an audience (« tu » or « vous »).

        Raises KeyError when the key, the language or a value is missing; those of
        `texts.REQUIRED` are there in every language of the line.
        """
        by_language = self.texts[texts.variant(self.texts, key, audience)]
        return texts.fill(by_language[language], values)

    def when(self, instant: datetime | None, language: str) -> str:
        """Return an instant in the line's own zone, as `{opening}` and `{day}` want it.

        None, when no opening is in sight, gives « plus tard ».
        """
        if instant is None:
            return self.text("time.later", language)
        pattern = self.text("time.pattern", language)
        words: str = format_datetime(instant, pattern, tzinfo=self.line.zone, locale=language)
        return words

    @property
    def categories(self) -> tuple[Code, ...]:
        """Return the dangers and problems a contact may be about."""
        return self.category_lists.categories

    @property
    def dispositions(self) -> Mapping[Disposition, Label]:
        """Return what may become of a contact, by label."""
        return self.outcomes.dispositions

    @property
    def ended_by(self) -> Mapping[EndedBy, Label]:
        """Return who may end a contact, by label."""
        return self.outcomes.ended_by

    @property
    def case_states(self) -> Mapping[CaseState, Label]:
        """Return the states of a case, by label."""
        return self.outcomes.case_states

    @property
    def non_content_codes(self) -> tuple[Code, ...]:
        """Return why a contact had no content: what closes one without a case."""
        return self.outcomes.non_content

    @property
    def departments(self) -> tuple[Department, ...]:
        """Return the départements and the overseas collectivities with their own authority."""
        return self.geography.departments

    @property
    def age_bands(self) -> tuple[Code, ...]:
        """Return the age bands; an exact age is sealed, never coded."""
        return self.people.age_bands

    @property
    def genders(self) -> tuple[Code, ...]:
        """Return the genders that may be noted."""
        return self.people.genders

    @property
    def partner_types(self) -> tuple[Code, ...]:
        """Return the kinds of partners."""
        return self.partners.partner_types

    @property
    def wrap_up_form(self) -> Form:
        """Return the form written after a contact."""
        return self.forms[WRAP_UP_FORM]


def build(sources: Sources) -> Helpline:
    """Return the helpline of sources without mistakes (cross-checked by the caller)."""
    complete = cast("Any", sources)  # every file is there: the caller found no mistake
    line: Line = complete.line.line
    queues: tuple[Queue, ...] = complete.queues.queues
    lanes = lanes_of(line.id, queues, line.languages)
    content = _json_ready(sources.content)
    return Helpline(
        line=line,
        queues=queues,
        profiles=tuple(profile_of(rule, lanes) for rule in complete.profiles.profiles),
        menu=MappingProxyType({key.digit: key for key in complete.entry.menu}),
        entry=complete.entry.entry,
        hours=complete.hours,
        urgency=complete.urgency,
        category_lists=complete.categories,
        outcomes=complete.outcomes,
        people=complete.people,
        partners=complete.partners,
        geography=complete.departments,
        forms=MappingProxyType(
            {
                form.id: with_options(form, sources, line.languages)
                for form in complete.forms.values()
            }
        ),
        retention=complete.retention,
        emergency_numbers=complete.emergency_numbers.numbers,
        limits=complete.limits.limits,
        texts=_by_key(complete.texts),
        content=content,
        config_version=version_of(content),
    )


def version_of(content: Mapping[str, Any]) -> str:
    """Return the hash of the content alone: spaces, comments and the order of keys do not count."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def with_options(form: Form, sources: Sources, languages: tuple[str, ...]) -> Form:
    """Return the form with each `options_from` replaced by the list it names."""
    fields = tuple(
        each.model_copy(update={"options": _options(each.options_from, sources, languages)})
        if each.options_from
        else each
        for each in form.fields
    )
    return form.model_copy(update={"fields": fields})


def _options(list_name: str, sources: Sources, languages: tuple[str, ...]) -> tuple[Option, ...]:
    subject, attribute = OPTION_LISTS[list_name]
    entries = getattr(getattr(sources, subject), attribute)
    return tuple(
        Option(id=each.code, label=Label(dict.fromkeys(languages, f"{each.code} {each.name}")))
        if isinstance(each, Department)
        else Option(id=each.id, label=each.label)
        for each in entries
    )


def _by_key(by_language: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    keys = {key for entries in by_language.values() for key in entries}
    return MappingProxyType(
        {
            key: MappingProxyType({code: entries[key] for code, entries in by_language.items()})
            for key in sorted(keys)
        }
    )


def _json_ready(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json_ready(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_json_ready(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
