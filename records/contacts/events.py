"""Events and audit rows of acts on a contact, in the acting transaction."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from config.ids import new_id
from config.vocabulary import ActorKind, ContactEventKind
from records.actor import Actor
from records.audit import audit_row, write_audit
from records.coded import CodedValue, coded
from records.contacts.snapshot import ContactSnapshot
from records.database import Transaction
from records.vault import Vault


async def add_event(
    tx: Transaction,
    contact: ContactSnapshot,
    kind: ContactEventKind,
    now: datetime,
    actor: Actor,
    *,
    offer_id: UUID | None = None,
    engagement_id: UUID | None = None,
    detail: Mapping[str, CodedValue] | None = None,
) -> None:
    """Add an event to the contact as it stands; repeating one about an offer adds nothing."""
    await tx.execute(
        "contact.add_event",
        new_id(),
        contact.line_id,
        contact.contact_id,
        kind.value,
        now,
        actor.kind.value,
        actor.staff_id,
        offer_id,
        engagement_id,
        contact.turn,
        coded(detail),
    )


async def audit_if_staff(
    tx: Transaction,
    vault: Vault,
    actor: Actor,
    action: str,
    contact: ContactSnapshot,
    now: datetime,
    detail: Mapping[str, CodedValue] | None = None,
) -> None:
    """Write to the trail what a member of staff did; what the service does is in the events."""
    if actor.kind is ActorKind.STAFF:
        await write_audit(
            tx,
            vault,
            actor,
            action,
            "contact",
            contact.contact_id,
            contact.line_id,
            now=now,
            detail=detail,
        )


class Happened(NamedTuple):
    """An event of an act; `detail` holds codes, numbers and ids only."""

    kind: ContactEventKind
    detail: Mapping[str, CodedValue]
    engagement_id: UUID | None = None


async def record(
    tx: Transaction,
    vault: Vault,
    actor: Actor,
    contact: ContactSnapshot,
    now: datetime,
    action: str,
    detail: Mapping[str, CodedValue],
    *events: Happened,
) -> None:
    """Add an act's events to the contact as it stands, and to the trail what staff did."""
    if actor.kind is not ActorKind.STAFF:
        for kind, told, engagement_id in events:
            await add_event(tx, contact, kind, now, actor, engagement_id=engagement_id, detail=told)
        return
    row = audit_row(
        vault, actor, action, "contact", contact.contact_id, contact.line_id, now=now, detail=detail
    )
    await tx.execute(
        "contact.record",
        contact.line_id,
        contact.contact_id,
        now,
        actor.kind.value,
        actor.staff_id,
        contact.turn,
        [new_id() for _ in events],
        [event.kind.value for event in events],
        [event.engagement_id for event in events],
        [json.dumps(coded(event.detail)) for event in events],
        row["audit_id"],
        actor.session_id,
        row["action"],
        row["detail"],
        row["hmac"],
    )
