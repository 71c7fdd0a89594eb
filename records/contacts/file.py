"""A contact as a desk shows it: state, who took it, write-up, cases and history, read at once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from config.vocabulary import ContactEventKind, ContactState, EngagementState, Level
from records.access import gated, reached_of
from records.actor import Principal
from records.cases.views import CaseReference
from records.contacts.snapshot import ContactSnapshot, snapshot_of
from records.database import Database, Row
from records.forms.forms import FormRecord, Forms
from records.policy import Relation, Right, may
from records.vault import Vault

EVENTS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """Who has the contact, or had it last, and where that work stands."""

    engagement_id: UUID
    listener_id: UUID
    listener_name: str
    state: EngagementState
    accepted_at: datetime
    talking_at: datetime | None
    wrap_up_at: datetime | None
    wrap_up_until: datetime | None
    level: Level = Level.LISTENING
    wrap_up_extensions: int = 0


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """Something that happened, with the name of the colleague who did it."""

    kind: ContactEventKind
    at: datetime
    staff_name: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ContactFile:
    """Everything of a contact that this person may read; `form` is None without the right."""

    contact: ContactSnapshot
    taken: Taken | None
    form: FormRecord | None
    cases: tuple[CaseReference, ...]
    events: tuple[ToldEvent, ...]
    facts: tuple[tuple[str, str], ...]


class ContactFiles:
    """Reads of contacts for members of staff: gated, and in the trail when content is read."""

    def __init__(self, database: Database, vault: Vault, forms: Forms) -> None:
        """Keep the engines."""
        self._database = database
        self._vault = vault
        self._forms = forms

    async def read(self, principal: Principal, contact_id: UUID, now: datetime) -> ContactFile:
        """Return a contact with what this person may read of it.

        Raises NotFound when there is none on a line of hers, NotAllowed.
        """
        asked = (contact_id, principal.staff_id, EVENTS_SHOWN)
        async with gated(self._database, self._vault, principal, now, reading=True) as look:
            row = await look.fetch_one("contact_file.whole", *asked)
            reached = reached_of(row, principal, contact_id, Right.CONTACT_READ, now)
            assert row is not None, "the gate has just found it"
            form = None
            if may(principal, Right.CONTACT_CONTENT_READ, reached.relation):
                form = await self._forms.opened(look, contact_id, row)
        if form is not None and not reached.relation.serving:
            # Whoever is serving the contact wrote it; each other reading is traced.
            async with self._database.transaction() as tx:
                await self._forms.trace_reading(tx, principal, reached, form, now)
        return ContactFile(
            snapshot_of(row),
            _taken(*row["taken"][0]) if row["taken"] else None,
            form,
            tuple(
                CaseReference(case_id, reference)
                for case_id, reference, line_id in row["cases"]
                if line_id in principal.line_ids
            ),
            tuple(_told(*each) for each in row["events"]),
            tuple((fact, value) for fact, value in row["facts"]),
        )

    async def page(
        self,
        principal: Principal,
        *,
        state: ContactState | None,
        limit: int,
        before: UUID | None,
    ) -> list[tuple[ContactSnapshot, Taken | None]]:
        """Return the contacts this person may know of, newest first, older than `before`."""
        lines = sorted(principal.line_ids)
        every = all(may(principal, Right.CONTACT_LIST, Relation(line)) for line in lines)
        async with self._database.reading() as tx:
            found = await tx.fetch(
                "contact_file.concerning",
                lines,
                None if state is None else state.value,
                before,
                every,
                principal.staff_id,
                limit,
            )
            ids = [row["contact_id"] for row in found]
            contacts = await tx.fetch("contact_list.of_ids", ids)
            taken = await tx.fetch("contact_file.engagements_of", ids)
        return _joined(contacts, taken)


def _joined(
    contacts: Sequence[Row], taken: Sequence[Row]
) -> list[tuple[ContactSnapshot, Taken | None]]:
    by_contact = {row["contact_id"]: _taken(*tuple(row)[1:]) for row in taken}
    return [(snapshot_of(row), by_contact.get(row["contact_id"])) for row in contacts]


def _taken(
    engagement_id: UUID,
    listener_id: UUID,
    listener_name: str,
    state: str,
    accepted_at: datetime,
    talking_at: datetime | None,
    wrap_up_at: datetime | None,
    wrap_up_until: datetime | None,
    level: str,
    wrap_up_extensions: int,
) -> Taken:
    return Taken(
        engagement_id,
        listener_id,
        listener_name,
        EngagementState(state),
        accepted_at,
        talking_at,
        wrap_up_at,
        wrap_up_until,
        Level(level),
        wrap_up_extensions,
    )


def _told(kind: str, at: datetime, staff_name: str | None, detail: str) -> ToldEvent:
    return ToldEvent(ContactEventKind(kind), at, staff_name, json.loads(detail))
