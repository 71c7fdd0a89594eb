"""What a waiting caller may be told now, known without asking an engine.

The carrier asks for a wait document again and again, and must be answered
whatever state we are in. So each process that answers it reads every few
seconds who waits, which escalation steps were applied to them and how long
they may wait still; what it does not know, it does not say.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from config.clock import Clock
from config.helpline.helpline import Helpline
from config.helpline.schema.urgency import EscalationStep
from config.helpline.texts import ADULTS
from config.vocabulary import Audience, Channel, EscalationOffer, QueueStateKind
from contactcenter.centre.queue.states import QueueStates
from records.contacts import Contacts, ContactSnapshot
from records.contacts.waiting import WaitingCall
from routing.router import Router

CALLERS_KNOWN = 2000
# Who was told longest ago is asked about first; a wait document lasts a minute.
ESTIMATES_AT_ONCE = 100
# What was read longer ago may have changed: then nothing particular is said.
KNOWN_FOR = timedelta(seconds=30)
LEAST_MINUTES = 2


@dataclass(frozen=True, slots=True)
class Told:
    """What a wait document says: names of the helpline's texts, without their channel.

    `first` are said once, `again` for as long as the document lasts, filled in
    with `minutes`. `message` is a supervisor's, in words. `offers_callback`:
    key 1 agrees to one.
    """

    first: tuple[str, ...] = ()
    again: str = "wait"
    minutes: int | None = None
    message: str | None = None
    offers_callback: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    call: WaitingCall
    at: datetime


@dataclass(frozen=True, slots=True)
class _Estimate:
    seconds: int | None
    at: datetime


class Waits:
    """What this process knows of waiting callers, as of its last look."""

    def __init__(
        self,
        contacts: Contacts,
        router: Router,
        states: QueueStates,
        helpline: Helpline,
        clock: Clock,
    ) -> None:
        """Know nobody yet."""
        self._contacts = contacts
        self._router = router
        self._states = states
        self._helpline = helpline
        self._clock = clock
        self._calls: dict[UUID, _Known] = {}
        self._estimates: dict[UUID, _Estimate] = {}

    async def look(self) -> None:
        """Read who waits, and some of their estimates: those known for the longest time."""
        began = self._clock.now()
        waiting = await self._contacts.waiting_calls(CALLERS_KNOWN)
        now = self._clock.now()
        # Who was parked while this was read may have come too late to stand in it.
        calls = {id_: each for id_, each in self._calls.items() if each.at >= began}
        self._calls = calls | {each.contact_id: _Known(each, now) for each in waiting}
        self._estimates = {id_: each for id_, each in self._estimates.items() if id_ in self._calls}
        for contact_id in self._longest_unasked():
            seconds = await self._router.expected_wait(contact_id)
            self._estimates[contact_id] = _Estimate(seconds, now)

    def note(self, contact: ContactSnapshot) -> None:
        """Keep what the row of a caller says who is being parked: their wait begins at once."""
        assert contact.queue is not None, "a waiting contact has a queue"
        assert contact.urgency is not None, "a waiting contact is rated"
        if len(self._calls) >= 2 * CALLERS_KNOWN:
            return
        call = WaitingCall(
            contact.contact_id,
            contact.queue,
            contact.audience,
            contact.urgency,
            contact.escalations,
            contact.home_queue,
        )
        self._calls[contact.contact_id] = _Known(call, self._clock.now())

    def _longest_unasked(self) -> Iterable[UUID]:
        never = datetime.min.replace(tzinfo=self._clock.now().tzinfo)

        def asked_at(contact_id: UUID) -> datetime:
            known = self._estimates.get(contact_id)
            return never if known is None else known.at

        return sorted(self._calls, key=asked_at)[:ESTIMATES_AT_ONCE]

    def told(self, contact_id: UUID, language: str, *, can_be_called: bool) -> Told:
        """Return what a caller is told now; `can_be_called`: their number is not withheld."""
        now = self._clock.now()
        known = self._calls.get(contact_id)
        if known is None or now - known.at > KNOWN_FOR:
            return Told()
        call = known.call
        state = self._states.of(call.queue, Channel.CALL)
        steps = applied(call.escalations, self._helpline.urgency.escalation)
        offers = {each.offer for each in steps}
        callback = (
            can_be_called
            and EscalationOffer.CALLBACK in offers
            and may_be_called_back(call.audience)
        )
        is_unstaffed = state.kind is QueueStateKind.UNSTAFFED
        first = (
            *(("unstaffed",) if is_unstaffed else ()),
            *(("taken_in",) if self._leaves_task(call) else ()),
            *(("chat_offer",) if EscalationOffer.CHAT in offers else ()),
            *(("callback_offer",) if callback else ()),
        )
        # « Many are calling » would be untrue where nobody is there to answer anyone.
        again, minutes = ("wait", None) if is_unstaffed else self._again(call, steps, now)
        if again in first:
            first = tuple(each for each in first if each != again)
        return Told(first, again, minutes, state.says(language), callback)

    def _again(
        self, call: WaitingCall, steps: tuple[EscalationStep, ...], now: datetime
    ) -> tuple[str, int | None]:
        """Return what is repeated: the latest step's words, else the minutes when known."""
        texts = [each for each in steps if each.text is not None]
        if texts:
            latest = max(texts, key=lambda each: each.after_seconds)
            assert latest.text is not None, "only steps with a text were kept"
            return latest.text, None
        known = self._estimates.get(call.contact_id)
        if known is None or known.seconds is None or now - known.at > KNOWN_FOR:
            return "wait", None
        minutes = math.ceil(known.seconds / 60)
        return ("wait_minutes", minutes) if minutes >= LEAST_MINUTES else ("wait", None)

    def _leaves_task(self, call: WaitingCall) -> bool:
        """Tell whether another queue took them in and their own will know of it."""
        rules = {each.id: each.when_closed for each in self._helpline.queues}
        home = rules.get(call.home_queue or "")
        return home is not None and home.follow_up


def applied(escalations: int, steps: Iterable[EscalationStep]) -> tuple[EscalationStep, ...]:
    """Return the steps whose bits are set; a step's bit is its place in the file."""
    return tuple(each for bit, each in enumerate(steps) if escalations >> bit & 1)


def may_be_called_back(audience: Audience) -> bool:
    """Tell whether a callback may be offered: to adults only.

    DOMAIN 4: a call back may reach a child while the aggressor is there, so
    a minor, or who may be one, calls again instead.
    """
    return audience in ADULTS
