"""How a follow-up comes to be: in the transaction of what it follows from."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from config.ids import new_id
from config.vocabulary import ContactEventKind, FollowUpKind, FollowUpState
from records.actor import Actor
from records.coded import CodedValue, code
from records.contacts.events import add_event, audit_if_staff
from records.contacts.snapshot import ContactSnapshot
from records.database import Row, Transaction
from records.vault import Vault


@dataclass(frozen=True, slots=True)
class FollowUpWanted:
    """A follow-up to be made: for which queue, due when, why (a code), and whose it is if anybody's."""

    kind: FollowUpKind
    queue: str
    due_at: datetime | None = None
    note_code: str | None = None
    owner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A task about a contact; `version` is +1 per change. It holds codes and ids only."""

    follow_up_id: UUID
    line_id: str
    contact_id: UUID
    kind: FollowUpKind
    queue: str
    state: FollowUpState
    due_at: datetime | None
    note_code: str | None
    created_at: datetime
    created_by: UUID | None
    claimed_by: UUID | None
    claimed_at: datetime | None
    done_at: datetime | None
    done_by: UUID | None
    outcome_code: str | None
    version: int


_NAMES = tuple(field.name for field in fields(FollowUp))


def follow_up_of(row: Row) -> FollowUp:
    """Return the follow-up a row holds; the statement must have read every column."""
    values: dict[str, Any] = {name: row[name] for name in _NAMES}
    values["kind"] = FollowUpKind(values["kind"])
    values["state"] = FollowUpState(values["state"])
    return FollowUp(**values)


async def create_follow_up(
    tx: Transaction, contact: ContactSnapshot, wanted: FollowUpWanted, actor: Actor, now: datetime
) -> tuple[FollowUp, bool]:
    """Leave a task about a locked contact; return it, and whether it is new.

    One of each kind for a contact: asked for again, the first is returned as
    it stands. A callback is made only once the person agreed to it, and the
    contact's history says so.
    """
    row = await tx.fetch_one(
        "follow_up.create",
        new_id(),
        contact.line_id,
        contact.contact_id,
        wanted.kind.value,
        code(wanted.queue, "queue"),
        wanted.due_at,
        None if wanted.note_code is None else code(wanted.note_code, "note_code"),
        now,
        actor.staff_id,
    )
    if row is None:
        row = await tx.fetch_one(
            "follow_up.of_contact_and_kind", contact.contact_id, wanted.kind.value
        )
        assert row is not None, "an insert that met the task's key found it"
        return follow_up_of(row), False
    told: dict[str, CodedValue] = {"kind": wanted.kind.value, "queue": wanted.queue}
    if wanted.kind is FollowUpKind.CALLBACK:
        await add_event(tx, contact, ContactEventKind.CALLBACK_AGREED, now, actor, detail=told)
    await add_event(tx, contact, ContactEventKind.FOLLOW_UP_CREATED, now, actor, detail=told)
    return follow_up_of(row), True


async def owe_follow_up(
    tx: Transaction,
    vault: Vault,
    contact: ContactSnapshot,
    wanted: FollowUpWanted,
    actor: Actor,
    now: datetime,
) -> FollowUp:
    """Promise a task about a locked contact in the transaction that closes it, and return it.

    One of each kind for a contact: one that was left before, as by the door
    while the specialists were out, gets the day now agreed and stays whose it
    is; one that was settled is open again, for something was promised anew.
    Asked once for each closing: a replayed one finds the contact closed.
    """
    row = await tx.fetch_one(
        "follow_up.owe",
        new_id(),
        contact.line_id,
        contact.contact_id,
        wanted.kind.value,
        code(wanted.queue, "queue"),
        wanted.due_at,
        None if wanted.note_code is None else code(wanted.note_code, "note_code"),
        now,
        actor.staff_id,
        wanted.owner_id,
    )
    assert row is not None, "an upsert returns its row"
    told: dict[str, CodedValue] = {"kind": wanted.kind.value, "queue": wanted.queue}
    if wanted.kind is FollowUpKind.CALLBACK:
        await add_event(tx, contact, ContactEventKind.CALLBACK_AGREED, now, actor, detail=told)
    await add_event(tx, contact, ContactEventKind.FOLLOW_UP_CREATED, now, actor, detail=told)
    await audit_if_staff(tx, vault, actor, "follow_up.create", contact, now, told)
    return follow_up_of(row)
