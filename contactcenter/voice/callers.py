"""What a caller does: arrives, presses a key, waits, leaves. Committed before anything is said."""

from datetime import datetime, timedelta
from uuid import UUID

import phonenumbers
import structlog

from config.clock import Clock
from config.helpline.schema.lanes import DANGER_KEY
from config.ids import new_id
from config.vocabulary import ContactState, EndedBy, PresenceState, Urgency, UrgencySource
from contactcenter.centre.effects import Effects
from contactcenter.centre.queue.placement import Placements
from contactcenter.centre.queue.presence import Presence
from contactcenter.telephony.protocol import CallState, Telephony
from records.actor import CORRESPONDENT
from records.contacts import Contacts, ContactSnapshot
from records.engagements import Engagements

log = structlog.get_logger()

CALLS_CHECKED = 200
# A call younger than this may not be listed yet: the carrier's lists lag.
SETTLED = timedelta(seconds=60)


def number_of(caller: str) -> str | None:
    """Return a caller's number in E.164, None when it is withheld.

    Carriers send words and made-up numbers for « withheld », so whatever is not
    a valid number is that: never refused, never stored or shown as a number.
    """
    try:
        parsed = phonenumbers.parse(caller, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    number: str = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return number


class Callers:
    """The caller's side of a call; every method may be repeated."""

    def __init__(
        self,
        contacts: Contacts,
        engagements: Engagements,
        effects: Effects,
        placements: Placements,
        telephony: Telephony,
        presence: Presence,
        clock: Clock,
    ) -> None:
        """Take everything from the composition root."""
        self._contacts = contacts
        self._engagements = engagements
        self._effects = effects
        self._placements = placements
        self._telephony = telephony
        self._presence = presence
        self._clock = clock

    async def arrived(
        self, account_sid: str, call_sid: str, caller: str, arrived_at: datetime
    ) -> ContactSnapshot:
        """Record a call; its repeats return the same contact."""
        helpline = self._placements.helpline
        contact, created = await self._contacts.take_in_call(
            new_id(),
            helpline.line.id,
            account_sid,
            call_sid,
            number_of(caller),
            helpline.line.languages[0],
            helpline.config_version,
            arrived_at,
            self._clock.now(),
        )
        if created:
            log.info("call_arrived", contact_id=str(contact.contact_id))
        return contact

    async def chose(self, contact_id: UUID, digit: str) -> ContactSnapshot:
        """Place the caller by the key pressed, or by none; a second key changes nothing."""
        key = self._placements.helpline.menu.get(digit)
        placed = await self._contacts.place(
            contact_id,
            self._placements.by_key(digit),
            self._clock.now(),
            language=key.language if key else None,
        )
        await self._effects.changed(placed)
        return placed

    async def declared_danger(self, contact_id: UUID, digit: str) -> bool:
        """Raise a waiting caller to U1 at once if the danger key was pressed; tell if it was."""
        if digit != DANGER_KEY:
            return False
        contact = await self._contacts.get(contact_id)
        if contact.state not in (ContactState.WAITING, ContactState.ACTIVE):
            return False
        raised = await self._contacts.set_urgency(
            contact_id,
            Urgency.U1,
            0,
            self._placements.head_start_ms(Urgency.U1),
            UrgencySource.DECLARED,
            "danger_key",
            CORRESPONDENT,
            self._clock.now(),
            confirmed=False,
        )
        await self._effects.changed(raised)
        return True

    async def left(
        self, contact_id: UUID, reason: str, ended_by: EndedBy = EndedBy.CORRESPONDENT
    ) -> ContactSnapshot:
        """Record that the caller is gone."""
        taken = await self._engagements.open_for_contact(contact_id)
        after = await self._contacts.end(contact_id, ended_by, reason, self._clock.now())
        await self._effects.ended(after, taken)
        return after

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
        contact = await self._contacts.get(contact_id)
        taken = await self._engagements.get(engagement_id)
        if contact.state is not ContactState.ACTIVE or taken is None:
            return contact
        now = self._clock.now()
        waiting = await self._engagements.return_contact(
            contact_id,
            "listener_lost",
            now,
            returned_to_head=True,
            engagement_id=engagement_id,
        )
        if waiting.turn == contact.turn:
            return waiting
        await self._presence.conclude(taken.listener_id, PresenceState.CHECK_AUDIO, "leg_lost", now)
        await self._effects.given_back(waiting, taken)
        return waiting

    async def close_orphans(self) -> None:
        """End the contacts of calls that are over although no callback said so."""
        before = self._clock.now() - SETTLED
        suspects = await self._contacts.open_calls(before, CALLS_CHECKED)
        if not suspects:
            return
        live = frozenset(await self._telephony.calls_in_progress())
        for contact in suspects:
            assert contact.call_sid is not None, "a call has its sid"
            if contact.call_sid in live:
                continue
            # The list is eventually consistent: ask for the one call before believing it.
            if await self._telephony.call_state(contact.call_sid) is CallState.ENDED:
                log.warning("orphan_call_closed", contact_id=str(contact.contact_id))
                await self.left(contact.contact_id, "orphan_call", EndedBy.CARRIER)
