"""queues.toml, profiles.toml, entry.toml, urgency.toml: who waits where, and who is served first."""

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
from config.vocabulary import Audience, Channel, Urgency

EVERY = "*"
DANGER_KEY = "0"  # the first words of every menu
# Head starts stay far below the width of a band (2^43 ms), whatever is added "to the head".
HeadStart = Annotated[int, Field(ge=0, le=86_400_000)]


class ServiceTarget(Rule):
    """The share of contacts to be answered within some seconds, to be shown with the figures."""

    percent: Annotated[int, Field(ge=1, le=100)]
    seconds: Seconds


class Queue(Rule):
    """Where people wait. The file's order is the order at equal urgency."""

    id: Id
    label: Label
    audiences: tuple[Audience, ...] = ()
    # Empty: no live channel leads here (its work comes as forms or planned callbacks).
    channels: tuple[Channel, ...]
    service_target: dict[Channel, ServiceTarget] = Field(default_factory=dict)


class ProfileRule(Rule):
    """The lanes that some listeners serve, as a product of three lists; `*` = all of the line's."""

    id: Id
    label: Label
    queues: Annotated[tuple[Id | Literal["*"], ...], Field(min_length=1)]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    languages: Annotated[tuple[LanguageCode | Literal["*"], ...], Field(min_length=1)]


class MenuKey(Rule):
    """What one key of the telephone menu means."""

    digit: Digit
    label: Label
    queue: Id
    audience: Audience
    urgency: UrgencyName
    language: LanguageCode | None = None  # None: the call keeps its language


class EntryRule(Rule):
    """The queue and first urgency of who comes in without a better word."""

    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    audience: Audience
    queue: Id
    urgency: UrgencyName


class UrgencyLevel(Rule):
    """One rung of the scale, as listeners read it."""

    id: UrgencyName
    label: Label
    response: Label
    target_seconds: Annotated[int, Field(ge=0, le=30 * 86_400)]
    head_start_ms: HeadStart


class Factor(Rule):
    """A fact a listener ticks; it sets a floor under the urgency, it never adds up."""

    id: Id
    label: Label
    floor: UrgencyName


class EscalationStep(Rule):
    """What changes for contacts that have waited `after_seconds`."""

    after_seconds: Seconds
    urgencies: Annotated[tuple[UrgencyName, ...], Field(min_length=1)]
    queues: tuple[Id, ...] = ()  # empty: every queue
    widen_to: tuple[Id, ...] = ()
    alert_coordinator: bool = False
    text: NonEmpty | None = None


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


class UrgencyRules(Rule):
    """urgency.toml: the scale, the head starts, the factors with their floors."""

    # "To the head" of band 1: one more head start in the same formula.
    returned_head_start_ms: HeadStart
    levels: Annotated[tuple[UrgencyLevel, ...], Field(min_length=1)]
    factors: Annotated[tuple[Factor, ...], Field(min_length=1)]
    escalation: tuple[EscalationStep, ...] = ()

    @property
    def head_starts_ms(self) -> dict[Urgency, int]:
        """Return each urgency's head start in milliseconds."""
        return {level.id: level.head_start_ms for level in self.levels}

    def floor(self, ticked: frozenset[str] | set[str]) -> Urgency | None:
        """Return the most severe floor among the ticked factors, None when nothing is ticked.

        Never a sum, and "unknown" is not "no": an unticked factor lowers nothing.
        """
        return min((each.floor for each in self.factors if each.id in ticked), default=None)
