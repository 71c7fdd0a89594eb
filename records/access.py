"""The gates to contacts and cases: one per kind of object, asked in the acting transaction."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from config.errors import NotAllowed, NotFound
from config.ids import new_id
from config.vocabulary import ContactEventKind
from records.actor import Actor, Principal
from records.audit import write_audit
from records.coded import CodedValue, coded
from records.database import Database, Row, Transaction
from records.policy import Relation, Right, may
from records.vault import Vault


@dataclass(frozen=True, slots=True)
class ReachedContact:
    """A contact somebody may touch, as far as deciding goes."""

    contact_id: UUID
    line_id: str
    channel: str
    state: str
    turn: int
    disposition: str | None
    relation: Relation


@dataclass(frozen=True, slots=True)
class ReachedCase:
    """A case somebody may touch, with its row."""

    row: Row
    line_id: str
    relation: Relation


class _Refusal(NotAllowed):
    """A refusal that knows what it is about, so that the trail can say so."""

    def __init__(
        self,
        right: Right,
        object_kind: str,
        object_id: UUID | None,
        line_id: str,
        code: str | None = None,
    ) -> None:
        super().__init__(f"without the right {right}", code=code)
        self.right = right
        self.object_kind = object_kind
        self.object_id = object_id
        self.line_id = line_id


def refusal(
    right: Right, object_kind: str, object_id: UUID, line_id: str, *, code: str | None = None
) -> NotAllowed:
    """Return a refusal that `gated` keeps in the trail: for a rule that is the object's own."""
    return _Refusal(right, object_kind, object_id, line_id, code)


def actor_of(principal: Principal) -> Actor:
    """Return how the trail names the person."""
    return Actor.staff(principal.staff_id, principal.session_id)


def access_line(
    principal: Principal, line_id: str, right: Right, object_kind: str, object_id: UUID | None
) -> None:
    """Let through who has the right on a line as a whole; raise NotAllowed otherwise.

    What it is asked for, a task or the line itself, is named for the trail.
    """
    if not may(principal, right, Relation(line_id)):
        raise _Refusal(right, object_kind, object_id, line_id)


async def access_contact(
    tx: Transaction, principal: Principal, contact_id: UUID, right: Right, now: datetime
) -> ReachedContact:
    """Return the contact if the person has the right on it.

    Raises NotFound when there is none on a line of hers, NotAllowed otherwise.
    """
    row = await tx.fetch_one("contact.relation", contact_id, principal.staff_id)
    return reached_of(row, principal, contact_id, right, now)


def reached_of(
    row: Row | None, principal: Principal, contact_id: UUID, right: Right, now: datetime
) -> ReachedContact:
    """Return the contact of a row that says how the person stands to it; raises as above."""
    if row is None or row["line_id"] not in principal.line_ids:
        raise NotFound("no such contact")
    relation = relation_of(row, now)
    if not may(principal, right, relation):
        raise _Refusal(right, "contact", contact_id, row["line_id"])
    return ReachedContact(
        contact_id,
        row["line_id"],
        row["channel"],
        row["state"],
        row["turn"],
        row["disposition"],
        relation,
    )


def relation_of(row: Row, now: datetime) -> Relation:
    """Return how the person of the query stands to the contact of this row."""
    return Relation(
        row["line_id"],
        involved=row["involved"],
        serving=row["serving"],
        in_her_case=row["in_her_case"],
        follows_up=row["follows_up"],
        closed_for=None if row["closed_at"] is None else now - row["closed_at"],
    )


async def access_case(
    tx: Transaction, principal: Principal, case_id: UUID, right: Right, now: datetime
) -> ReachedCase:
    """Return the case if the person has the right on it.

    Raises NotFound when there is none on a line of hers, NotAllowed otherwise.
    """
    row = await tx.fetch_one("access.case", case_id, principal.staff_id)
    if row is None or row["line_id"] not in principal.line_ids:
        raise NotFound("no such case")
    relation = case_relation(row, now)
    if not may(principal, right, relation):
        raise _Refusal(right, "case", case_id, row["line_id"])
    return ReachedCase(row, row["line_id"], relation)


async def note_event(
    tx: Transaction,
    principal: Principal,
    contact: ReachedContact,
    kind: ContactEventKind,
    now: datetime,
    detail: Mapping[str, CodedValue],
) -> None:
    """Add to the contact's history what the person just did with its record."""
    actor = principal
    await tx.execute(
        "contact.add_event",
        new_id(),
        contact.line_id,
        contact.contact_id,
        kind.value,
        now,
        actor.kind.value,
        actor.staff_id,
        None,
        None,
        contact.turn,
        coded(detail),
    )


def case_relation(row: Row, now: datetime) -> Relation:
    """Return how the person of the query stands to the case of this row."""
    closed_for = None if row["closed_at"] is None else now - row["closed_at"]
    return Relation(row["line_id"], involved=row["involved"], closed_for=closed_for)


@asynccontextmanager
async def gated(
    database: Database,
    vault: Vault,
    principal: Principal,
    now: datetime,
    *,
    reading: bool = False,
) -> AsyncIterator[Transaction]:
    """Open a transaction whose refusals are kept in the trail; `reading`: each statement by itself.

    The refused transaction leaves nothing, so the refusal is written by one
    of its own, once the first has given its connection back.
    """
    try:
        async with database.reading() if reading else database.transaction() as tx:
            yield tx
    except _Refusal as refusal:
        async with database.transaction() as tx:
            await write_audit(
                tx,
                vault,
                principal,
                "access_refused",
                refusal.object_kind,
                refusal.object_id,
                refusal.line_id,
                now=now,
                detail={"right": refusal.right.value},
            )
        raise
