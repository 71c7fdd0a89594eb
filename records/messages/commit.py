"""One batch of lines in one transaction: lock, read, plan, write. See `plan_batch` for the rules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from config.errors import CentreError, Conflict, NotFound
from records.database import Database, Row, Transaction
from records.messages.batch import (
    Conversation,
    Known,
    Name,
    Numbered,
    Plan,
    RefusedLine,
    Replayed,
    Skipped,
    Twin,
    plan_batch,
)
from records.messages.lines import Draft, Stored
from records.vault import DataKey, Vault

# What becomes of a draft: stored, refused, or None when its conversation was held.
Outcome = Stored | CentreError | None


async def commit_batch(
    database: Database, vault: Vault, drafts: Sequence[Draft], now: datetime
) -> list[Outcome]:
    """Store what can be stored and return one outcome per draft, only once committed.

    Raises Unavailable when nothing was stored, OutcomeUnknown when the
    answer to COMMIT was lost: sending the same lines again is then safe, as
    those already stored answer with their first number.
    """
    contact_ids = sorted({draft.contact_id for draft in drafts})
    async with database.transaction() as tx:
        rows = {
            row["contact_id"]: row
            for row in await tx.fetch("message.lock_conversations", contact_ids)
        }
        busy = await _busy(tx, contact_ids, rows)
        keys = await vault.data_keys(tx, "contact", rows)
        # Without its key a conversation is shredded: nothing more can be said in it.
        locked = {
            contact_id: Conversation(row["head_seq"], row["open"])
            for contact_id, row in rows.items()
            if contact_id in keys
        }
        known = await _known(tx, vault, keys, drafts)
        plan = plan_batch(drafts, locked, busy, known)
        await _write(tx, vault, keys, rows, drafts, plan, now)
    return [_outcome(fate, now) for fate in plan.fates]


async def _busy(tx: Transaction, contact_ids: list[UUID], locked: Mapping[UUID, Row]) -> set[UUID]:
    others = [contact_id for contact_id in contact_ids if contact_id not in locked]
    if not others:
        return set()
    rows = await tx.fetch("message.existing_conversations", others)
    return {row["contact_id"] for row in rows}


async def _known(
    tx: Transaction, vault: Vault, keys: Mapping[UUID, DataKey], drafts: Sequence[Draft]
) -> dict[Name, Known]:
    names = {draft.name for draft in drafts if draft.contact_id in keys}
    if not names:
        return {}
    rows = await tx.fetch(
        "message.known_lines",
        [contact_id for contact_id, _, _ in names],
        [sender for _, sender, _ in names],
        [cid for _, _, cid in names],
    )
    by_name = {(row["contact_id"], row["sender"], row["cid"]): row for row in rows}
    return {
        name: Known(row["seq"], row["at"], _opened(vault, keys[name[0]], row))
        for name in names
        if (row := by_name.get(name)) is not None
    }


def _opened(vault: Vault, key: DataKey, row: Row) -> str:
    place = message_place(row["contact_id"], row["seq"])
    return vault.open_with(key, row["body_sealed"], "message", "body_sealed", place).decode()


async def _write(
    tx: Transaction,
    vault: Vault,
    keys: Mapping[UUID, DataKey],
    rows: Mapping[UUID, Row],
    drafts: Sequence[Draft],
    plan: Plan,
    now: datetime,
) -> None:
    lines = [
        (
            draft.contact_id,
            fate.seq,
            rows[draft.contact_id]["line_id"],
            draft.sender,
            draft.staff_id,
            draft.cid,
            draft.kind,
            draft.visibility,
            vault.seal(
                keys[draft.contact_id],
                draft.text,
                "message",
                "body_sealed",
                message_place(draft.contact_id, fate.seq),
            ),
            now,
        )
        for draft, fate in zip(drafts, plan.fates, strict=True)
        if isinstance(fate, Numbered)
    ]
    if lines:
        columns = [list(column) for column in zip(*lines, strict=True)]
        await tx.execute("message.write", *columns, list(plan.heads), list(plan.heads.values()))


def message_place(contact_id: UUID, seq: int) -> str:
    """Return which row a sealed text belongs to, for the vault."""
    return f"{contact_id}/{seq}"


def _outcome(fate: Numbered | Twin | Replayed | RefusedLine | Skipped, now: datetime) -> Outcome:
    match fate:
        case Numbered(seq):
            return Stored(seq, now, replayed=False)
        case Twin(seq):
            return Stored(seq, now, replayed=True)
        case Replayed(seq, at):
            return Stored(seq, at, replayed=True)
        case RefusedLine("not_found"):
            return NotFound("no such conversation")
        case RefusedLine(code):
            return Conflict(code=code)
    return None
