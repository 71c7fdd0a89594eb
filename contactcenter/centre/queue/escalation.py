"""What waiting changes: the helpline's escalation steps, each applied once in a wait.

Every node that routes does a round each second. A step's bit is set in the
commit that applies it, so two nodes, or one that crashes and another, never
apply it twice; what follows the commit (the index, the screens) is repaired
by the reconciler like any other change. Words to a chat are said before: a
line has a name of its own, so saying it again adds nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import structlog

from config.clock import Clock
from config.helpline.helpline import Helpline
from config.helpline.hours import Closed
from config.helpline.schema.urgency import EscalationStep
from config.vocabulary import Channel, EscalationWhen, FollowUpKind, QueueStateKind
from contactcenter.centre.effects import Effects
from contactcenter.centre.quarantine import About, Quarantine
from contactcenter.centre.queue.placement import Placements
from contactcenter.centre.queue.states import Picture, QueueStates
from contactcenter.centre.system_lines import SystemLines
from records.contacts.contacts import Contacts
from records.contacts.snapshot import ContactSnapshot, Placement
from records.follow_ups import FollowUpWanted

log = structlog.get_logger()

# Contacts that one round takes through one step; the others are due again a second later.
AT_ONCE = 50

_STATES = {
    EscalationWhen.OPEN: frozenset({QueueStateKind.OPEN, QueueStateKind.FULL}),
    EscalationWhen.CLOSED: frozenset({QueueStateKind.CLOSED}),
    EscalationWhen.UNSTAFFED: frozenset({QueueStateKind.UNSTAFFED}),
}


class Escalations:
    """Applies the steps that are due."""

    def __init__(
        self,
        contacts: Contacts,
        lines: SystemLines,
        states: QueueStates,
        placements: Placements,
        effects: Effects,
        quarantine: Quarantine,
        clock: Clock,
    ) -> None:
        """Take everything from the composition root; `states` is looked at by a loop of its own."""
        self._contacts = contacts
        self._lines = lines
        self._states = states
        self._placements = placements
        self._effects = effects
        self._quarantine = quarantine
        self._clock = clock

    @property
    def _helpline(self) -> Helpline:
        return self._placements.helpline

    async def round(self) -> int:
        """Apply what is due, a bounded number of each step; return how many steps were taken.

        One contact that cannot be taken through a step stops nobody else.
        Raises Unavailable when PostgreSQL does not answer: all of it is due
        again.
        """
        now = self._clock.now()
        picture = self._states.picture
        lines = [line.id for line in self._helpline.lines]
        applied = 0
        for number, step in enumerate(self._helpline.urgency.escalation):
            pairs = places_of(step, self._helpline, picture, now)
            if not pairs:
                continue
            due = await self._contacts.due_escalations(
                number,
                now - timedelta(seconds=step.after_seconds),
                step.urgencies,
                pairs,
                AT_ONCE + self._quarantine.aside,
                line_ids=lines,
            )
            apply = partial(self._apply, number, step, now)
            about = partial(_about, step)
            applied += len(await self._quarantine.each(due, apply, about))
        return applied

    async def _apply(
        self, number: int, step: EscalationStep, now: datetime, contact: ContactSnapshot
    ) -> None:
        if contact.channel is Channel.CHAT:
            state = self._states.picture.of(_home(contact), contact.channel, now)
            for key in said_by(step, self._helpline):
                if key == "chat.taken_in" and state.is_closed and state.reopens_at is not None:
                    # Their own team is away, and it is known until when: so are they told.
                    await self._lines.say(contact, "chat.taken_in_until", state.reopens_at)
                else:
                    await self._lines.say(contact, key)
        change = await self._contacts.escalate(
            contact.contact_id,
            number,
            now,
            widened_to=step.widen_to,
            drop_needs=step.drop_needs,
            take_in=self._taken_in(step, contact),
            follow_up=self._owed(step, contact, now),
        )
        if change is None:
            return  # another node, or another moment, was first
        log.info("escalated", contact_id=str(contact.contact_id), step=step.id)
        await self._effects.follow(change)

    def _taken_in(self, step: EscalationStep, contact: ContactSnapshot) -> Placement | None:
        if step.take_in is None or step.take_in == contact.queue:
            return None
        return self._placements.moved(
            contact,
            step.take_in,
            needs=() if step.drop_needs else contact.needs,
            home_queue=_home(contact),
        )

    def _owed(
        self, step: EscalationStep, contact: ContactSnapshot, now: datetime
    ) -> FollowUpWanted | None:
        """Return the task left to the contact's own queue, due when that opens again."""
        if not step.follow_up:
            return None
        queue = _home(contact)
        opening = self._helpline.opening(contact.channel, queue, now)
        due_at = opening.reopens_at if isinstance(opening, Closed) else None
        return FollowUpWanted(FollowUpKind.SPECIALIST, queue, due_at, step.id)


def _about(step: EscalationStep, contact: ContactSnapshot) -> About:
    return About(step.id, contact.contact_id)


def _home(contact: ContactSnapshot) -> str:
    home = contact.home_queue or contact.queue
    assert home is not None, "a waiting contact has a queue"
    return home


def places_of(
    step: EscalationStep, helpline: Helpline, picture: Picture, now: datetime
) -> list[tuple[str, Channel]]:
    """Return the queues and channels whose contacts a step is for, as they are now. Pure."""
    states = _STATES.get(step.when)
    return [
        (queue, channel)
        for queue, channel in _places(step, helpline)
        if states is None or picture.of(queue, channel, now).kind in states
    ]


def said_by(step: EscalationStep, helpline: Helpline) -> list[str]:
    """Return the texts a step says in a chat, those the helpline has words for. Pure."""
    keys = [f"chat.{step.text}"] if step.text else []
    if step.offer is not None:
        keys.append(f"chat.{step.offer}_offer")
    return [key for key in keys if key in helpline.texts]


def _places(step: EscalationStep, helpline: Helpline) -> Iterator[tuple[str, Channel]]:
    for queue in helpline.queues:
        if step.queues and queue.id not in step.queues:
            continue
        for channel in queue.channels:
            if not step.channels or channel in step.channels:
                yield queue.id, channel
