"""The race: nodes on the same engines, killed one after the other, and every contact served once.

This process is the carrier and the people: it brings contacts to whichever
node lives, again when the answer was lost, and kills. It holds nothing that
the service needs, so what is checked afterwards is PostgreSQL's own account.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from config.clock import SystemClock, monotonic
from config.helpline.load import load_helpline
from config.settings import PACKAGED_HELPLINES
from config.vocabulary import Channel
from contactcenter.engines_in_use import engines_in_use
from tests.kit.engines import DatabaseAddresses
from tests.kit.race_laws import CLOSED, FULLEST, TALKING, broken_laws, counted, watch
from tests.kit.race_seats import Seat, Stem, stem_process
from tests.kit.ready_people import Person, ready_people
from tests.kit.settings import settings_for
from tests.kit.until import until

IN_FLIGHT = 6  # contacts brought to one node at once
CALL_EVERY = 5


@dataclass(frozen=True)
class Course:
    """How long the race is. The last contacts are calls, one for each listener, held together.

    `most_kills` lets a short race come to its end on a machine that is too
    slow to fill a seat in a second; None kills to the end.
    """

    nodes: int
    contacts: int
    listeners: int
    kill_every_seconds: float
    most_seconds: float
    seed: int = 1
    most_kills: int | None = None


@dataclass
class Finish:
    """How it ended. `broken` is empty when every law held."""

    seconds: float
    kills: int
    asked_again: int
    fullest: int
    talking_together: int
    broken: dict[str, int]


class Race:
    """One race over engines that are there already."""

    def __init__(
        self, course: Course, database: DatabaseAddresses, redis_url: str, folder: Path
    ) -> None:
        """Start nothing yet."""
        self._course = course
        self._database = database
        self._redis_url = redis_url
        self._folder = folder
        self._log = folder / "nodes.log"
        self._draw = random.Random(course.seed)
        self._seats: list[Seat] = []
        self._waiting: asyncio.Queue[int] = asyncio.Queue()
        self._brought_in = 0
        self._asked_again = 0
        self._kills = 0

    async def run(self) -> Finish:
        """Run it; AssertionError when it does not come to an end, the node's own last words in it."""
        await watch(self._database.admin)
        self._seats = self._made_seats(await self._people())
        began = monotonic()
        try:
            async with asyncio.timeout(self._course.most_seconds), self._nodes():
                await self._storm()
                talking = await self._all_at_once()
        except TimeoutError:
            raise AssertionError(f"not over in time: {await self._state()}") from None
        took = monotonic() - began
        chats = load_helpline(PACKAGED_HELPLINES / "dlpm").limits.max_chats
        return Finish(
            seconds=took,
            kills=self._kills,
            asked_again=self._asked_again,
            fullest=await counted(self._database.admin, FULLEST),
            talking_together=talking,
            broken=await broken_laws(
                self._database.admin, contacts=self._course.contacts, chats_at_most=chats
            ),
        )

    async def _people(self) -> list[Person]:
        helpline = load_helpline(PACKAGED_HELPLINES / "dlpm")
        settings = settings_for(self._database.runtime, self._redis_url, self._folder)
        logins = [f"race{number:03}" for number in range(self._course.listeners)]
        async with engines_in_use(settings, helpline, SystemClock()) as engines:
            return await ready_people(engines, helpline, logins)

    def _made_seats(self, people: list[Person]) -> list[Seat]:
        """Give every listener two seats, at neighbouring nodes."""
        seats = self._course.nodes
        made = []
        for number in range(seats):
            first = people[number::seats]
            second = people[(number - 1) % seats :: seats]
            told = {
                "database_url": self._database.runtime,
                "redis_url": self._redis_url,
                "data_dir": str(self._folder),
                "people": [_plain(each) for each in (*first, *second)],
                "first_seats": [str(each.listener_id) for each in first],
            }
            made.append(Seat(told))
        return made

    @asynccontextmanager
    async def _nodes(self) -> AsyncIterator[None]:
        """Keep every seat taken, kill one process each while, and bring contacts in."""
        async with stem_process(self._log) as stem, asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._keep(seat, stem)) for seat in self._seats]
            await until(lambda: all(seat.is_ready for seat in self._seats), 30, saying="nodes")
            tasks += [
                group.create_task(self._feed(seat))
                for seat in self._seats
                for _ in range(IN_FLIGHT)
            ]
            tasks.append(group.create_task(self._kill()))
            yield
            for task in tasks:
                task.cancel()

    async def _keep(self, seat: Seat, stem: Stem) -> None:
        while True:
            await seat.live_once(stem)
            if not seat.was_killed:
                raise AssertionError(f"a node ended by itself:\n{self._log.read_text()[-4000:]}")

    async def _kill(self) -> None:
        most = self._course.most_kills
        while most is None or self._kills < most:
            await asyncio.sleep(self._course.kill_every_seconds)
            # On a machine too slow to fill a seat in a second all of them may be empty.
            if ready := [each for each in self._seats if each.is_ready]:
                self._draw.choice(ready).kill()
                self._kills += 1

    async def _feed(self, seat: Seat) -> None:
        while True:
            await until(lambda: seat.is_ready, self._course.most_seconds)
            number = await self._waiting.get()
            if await seat.take_in(number, self._channel(number)):
                self._brought_in += 1
            else:
                self._asked_again += 1
                self._waiting.put_nowait(number)

    def _channel(self, number: int) -> Channel:
        is_last = number >= self._course.contacts - self._course.listeners
        return Channel.CALL if is_last or number % CALL_EVERY == 0 else Channel.CHAT

    async def _storm(self) -> None:
        """Bring in all contacts but the last ones, and wait until each is closed."""
        first = self._course.contacts - self._course.listeners
        for number in range(first):
            self._waiting.put_nowait(number)
        await self._until_counted(CLOSED, first)

    async def _all_at_once(self) -> int:
        """Give every listener one call in the same while: nobody is stuck, nobody takes two."""
        self._order("hold")
        for number in range(self._course.contacts - self._course.listeners, self._course.contacts):
            self._waiting.put_nowait(number)
        await self._until_counted(TALKING, self._course.listeners)
        talking = await counted(self._database.admin, TALKING)
        self._order("go")
        await self._until_counted(CLOSED, self._course.contacts)
        return talking

    def _order(self, word: str) -> None:
        for seat in self._seats:
            seat.order = word
            seat.say(word)

    async def _until_counted(self, statement: str, number: int) -> None:
        async def reached() -> bool:
            return await counted(self._database.admin, statement) >= number

        await until(reached, self._course.most_seconds, every=0.25)

    async def _state(self) -> dict[str, int]:
        return {
            "brought_in": self._brought_in,
            "closed": await counted(self._database.admin, CLOSED),
            "talking": await counted(self._database.admin, TALKING),
            "kills": self._kills,
        }


def _plain(person: Person) -> dict[str, Any]:
    return {
        name: str(value) if name.endswith("_id") else value
        for name, value in asdict(person).items()
    }
