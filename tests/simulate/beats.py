"""Heartbeats of all desks, many in one round trip.

They are the most frequent message by far and change nothing when all is well.
So a node's desks beat together, by the router's own step; whoever is not
answered with yes goes the service's own way, which repairs what is amiss.
"""

from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from config.vocabulary import PresenceState
from routing.model import Step
from routing.plan import Plan
from routing.router import Router
from tests.simulate.desks import Desk
from tests.simulate.index import NOW, Index
from tests.simulate.network import Network
from tests.simulate.truth.store import Store


class _Heard(Redis):
    """A client that carries nothing out and keeps what it was asked."""

    words: tuple[Any, ...] = ()

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Keep the words."""
        self.words = args
        return Step.DONE


class Beats:
    """Renews the leases of desks that are awake."""

    def __init__(self, index: Index, network: Network, plan: Plan, store: Store) -> None:
        """Know nobody yet."""
        self._index = index
        self._network = network
        self._store = store
        self._heard = _Heard()
        self._router = Router(self._heard, plan, lambda: NOW)
        self._words: dict[UUID, tuple[Any, ...]] = {}  # by session

    async def beat(self, desks: list[Desk]) -> list[Desk]:
        """Beat for all who are signed in and awake; return those who were not answered with yes."""
        beating = [desk for desk in desks if desk.is_awake and self._is_present(desk)]
        if not beating or self._network.refused["index"]:
            return []
        words = [await self._asked(desk) for desk in beating]
        answers = self._index.carry_out_all(words)
        pairs = zip(beating, answers, strict=True)
        return [desk for desk, answer in pairs if answer != Step.DONE]

    def _is_present(self, desk: Desk) -> bool:
        row = self._store.listeners.get(desk.who.staff_id)
        return (
            row is not None
            and row.state is not PresenceState.OFFLINE
            and row.session_id == desk.who.session_id
        )

    async def _asked(self, desk: Desk) -> tuple[Any, ...]:
        session_id = desk.who.session_id
        if session_id not in self._words:
            await self._router.heartbeat(desk.who.staff_id, session_id)
            self._words[session_id] = self._heard.words
        return self._words[session_id]
