"""The steps of an offer: made, seen, accepted, given back."""

from collections.abc import Iterable
from uuid import UUID

from config.ids import new_id
from routing.model import Acceptance, Offer, Step
from routing.steps.base import Argument, PoolSteps, offer_from

# contact listener session turn lane channel at expires; a later release may add words behind.
GIVEN_WORDS = 8


class OfferSteps(PoolSteps):
    """Who is offered to whom."""

    async def match(self, lanes: Iterable[str]) -> Offer | None:
        """Wake the longest-idle free listener who serves these lanes; offer her the best head.

        The best head over ALL her lanes, which may be another contact than
        the one that just arrived: a newcomer cannot overtake. A free listener
        for whom a preferred contact waits is woken first. Who helps out in a
        lane is woken for it while nobody present has it as first choice. None
        when there is no pair. One call makes one offer. Raises InvalidInput
        (`lane_unknown`), Unavailable.
        """
        lanes = tuple(lanes)
        self._plan.check_lanes(lanes)
        return await self._match("", "", *lanes) if lanes else None

    async def match_listener(self, listener_id: UUID) -> Offer | None:
        """Offer a listener the best head of her lanes, if she is free. Raises Unavailable."""
        return await self._match(listener_id, "")

    async def match_contact(self, contact_id: UUID) -> Offer | None:
        """Wake whoever may take this contact: after its offer came back. Raises Unavailable."""
        return await self._match("", contact_id)

    async def _match(self, *words: Argument) -> Offer | None:
        reply = await self._step("match", new_id(), *words)
        return offer_from(reply[1:]) if reply[0] == Step.DONE else None

    async def seen(self, offer_id: UUID, session_id: UUID) -> Step:
        """Note that the offer shows on its desk; unseen it goes back after `seen_ms`.

        DONE, ALREADY, UNKNOWN, NOT_YOURS, GONE. Raises Unavailable.
        """
        return Step(await self._step("seen", offer_id, session_id))

    async def accept(self, offer_id: UUID, listener_id: UUID, session_id: UUID) -> Acceptance:
        """Reserve the offer for `accepting_ms` while PostgreSQL decides.

        DONE, or ALREADY for a replay: go on to PostgreSQL, then `confirm` or
        `release`. UNKNOWN, NOT_YOURS, LATE, GONE: nothing was reserved.
        Raises Unavailable: ask again, it is the same answer.
        """
        code, contact_id, turn = await self._step("accept", offer_id, listener_id, session_id)
        return Acceptance(Step(code), UUID(contact_id) if contact_id else None, int(turn or 0))

    async def confirm(self, offer_id: UUID, version: int) -> Step:
        """Enter what PostgreSQL committed: this offer's listener has the contact, at `version`.

        Holds for an offer that was released meanwhile too. DONE, ALREADY,
        UNKNOWN (the index was lost; the rebuild reads it back). Raises
        Unavailable.
        """
        return Step(await self._step("confirm", offer_id, version))

    async def release(self, offer_id: UUID, contact_gone: bool) -> Step:
        """Undo a reservation that PostgreSQL refused.

        `contact_gone`: the contact does not wait in this turn any more.
        Otherwise it waits again at its old rank and this listener is not
        offered it in this round; when she was over capacity, enter her
        presence again with her true load. DONE, ALREADY, STALE (confirmed),
        UNKNOWN. Raises Unavailable.
        """
        return Step(await self._step("release", offer_id, int(contact_gone)))

    async def decline(self, offer_id: UUID, listener_id: UUID, session_id: UUID) -> Step:
        """Give an offer back; the contact keeps its rank. `match_contact` it afterwards.

        DONE, ALREADY, UNKNOWN, NOT_YOURS, LATE, GONE. Raises Unavailable.
        """
        return Step(await self._step("decline", offer_id, listener_id, session_id))

    async def offer(self, offer_id: UUID) -> Offer | None:
        """Return an offer, ended ones too for an hour; None for one no reader here understands.

        Another release may have written it: then it counts as forgotten. Raises Unavailable.
        """
        hash_ = await self._scripts.guarded(
            self._redis.hgetall(self._plan.key(f"offer:{offer_id}")), "offer"
        )
        words = [str(hash_.get(name, "")) for name in ("given", "state", "seen")]
        try:
            return offer_from([offer_id, *words[0].split(" ")[:GIVEN_WORDS], *words[1:]])
        except ValueError:
            return None

    async def offer_of(self, listener_id: UUID) -> Offer | None:
        """Return the offer that holds a listener now, if any. Raises Unavailable."""
        offer_id = await self._scripts.guarded(
            self._redis.hget(self._plan.key(f"listener:{listener_id}"), "offer"), "offer_of"
        )
        return await self.offer(UUID(offer_id)) if offer_id else None
