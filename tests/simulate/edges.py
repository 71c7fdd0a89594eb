"""How people reach the service: by any living node, again and again until it is done."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from config.errors import CentreError, Unavailable
from tests.simulate.network import HELD_UP, Network
from tests.simulate.node import Node

Result = TypeVar("Result")
Act = Callable[[Node], Awaitable[Result]]

REQUEST_SECONDS = 10.0
ON_THE_WAY = (0.005, 0.06)
PAUSE = (0.5, 3.0)


class NoAnswer(Exception):
    """No node took the request, it died over it, or its answer was lost."""


class Edges:
    """The way from people to nodes: requests are delayed, doubled, and lost with their node."""

    def __init__(
        self, network: Network, rng: random.Random, nodes: Callable[[], list[Node]]
    ) -> None:
        """Choose among whatever nodes live at the moment."""
        self._network = network
        self._rng = rng
        self._nodes = nodes

    async def once(self, act: Act[Result]) -> Result:
        """Ask one node once. Raises NoAnswer, or what the service refuses with."""
        await asyncio.sleep(self._rng.uniform(*ON_THE_WAY))
        living = self._nodes()
        if not living:
            raise NoAnswer
        node = self._rng.choice(living)
        if self._rng.random() < self._network.weather.doubled:
            self._network.count("doubled")
            loop = self._network.loop
            loop.call_later(self._rng.uniform(*HELD_UP), self._again, act)
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                result = await _answer(node, act)
        except TimeoutError:
            raise NoAnswer from None
        if self._rng.random() < self._network.weather.unanswered:
            self._network.count("unanswered")
            raise NoAnswer
        return result

    def _again(self, act: Act[Any]) -> None:
        living = self._nodes()
        if living:
            node = self._rng.choice(living)
            node.serve(act(node))

    async def until_done(self, act: Act[Result], seconds: float) -> Result | None:
        """Ask until some node has done it; None when nobody has within `seconds`.

        Raises what the service refuses for good.
        """
        give_up_at = self._network.loop.time() + seconds
        while True:
            try:
                return await self.once(act)
            except (NoAnswer, Unavailable):
                if self._network.loop.time() > give_up_at:
                    return None
                await asyncio.sleep(self._rng.uniform(*PAUSE))

    async def tried(self, act: Act[Any]) -> bool:
        """Ask one node once and shrug if it fails; say whether it was done."""
        try:
            await self.once(act)
        except (NoAnswer, CentreError):
            return False
        return True


async def _answer(node: Node, act: Act[Result]) -> Result:
    task = node.serve(act(node))
    answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

    def done(task: "asyncio.Task[Result]") -> None:
        if answer.done():
            return
        if task.cancelled():
            answer.set_exception(NoAnswer())
        elif (error := task.exception()) is not None:
            answer.set_exception(error)
        else:
            answer.set_result(task.result())

    task.add_done_callback(done)
    return await answer
