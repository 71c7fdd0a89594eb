"""Signed-in sessions and the single-use tickets to the live socket.

Tokens and tickets come here as hashes only; what is stored opens nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from config.errors import NotSignedIn
from config.ids import new_id
from config.vocabulary import Role
from records.actor import SYSTEM, Actor, Principal
from records.audit import write_audit
from records.database import Database, Row
from records.vault import Vault

TOUCH_EVERY = timedelta(seconds=60)
IDLE = timedelta(hours=12)  # a night shift; a session forgotten open ends by itself


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a valid session stands for."""

    session_id: UUID
    staff_id: UUID
    display_name: str
    role: Role
    line_ids: frozenset[str]
    profile_id: str | None
    max_chats: int
    created_at: datetime
    expires_at: datetime
    last_seen_at: datetime
    skills: frozenset[str] = frozenset()

    @property
    def principal(self) -> Principal:
        """Return the person as gates, events and the trail know her."""
        return Principal(
            staff_id=self.staff_id,
            session_id=self.session_id,
            role=self.role,
            line_ids=self.line_ids,
            display_name=self.display_name,
            profile_id=self.profile_id,
            max_chats=self.max_chats,
            skills=self.skills,
        )


class Sessions:
    """Sessions of staff, in PostgreSQL: one revoked is refused at once, on every node."""

    def __init__(self, database: Database, vault: Vault, *, idle: timedelta = IDLE) -> None:
        """Keep the engines; a session without a sign of life for `idle` is over."""
        self._database = database
        self._vault = vault
        self._idle = idle

    async def create(
        self, staff_id: UUID, token_hash: bytes, now: datetime, expires_at: datetime
    ) -> SignedIn:
        """Open a session; raise NotSignedIn when the account is closed."""
        session_id = new_id()
        async with self._database.transaction() as tx:
            created = await tx.fetch_value(
                "session.create", session_id, staff_id, token_hash, now, expires_at
            )
            if created is None:
                raise NotSignedIn("the account is closed")
            actor = Actor.staff(staff_id, session_id)
            await write_audit(
                tx, self._vault, actor, "signed_in", "session", session_id, None, now=now
            )
            row = await tx.fetch_one("session.get", session_id, now, now - self._idle)
        return _signed_in(row)

    async def find(self, token_hash: bytes, now: datetime) -> SignedIn:
        """Return who the token stands for.

        Raises NotSignedIn when it is unknown, revoked, expired, idle for too
        long, or of a closed account: the answer does not say which.
        """
        async with self._database.reading() as tx:
            row = await tx.fetch_one("session.find", token_hash, now, now - self._idle)
        return _signed_in(row)

    async def get(self, session_id: UUID, now: datetime) -> SignedIn:
        """Return who a session stands for; raise NotSignedIn as `find` does."""
        async with self._database.reading() as tx:
            row = await tx.fetch_one("session.get", session_id, now, now - self._idle)
        return _signed_in(row)

    async def touch(self, session_id: UUID, now: datetime) -> None:
        """Note a sign of life, written at most once a minute."""
        await self._database.act("session.touch", session_id, now, now - TOUCH_EVERY)

    async def revoke(self, session_id: UUID, now: datetime) -> bool:
        """End a session for ever, by whoever holds it; False when it already was."""
        async with self._database.transaction() as tx:
            staff_id = await tx.fetch_value("session.revoke", session_id, now)
            if staff_id is None:
                return False
            actor = Actor.staff(staff_id, session_id)
            await write_audit(
                tx, self._vault, actor, "signed_out", "session", session_id, None, now=now
            )
        return True

    async def revoke_all(self, actor: Actor, staff_id: UUID, now: datetime) -> int:
        """End every session of an account; return how many."""
        async with self._database.transaction() as tx:
            count = await tx.execute("session.revoke_all", staff_id, now)
            await write_audit(
                tx, self._vault, actor, "sessions_revoked", "staff", staff_id, None, now=now
            )
        return count

    async def note_refusal(self, staff_id: UUID | None, reason: str, now: datetime) -> None:
        """Keep a refused sign-in in the trail; `reason` is a code, the login is not kept."""
        async with self._database.transaction() as tx:
            await write_audit(
                tx,
                self._vault,
                SYSTEM,
                "sign_in_refused",
                "staff",
                staff_id,
                None,
                now=now,
                detail={"reason": reason},
            )

    async def issue_ticket(
        self, session_id: UUID, ticket_hash: bytes, now: datetime, expires_at: datetime
    ) -> None:
        """Keep a ticket into the live socket; those long expired are dropped on the way."""
        async with self._database.transaction() as tx:
            await tx.execute("session.forget_tickets", now - timedelta(hours=1))
            await tx.execute("session.issue_ticket", ticket_hash, session_id, expires_at)

    async def use_ticket(self, ticket_hash: bytes, now: datetime) -> SignedIn:
        """Return who the ticket lets in, once: of racing uses, on any nodes, one succeeds.

        Raises NotSignedIn when it is unknown, used, expired, or its session over.
        """
        async with self._database.transaction() as tx:
            session_id = await tx.fetch_value("session.use_ticket", ticket_hash, now)
            row = (
                None
                if session_id is None
                else await tx.fetch_one("session.get", session_id, now, now - self._idle)
            )
        # Only now: an error inside would roll back the use of the ticket.
        return _signed_in(row)


def _signed_in(row: Row | None) -> SignedIn:
    if row is None:
        raise NotSignedIn("no valid session")
    return SignedIn(
        row["session_id"],
        row["staff_id"],
        row["display_name"],
        Role(row["role"]),
        frozenset(row["line_ids"]),
        row["profile_id"],
        row["max_chats"],
        row["created_at"],
        row["expires_at"],
        row["last_seen_at"],
        frozenset(row["skills"]),
    )
