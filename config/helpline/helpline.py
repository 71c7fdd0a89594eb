"""A helpline, checked and frozen: what every other package reads its rules from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from config.dates import moment_words
from config.helpline import texts
from config.helpline.hours import Closed, Open, opening, within
from config.helpline.lanes import Lane, lane_id, lanes_of
from config.helpline.profiles import Profile
from config.helpline.schema.base import Code, Label
from config.helpline.schema.calendar import HoursFile
from config.helpline.schema.lanes import (
    EntryRule,
    MenuKey,
    OpeningQuestion,
    PreAnswer,
    Queue,
    Skill,
)
from config.helpline.schema.line import EmergencyNumber, Limits, Line, VisitorPage
from config.helpline.schema.lists import (
    CategoriesFile,
    Department,
    DepartmentsFile,
    OutcomesFile,
    PartnersFile,
    PeopleFile,
)
from config.helpline.schema.pages import PagesFile
from config.helpline.schema.promises import Promise
from config.helpline.schema.records import WRAP_UP_FORM, Form, RetentionFile
from config.helpline.schema.urgency import UrgencyRules
from config.languages import best_language
from config.phone import line_number, region_of
from config.vocabulary import Audience, CaseState, Channel, Disposition, EndedBy


@dataclass(frozen=True, eq=False)
class Helpline:
    """One line's rules. Made by `load_helpline` only, so that none is ever half checked."""

    line: Line  # the main one
    lines: tuple[Line, ...]  # every one of the pool, the main one first
    page: VisitorPage
    skills: tuple[Skill, ...]
    queues: tuple[Queue, ...]  # in order of service at equal urgency
    profiles: tuple[Profile, ...]  # each team's, without skills
    # Team → lines, all of the team's first → those of its skills that somebody holds → profile.
    profiles_by_lines: Mapping[str, Mapping[frozenset[str], Mapping[frozenset[str], Profile]]]
    menu: Mapping[str, MenuKey]  # the main line's: digit → meaning; 0 is danger, U1
    menu_keys: tuple[MenuKey, ...]  # of every line
    entry: tuple[EntryRule, ...]
    returning_queue: str | None
    pre_answer: PreAnswer | None
    opening_questions: tuple[OpeningQuestion, ...]
    hours: HoursFile
    urgency: UrgencyRules
    category_lists: CategoriesFile
    outcomes: OutcomesFile
    people: PeopleFile
    partners: PartnersFile
    geography: DepartmentsFile
    forms: Mapping[str, Form]  # form id → its present version, options resolved
    promises: Mapping[str, tuple[Promise, ...]]  # question of the write-up → what answers promise
    retention: RetentionFile
    notices: PagesFile
    emergency_numbers: tuple[EmergencyNumber, ...]
    limits: Limits
    texts: Mapping[str, Mapping[str, str]]  # key → language → text
    content: dict[str, Any]  # the files as written, ready for JSON; not to be changed
    config_version: str  # SHA-256 of `content`, in hexadecimal

    def lanes(self) -> tuple[Lane, ...]:
        """Return every lane of the lines, in the queues' order."""
        return lanes_of(self.line.id, self.queues, self.line.languages)

    def lane_id(self, queue: str, channel: Channel, language: str, need: str | None = None) -> str:
        """Return the id of a lane; that of a queue nobody knows is one that no engine has."""
        line = next((each.line for each in self.queues if each.id == queue), None)
        return lane_id(line or self.line.id, queue, channel, language, need)

    def lane_for(
        self, queue: str, channel: Channel, language: str, needs: Collection[str] = ()
    ) -> str:
        """Return the id of the lane where a contact with these needs stands in a queue.

        The lane of the first of its needs (in the queue's order) that the queue
        has lanes for, else the plain one: a need nobody foresaw keeps nobody out.
        """
        known = next((each.needs for each in self.queues if each.id == queue), ())
        need = next((each for each in known if each in needs), None)
        return self.lane_id(queue, channel, language, need)

    @property
    def phone_region(self) -> str:
        """Return the region (ISO 3166) whose national way of writing numbers is at home here."""
        return region_of(self.line.number)

    def line_of_number(self, called: str) -> Line | None:
        """Return the line of a called number, however written; None when it is none of ours."""
        number = line_number(called, self.phone_region)
        return next((line for line in self.lines if line.number == number), None)

    def line_of(self, line_id: str) -> Line | None:
        """Return the line of that id, None when it is none of ours."""
        return next((line for line in self.lines if line.id == line_id), None)

    def queue(self, queue_id: str) -> Queue:
        """Return a queue; KeyError when the line has none of that id."""
        for queue in self.queues:
            if queue.id == queue_id:
                return queue
        raise KeyError(queue_id)

    def skill(self, skill_id: str) -> Skill:
        """Return a skill; KeyError when the helpline has none of that id."""
        for skill in self.skills:
            if skill.id == skill_id:
                return skill
        raise KeyError(skill_id)

    def profile(self, profile_id: str) -> Profile:
        """Return a profile, derived ones included; KeyError when there is none of that id."""
        for profile in self.all_profiles():
            if profile.id == profile_id:
                return profile
        raise KeyError(profile_id)

    def profile_for(
        self, team_id: str, skills: Collection[str], lines: Collection[str] | None = None
    ) -> Profile:
        """Return the profile of a listener of a team who holds these skills.

        Skills that change nothing for the team, or that the helpline no longer
        has, are left out. `lines` are those of her account, None for all: she
        serves no lane of another. Raises KeyError for a team that does not
        exist, or has no lane on her lines.
        """
        by_lines = self.profiles_by_lines[team_id]
        hers = next(iter(by_lines)) if lines is None else frozenset(lines)
        served = max((each for each in by_lines if each <= hers), key=len, default=frozenset[str]())
        by_skills = by_lines[served]
        relevant = frozenset().union(*by_skills)
        return by_skills[relevant.intersection(skills)]

    def all_profiles(self) -> tuple[Profile, ...]:
        """Return every distinct profile: the teams', then what skills and lines make of them."""
        found = {profile.id: profile for profile in self.profiles}
        for by_lines in self.profiles_by_lines.values():
            for by_skills in by_lines.values():
                found |= {profile.id: profile for profile in by_skills.values()}
        return tuple(found.values())

    def menu_of(self, line: str) -> Mapping[str, MenuKey]:
        """Return a line's keys; the main line's for one that has none of its own."""
        own = {key.digit: key for key in self._own_keys(line)}
        return MappingProxyType(own) if own else self.menu

    def menu_text(self, line: str) -> str:
        """Return the key of the text that announces a line's menu."""
        return texts.menu_of(line if self._own_keys(line) else None)

    def _own_keys(self, line: str) -> tuple[MenuKey, ...]:
        further = line != self.line.id
        return tuple(key for key in self.menu_keys if further and key.line == line)

    def entry_rule(
        self, channel: Channel, audience: Audience, line: str | None = None
    ) -> EntryRule:
        """Return where, and how urgently, who comes in so is placed; a line's own rule wins."""
        for wanted in (line or self.line.id, None):
            for rule in self.entry:
                if rule.line == wanted and channel in rule.channels and rule.audience is audience:
                    return rule
        raise KeyError((channel, audience))

    def pre_answers(self, channel: Channel, now: datetime) -> str | None:
        """Return the queue where contacts of a channel are answered first at `now`, if any."""
        rule = self.pre_answer
        if rule is None or channel not in rule.channels:
            return None
        if rule.week is not None and not within(rule.week, self.line.zone, now):
            return None
        return rule.queue if isinstance(self.opening(channel, rule.queue, now), Open) else None

    def questions_for(self, audience: Audience) -> tuple[OpeningQuestion, ...]:
        """Return what a visitor of this audience may be asked before the chat."""
        return tuple(each for each in self.opening_questions if audience in each.audiences)

    def opening(self, channel: Channel, queue: str, now: datetime) -> Open | Closed:
        """Return whether a queue answers on a channel at `now`; closed when nothing says open."""
        return opening(self.hours, self.line.zone, channel, queue, now)

    def language(self, wanted: str | None) -> str:
        """Return the language the line speaks for who wants one: theirs, else the first one.

        `wanted` is a language tag of any case and region, or a whole
        Accept-Language header.
        """
        return best_language(wanted or "", self.line.languages)

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
        return moment_words(instant, pattern, self.line.zone, language)

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

    def spared_by(self, qualification: object) -> frozenset[str]:
        """Return what a contact of this qualification may be closed without; see Qualification."""
        found = (
            each.closes_without for each in self.outcomes.qualifications if each.id == qualification
        )
        return frozenset(next(found, ()))

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
