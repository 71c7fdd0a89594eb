"""Acts on engagements: their steps, and how they connect, fail, or hand back.

Whatever touches the contact too locks the contact first. A step alone moves
under the lock of its own row.
"""

from datetime import datetime, timedelta
from uuid import UUID

from config.vocabulary import ContactEventKind, ContactState, EngagementState, EngagementStep
from records.actor import SYSTEM, Actor
from records.coded import CodedValue, code
from records.contacts.events import add_event, audit_if_staff
from records.contacts.rows import changed, lock_contact
from records.contacts.snapshot import ContactSnapshot
from records.database import Transaction
from records.engagements.engagement import Engagement, engagement_of
from records.engagements.handing_over import HandingOver
from records.engagements.reading import known, lock_both

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

    async def connected(self, engagement_id: UUID, now: datetime) -> ContactSnapshot:
        """Record that caller and listener are together: talking, answered at the first such time.

        Anything but a connecting engagement is left as it stands.
        """
        async with self._database.transaction() as tx:
            contact, engagement = await lock_both(tx, engagement_id)
            if engagement.state is not EngagementState.CONNECTING:
                return contact
            await tx.execute("engagement.talk", engagement_id, now)
            after = changed(await tx.fetch_one("contact.answer", contact.contact_id, now))
            await add_event(
                tx, after, ContactEventKind.CONNECTED, now, SYSTEM, engagement_id=engagement_id
            )
            return after

    async def not_connected(
        self, engagement_id: UUID, reason: str, now: datetime
    ) -> ContactSnapshot:
        """Record that the listener could not be joined: the contact waits again, at its old rank.

        A new turn, so nothing left over from this one can touch it. Anything
        but a connecting engagement is left as it stands. `reason` is a code.
        """
        async with self._database.transaction() as tx:
            contact, engagement = await lock_both(tx, engagement_id)
            if engagement.state is not EngagementState.CONNECTING:
                return contact
            return await self._give_back(
                tx, engagement, ContactEventKind.NOT_CONNECTED, reason, now, SYSTEM
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
    ) -> ContactSnapshot:
        """Put an active contact back in waiting: a new turn, the same queued_at.

        `returned_to_head` gives one more head start, once in a contact's
        life. `lost_by_desk`: the page was closed, or its telephone died. If
        they talked, the contact says so until somebody else answers, and the
        listener is to be told (`losses`). Give `engagement_id` when the reason is that engagement's: if
        somebody else has the contact by now, nothing happens. A contact that
        is not active is returned as it stands.
        """
        async with self._database.transaction() as tx:
            contact = await lock_contact(tx, contact_id)
            row = await tx.fetch_one("engagement.live_of_contact", contact_id)
            if contact.state is not ContactState.ACTIVE or row is None:
                return contact
            engagement = engagement_of(row)
            if engagement_id is not None and engagement.engagement_id != engagement_id:
                return contact
            return await self._give_back(
                tx,
                engagement,
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
        engagement: Engagement,
        kind: ContactEventKind,
        reason: str,
        now: datetime,
        actor: Actor,
        *,
        head_start_ms: int = 0,
        lost_by_desk: bool = False,
        preferred: tuple[UUID | None, datetime | None] = (None, None),
    ) -> ContactSnapshot:
        connecting = engagement.state is EngagementState.CONNECTING
        state = EngagementState.NOT_CONNECTED if connecting else EngagementState.HANDED_OVER
        lost = lost_by_desk and not connecting
        await tx.execute("engagement.leave", engagement.engagement_id, state.value, now, lost)
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
        await add_event(
            tx, after, kind, now, actor, engagement_id=engagement.engagement_id, detail=told
        )
        await audit_if_staff(tx, self._vault, actor, "contact.return", after, now, told)
        return after
