"""Rows that tests of records start from, written by the shortest way."""

from datetime import UTC, datetime
from uuid import UUID

from config.ids import new_id
from config.vocabulary import Role
from records.database import Database, Transaction
from records.vault import Vault

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
LINE = "dlpm"

_CONTACT = """
INSERT INTO contact
    (contact_id, line_id, channel, state, queue, language, audience, urgency, urgency_source,
     band, head_start_ms, rank, returned, turn, version, arrived_at, queued_at, waiting_since,
     changed_at, visitor_token_hash, visitor_seen_at, config_version)
VALUES ($1, $2, 'chat', 'waiting', 'mineur', 'fr', 'minor', 3, 'system', 1, 0, 1, false, 1, 1,
        $3, $3, $3, $3, $4, $3, 'test')
"""
_ENGAGEMENT = """
INSERT INTO engagement
    (engagement_id, contact_id, line_id, listener_id, session_id, channel, state, level, role,
     turn, step, step_attempts, accepted_at, talking_at)
SELECT $1, contact_id, line_id, $3, $4, channel, $5, 'ecoute', 'primary', turn, 'none', 0, $6, $6
FROM contact WHERE contact_id = $2
"""


def a_vault() -> Vault:
    """Return a vault whose keys are the same in every process of a test."""
    return Vault(b"v" * 32, b"i" * 32)


async def run(tx: Transaction, statement: str, *args: object) -> None:
    """Run a statement that has no name: tests only."""
    await tx._connection.execute(statement, *args)


async def read(database: Database, statement: str, *args: object) -> list[dict]:
    """Return the rows of a statement that has no name: tests only."""
    async with database.reading() as tx:
        return [dict(row) for row in await tx._connection.fetch(statement, *args)]


async def add_line(tx: Transaction, line_id: str = LINE) -> None:
    """Register a line and the configuration `test`."""
    await tx.execute(
        "configuration.register_line", line_id, "fr", {"fr": line_id}, "Europe/Paris", NOW
    )
    await tx.execute("configuration.keep_config_version", "test", {}, NOW)


async def add_conversation(
    tx: Transaction, vault: Vault, *, line_id: str = LINE, is_open: bool = True
) -> UUID:
    """Add a waiting chat with its key and its empty conversation."""
    contact_id = new_id()
    await run(tx, _CONTACT, contact_id, line_id, NOW, contact_id.bytes)
    await vault.create_key(tx, "contact", contact_id, line_id, NOW)
    await run(
        tx, "INSERT INTO conversation VALUES ($1, $2, 0, $3, 0, 0)", contact_id, line_id, is_open
    )
    return contact_id


async def add_staff(
    tx: Transaction, role: Role = Role.LISTENER, name: str = "", lines: tuple[str, ...] = (LINE,)
) -> UUID:
    """Add an active account without password."""
    staff_id = new_id()
    name = name or f"{role} {staff_id.hex[-4:]}"
    await tx.execute(
        "staff.create", staff_id, None, staff_id.hex, name, role, None, None, None, 3, NOW
    )
    await tx.execute("staff.add_lines", staff_id, list(lines))
    return staff_id


async def add_engagement(
    tx: Transaction, contact_id: UUID, staff_id: UUID, state: str = "talking"
) -> UUID:
    """Let a listener have taken a contact, at the instant NOW."""
    engagement_id = new_id()
    await run(tx, _ENGAGEMENT, engagement_id, contact_id, staff_id, new_id(), state, NOW)
    return engagement_id
