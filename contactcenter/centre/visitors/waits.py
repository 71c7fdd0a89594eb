"""What a waiting caller may be told now, known without asking an engine.

The carrier asks for a wait document again and again, and must be answered
whatever state we are in. So each process that answers it reads every few
seconds who waits, which escalation steps were applied to them and how long
they may wait still; what it does not know, it does not say.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from config.clock import Clock
from config.helpline.helpline import Helpline
from config.helpline.schema.urgency import EscalationStep
from config.helpline.telling import Standing, told
from config.helpline.texts import ADULTS
from config.vocabulary import (
    Audience,
    Channel,
    ContactState,
    EscalationOffer,
    QueueStateKind,
    Urgency,
)
from contactcenter.centre.quarantine import About, Quarantine
from contactcenter.centre.queue.states import QueueStates
from records.contacts.contacts import Contacts
from records.contacts.snapshot import ContactSnapshot
from records.contacts.waiting import WaitingCall
from routing.router import Router

CALLERS_KNOWN = 2000
# Who was told longest ago is asked about first; a wait document lasts a minute.
ESTIMATES_AT_ONCE = 100
# What was read longer ago may have changed: then nothing particular is said.
KNOWN_FOR = timedelta(seconds=30)
# First words that an address may ask for: all that a process may know of a caller.
DANGER, SILENCE = "danger", "silence"


@dataclass(frozen=True, slots=True)
class Told:
    """What a wait document says: names of the helpline's texts, without their channel.

    `first` are said once, `again` for as long as the document lasts, filled in
    with `minutes`, and with `opening`: when their own team is back. `message` is a supervisor's, in words. `offers_callback`:
    key 1 agrees to one.
    """

    first: tuple[str, ...] = ()
    again: str = "hold"
    minutes: int | None = None
    message: str | None = None
    offers_callback: bool = False
    opening: datetime | None = None


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
        quarantine: Quarantine,
        clock: Clock,
    ) -> None:
        """Know nobody yet."""
        self._contacts = contacts
        self._router = router
        self._states = states
        self._helpline = helpline
        self._quarantine = quarantine
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
        await self._quarantine.each(
            self._longest_unasked(), self._estimate, lambda each: About("estimate", each)
        )

    async def _estimate(self, contact_id: UUID) -> None:
        seconds = await self._router.expected_wait(contact_id)
        self._estimates[contact_id] = _Estimate(seconds, self._clock.now())

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

    def told(
        self,
        contact_id: UUID,
        language: str,
        *,
        can_be_called: bool,
        raised: bool = False,
        word: str | None = None,
    ) -> Told:
        """Return what a caller is told now.

        `can_be_called`: their number is not withheld. `raised`: danger was
        declared this moment. `word` is what their address says of them, for
        when nothing else is known.
        """
        now = self._clock.now()
        known = self._calls.get(contact_id)
        if known is None or now - known.at > KNOWN_FOR:
            urgency = Urgency.U1 if raised or word == DANGER else None
            return _begun(told(_waiting(None, urgency)), word)
        call = known.call
        urgency = Urgency.U1 if raised else call.urgency
        state = self._states.of(call.queue, Channel.CALL)
        steps = applied(call.escalations, self._helpline.urgency.escalation)
        seconds = self._seconds(contact_id, now)
        names = told(
            _waiting(state.known, urgency, wait_seconds=seconds, step=_latest_words(steps))
        )
        minutes = math.ceil(seconds / 60) if seconds and names[-1] == "wait_minutes" else None
        said = _begun(names, word)
        if urgency is Urgency.U1:
            # No offer, and no word of other teams, comes between somebody in danger and an answer.
            return replace(said, message=state.says(language))
        offers = self._offers(call, steps, can_be_called=can_be_called)
        first = (*said.first, *(each for each in offers if each != said.again))
        called_back = "callback_offer" in offers
        told_ = Told(first, said.again, minutes, state.says(language), called_back)
        return _with_time(told_, self._reopens(call))

    def _reopens(self, call: WaitingCall) -> datetime | None:
        """Return when the queue they belong to answers again; None while it is not closed."""
        state = self._states.of(call.home_queue or call.queue, Channel.CALL)
        return state.reopens_at if state.is_closed else None

    def _offers(
        self, call: WaitingCall, steps: tuple[EscalationStep, ...], *, can_be_called: bool
    ) -> tuple[str, ...]:
        """Return what else a caller is told: who takes them in, and other ways to be answered."""
        offers = {each.offer for each in steps}
        callback = can_be_called and may_be_called_back(call.audience)
        return (
            *(("taken_in",) if self._leaves_task(call) else ()),
            *(("chat_offer",) if EscalationOffer.CHAT in offers else ()),
            *(("callback_offer",) if callback and EscalationOffer.CALLBACK in offers else ()),
        )

    def _seconds(self, contact_id: UUID, now: datetime) -> int | None:
        """Return how long a caller may wait still, if that was estimated a moment ago."""
        known = self._estimates.get(contact_id)
        return None if known is None or now - known.at > KNOWN_FOR else known.seconds

    def _leaves_task(self, call: WaitingCall) -> bool:
        """Tell whether another queue took them in and their own will know of it."""
        rules = {each.id: each.when_closed for each in self._helpline.queues}
        home = rules.get(call.home_queue or "")
        return home is not None and home.follow_up


def _waiting(
    queue: QueueStateKind | None,
    urgency: Urgency | None,
    *,
    wait_seconds: int | None = None,
    step: str | None = None,
) -> Standing:
    return Standing(
        Channel.CALL,
        ContactState.WAITING,
        queue,
        urgency=urgency,
        wait_seconds=wait_seconds,
        step=step,
    )


def _with_time(said: Told, opening: datetime | None) -> Told:
    """Return the same with the time at which their own team is back, where it is spoken of."""
    if opening is None:
        return said
    timed = {"taken_in": "taken_in_until"}
    first = tuple(timed.get(name, name) for name in said.first)
    again = timed.get(said.again, said.again)
    return replace(said, first=first, again=again, opening=opening)


def _begun(names: tuple[str, ...], word: str | None) -> Told:
    """Return names as a wait says them: the last one again and again."""
    *first, again = names
    silent = (SILENCE,) if word == SILENCE and DANGER not in names else ()
    return Told((*silent, *first), again)


def _latest_words(steps: tuple[EscalationStep, ...]) -> str | None:
    """Return the words of the step applied last, of those that have any."""
    with_words = [each for each in steps if each.text is not None]
    return max(with_words, key=lambda each: each.after_seconds).text if with_words else None


def applied(escalations: int, steps: Iterable[EscalationStep]) -> tuple[EscalationStep, ...]:
    """Return the steps whose bits are set; a step's bit is its place in the file."""
    return tuple(each for bit, each in enumerate(steps) if escalations >> bit & 1)


def may_be_called_back(audience: Audience) -> bool:
    """Tell whether a callback may be offered: to adults only.

    DOMAIN 4: a call back may reach a child while the aggressor is there, so
    a minor, or who may be one, calls again instead.
    """
    return audience in ADULTS
