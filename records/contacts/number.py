"""The one way to a caller's number: opened and audited in the same transaction."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from config.errors import NotFound
from records.actor import Actor
from records.audit import write_audit
from records.coded import CodedValue, code
from records.database import Transaction
from records.vault import Vault


async def read_number(
    tx: Transaction,
    vault: Vault,
    contact_id: UUID,
    actor: Actor,
    reason: str,
    now: datetime,
    about: Mapping[str, CodedValue] | None = None,
) -> str:
    """Return a caller's number; the trail keeps who read it, why, and what it was `about`.

    Who may is decided by the caller, in this transaction. `reason` is a code.
    Raises NotFound `no_number` when it was withheld or is no longer kept,
    `shredded` when its key is gone.
    """
    row = await tx.fetch_one("contact_list.number", contact_id)
    if row is None or row["number_sealed"] is None:
        raise NotFound("no number is kept", code="no_number")
    number = await vault.open(tx, row["number_sealed"], "contact", "number_sealed", contact_id)
    await write_audit(
        tx,
        vault,
        actor,
        "contact.read_number",
        "contact",
        contact_id,
        row["line_id"],
        now=now,
        detail={"reason": code(reason, "reason"), **(about or {})},
    )
    return number.decode()
