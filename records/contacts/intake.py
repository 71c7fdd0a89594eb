"""Taking contacts in: committed before the person hears or reads anything of ours."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from config.errors import Conflict, NotFound
from config.ids import new_id
from records.coded import coded
from records.contacts.change import Change
from records.contacts.rows import Acts
from records.contacts.snapshot import ContactSnapshot, Placement, snapshot_of


class Intake(Acts):
    """The acts by which a contact comes to exist and to wait; one round trip each."""

    async def take_in_call(
        self,
        contact_id: UUID,
        line_id: str,
        account_sid: str,
        call_sid: str,
        number: str | None,
        language: str,
        config_version: str,
        arrived_at: datetime,
        now: datetime,
    ) -> tuple[ContactSnapshot, bool]:
        """Record a call as arriving; return it, and whether this request created it.

        Idempotent on (account_sid, call_sid): a repeat returns the contact
        of the first, whatever else it says. `number` is None when withheld;
        it is kept as an HMAC and sealed, never in clear.
        """
        made = self._vault.new_key("contact", contact_id)
        number_hmac = number_sealed = None
        if number is not None:
            number_hmac = self._vault.number_hmac(number)
            number_sealed = self._vault.seal(
                made.key, number, "contact", "number_sealed", contact_id
            )
        row = await self._database.act(
            "contact.take_in_call",
            contact_id,
            line_id,
            language,
            arrived_at,
            now,
            account_sid,
            call_sid,
            number_hmac,
            number_sealed,
            config_version,
            made.key.key_id,
            made.wrapped,
            made.kek_id,
            new_id(),
        )
        if row is not None:
            return snapshot_of(row), True
        async with self._database.reading() as tx:
            row = await tx.fetch_one("contact_list.by_call", account_sid, call_sid)
        assert row is not None, "an insert that met the call's key found its contact"
        return snapshot_of(row), False

    async def take_in_chat(
        self,
        contact_id: UUID,
        line_id: str,
        token_hash: bytes,
        language: str,
        department: str | None,
        placement: Placement,
        config_version: str,
        now: datetime,
    ) -> Change:
        """Record a chat as waiting, with its conversation; return it.

        Idempotent on contact_id with the same token; raises Conflict
        `already_exists` when that id was born with another.
        """
        made = self._vault.new_key("contact", contact_id)
        row = await self._database.act(
            "contact.take_in_chat",
            contact_id,
            line_id,
            placement.queue,
            language,
            placement.audience.value,
            department,
            int(placement.urgency),
            placement.source.value,
            placement.band,
            placement.head_start_ms,
            placement.rank(now),
            now,
            token_hash,
            config_version,
            made.key.key_id,
            made.wrapped,
            made.kek_id,
            list(placement.factors),
            new_id(),
            new_id(),
            coded(placement.told()),
            placement.level.value,
            list(placement.needs),
            placement.home_queue,
        )
        if row is None:
            async with self._database.reading() as tx:
                row = await tx.fetch_one("contact_list.by_token", token_hash)
            if row is None or row["contact_id"] != contact_id:
                raise Conflict("this id belongs to another chat", code="already_exists")
        return Change(None, snapshot_of(row))

    async def place(
        self,
        contact_id: UUID,
        placement: Placement,
        now: datetime,
        *,
        language: str | None = None,
    ) -> Change:
        """Put an arriving contact in waiting: its first turn, its place in time from `now`.

        `language` is the one chosen, if any was. Anything past arriving is
        returned as it stands: a key pressed twice or a repeated webhook
        never moves a contact. Raises NotFound.
        """
        row = await self._database.act(
            "contact.place",
            contact_id,
            placement.queue,
            placement.audience.value,
            int(placement.urgency),
            placement.source.value,
            placement.band,
            placement.head_start_ms,
            placement.rank(now),
            now,
            list(placement.factors),
            new_id(),
            coded(placement.told()),
            language,
            placement.level.value,
            list(placement.needs),
            placement.home_queue,
            placement.returned_ms > 0,
            placement.preferred_listener_id,
            placement.preferred_until,
        )
        if row is None:
            async with self._database.reading() as tx:
                row = await tx.fetch_one("contact_list.get", contact_id)
        if row is None:
            raise NotFound("no such contact", code="contact_unknown")
        return Change(None, snapshot_of(row))

    async def seen_all(self, contact_ids: Sequence[UUID], now: datetime) -> int:
        """Note the signs of life of many visitors in one statement; return how many."""
        async with self._database.reading() as tx:
            return await tx.execute("contact.seen_all", list(contact_ids), now)
