"""Lines of conversations, for whoever writes and reads them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID, uuid5

from config.clock import Clock, SystemClock
from config.errors import NotFound
from config.vocabulary import MessageKind, MessageVisibility, Sender
from records.access import access_contact, gated
from records.actor import Principal
from records.audit import write_audit
from records.database import Database, Row, Transaction
from records.messages.backlog import Limits
from records.messages.commit import Outcome, commit_batch, message_place
from records.messages.lines import MAX_CHARS, Draft, Head, Line, Stored, checked
from records.messages.writer import GroupWriter
from records.policy import Right
from records.vault import Sealed, Vault

_PAGE = 500
_LAST_SEQ = 2**62  # numbers come from outside; no conversation goes further


class Messages:
    """What was said: stored by group commit, sealed with the contact's key."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock | None = None,
        limits: Limits | None = None,
        *,
        most_chars: int = MAX_CHARS,
    ) -> None:
        """Keep the engines and the helpline's limit of a line; none is taken but while `running`."""
        self._database = database
        self._vault = vault
        self._clock = clock or SystemClock()
        self._most_chars = most_chars
        self._writer = GroupWriter(self._commit, limits or Limits())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take lines in; at the end, store those already taken before stopping."""
        async with self._writer.running():
            yield

    async def append(
        self,
        contact_id: UUID,
        sender: Sender,
        cid: UUID,
        text: str,
        *,
        staff_id: UUID | None = None,
        kind: MessageKind = MessageKind.TEXT,
        visibility: MessageVisibility = MessageVisibility.ALL,
    ) -> Stored:
        """Store a line and return its number, only once it is committed.

        The same `cid` of the same sender with the same text returns the first
        number, as often as asked. Raises InvalidInput; Conflict `cid_reused`
        or `conversation_closed`; NotFound; TooMuch when too much waits;
        Unavailable when nothing was stored; OutcomeUnknown when it may have
        been. After the last three the same call is safe to repeat.
        """
        draft = Draft(contact_id, sender, cid, text, staff_id, kind, visibility)
        return await self._writer.store(checked(draft, self._most_chars))

    async def system_line(
        self, contact_id: UUID, text_key: str, text: str, *, occasion: str = ""
    ) -> Stored:
        """Say one of the helpline's texts in a conversation, once per key and occasion.

        Repeating it returns the first line, even if its words have changed
        since (an estimate of the wait): two processes may both want it said.
        """
        cid = uuid5(contact_id, f"system|{text_key}|{occasion}")
        return await self.append(contact_id, Sender.SYSTEM, cid, text, kind=MessageKind.SYSTEM)

    async def after(
        self, contact_id: UUID, seq: int, limit: int, *, for_visitor: bool
    ) -> list[Line]:
        """Return committed lines with a higher number, in order, at most `limit` (of 500).

        For the two who are in the conversation; anybody else reads it
        through `read`. A visitor is never given a line for staff. Raises
        NotFound `shredded` once the contact's key is destroyed.
        """
        async with self._database.reading() as tx:
            return await self._after(tx, contact_id, seq, limit, for_visitor=for_visitor)

    async def read(
        self, principal: Principal, contact_id: UUID, seq: int, limit: int, now: datetime
    ) -> list[Line]:
        """Return lines to a member of staff who may read them; the reading is in the trail."""
        async with gated(self._database, self._vault, principal, now) as tx:
            contact = await access_contact(
                tx, principal, contact_id, Right.CONTACT_CONTENT_READ, now
            )
            lines = await self._after(tx, contact_id, seq, limit, for_visitor=False)
            await write_audit(
                tx,
                self._vault,
                principal,
                "messages_read",
                "contact",
                contact_id,
                contact.line_id,
                now=now,
                detail={"after": min(max(seq, 0), 999_999_999), "count": len(lines)},
            )
        return lines

    async def head(self, contact_id: UUID) -> Head:
        """Return where a conversation stands; raise NotFound when there is none."""
        async with self._database.reading() as tx:
            row = await tx.fetch_one("message.head", contact_id)
        if row is None:
            raise NotFound("no such conversation")
        return Head(row["head_seq"], row["open"], row["visitor_read_seq"], row["listener_read_seq"])

    async def heads(self, contact_ids: Sequence[UUID]) -> dict[UUID, int]:
        """Return the last number of each of these conversations; calls have none."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("message.heads", list(contact_ids))
        return {row["contact_id"]: row["head_seq"] for row in rows}

    async def mark_read(self, contact_id: UUID, side: Sender, seq: int) -> int | None:
        """Note how far one side has read; return the new mark, or None if it did not move.

        A mark never goes back, and never past the last line.
        """
        name = "visitor_has_read" if side is Sender.VISITOR else "listener_has_read"
        row = await self._database.act(f"message.{name}", contact_id, _bounded(seq))
        return None if row is None else int(row[0])

    async def _commit(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return await commit_batch(self._database, self._vault, drafts, self._clock.now())

    async def _after(
        self, tx: Transaction, contact_id: UUID, seq: int, limit: int, *, for_visitor: bool
    ) -> list[Line]:
        name = "after_for_visitor" if for_visitor else "after_for_staff"
        rows = await tx.fetch(
            f"message.{name}", contact_id, _bounded(seq), min(max(limit, 0), _PAGE)
        )
        sealed = [
            Sealed(
                row["body_sealed"],
                "message",
                "body_sealed",
                message_place(contact_id, row["seq"]),
            )
            for row in rows
        ]
        texts = await self._vault.open_all(tx, sealed) if sealed else []
        return [_line(row, text) for row, text in zip(rows, texts, strict=True)]


def _line(row: Row, text: bytes | None) -> Line:
    if text is None:
        raise NotFound("its key was destroyed", code="shredded")
    return Line(
        row["seq"],
        row["cid"],
        Sender(row["sender"]),
        row["staff_id"],
        MessageKind(row["kind"]),
        MessageVisibility(row["visibility"]),
        text.decode(),
        row["at"],
    )


def _bounded(seq: int) -> int:
    return min(max(seq, 0), _LAST_SEQ)
