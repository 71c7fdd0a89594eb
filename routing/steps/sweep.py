"""The safety net: what is due is carried out, and whoever should be paired is."""

from itertools import islice
from typing import Any
from uuid import UUID

from routing.model import Offer, Step, SweepReport
from routing.steps.base import offer_from
from routing.steps.offers import OfferSteps

# Standings told to one match of the safety net: bounds the script's arguments.
STANDINGS_AT_ONCE = 16


class SweepSteps(OfferSteps):
    """One bounded sweep, run every 250–500 ms by any number of nodes."""

    async def sweep(self, limit: int = 64) -> SweepReport:
        """Carry out at most `limit` due items of each kind, then pair at most `limit` times.

        The report is what the caller records in PostgreSQL and acts on.
        Raises Unavailable; what was not done is done by the next sweep.
        """
        replies = await self._step("sweep", limit)
        report = SweepReport(
            expired=_offers(replies[0]),
            unseen=_offers(replies[1]),
            withdrawn=_offers(replies[2]),
            stuck_accepting=_offers(replies[3]),
            leases_lost=[UUID(id_) for id_ in replies[4]],
            asked=[UUID(id_) for id_ in replies[5]],
            exhausted=[UUID(id_) for id_ in replies[6]],
            wrap_ups_over=[_pair(words) for words in replies[8]],
        )
        judged = iter(replies[7])
        for contact_id, lanes in zip(judged, judged, strict=True):
            if await self._is_exhausted(contact_id, lanes.split()):
                report.exhausted.append(UUID(contact_id))
        report.offered.extend(await self._pair_up(limit))
        return report

    async def _is_exhausted(self, contact_id: str, lanes: list[str]) -> bool:
        code = await self._step("round", contact_id, *self._plan.profiles_serving(lanes))
        return bool(code == Step.DONE)

    async def _pair_up(self, limit: int) -> list[Offer]:
        """Make the offers that a lost wake-up left unmade."""
        made: list[Offer] = []
        standings = iter(self._told(self._plan.standings))
        while part := tuple(islice(standings, STANDINGS_AT_ONCE)):
            while len(made) < limit and (offer := await self._match(None, part)):
                made.append(offer)
        return made


def _offers(replies: list[Any]) -> list[Offer]:
    return [offer_from(reply) for reply in replies]


def _pair(words: str) -> tuple[UUID, UUID]:
    listener_id, _, contact_id = words.partition(" ")
    return UUID(listener_id), UUID(contact_id)
