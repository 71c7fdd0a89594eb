"""The steps by which a listener and a caller are brought together, and apart.

Order on accept: the caller stays parked; the listener's telephone is called
into a conference; only when it has answered is the caller redirected there.
So whatever fails, the caller is still parked and can be offered again.

Each step is owed in PostgreSQL (`engagement.step`, `step_due_at`): a node that
dies leaves it due, and any other drives it again after reading back what was
already done, for the carrier has no idempotency key. A driver takes one step
at a time and renews its claim while it works, so that a claim is short, a slow
carrier is not taken for a dead node, and one slow call holds up no other.
"""

import asyncio
from datetime import timedelta

import structlog

from config.clock import Clock
from config.errors import CentreError, OutcomeUnknown, Unavailable
from config.vocabulary import EndedBy, EngagementState, EngagementStep, PresenceState
from contactcenter.centre.effects import Effects
from contactcenter.centre.queue.presence import Presence
from contactcenter.centre.staff.softphones import identity_of
from contactcenter.telephony.protocol import (
    CallGone,
    CallState,
    Leg,
    LegRequest,
    LegSought,
    Telephony,
)
from records.contacts import Contacts
from records.engagements import Engagement, Engagements

log = structlog.get_logger()

STEPS_AT_ONCE = 32
# A dead node's step is driven again after so long; a living node renews long before.
CLAIM = timedelta(seconds=2)
RENEWED_EVERY_SECONDS = 0.5
LOOK_AGAIN = timedelta(seconds=1)
REDIRECTS = 3
# How often a leg that nobody has told us of is looked for before it is taken for never placed.
LOOKS = 3


class CallSteps:
    """Drives what is owed to calls; any number of nodes may."""

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

    async def drive_due(self) -> None:
        """Drive the steps that are due, one after the other; one that fails is due again soon.

        Any number of these may run at once, here and on other nodes: each
        claims a step only when it begins to drive it.
        """
        for _ in range(STEPS_AT_ONCE):
            due = await self._engagements.due_steps(self._clock.now(), 1, claim=CLAIM)
            if not due:
                return
            driven = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                renewing = group.create_task(self._renew(due[0], driven))
                try:
                    await self._drive(due[0])
                finally:
                    driven.set()
                    renewing.cancel()

    async def _renew(self, engagement: Engagement, driven: asyncio.Event) -> None:
        """Keep a claim until its step is driven, unless the step has moved on."""
        until = engagement.step_due_at
        while until is not None and not driven.is_set():
            await asyncio.sleep(RENEWED_EVERY_SECONDS)
            renewed = self._clock.now() + CLAIM
            try:
                held = await self._engagements.renew_claim(
                    engagement.engagement_id, engagement.step, until, renewed
                )
            except Unavailable:
                continue
            until = renewed if held else None

    async def _drive(self, engagement: Engagement) -> None:
        driver = self._drivers.get(engagement.step)
        if driver is None:
            await self._move(engagement, EngagementStep.NONE, None)
            return
        try:
            await driver(engagement)
        except Unavailable as error:
            log.warning("call_step_failed", step=engagement.step.value, code=error.code)
            if engagement.step is not EngagementStep.HANG_UP and self._is_too_late(engagement):
                await self._give_up(engagement, "telephony_failed")
            else:
                await self._move(engagement, engagement.step, LOOK_AGAIN)
        except CentreError as error:
            log.warning("call_step_refused", step=engagement.step.value, code=error.code)

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
            leg = await self._telephony.leg(_listeners_leg(engagement))
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
            return await self._telephony.call_listener(request)
        except OutcomeUnknown:
            raise
        except CallGone:
            await self._give_up(engagement, "leg_refused")
        except Unavailable as error:
            if error.code != "telephony_refused":
                raise
            await self._give_up(engagement, "leg_refused")
        return None

    async def _await_listener(self, engagement: Engagement) -> None:
        """Look at her leg: the callback that says she answered may have been lost."""
        assert engagement.leg_call_sid is not None, "a ringing leg has its sid"
        state = await self._telephony.call_state(engagement.leg_call_sid)
        if state is CallState.IN_PROGRESS:
            await self.listener_answered(engagement)
        elif state is CallState.ENDED or self._is_too_late(engagement):
            await self._give_up(engagement, "leg_not_answered")
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
        if await self._telephony.call_state(contact.call_sid) is CallState.ENDED:
            await self._caller_gone(engagement)
        elif await self._has_joined(engagement, contact.call_sid):
            await self.caller_joined(engagement)
        elif engagement.step_attempts > REDIRECTS:
            await self._give_up(engagement, "caller_not_joined")
        else:
            await self._bring(engagement, contact.call_sid)

    async def _bring(self, engagement: Engagement, call_sid: str) -> None:
        try:
            await self._telephony.bring_caller(call_sid, engagement.engagement_id)
        except CallGone:
            await self._caller_gone(engagement)
            return
        await self._move(engagement, EngagementStep.CALLER_JOINING, self._joining)

    async def _has_joined(self, engagement: Engagement, call_sid: str) -> bool:
        assert engagement.conference_name is not None, "a call has its conference's name"
        sought = LegSought(engagement.conference_name, "caller", engagement.conference_sid)
        leg = await self._telephony.leg(sought)
        return leg is not None and leg.call_sid == call_sid

    async def caller_joined(self, engagement: Engagement) -> None:
        """Both are in the conference: talking, answered now."""
        contact = await self._engagements.connected(engagement.engagement_id, self._clock.now())
        await self._effects.changed(contact)

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
            await self._give_up(engagement, "leg_not_answered")

    async def _caller_gone(self, engagement: Engagement) -> None:
        contact = await self._contacts.end(
            engagement.contact_id, EndedBy.CORRESPONDENT, "hung_up", self._clock.now()
        )
        await self._effects.ended(contact, engagement)

    async def _give_up(self, engagement: Engagement, reason: str) -> None:
        """The listener could not be joined: the contact keeps its rank, her audio is to be checked."""
        now = self._clock.now()
        contact = await self._engagements.not_connected(engagement.engagement_id, reason, now)
        if contact.turn == engagement.turn:
            return
        await self._presence.conclude(
            engagement.listener_id, PresenceState.CHECK_AUDIO, "leg_failed", now
        )
        await self._effects.given_back(contact, engagement)

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

    def _is_too_late(self, engagement: Engagement) -> bool:
        # Her telephone rings only once the account's calls a second let it.
        allowed = self._answered_within + timedelta(milliseconds=engagement.leg_queue_ms)
        return self._clock.now() - engagement.accepted_at > allowed


def _listeners_leg(engagement: Engagement) -> LegSought:
    assert engagement.conference_name is not None, "a call has its conference's name"
    return LegSought(
        engagement.conference_name,
        str(engagement.engagement_id),
        engagement.conference_sid,
        identity_of(engagement.session_id.hex),
    )
