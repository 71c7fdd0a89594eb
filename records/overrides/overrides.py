"""Closing a queue, or having a message said, at once; set and lifted by supervisors."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from config.errors import InvalidInput, NotFound
from config.ids import new_id
from config.typography import one_line
from config.vocabulary import Channel, OverrideKind
from records.access import access_line, gated
from records.actor import Principal
from records.audit import write_audit
from records.coded import CodedValue, code
from records.database import Database, Row, Transaction
from records.policy import Right
from records.vault import Vault

ALL_QUEUES = "*"
TEXT_CHARS = 500
LANGUAGES = 20
# What stands for longer has no end: it is lifted.
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class QueueOverride:
    """One in force: `queue` may be `*` (all), `channel` None (all); `texts` by language."""

    override_id: UUID
    line_id: str
    queue: str
    channel: Channel | None
    kind: OverrideKind
    texts: Mapping[str, str] | None
    until: datetime | None
    set_by: UUID
    set_at: datetime

    def concerns(self, queue: str, channel: Channel) -> bool:
        """Say whether it is about that queue on that channel."""
        return self.queue in (ALL_QUEUES, queue) and self.channel in (None, channel)


class QueueOverrides:
    """Overrides: one in force for each line, queue, channel and kind."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Keep the engines."""
        self._database = database
        self._vault = vault

    async def set(
        self,
        principal: Principal,
        line_id: str,
        queue: str,
        channel: Channel | None,
        kind: OverrideKind,
        now: datetime,
        *,
        texts: Mapping[str, str] | None = None,
        until: datetime | None = None,
        reason: str | None = None,
    ) -> QueueOverride:
        """Put an override in force in place of the one of its kind there, and trace it.

        Saying the same again changes nothing. `texts` is said to everybody,
        so it is kept in clear; a message needs them. Raises InvalidInput
        naming the field, NotFound for a line not hers, NotAllowed.
        """
        checked = checked_words(queue, kind, texts, until, now)
        async with gated(self._database, self._vault, principal, now) as tx:
            await self._reach(tx, principal, line_id)
            standing = await tx.fetch_one(
                "override.standing", line_id, queue, _word(channel), kind.value
            )
            if standing is not None:
                before = _override(standing)
                if (before.texts, before.until) == (checked, until):
                    return before
                await tx.execute("override.lift", before.override_id, now, principal.staff_id)
            row = await tx.fetch_one(
                "override.set",
                new_id(),
                line_id,
                queue,
                _word(channel),
                kind.value,
                checked,
                until,
                principal.staff_id,
                now,
            )
            assert row is not None, "an insert returns its row"
            await self._trace(tx, principal, "queue.override", _override(row), now, reason)
            return _override(row)

    async def lift(
        self,
        principal: Principal,
        line_id: str,
        queue: str,
        now: datetime,
        *,
        channel: Channel | None = None,
        kind: OverrideKind | None = None,
        reason: str | None = None,
    ) -> int:
        """End what is in force there, of one kind or of both; return how many were.

        Raises NotFound for a line not hers, NotAllowed.
        """
        async with gated(self._database, self._vault, principal, now) as tx:
            await self._reach(tx, principal, line_id)
            kinds = [kind] if kind else list(OverrideKind)
            lifted = 0
            for each in kinds:
                row = await tx.fetch_one(
                    "override.standing", line_id, queue, _word(channel), each.value
                )
                if row is not None:
                    await tx.execute("override.lift", row["override_id"], now, principal.staff_id)
                    before = _override(row)
                    await self._trace(tx, principal, "queue.override_lift", before, now, reason)
                    lifted += 1
        return lifted

    async def current(self, line_id: str, now: datetime) -> list[QueueOverride]:
        """Return what is in force on a line at that instant."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("override.current", line_id, now)
        return [_override(row) for row in rows]

    async def _reach(self, tx: Transaction, principal: Principal, line_id: str) -> None:
        # The line's row is the fence: two who set the same thing at once take turns.
        if line_id not in principal.line_ids or not await tx.fetch_one("override.lock", line_id):
            raise NotFound("no such line")
        access_line(principal, line_id, Right.QUEUE_OVERRIDE, "line", None)

    async def _trace(
        self,
        tx: Transaction,
        principal: Principal,
        action: str,
        override: QueueOverride,
        now: datetime,
        reason: str | None,
    ) -> None:
        told: dict[str, CodedValue] = {"kind": override.kind.value}
        if reason is not None:
            told["reason"] = code(reason, "reason")
        if override.queue != ALL_QUEUES:
            told["queue"] = override.queue
        if override.channel is not None:
            told["channel"] = override.channel.value
        await write_audit(
            tx,
            self._vault,
            principal,
            action,
            "queue_override",
            override.override_id,
            override.line_id,
            now=now,
            detail=told,
        )


_NAMES = tuple(field.name for field in fields(QueueOverride))


def _override(row: Row) -> QueueOverride:
    values: dict[str, Any] = {name: row[name] for name in _NAMES}
    values["kind"] = OverrideKind(values["kind"])
    values["channel"] = None if values["channel"] is None else Channel(values["channel"])
    return QueueOverride(**values)


def _word(channel: Channel | None) -> str | None:
    return None if channel is None else channel.value


def checked_words(
    queue: str,
    kind: OverrideKind,
    texts: Mapping[str, str] | None,
    until: datetime | None,
    now: datetime,
) -> dict[str, str] | None:
    """Return the words as they are kept: one line each, for every screen and telephone.

    Raises InvalidInput as `set` would, so that of several overrides all are looked
    at before the first is in force.
    """
    if queue != ALL_QUEUES:
        code(queue, "queue")
    if until is not None and not now < until <= now + LONGEST:
        raise InvalidInput("over at once, or more than a year away", field="until")
    if not texts:
        if kind is OverrideKind.MESSAGE:
            raise InvalidInput("a message needs its words", field="texts")
        return None
    said = {code(language, "texts"): one_line(text) for language, text in texts.items()}
    if len(said) > LANGUAGES or not all(0 < len(text) <= TEXT_CHARS for text in said.values()):
        raise InvalidInput(f"1 to {TEXT_CHARS} characters in each language", field="texts")
    return said
