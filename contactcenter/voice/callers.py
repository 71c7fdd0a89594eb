"""What a caller does: arrives, presses a key, waits, leaves. Committed before anything is said."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from config.clock import Clock
from config.errors import Conflict, Unavailable
from config.helpline.schema.lanes import DANGER_KEY
from config.ids import new_id
from config.phone import valid_number
from config.vocabulary import (
    ContactState,
    Disposition,
    EndedBy,
    EscalationOffer,
    FollowUpKind,
    PresenceState,
    Urgency,
    UrgencySource,
)
from contactcenter.centre.effects import Effects
from contactcenter.centre.quarantine import About, Quarantine
from contactcenter.centre.queue.entrance import Coming, Entrance
from contactcenter.centre.queue.facts import NOTHING, Facts, facts_of
from contactcenter.centre.queue.presence import Presence
from contactcenter.centre.queue.states import QueueStates
from contactcenter.centre.visitors.waits import applied, may_be_called_back
from contactcenter.telephony.protocol import CallState, Telephony
from records.actor import CORRESPONDENT
from records.contacts.change import Change
from records.contacts.contacts import Contacts
from records.contacts.snapshot import ContactSnapshot
from records.engagements.engagements import Engagements
from records.follow_ups import FollowUps, FollowUpWanted

log = structlog.get_logger()

CALLS_CHECKED = 200
# A call younger than this may not be listed yet: the carrier's lists lag.
SETTLED = timedelta(seconds=60)
# One more read while the carrier waits for an answer: without it, the caller is nobody we know.
RECOGNITION_SECONDS = 0.5
# A state moves on a few times at most while one key is acted on.
DANGER_TRIES = 3


class Callers:
    """The caller's side of a call; every method may be repeated."""

    def __init__(
        self,
        contacts: Contacts,
        engagements: Engagements,
        follow_ups: FollowUps,
        effects: Effects,
        entrance: Entrance,
        states: QueueStates,
        telephony: Telephony,
        presence: Presence,
        quarantine: Quarantine,
        clock: Clock,
    ) -> None:
        """Take everything from the composition root."""
        self._contacts = contacts
        self._engagements = engagements
        self._follow_ups = follow_ups
        self._effects = effects
        self._entrance = entrance
        self._states = states
        self._telephony = telephony
        self._presence = presence
        self._quarantine = quarantine
        self._clock = clock

    async def arrived(
        self, account_sid: str, call_sid: str, caller: str, called: str, arrived_at: datetime
    ) -> ContactSnapshot:
        """Record a call on the line of the called number; its repeats return the same contact."""
        helpline = self._entrance.helpline
        # The carrier may deliver a line on a number of its own: what is not another line's is
        # the main one's.
        line = helpline.line_of_number(called) or helpline.line
        contact, created = await self._contacts.take_in_call(
            new_id(),
            line.id,
            account_sid,
            call_sid,
            valid_number(caller, helpline.phone_region),
            line.languages[0],
            helpline.config_version,
            arrived_at,
            self._clock.now(),
        )
        if created:
            log.info("call_arrived", contact_id=str(contact.contact_id))
        return contact

    async def chose(self, contact_id: UUID, digit: str) -> ContactSnapshot:
        """Place the caller by the key pressed, or by none; a second key changes nothing.

        But for the danger key: it lets in whoever was turned away, and raises
        whoever waits. Who finds their queue closed or full is turned away,
        with their place noted.
        """
        contact = await self._contacts.get(contact_id)
        if contact.state is not ContactState.ARRIVING:
            return await self._chose_again(contact, digit)
        now = self._clock.now()
        coming = self._entrance.by_key(contact.line_id, digit, contact.language)
        coming = replace(coming, facts=await self._noticed(contact, coming, now))
        entry = self._entrance.let_in(coming, self._states.picture, now)
        placed = await self._contacts.place(
            contact_id, entry.placement, now, language=coming.language
        )
        if placed.after.queued_at != now:
            # A repeat of this webhook, or another process, was there first.
            return await self._chose_again(placed.after, digit)
        if entry.refused is not None:
            reason = f"queue_{entry.refused.kind.value}"
            placed = await self._contacts.turn_away(contact_id, Disposition.DETERRED, reason, now)
        await self._leave_task(placed.after)
        # A repeat may have told the index of it before it was turned away: told in both cases.
        await self._effects.follow(placed)
        return placed.after

    async def _chose_again(self, contact: ContactSnapshot, digit: str) -> ContactSnapshot:
        """Answer a key of who is placed already."""
        if digit == DANGER_KEY:
            return await self.declared_danger(contact.contact_id)
        if contact.state is ContactState.WAITING:
            # The first answer may have been cut off before its effects.
            await self._leave_task(contact)
            await self._effects.follow(Change(contact, contact))
        return contact

    async def _noticed(self, contact: ContactSnapshot, coming: Coming, now: datetime) -> Facts:
        """Return what earlier calls of this number tell; nothing when it takes too long to say."""
        limits = self._entrance.helpline.limits
        try:
            async with asyncio.timeout(RECOGNITION_SECONDS):
                recognised = await self._contacts.recognise(
                    contact.contact_id,
                    now,
                    returning=timedelta(minutes=limits.returning_call_minutes),
                    short_within=timedelta(minutes=limits.short_contacts_minutes),
                    short_seconds=limits.short_contact_seconds,
                    repeat_within=timedelta(days=limits.repeat_days),
                )
        except (Unavailable, TimeoutError):
            log.warning("caller_not_recognised", contact_id=str(contact.contact_id))
            return NOTHING
        return facts_of(recognised, coming.audience, self._entrance.helpline)

    async def _leave_task(self, contact: ContactSnapshot) -> None:
        """Leave the closed queue a task about who was taken in for it; one, however often asked."""
        now = self._clock.now()
        wanted = self._entrance.task_of(contact, now)
        if wanted is not None:
            await self._follow_ups.create(contact.contact_id, wanted, now)

    async def declared_danger(self, contact_id: UUID) -> ContactSnapshot:
        """Raise a caller to U1 at once; nothing closed, full or unstaffed refuses it.

        Who waits where only some listeners answer is moved to whoever is
        free. A contact that is over, but for one turned away, stays as it is.
        """
        for _ in range(DANGER_TRIES):
            contact = await self._contacts.get(contact_id)
            try:
                raised = await self._in_danger(contact)
            except Conflict:
                # Answered, ended, turned away or let in between the look and the act: look again.
                continue
            if raised is None:
                return contact
            await self._effects.follow(raised)
            return raised.after
        return await self._contacts.get(contact_id)

    async def _in_danger(self, contact: ContactSnapshot) -> Change | None:
        """Act on the danger key of a contact as it was seen; None when nothing is to be done."""
        if contact.disposition is Disposition.DETERRED:
            return await self._contacts.readmit(
                contact.contact_id, self._entrance.in_danger(contact), self._clock.now()
            )
        if contact.state is ContactState.WAITING and self._entrance.is_for_some(contact):
            return await self._moved_in_danger(contact)
        if contact.state in (ContactState.WAITING, ContactState.ACTIVE):
            return await self._raised(contact)
        return None

    async def _moved_in_danger(self, contact: ContactSnapshot) -> Change:
        placement = self._entrance.in_danger(contact)
        try:
            return await self._contacts.move(
                contact.contact_id, placement, CORRESPONDENT, self._clock.now(), "danger_key"
            )
        except Conflict:
            # Accepted meanwhile: whoever has them is told.
            return await self._raised(contact)

    async def _raised(self, contact: ContactSnapshot) -> Change:
        return await self._contacts.set_urgency(
            contact.contact_id,
            Urgency.U1,
            0,
            self._entrance.placements.head_start_ms(Urgency.U1),
            UrgencySource.DECLARED,
            "danger_key",
            CORRESPONDENT,
            self._clock.now(),
            confirmed=False,
        )

    async def agreed_callback(self, contact_id: UUID) -> ContactSnapshot:
        """Close a waiting adult's call that is to be called back, with the task in one commit.

        Only for who was offered it: an escalation step that offers it was
        applied. Whoever has been answered meanwhile is returned as they stand.
        """
        contact = await self._contacts.get(contact_id)
        steps = applied(contact.escalations, self._entrance.helpline.urgency.escalation)
        offered = any(each.offer is EscalationOffer.CALLBACK for each in steps)
        waits = contact.state is ContactState.WAITING and contact.queue is not None
        if not (offered and waits and may_be_called_back(contact.audience)):
            return contact
        assert contact.queue is not None, "a waiting contact has a queue"
        now = self._clock.now()
        try:
            closed = await self._contacts.turn_away(
                contact_id,
                Disposition.CALLBACK,
                "callback_agreed",
                now,
                ended_by=EndedBy.CORRESPONDENT,
                follow_up=FollowUpWanted(FollowUpKind.CALLBACK, contact.queue, due_at=now),
            )
        except Conflict:
            return await self._contacts.get(contact_id)
        await self._effects.follow(closed)
        return closed.after

    async def left(
        self, contact_id: UUID, reason: str, ended_by: EndedBy = EndedBy.CORRESPONDENT
    ) -> ContactSnapshot:
        """Record that the caller is gone."""
        change = await self._contacts.end(contact_id, ended_by, reason, self._clock.now())
        await self._effects.follow(change)
        return change.after

    async def call_over(self, account_sid: str, call_sid: str, status: str) -> None:
        """Record the end of a call by its sid; an unknown one is absorbed."""
        contact = await self._contacts.by_call(account_sid, call_sid)
        if contact is None:
            log.info("callback_for_unknown_call")
            return
        by_caller = status == "completed"
        ended_by = EndedBy.CORRESPONDENT if by_caller else EndedBy.CARRIER
        await self.left(contact.contact_id, f"call_{status.replace('-', '_')}", ended_by)

    async def lost_listener(self, contact_id: UUID, engagement_id: UUID) -> ContactSnapshot:
        """Put a caller whose listener's telephone died back in waiting, at the head.

        She is offered nothing until she has checked her telephone: the same
        caller would be the first to ring on it again. A repeat that comes when
        somebody else has the caller changes nothing.
        """
        now = self._clock.now()
        change = await self._engagements.return_contact(
            contact_id,
            "listener_lost",
            now,
            returned_to_head=True,
            lost_by_desk=True,
            engagement_id=engagement_id,
        )
        if change.happened and change.taken_after is not None:
            await self._presence.conclude(
                change.taken_after.listener_id, PresenceState.CHECK_AUDIO, "leg_lost", now
            )
            await self._effects.follow(change)
        return change.after

    async def close_orphans(self) -> None:
        """End the contacts of calls that are over although no callback said so."""
        before = self._clock.now() - SETTLED
        suspects = await self._contacts.open_calls(before, CALLS_CHECKED + self._quarantine.aside)
        if not suspects:
            return
        live = frozenset(await self._telephony.calls_in_progress())
        unseen = [contact for contact in suspects if contact.call_sid not in live]
        await self._quarantine.each(
            unseen, self._close_orphan, lambda each: About("orphan_call", each.contact_id)
        )

    async def _close_orphan(self, contact: ContactSnapshot) -> None:
        assert contact.call_sid is not None, "a call has its sid"
        # The list is eventually consistent: ask for the one call before believing it.
        if await self._telephony.call_state(contact.call_sid) is CallState.ENDED:
            log.warning("orphan_call_closed", contact_id=str(contact.contact_id))
            await self.left(contact.contact_id, "orphan_call", EndedBy.CARRIER)
