"""The steps by which a listener and a caller are brought together, and apart.

Order on accept: the caller stays parked; the listener's telephone is called
into a conference; only when it has answered is the caller redirected there.
So whatever fails, the caller is still parked and can be offered again.

Each step is owed in PostgreSQL (`engagement.step`, `step_due_at`): a node that
dies leaves it due, and any other drives it again after reading back what was
already done, for the carrier has no idempotency key. Who drives them, and what
becomes of one that fails: `step_driver`.
"""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import TypeVar

from prometheus_client import Counter

from config.clock import Clock
from config.errors import OutcomeUnknown, Unavailable
from config.vocabulary import EndedBy, EngagementState, EngagementStep, PresenceState
from contactcenter.centre.effects import Effects
from contactcenter.centre.queue.presence import Presence
from contactcenter.centre.staff.softphones import identity_of
from contactcenter.telephony.answers import REFUSED, UNAVAILABLE
from contactcenter.telephony.protocol import (
    CallGone,
    CallState,
    Leg,
    LegRequest,
    LegSought,
    Telephony,
)
from records.contacts.contacts import Contacts
from records.engagements.engagement import Engagement
from records.engagements.engagements import Engagements

LOOK_AGAIN = timedelta(seconds=1)
REDIRECTS = 3
# How often a leg that nobody has told us of is looked for before it is taken for never placed.
LOOKS = 3
# A listener who answers at the last moment is not hung up on before the caller could be brought.
BRINGING = timedelta(seconds=5)
# What one question to the network may last in any case, however late it is asked.
LEAST_SECONDS = 2.0
# Why a call came to nothing, where it is the listener's own telephone that did not answer.
AUDIO_AT_FAULT = frozenset({"leg_not_answered", "leg_refused"})

NOT_CONNECTED = Counter(
    "contactcenter_calls_not_connected", "Accepted calls given back before both talked", ["reason"]
)

T = TypeVar("T")


class CallSteps:
    """What is owed to calls, step by step; any number of nodes may take one."""

    def __init__(
        self,
        contacts: Contacts,
        engagements: Engagements,
        telephony: Telephony,
        presence: Presence,
        effects: Effects,
        clock: Clock,
        *,
        ring: timedelta,
        joining: timedelta,
    ) -> None:
        """Ring a listener for `ring`; give a caller `joining` to arrive in the conference."""
        self._contacts = contacts
        self._engagements = engagements
        self._telephony = telephony
        self._presence = presence
        self._effects = effects
        self._clock = clock
        self._ring = ring
        # The network adds five seconds to the time-out it is given.
        self._answered_within = ring + timedelta(seconds=7)
        self._joining = joining
        self._drivers = {
            EngagementStep.CALL_LISTENER: self._call_listener,
            EngagementStep.LISTENER_RINGING: self._await_listener,
            EngagementStep.BRING_CALLER: self._bring_caller,
            EngagementStep.CALLER_JOINING: self._await_caller,
            EngagementStep.HANG_UP: self._hang_up,
        }

    async def drive(self, engagement: Engagement) -> None:
        """Take the step that is due; raises what went wrong, with the step still owed."""
        driver = self._drivers.get(engagement.step)
        if driver is None:
            await self._move(engagement, EngagementStep.NONE, None)
        else:
            await driver(engagement)

    async def _call_listener(self, engagement: Engagement) -> None:
        if engagement.state is not EngagementState.CONNECTING:
            await self._move(engagement, EngagementStep.NONE, None)
            return
        if engagement.leg_call_sid is not None:
            # A callback told of the leg although the answer to our request was lost.
            await self._move(engagement, EngagementStep.LISTENER_RINGING, timedelta(0))
            return
        leg = None
        if engagement.step_attempts > 1:
            leg = await self._asked(engagement, self._telephony.leg(_listeners_leg(engagement)))
        if leg is None:
            leg = await self._placed(engagement)
        if leg is None:
            return
        look = timedelta(0) if leg.state is CallState.IN_PROGRESS else LOOK_AGAIN
        moved = await self._move(engagement, EngagementStep.LISTENER_RINGING, look, leg)
        if moved is None:
            # The person hung up meanwhile: the step now owed ends this leg by its sid.
            await self._engagements.note_leg(
                engagement.engagement_id,
                leg_call_sid=leg.call_sid,
                conference_sid=leg.conference_sid,
            )
            self._effects.steps_due.set()

    async def _placed(self, engagement: Engagement) -> Leg | None:
        assert engagement.conference_name is not None, "a call has its conference's name"
        request = LegRequest(
            conference_name=engagement.conference_name,
            identity=identity_of(engagement.session_id.hex),
            offer_id=engagement.engagement_id,
            label=str(engagement.engagement_id),
            ring_seconds=int(self._ring.total_seconds()),
        )
        try:
            return await self._asked(engagement, self._telephony.call_listener(request))
        except OutcomeUnknown:
            raise
        except CallGone:
            await self.give_up(engagement, "leg_refused")
        except Unavailable as error:
            if error.code != REFUSED:
                raise
            await self.give_up(engagement, "leg_refused")
        return None

    async def _await_listener(self, engagement: Engagement) -> None:
        """Look at her leg: the callback that says she answered may have been lost."""
        assert engagement.leg_call_sid is not None, "a ringing leg has its sid"
        state = await self._asked(engagement, self._telephony.call_state(engagement.leg_call_sid))
        if state is CallState.IN_PROGRESS:
            await self.listener_answered(engagement)
        elif state is CallState.ENDED or self.is_too_late(engagement):
            await self.give_up(engagement, "leg_not_answered")
        else:
            await self._move(engagement, EngagementStep.LISTENER_RINGING, LOOK_AGAIN)

    async def listener_answered(self, engagement: Engagement) -> None:
        """Her telephone has answered: the caller is to be brought, now."""
        now = timedelta(0)
        if await self._move(engagement, EngagementStep.BRING_CALLER, now) is not None:
            self._effects.steps_due.set()

    async def _bring_caller(self, engagement: Engagement) -> None:
        contact = await self._contacts.get(engagement.contact_id)
        assert contact.call_sid is not None, "a call has its sid"
        # Who is in the conference already is not called out of it: their leaving would end it.
        if engagement.step_attempts > 1 and await self._has_joined(engagement, contact.call_sid):
            await self.caller_joined(engagement)
        else:
            await self._bring(engagement, contact.call_sid)

    async def _await_caller(self, engagement: Engagement) -> None:
        """The join was not reported: ask whether the caller is there, and bring them again."""
        contact = await self._contacts.get(engagement.contact_id)
        assert contact.call_sid is not None, "a call has its sid"
        asked = self._telephony.call_state(contact.call_sid)
        if await self._asked(engagement, asked) is CallState.ENDED:
            await self._caller_gone(engagement)
        elif await self._has_joined(engagement, contact.call_sid):
            await self.caller_joined(engagement)
        elif engagement.step_attempts > REDIRECTS:
            await self.give_up(engagement, "caller_not_joined")
        else:
            await self._bring(engagement, contact.call_sid)

    async def _bring(self, engagement: Engagement, call_sid: str) -> None:
        bringing = self._telephony.bring_caller(call_sid, engagement.engagement_id)
        try:
            await self._asked(engagement, bringing)
        except CallGone:
            await self._caller_gone(engagement)
            return
        await self._move(engagement, EngagementStep.CALLER_JOINING, self._joining)

    async def _has_joined(self, engagement: Engagement, call_sid: str) -> bool:
        assert engagement.conference_name is not None, "a call has its conference's name"
        sought = LegSought(engagement.conference_name, "caller", engagement.conference_sid)
        leg = await self._asked(engagement, self._telephony.leg(sought))
        return leg is not None and leg.call_sid == call_sid

    async def caller_joined(self, engagement: Engagement) -> None:
        """Both are in the conference: talking, answered now."""
        change = await self._engagements.connected(engagement.engagement_id, self._clock.now())
        await self._effects.follow(change)

    async def leg_unwanted(self, engagement: Engagement) -> None:
        """Her leg lives although nobody is to talk on it: it is hung up, whoever placed it."""
        now = self._clock.now()
        if await self._engagements.advance(
            engagement.engagement_id, EngagementStep.NONE, EngagementStep.HANG_UP, now
        ):
            self._effects.steps_due.set()

    async def leg_ended(self, engagement: Engagement) -> None:
        """Her leg is over: not connected, if they were not talking yet."""
        if engagement.state is EngagementState.CONNECTING:
            await self.give_up(engagement, "leg_not_answered")

    async def _caller_gone(self, engagement: Engagement) -> None:
        change = await self._contacts.end(
            engagement.contact_id, EndedBy.CORRESPONDENT, "hung_up", self._clock.now()
        )
        await self._effects.follow(change)

    async def give_up(self, engagement: Engagement, reason: str) -> None:
        """The listener could not be joined: the contact keeps its rank.

        Her audio is to be checked where it was her telephone that did not
        answer: a network that is away says nothing of it, and would take one
        listener after the other out of service.
        """
        now = self._clock.now()
        change = await self._engagements.not_connected(engagement.engagement_id, reason, now)
        if not change.happened:
            return
        NOT_CONNECTED.labels(reason).inc()
        if reason in AUDIO_AT_FAULT:
            await self._presence.conclude(
                engagement.listener_id, PresenceState.CHECK_AUDIO, "leg_failed", now
            )
        await self._effects.follow(change)

    async def return_to_head(self, engagement: Engagement) -> bool:
        """Let whoever is next have a caller on whom we failed, before all others; False if over."""
        change = await self._engagements.return_contact(
            engagement.contact_id,
            "set_aside",
            self._clock.now(),
            returned_to_head=True,
            engagement_id=engagement.engagement_id,
        )
        if not change.happened:
            return False
        NOT_CONNECTED.labels("set_aside").inc()
        await self._effects.follow(change)
        return True

    async def _hang_up(self, engagement: Engagement) -> None:
        sid = engagement.leg_call_sid
        if sid is None and engagement.conference_name is not None:
            leg = await self._telephony.leg(_listeners_leg(engagement))
            sid = None if leg is None else leg.call_sid
        if sid is not None:
            await self._telephony.end_call(sid)
        elif engagement.conference_name is not None and engagement.step_attempts < LOOKS:
            # It may have been placed by a request whose answer was lost, and not be listed yet.
            await self._move(engagement, EngagementStep.HANG_UP, LOOK_AGAIN)
            return
        await self._move(engagement, EngagementStep.NONE, None)

    async def _move(
        self,
        engagement: Engagement,
        to: EngagementStep,
        due_in: timedelta | None,
        leg: Leg | None = None,
    ) -> Engagement | None:
        return await self._engagements.advance(
            engagement.engagement_id,
            engagement.step,
            to,
            None if due_in is None else self._clock.now() + due_in,
            leg_call_sid=None if leg is None else leg.call_sid,
            conference_sid=None if leg is None else leg.conference_sid,
            leg_queue_ms=None if leg is None else leg.queue_ms,
        )

    async def _asked(self, engagement: Engagement, asked: Awaitable[T]) -> T:
        """Return the network's answer, wanted in time for this call and no later."""
        try:
            async with asyncio.timeout(max(LEAST_SECONDS, self._left(engagement).total_seconds())):
                return await asked
        except TimeoutError:
            error = OutcomeUnknown("not answered in time for the call", code=UNAVAILABLE)
        raise error

    def is_too_late(self, engagement: Engagement) -> bool:
        """Tell whether a caller has been kept for a listener for long enough; never of a hang-up."""
        return engagement.step is not EngagementStep.HANG_UP and self._left(engagement) < timedelta(
            0
        )

    def _left(self, engagement: Engagement) -> timedelta:
        """Return how long the present step may still take."""
        # Her telephone rings only once the account's calls a second let it.
        allowed = self._answered_within + timedelta(milliseconds=engagement.leg_queue_ms)
        until = engagement.accepted_at + allowed
        if engagement.step in (EngagementStep.BRING_CALLER, EngagementStep.CALLER_JOINING):
            until += BRINGING
        return until - self._clock.now()


def _listeners_leg(engagement: Engagement) -> LegSought:
    assert engagement.conference_name is not None, "a call has its conference's name"
    return LegSought(
        engagement.conference_name,
        str(engagement.engagement_id),
        engagement.conference_sid,
        identity_of(engagement.session_id.hex),
    )
