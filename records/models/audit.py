"""The audit trail and its chain of seals; both inserted only by the run-time role."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, Index, Uuid
from sqlmodel import Field

from config.vocabulary import ActorKind
from records.models.columns import Row, big, coded_json, instant, octets, one_of


class Audit(Row, table=True):
    """Who did or read what; inserted in the acting transaction, with its own HMAC.

    No foreign keys: the trail outlives what it speaks of.
    """

    __tablename__ = "audit"
    __table_args__ = (
        one_of("actor_kind", ActorKind),
        Index("audit_object_id_at_idx", "object_id", "at"),
        Index("audit_staff_id_at_idx", "staff_id", "at"),
    )

    audit_id: UUID = Field(primary_key=True)
    at: datetime = instant()
    actor_kind: str
    staff_id: UUID | None = None
    session_id: UUID | None = None
    action: str
    object_kind: str
    object_id: UUID | None = None
    line_id: str | None = None
    detail: dict[str, Any] = coded_json()
    hmac: bytes = octets()


class AuditUnsealed(Row, table=True):
    """The rows no seal covers yet: born with the audit row, gone with its seal.

    A mark that commits with the row, so that a transaction which commits late
    is sealed late and never missed; ids and clocks could not promise that.
    """

    __tablename__ = "audit_unsealed"

    audit_id: UUID = Field(primary_key=True, foreign_key="audit.audit_id")


class AuditSeal(Row, table=True):
    """A link of the chain: it covers the rows listed and the link before it."""

    __tablename__ = "audit_seal"

    seq: int = big(primary_key=True, sa_column_kwargs={"autoincrement": False})
    covered: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    rows_hash: bytes = octets()
    chain: bytes = octets()
    sealed_at: datetime = instant()
