"""Messages that are late, lost, doubled and out of order, between nodes and their engines.

A message once sent arrives whatever becomes of its sender: a killed node's
last words are still carried out. Its answer may come too late, or never.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from config.errors import OutcomeUnknown, Unavailable
from tests.simulate.index import Index
from tests.simulate.virtual_time import VirtualLoop

Result = TypeVar("Result")

# How long a message takes when nothing is wrong, and when it is held up: seconds.
PROMPT = (0.0002, 0.002)
HELD_UP = (0.05, 3.0)
WORST = 0.3  # the most likely that a mishap ever is
REFUSED_AFTER = 0.003
RESET_AFTER = 0.02
# A server that falls silent is given up after so long (records: statement_seconds and one more).
SILENT_AFTER = 6.0


@dataclass(frozen=True, slots=True)
class Weather:
    """How messages fare: the chance of each mishap, for one message."""

    lost: float = 0.0005  # never arrives
    unanswered: float = 0.0005  # carried out, the answer lost
    doubled: float = 0.002  # carried out twice, the second time later
    held_up: float = 0.01

    def worse(self, times: float) -> "Weather":
        """Return weather with each mishap so many times as likely."""
        chances = (self.lost, self.unanswered, self.doubled, self.held_up)
        return Weather(*(min(WORST, times * each) for each in chances))


class Network:
    """What all links share: the weather of now, which engine refuses, and the dice."""

    def __init__(self, loop: VirtualLoop, rng: random.Random, weather: Weather) -> None:
        """Start with every engine up."""
        self.loop = loop
        self.rng = rng
        self.calm = weather
        self.weather = weather
        self.refused: dict[str, int] = {"index": 0, "truth": 0}
        self.counts: dict[str, int] = dict.fromkeys(
            ("sent", "lost", "unanswered", "doubled", "held_up", "refused"), 0
        )

    def count(self, what: str) -> None:
        """Count a message, or a mishap."""
        self.counts[what] += 1

    def delay(self) -> float:
        """Draw how long a message is on its way."""
        if self.rng.random() < self.weather.held_up:
            self.count("held_up")
            return self.rng.uniform(*HELD_UP)
        return self.rng.uniform(*PROMPT)


@dataclass(slots=True)
class Link:
    """The way from one node to one engine."""

    network: Network
    engine: str  # "index" or "truth"
    is_cut: bool = False  # its node is dead: nothing more is sent

    async def ask(self, act: Callable[[], Result]) -> Result:
        """Have `act` carried out at the far end and return its answer."""
        network, loop = self.network, self.network.loop
        if self.is_cut:
            raise asyncio.CancelledError
        network.count("sent")
        answer: asyncio.Future[Result] = loop.create_future()
        if network.refused[self.engine]:
            network.count("refused")
            loop.call_later(REFUSED_AFTER, _fail, answer, self._lost())
            return await answer
        chance, weather = network.rng.random(), network.weather
        delay = network.delay()
        if chance < weather.lost:
            network.count("lost")
            silent = network.rng.random() < 0.5
            after = SILENT_AFTER if silent else delay + RESET_AFTER
            loop.call_later(after, _fail, answer, self._lost())
        elif (chance := chance - weather.lost) < weather.unanswered:
            network.count("unanswered")
            loop.call_later(delay, self._carry_out, act, None)
            loop.call_later(delay + RESET_AFTER, _fail, answer, self._unanswered())
        else:
            loop.call_later(delay, self._carry_out, act, answer)
            if self.engine == "index" and chance - weather.unanswered < weather.doubled:
                network.count("doubled")
                loop.call_later(delay + network.rng.uniform(*HELD_UP), self._carry_out, act, None)
        return await answer

    def _carry_out(
        self, act: Callable[[], Result], answer: "asyncio.Future[Result] | None"
    ) -> None:
        if self.network.refused[self.engine]:
            if answer is not None:
                _fail(answer, self._lost())
            return
        try:
            result = act()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the sender's to judge
            if answer is not None:
                _fail(answer, error)
            return
        if answer is not None and not answer.done():
            answer.set_result(result)

    def _lost(self) -> Exception:
        if self.engine == "index":
            return RedisConnectionError("the index is away")
        return Unavailable("the database does not answer", code="database_unavailable")

    def _unanswered(self) -> Exception:
        if self.engine == "index":
            return RedisConnectionError("the index is away")
        return OutcomeUnknown("the connection was lost while committing")


def _fail(answer: "asyncio.Future[Any]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)


class FarIndex(Redis):
    """Redis's own client; its commands travel by a link and take virtual time."""

    def __init__(self, link: Link, index: Index) -> None:
        """Connect nothing: the socket is the index's."""
        super().__init__(decode_responses=True, protocol=2)
        self._link = link
        self._index = index

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Have one command carried out, its answer shaped as the client's own."""
        reply = await self._link.ask(lambda: self._index.carry_out(args))
        shape = self.response_callbacks.get(args[0])
        options.pop("keys", None)
        return shape(reply, **options) if shape else reply


class Far:
    """A part of the truth at the far end of a link: its acts, awaited."""

    def __init__(self, link: Link, part: object) -> None:
        """Stand for `part`, whose methods are plain."""
        self._link = link
        self._part = part

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._part, name)

        async def act(*args: Any, **named: Any) -> Any:
            return await self._link.ask(lambda: method(*args, **named))

        self.__dict__[name] = act
        return act
