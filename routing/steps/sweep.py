"""The safety net: what is due is carried out, and whoever should be paired is."""

from typing import Any
from uuid import UUID

from routing.model import Offer, SweepReport
from routing.steps.base import offer_from
from routing.steps.offers import OfferSteps

EVERY_LANE = "*"


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
            wrap_ups_over=[_pair(words) for words in replies[7]],
            widened=[UUID(id_) for id_ in replies[8]],
        )
        report.offered.extend(await self._pair_up(limit))
        return report

    async def _pair_up(self, limit: int) -> list[Offer]:
        """Make the offers that a lost wake-up left unmade."""
        made: list[Offer] = []
        while len(made) < limit and (offer := await self._match("", "", EVERY_LANE)):
            made.append(offer)
        return made


def _offers(replies: list[Any]) -> list[Offer]:
    return [offer_from(reply) for reply in replies]


def _pair(words: str) -> tuple[UUID, UUID]:
    listener_id, _, contact_id = words.partition(" ")
    return UUID(listener_id), UUID(contact_id)
