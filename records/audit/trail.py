"""Audit rows: inserted in the acting transaction, each signed by itself."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from config.ids import new_id
from records.actor import Actor
from records.coded import CodedValue, code, coded
from records.database import Row, Transaction
from records.vault import Vault

_KEK_ID_BYTES = 8


async def write_audit(
    tx: Transaction,
    vault: Vault,
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: UUID | None,
    line_id: str | None,
    *,
    now: datetime,
    detail: Mapping[str, CodedValue] | None = None,
) -> UUID:
    """Add a row to the trail, in the transaction of what it tells; return its id.

    Raises InvalidInput when `action` or `detail` is not coded: nothing
    personal may stand here in clear.
    """
    row = audit_row(vault, actor, action, object_kind, object_id, line_id, now=now, detail=detail)
    await tx.execute("audit.write", *row.values())
    audit_id: UUID = row["audit_id"]
    return audit_id


def audit_row(
    vault: Vault,
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: UUID | None,
    line_id: str | None,
    *,
    now: datetime,
    detail: Mapping[str, CodedValue] | None = None,
) -> dict[str, Any]:
    """Return the columns of a row of the trail, signed; for a statement that writes more than it.

    Raises InvalidInput as `write_audit` does.
    """
    row = {
        "audit_id": new_id(),
        "at": now,
        "actor_kind": actor.kind.value,
        "staff_id": actor.staff_id,
        "session_id": actor.session_id,
        "action": code(action, "action"),
        "object_kind": code(object_kind, "object_kind"),
        "object_id": object_id,
        "line_id": line_id,
        "detail": coded(detail),
    }
    kek_id, key = vault.audit_signer
    return {**row, "hmac": bytes.fromhex(kek_id) + _digest(key, row)}


def is_genuine(vault: Vault, row: Row) -> bool:
    """Say whether a row is as it was written; False too if its VAULT_KEY was not given."""
    signed: bytes = row["hmac"]
    key = vault.audit_key(signed[:_KEK_ID_BYTES].hex())
    return key is not None and hmac.compare_digest(signed[_KEK_ID_BYTES:], _digest(key, row))


def _digest(key: bytes, row: Mapping[str, object] | Row) -> bytes:
    at = row["at"]
    assert isinstance(at, datetime)
    told = [
        str(row["audit_id"]),
        at.astimezone(UTC).isoformat(timespec="microseconds"),
        *(
            None if row[name] is None else str(row[name])
            for name in (
                "actor_kind",
                "staff_id",
                "session_id",
                "action",
                "object_kind",
                "object_id",
                "line_id",
            )
        ),
        row["detail"],
    ]
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.digest(key, canonical.encode(), hashlib.sha256)
