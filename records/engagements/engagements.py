"""Acts on engagements: their steps, and how they connect, fail, or hand back.

Whatever touches the contact too locks the contact first. A step alone moves
under the lock of its own row.
"""

from datetime import datetime, timedelta
from uuid import UUID

from config.vocabulary import (
    ActorKind,
    ContactEventKind,
    ContactState,
    EngagementState,
    EngagementStep,
)
from records.actor import SYSTEM, Actor
from records.coded import CodedValue, code
from records.contacts.change import Change
from records.contacts.events import Happened, add_event, record
from records.contacts.holding import Held, changed, hold, worked
from records.database import Transaction
from records.engagements.engagement import Engagement, engagement_of
from records.engagements.handing_over import HandingOver
from records.engagements.reading import hold_for, known

# How long a claimed step is left to its driver before another node tries.
CLAIM = timedelta(seconds=4)


class Engagements(HandingOver):
    """The acts and reads of engagements; each may be repeated safely."""

    # -- steps

    async def due_steps(
        self, now: datetime, limit: int, *, claim: timedelta = CLAIM
    ) -> list[Engagement]:
        """Claim steps that are due: no other node gets them until `claim` has passed.

        `step_attempts` counts the claims of one step, this one included. A
        step may be due on an engagement that is over: a leg to be hung up.
        """
        async with self._database.transaction() as tx:
            rows = await tx.fetch("engagement.claim_due_steps", now, now + claim, limit)
        return [engagement_of(row) for row in rows]

    async def renew_claim(
        self, engagement_id: UUID, step: EngagementStep, claimed_until: datetime, until: datetime
    ) -> bool:
        """Keep a claimed step until `until`; False when it has moved on, or somebody else has it."""
        renewed = await self._database.act(
            "engagement.renew_claim", engagement_id, step.value, claimed_until, until
        )
        return renewed is not None

    async def advance(
        self,
        engagement_id: UUID,
        from_step: EngagementStep,
        to_step: EngagementStep,
        due_at: datetime | None,
        *,
        leg_call_sid: str | None = None,
        conference_sid: str | None = None,
        leg_queue_ms: int | None = None,
    ) -> Engagement | None:
        """Move from one step to another, due at `due_at`; None if it is no longer at `from_step`.

        None means that something happened meanwhile (the person hung up, the
        contact went back): whoever made a leg in between must `note_leg` it,
        so that the step now owed can end it.
        """
        row = await self._database.act(
            "engagement.advance",
            engagement_id,
            from_step.value,
            to_step.value,
            due_at,
            leg_call_sid,
            conference_sid,
            leg_queue_ms,
        )
        return None if row is None else engagement_of(row)

    async def note_leg(
        self,
        engagement_id: UUID,
        *,
        leg_call_sid: str | None = None,
        conference_sid: str | None = None,
    ) -> Engagement:
        """Keep what telephony calls the leg and the conference, whatever the step."""
        return known(
            await self._database.act(
                "engagement.note_leg", engagement_id, leg_call_sid, conference_sid
            )
        )

    # -- acts that touch the contact

    async def connected(self, engagement_id: UUID, now: datetime) -> Change:
        """Record that caller and listener are together: talking, answered at the first such time.

        Anything but a connecting engagement is left as it stands.
        """
        async with self._database.transaction() as tx:
            held = await hold_for(tx, engagement_id)
            if not _is_connecting(held):
                return held.unchanged
            talking = worked(await tx.fetch_one("engagement.talk", engagement_id, now))
            after = changed(await tx.fetch_one("contact.answer", held.contact.contact_id, now))
            await add_event(
                tx, after, ContactEventKind.CONNECTED, now, SYSTEM, engagement_id=engagement_id
            )
            return held.became(after, talking)

    async def not_connected(self, engagement_id: UUID, reason: str, now: datetime) -> Change:
        """Record that the listener could not be joined: the contact waits again, at its old rank.

        A new turn, so nothing left over from this one can touch it. Anything
        but a connecting engagement is left as it stands. `reason` is a code.
        """
        async with self._database.transaction() as tx:
            held = await hold_for(tx, engagement_id)
            if not _is_connecting(held):
                return held.unchanged
            return await self._give_back(
                tx, held, ContactEventKind.NOT_CONNECTED, reason, now, SYSTEM
            )

    async def return_contact(
        self,
        contact_id: UUID,
        reason: str,
        now: datetime,
        *,
        returned_to_head: bool,
        lost_by_desk: bool = False,
        engagement_id: UUID | None = None,
        preferred_listener_id: UUID | None = None,
        preferred_until: datetime | None = None,
        actor: Actor = SYSTEM,
    ) -> Change:
        """Put an active contact back in waiting: a new turn, the same queued_at.

        `returned_to_head` gives one more head start, once in a contact's
        life. `lost_by_desk`: the page was closed, or its telephone died. If
        they talked, the contact says so until somebody else answers, and the
        listener is to be told (`losses`). Give `engagement_id` when the reason is that engagement's: if
        somebody else has the contact by now, nothing happens. A contact that
        is not active is returned as it stands.
        """
        async with self._database.transaction() as tx:
            held = await hold(tx, contact_id)
            if held.contact.state is not ContactState.ACTIVE or held.live is None:
                return held.unchanged
            if engagement_id is not None and held.live.engagement_id != engagement_id:
                return held.unchanged
            return await self._give_back(
                tx,
                held,
                ContactEventKind.RETURNED,
                reason,
                now,
                actor,
                head_start_ms=self._returned_head_start_ms if returned_to_head else 0,
                lost_by_desk=lost_by_desk,
                preferred=(preferred_listener_id, preferred_until),
            )

    async def _give_back(
        self,
        tx: Transaction,
        held: Held,
        kind: ContactEventKind,
        reason: str,
        now: datetime,
        actor: Actor,
        *,
        head_start_ms: int = 0,
        lost_by_desk: bool = False,
        preferred: tuple[UUID | None, datetime | None] = (None, None),
    ) -> Change:
        engagement = held.taken
        assert engagement is not None, "whoever gives back has somebody"
        connecting = engagement.state is EngagementState.CONNECTING
        state = EngagementState.NOT_CONNECTED if connecting else EngagementState.HANDED_OVER
        lost = lost_by_desk and not connecting
        left = worked(
            await tx.fetch_one("engagement.leave", engagement.engagement_id, state.value, now, lost)
        )
        row = await tx.fetch_one(
            "contact.wait_again",
            engagement.contact_id,
            now,
            head_start_ms,
            *preferred,
            connecting,
            lost,
        )
        after = changed(row)
        told: dict[str, CodedValue] = {
            "reason": code(reason, "reason"),
            "to_head": head_start_ms > 0,
        }
        if lost:
            told["lost_by_desk"] = True
        done = [Happened(kind, told, engagement.engagement_id)]
        if actor.kind is ActorKind.STAFF and preferred[0] is not None:
            given: dict[str, CodedValue] = {"listener": preferred[0], "reason": told["reason"]}
            done.append(Happened(ContactEventKind.ASSIGNED, given))
        await record(tx, self._vault, actor, after, now, "contact.return", told, *done)
        return held.became(after, left)


def _is_connecting(held: Held) -> bool:
    return held.taken is not None and held.taken.state is EngagementState.CONNECTING
