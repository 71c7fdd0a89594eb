"""skills.toml, queues.toml, profiles.toml, entry.toml: who waits where, and who serves whom."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from config.helpline.schema.base import (
    Digit,
    Id,
    Label,
    LanguageCode,
    NonEmpty,
    Rule,
    Seconds,
    UrgencyName,
)
from config.helpline.schema.calendar import Week
from config.vocabulary import Audience, Channel, Level

EVERY = "*"
DANGER_KEY = "0"  # the first words of every menu
MAX_QUESTIONS = 3  # a child who is asked more goes away


class ServiceTarget(Rule):
    """The share of contacts to be answered within some seconds, to be shown with the figures."""

    percent: Annotated[int, Field(ge=1, le=100)]
    seconds: Seconds


class SkillKind(StrEnum):
    """What a skill is for."""

    EXPERTISE = "expertise"  # queues ask for it: `requires`, `prefers`
    NEED = "need"  # contacts ask for it: who needs it waits in lanes of its own


class Skill(Rule):
    """What a listener can do that not all of them can."""

    id: Id
    label: Label
    kind: SkillKind


class WhenClosed(Rule):
    """Who takes a queue's contacts while it is closed, or none of its specialists is there."""

    queue: Id
    follow_up: bool = False  # the closed queue gets a task


class Queue(Rule):
    """Where people wait. The file's order is the order at equal urgency."""

    id: Id
    label: Label
    line: Id | None = None  # None: the main line
    level: Level = Level.LISTENING
    audiences: tuple[Audience, ...] = ()
    # Empty: no live channel leads here (its work comes as forms or planned callbacks).
    channels: tuple[Channel, ...]
    service_target: dict[Channel, ServiceTarget] = Field(default_factory=dict)
    requires: tuple[Id, ...] = ()  # only listeners with every one of these skills serve it
    # Holders of any of these are its first choice; its other listeners help out
    # after `help_out_seconds`, at once while no first choice is signed in.
    prefers: tuple[Id, ...] = ()
    needs: tuple[Id, ...] = ()  # the need-skills it has lanes for
    # With so many waiting on a channel, who comes next is told so instead of queued.
    full_at: Annotated[int, Field(ge=1, le=100_000)] | None = None
    when_closed: WhenClosed | None = None


class HelpOut(Rule):
    """Queues of others that a team serves once a contact has waited there for some time."""

    queues: Annotated[tuple[Id, ...], Field(min_length=1)]
    after_seconds: Seconds


class ProfileRule(Rule):
    """A team: the lanes it serves, as a product of three lists; `*` = all.

    All queues means those of listening: pre-answering is named, because who
    answers first is another trade.
    """

    id: Id
    label: Label
    queues: Annotated[tuple[Id | Literal["*"], ...], Field(min_length=1)]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    languages: Annotated[tuple[LanguageCode | Literal["*"], ...], Field(min_length=1)]
    help_out: tuple[HelpOut, ...] = ()


class MenuKey(Rule):
    """What one key of the telephone menu means."""

    # A further line has the main one's keys until it has any of its own.
    line: Id | None = None

    digit: Digit
    label: Label
    queue: Id
    audience: Audience
    urgency: UrgencyName
    language: LanguageCode | None = None  # None: the call keeps its language


class EntryRule(Rule):
    """The queue and first urgency of who comes in without a better word."""

    line: Id | None = None  # None: every line without a rule of its own

    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    audience: Audience
    queue: Id
    urgency: UrgencyName


class PreAnswer(Rule):
    """Where contacts are answered first, to be handed over to listening."""

    queue: Id
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    week: Week | None = None  # None: whenever hours.toml opens the queue


class AnswerToYes(Rule):
    """What a visitor who answers yes is told at once, before anybody joins them."""

    text: NonEmpty  # names chat.<text>; it says each of the numbers
    numbers: Annotated[tuple[Id, ...], Field(min_length=1)]  # of emergency_numbers.toml


class OpeningQuestion(Rule):
    """What a visitor may be asked before the chat; she may leave it without an answer."""

    id: Id
    label: Label  # « tu »
    label_adult: Label | None = None  # « vous »; needed if adults are asked
    audiences: Annotated[tuple[Audience, ...], Field(min_length=1)]
    factor: Id  # what a yes ticks
    yes: AnswerToYes | None = None  # None: a yes needs no words


class SkillsFile(Rule):
    """skills.toml."""

    skills: tuple[Skill, ...] = ()


class QueuesFile(Rule):
    """queues.toml."""

    queues: Annotated[tuple[Queue, ...], Field(min_length=1)]


class ProfilesFile(Rule):
    """profiles.toml."""

    profiles: Annotated[tuple[ProfileRule, ...], Field(min_length=1)]


class EntryFile(Rule):
    """entry.toml."""

    menu: Annotated[tuple[MenuKey, ...], Field(min_length=1)]
    entry: Annotated[tuple[EntryRule, ...], Field(min_length=1)]
    # Where a child's call that was cut off comes back to; None: where any call of theirs would.
    returning_queue: Id | None = None
    pre_answer: PreAnswer | None = None
    opening_questions: Annotated[tuple[OpeningQuestion, ...], Field(max_length=MAX_QUESTIONS)] = ()
