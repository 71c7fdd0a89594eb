"""Every act on a contact, under one name."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from config.ids import new_id
from config.vocabulary import ContactEventKind
from records.actor import Actor
from records.coded import CodedValue, coded
from records.contacts.acceptance import Accepting
from records.contacts.ending import Ending
from records.contacts.escalation import Escalating
from records.contacts.factors import Ticking
from records.contacts.flows import Flowing
from records.contacts.intake import Intake
from records.contacts.moving import Moving
from records.contacts.reading import ContactReading
from records.contacts.readmission import Readmitting
from records.contacts.recognition import Recognising
from records.contacts.turning_away import TurningAway
from records.contacts.urgency import Rating
from records.contacts.waiting import WaitingCalls


class Contacts(
    Intake,
    Accepting,
    Rating,
    Ticking,
    Moving,
    Escalating,
    Ending,
    TurningAway,
    Readmitting,
    ContactReading,
    WaitingCalls,
    Recognising,
    Flowing,
):
    """The acts and reads of contacts.

    Each act is one transaction with its events and audit rows, adds 1 to
    `version` when it changes the contact, and may be repeated safely.
    """

    async def note_event(
        self,
        contact_id: UUID,
        kind: ContactEventKind,
        now: datetime,
        actor: Actor,
        *,
        offer_id: UUID | None = None,
        detail: Mapping[str, CodedValue] | None = None,
    ) -> bool:
        """Add an event that changes no state, such as an offer's; True if it was added.

        At most one per kind and offer; False for a repeat or an unknown contact.
        """
        async with self._database.reading() as tx:
            added = await tx.execute(
                "contact.note_event",
                contact_id,
                new_id(),
                kind.value,
                now,
                actor.kind.value,
                actor.staff_id,
                offer_id,
                coded(detail),
            )
        return added > 0
