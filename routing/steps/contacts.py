"""The steps of a contact: in, held back, out."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from routing.model import Left, Offer, Step, WaitingContact
from routing.steps.base import Argument, PoolSteps, offer_from


class ContactSteps(PoolSteps):
    """Who waits. Every write carries the contact's version; a lower one is ignored."""

    async def enqueue(self, contact: WaitingContact) -> Step:
        """Put a contact in its lanes, or bring it up to date there (raise, widening, new turn).

        Its help lanes are added here, by the plan. DONE; ALREADY for a
        version entered before, whatever became of it since (it may be on a
        desk), its lanes repaired if the configuration names others by now;
        STALE for an older one and for a contact that left at this version or
        later. Raises InvalidInput (`lane_unknown`, `lane_of_another_channel`,
        `too_many_lanes`), Unavailable.
        """
        return (await self._enqueue([contact]))[0]

    async def enqueue_all(self, contacts: Sequence[WaitingContact]) -> list[Step]:
        """Do as `enqueue` for several by one script: 64 or so at once, an accept waits behind it.

        Refused (InvalidInput) as a whole before anything is changed.
        """
        return await self._enqueue(contacts) if contacts else []

    async def _enqueue(self, contacts: Iterable[WaitingContact]) -> list[Step]:
        args: list[Argument] = []
        for contact in contacts:
            args += self._arguments(contact)
        return [Step(code) for code in await self._step("enqueue", *args)]

    def _arguments(self, contact: WaitingContact) -> list[Argument]:
        self._plan.check_contact(contact)
        return [
            contact.contact_id,
            contact.version,
            contact.turn,
            " ".join(contact.lanes),
            contact.channel,
            contact.rank,
            contact.waiting_since_ms,
            int(contact.offerable),
            contact.preferred_listener or "",
            contact.preferred_until_ms,
            ";".join(f"{at} {' '.join(lanes)}" for at, lanes in self._plan.widenings(contact)),
            contact.target_ms,
            " ".join(("", *map(str, contact.given_up_by), "")) if contact.given_up_by else "",
        ]

    async def cancel(
        self, contact_id: UUID, version: int, *, left: Left = Left.CLOSED
    ) -> Offer | None:
        """Take a contact out for good at this version; return the offer taken back from a desk.

        `left` decides in which figure of its lane it is counted, once. None
        when no desk shows it, or while its accept is in flight: then that
        accept's own answer tells the desk, and its `confirm` or `release`
        frees the listener. Raises Unavailable.
        """
        reply = await self._step("cancel", contact_id, version, left)
        return offer_from(reply[1:]) if len(reply) > 1 else None

    async def forget(self, contact_id: UUID, version: int) -> Step:
        """Take out a contact that, in PostgreSQL, nobody waits as; counted in no figure.

        `version` as the index told it (`index_contacts`). DONE; STALE when
        it has changed since; ALREADY, UNKNOWN: it was not there. An offer on
        a desk is taken back. Raises Unavailable.
        """
        reply = await self._step("cancel", contact_id, version, "forgotten")
        return Step(reply[0])

    async def offerable(self, contact_id: UUID, is_offerable: bool) -> Step:
        """Let a waiting contact be offered, or hold it back; it keeps its place either way.

        DONE, ALREADY, UNKNOWN. An offer on a desk goes on. Raises Unavailable.
        """
        return Step(await self._step("offerable", contact_id, int(is_offerable)))

    async def hold_back(self, contact_id: UUID) -> Step:
        """Hold a waiting contact back from offers; `offerable(contact_id, True)` ends it."""
        return await self.offerable(contact_id, is_offerable=False)
