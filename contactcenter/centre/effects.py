"""What follows a committed change: said by one pure function, carried out by one shell.

Nothing here may undo what is committed, and nothing is owed twice. A wake-up
that is lost is polled for; a call step that is not driven now is driven when
the sweep finds it due; an index that was not told is repaired by the reconciler.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

import structlog

from config.clock import Clock
from config.errors import CentreError
from config.vocabulary import Channel, ContactState, EngagementState, Level
from contactcenter.centre.queue.presence import Presence
from contactcenter.centre.queue.queueing import Queueing
from contactcenter.centre.system_lines import SystemLines
from contactcenter.centre.wakes import Wakes
from records.contacts.change import Change
from records.engagements.engagement import Engagement
from routing.router import Router
from routing.wakeups import WakeKind

log = structlog.get_logger()


class Effect(Enum):
    """What may follow a change; each is carried out by the method of `Effects` of its name."""

    INDEX = auto()  # the waiting index is brought in line, and what waits is offered
    SCREENS = auto()  # whoever shows the contact reads it again
    STEPS = auto()  # a step of a call is due: it is driven at once
    REST = auto()  # the listener rests after somebody in danger
    HOLD = auto()  # the listener's capacity is held until the write-up's time is over
    FREE = auto()  # the listener's capacity is given back, and what waits is offered
    SAY_LOST = auto()  # the person reads that the listener was lost
    SAY_HANDED_OVER = auto()  # the person reads that somebody else takes over


_SHOWN = (Effect.INDEX, Effect.SCREENS)
_GIVEN_BACK = (*_SHOWN, Effect.STEPS, Effect.FREE, Effect.SAY_LOST)
_PASSED_ON = (*_SHOWN, Effect.STEPS, Effect.REST, Effect.FREE, Effect.SAY_HANDED_OVER)

Course = tuple[EngagementState | None, EngagementState | None]

# What becomes of a listener's work, and what follows: from the state under the act's lock to the
# state committed. None is nobody. Words come last: the queue first, they can wait.
COURSES: Mapping[Course, tuple[Effect, ...]] = {
    (None, None): _SHOWN,
    # An accept: the index is told by its own confirm (`Offers.accept`).
    (None, EngagementState.CONNECTING): (Effect.SCREENS, Effect.STEPS),
    (None, EngagementState.TALKING): (Effect.SCREENS,),
    (EngagementState.CONNECTING, EngagementState.TALKING): _SHOWN,
    (EngagementState.CONNECTING, EngagementState.NOT_CONNECTED): _GIVEN_BACK,
    (EngagementState.TALKING, EngagementState.WRAP_UP): (
        *_SHOWN,
        Effect.STEPS,
        Effect.REST,
        Effect.HOLD,
    ),
    (EngagementState.TALKING, EngagementState.HANDED_OVER): _PASSED_ON,
    # Closed by whoever supervises, in mid-talk or over a write-up.
    (EngagementState.TALKING, EngagementState.DONE): _PASSED_ON,
    # First the listener: somebody waits for one, and nobody for the news of a closed contact.
    (EngagementState.WRAP_UP, EngagementState.DONE): (Effect.FREE, *_SHOWN),
    # Something else changed, or an act was repeated.
    **{(state, state): _SHOWN for state in EngagementState},
}


def effects_of(change: Change) -> tuple[Effect, ...]:
    """Return what follows a change, in the order in which it is to be done. Pure.

    Raises KeyError for a course that no act may take.
    """
    before, after = change.taken_before, change.taken_after
    course = COURSES[_state(before), _state(after)]
    if after is None:
        return course
    if after.state is EngagementState.HANDED_OVER and after.lost_at is not None:
        course = _GIVEN_BACK
    held_for_longer = before is not None and before.wrap_up_until != after.wrap_up_until
    if after.state is EngagementState.WRAP_UP and held_for_longer and Effect.HOLD not in course:
        course = (Effect.HOLD, *course)
    return tuple(effect for effect in course if _APPLIES.get(effect, _always)(change, after))


def _state(taken: Engagement | None) -> EngagementState | None:
    return None if taken is None else taken.state


def _always(_change: Change, _taken: Engagement) -> bool:
    return True


def _rests(_change: Change, taken: Engagement) -> bool:
    # First answering passes on all day, and rests after what it ends itself.
    return taken.state is EngagementState.WRAP_UP or taken.level is Level.LISTENING


def _waits_on(change: Change, _taken: Engagement) -> bool:
    return change.after.state is ContactState.WAITING


def _has_steps(_change: Change, taken: Engagement) -> bool:
    # Chats have none: waking every driver for them costs a read of the database each.
    return taken.channel is Channel.CALL


_APPLIES: Mapping[Effect, Callable[[Change, Engagement], bool]] = {
    Effect.REST: _rests,
    Effect.SAY_LOST: _waits_on,
    Effect.SAY_HANDED_OVER: _waits_on,
    Effect.STEPS: _has_steps,
}


@dataclass(slots=True)
class Effects:
    """Carries out what follows a change, once it is committed."""

    queueing: Queueing
    presence: Presence
    router: Router
    wakes: Wakes
    lines: SystemLines
    clock: Clock
    steps_due: asyncio.Event

    async def follow(self, change: Change) -> None:
        """Do all that follows; what an engine refuses is logged and left to its mender."""
        for effect in effects_of(change):
            try:
                await self._carry_out(effect, change)
            except CentreError as error:
                log.warning(
                    "effect_not_done",
                    effect=effect.name.lower(),
                    contact_id=str(change.after.contact_id),
                    code=error.code,
                )

    def _carry_out(self, effect: Effect, change: Change) -> Awaitable[None]:
        contact, taken = change.after, change.taken_after
        if effect is Effect.INDEX:
            return self.queueing.changed(contact)
        if effect is Effect.SCREENS:
            # After an act that changed nothing, no reading made before is known to be new enough.
            version = (contact.version,) if change.happened else ()
            return self.wakes.tell(WakeKind.STATE, contact.contact_id, *version)
        assert taken is not None, "the rest is about somebody's work"
        listener_id = taken.listener_id
        doing: Mapping[Effect, Callable[[], Awaitable[None]]] = {
            Effect.STEPS: self._wake_drivers,
            Effect.REST: lambda: self.presence.rest_after(listener_id, contact.urgency),
            Effect.HOLD: lambda: self._hold(taken),
            Effect.FREE: lambda: self.free(taken),
            Effect.SAY_LOST: lambda: self.lines.say(contact, "chat.listener_lost"),
            Effect.SAY_HANDED_OVER: lambda: self.lines.say(contact, "chat.handed_over"),
        }
        return doing[effect]()

    async def _wake_drivers(self) -> None:
        self.steps_due.set()

    async def _hold(self, taken: Engagement) -> None:
        assert taken.wrap_up_until is not None, "a write-up has an end"
        left = taken.wrap_up_until - self.clock.now()
        for_ms = max(0, left // timedelta(milliseconds=1))
        await self.router.wrap_up(taken.listener_id, taken.contact_id, for_ms)

    async def free(self, taken: Engagement) -> None:
        """Give a listener the capacity of an ended engagement back; shift or pause follow."""
        await self.queueing.finished(taken.listener_id, taken.contact_id, taken.engagement_id)
        await self.presence.released(taken.listener_id)
