"""urgency.toml: the scale, the factors with their floors, and what waiting changes."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from config.helpline.schema.base import Id, Label, NonEmpty, Rule, Seconds, UrgencyName
from config.vocabulary import Channel, EscalationOffer, EscalationWhen, Urgency

# A contact keeps the steps applied to it as the bits of one PostgreSQL bigint.
MAX_STEPS = 62
# Head starts stay far below the width of a band (2^43 ms), whatever is added "to the head".
HeadStart = Annotated[int, Field(ge=0, le=86_400_000)]


class SystemFact(StrEnum):
    """What the service itself notices of a contact, and may tick a factor for."""

    RETURNING_AFTER_DROP = "returning_after_drop"  # the same number, soon after a call cut off
    REPEAT_CONTACTS = "repeat_contacts"  # `repeat_contacts` within `repeat_days`
    SHORT_CONTACTS = "short_contacts"  # `short_contacts` within `short_contacts_minutes`


class UrgencyLevel(Rule):
    """One rung of the scale, as listeners read it."""

    id: UrgencyName
    label: Label
    response: Label
    target_seconds: Annotated[int, Field(ge=0, le=30 * 86_400)]
    head_start_ms: HeadStart


class Factor(Rule):
    """A fact that is ticked; it sets a floor under the urgency, it never adds up."""

    id: Id
    label: Label
    floor: UrgencyName
    system: SystemFact | None = None  # the service ticks it by itself


class EscalationStep(Rule):
    """What changes, once, for contacts that have waited `after_seconds`.

    Its place in the file is the number under which contacts remember it:
    add further steps at the end.
    """

    id: Id
    after_seconds: Seconds
    urgencies: Annotated[tuple[UrgencyName, ...], Field(min_length=1)]
    queues: tuple[Id, ...] = ()  # empty: every queue
    channels: tuple[Channel, ...] = ()  # empty: every channel
    when: EscalationWhen = EscalationWhen.ANY  # the state of the contact's queue
    widen_to: tuple[Id, ...] = ()  # the contact stands in these queues too
    drop_needs: bool = False  # it stands among everybody's, no longer in its need's lane only
    alert_coordinator: bool = False
    text: NonEmpty | None = None  # names voice.<text> and chat.<text>
    offer: EscalationOffer | None = None
    take_in: Id | None = None  # the queue that the contact moves to
    follow_up: bool = False  # a task for the queue that the contact stood in

    def concerns(self, queue: str, channel: Channel, urgency: Urgency) -> bool:
        """Tell whether the step is for contacts that wait so; its `when` is the caller's to judge."""
        return (
            urgency in self.urgencies
            and (not self.queues or queue in self.queues)
            and (not self.channels or channel in self.channels)
        )


class UrgencyRules(Rule):
    """urgency.toml: the scale, the head starts, the factors with their floors."""

    # "To the head" of band 1: one more head start in the same formula.
    returned_head_start_ms: HeadStart
    levels: Annotated[tuple[UrgencyLevel, ...], Field(min_length=1)]
    factors: Annotated[tuple[Factor, ...], Field(min_length=1)]
    escalation: Annotated[tuple[EscalationStep, ...], Field(max_length=MAX_STEPS)] = ()

    @property
    def head_starts_ms(self) -> dict[Urgency, int]:
        """Return each urgency's head start in milliseconds."""
        return {level.id: level.head_start_ms for level in self.levels}

    def floor(self, ticked: frozenset[str] | set[str]) -> Urgency | None:
        """Return the most severe floor among the ticked factors, None when nothing is ticked.

        Never a sum, and "unknown" is not "no": an unticked factor lowers nothing.
        """
        return min((each.floor for each in self.factors if each.id in ticked), default=None)

    def factor_of(self, fact: SystemFact) -> Factor | None:
        """Return the factor that the service ticks for a fact, None when the helpline has none."""
        return next((each for each in self.factors if each.system is fact), None)
