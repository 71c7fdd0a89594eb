"""Reading cases: as much of each as the person may see, and the trace of having seen it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from config.errors import NotFound
from config.vocabulary import CaseState, Channel, ContactState, Disposition
from records.access import case_relation
from records.actor import Principal
from records.audit import write_audit
from records.cases.views import CaseHeader, CaseView, TimelineContact, waited_seconds
from records.coded import CodedValue
from records.database import Row, Transaction
from records.policy import Right, may
from records.vault import Sealed, Vault

_TIMELINE = 500


async def view(
    tx: Transaction, vault: Vault, principal: Principal, case_id: UUID, now: datetime
) -> CaseView:
    """Return a case already gated, field class by field class, and trace what was shown."""
    row = await tx.fetch_one("access.case", case_id, principal.staff_id)
    if row is None:
        raise NotFound("no such case")
    (header,) = await headers_of(tx, vault, principal, [row], now)
    contacts: tuple[TimelineContact, ...] | None = None
    if may(principal, Right.CASE_TIMELINE_READ, case_relation(row, now)):
        rows = await tx.fetch("case.timeline", case_id, _TIMELINE, sorted(principal.line_ids))
        contacts = tuple(_timeline_contact(each) for each in rows)
    shown: dict[str, CodedValue] = {
        "label": header.label is not None,
        "timeline": contacts is not None,
    }
    await trace(tx, vault, principal, "case_read", case_id, row["line_id"], now, shown)
    return CaseView(header, contacts)


async def headers_of(
    tx: Transaction, vault: Vault, principal: Principal, rows: Sequence[Row], now: datetime
) -> list[CaseHeader]:
    """Return the headers of case rows, labels opened only where the person may read them."""
    readable = [
        row
        for row in rows
        if row["label_sealed"] is not None
        and may(principal, Right.CASE_LABEL_READ, case_relation(row, now))
    ]
    sealed = [
        Sealed(row["label_sealed"], "case_file", "label_sealed", row["case_id"]) for row in readable
    ]
    opened = await vault.open_all(tx, sealed) if sealed else []
    labels = {
        row["case_id"]: label.decode()
        for row, label in zip(readable, opened, strict=True)
        if label is not None
    }
    return [_header(row, labels.get(row["case_id"])) for row in rows]


async def trace(
    tx: Transaction,
    vault: Vault,
    principal: Principal,
    action: str,
    case_id: UUID,
    line_id: str,
    now: datetime,
    detail: dict[str, CodedValue] | None = None,
) -> None:
    """Write to the trail what the person did with a case."""
    actor = principal
    await write_audit(tx, vault, actor, action, "case", case_id, line_id, now=now, detail=detail)


def _header(row: Row, label: str | None) -> CaseHeader:
    return CaseHeader(
        row["case_id"],
        row["line_id"],
        row["reference"],
        CaseState(row["state"]),
        row["department"],
        label,
        row["follower_id"],
        row["follower_name"],
        row["version"],
        row["created_at"],
        row["closed_at"],
    )


def _timeline_contact(row: Row) -> TimelineContact:
    return TimelineContact(
        row["contact_id"],
        Channel(row["channel"]),
        row["queue"],
        ContactState(row["state"]),
        row["urgency"],
        None if row["disposition"] is None else Disposition(row["disposition"]),
        row["arrived_at"],
        row["queued_at"],
        row["answered_at"],
        row["ended_at"],
        waited_seconds(row["waited_ms"], row["arrived_at"], row["answered_at"]),
        tuple(row["listener_names"]),
        row["attached_at"],
    )
