"""Whole contacts, committed: index and PostgreSQL together, beside bare commits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from config.clock import SystemClock, monotonic
from config.helpline.helpline import Helpline
from config.helpline.load import load_helpline
from config.ids import new_id
from config.settings import PACKAGED_HELPLINES
from config.vocabulary import (
    Audience,
    ContactEventKind,
    Disposition,
    EndedBy,
    Role,
    Urgency,
    UrgencySource,
)
from contactcenter.centre.queue.placement import Placements
from contactcenter.engines_in_use import EnginesInUse, engines_in_use
from records.actor import SYSTEM
from records.contacts.contacts import Contacts
from records.engagements.engagements import Engagements
from routing.model import ListenerPresence, Offer
from tests.bench.figures import Compared, Round
from tests.bench.floors import INSERT, TABLE
from tests.bench.load import BenchFailed, closed_loop
from tests.bench.routing.scale import Scale
from tests.kit.engines import DatabaseAddresses
from tests.kit.principals import principal_of
from tests.kit.ready_people import Person, ready_people
from tests.kit.settings import settings_for

LISTENERS = 64
QUEUE = "parent_proche"
LEASE_MS = 3_600_000
# Transaction ids are given to whatever writes and to nothing else: reads are not commits.
WRITTEN = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


@dataclass(frozen=True)
class Committed:
    """Rounds of whole contacts beside rounds of bare commits, and what one contact commits."""

    compared: Compared
    commits_per_cycle: float

    @property
    def ratio(self) -> float:
        """Return committed per second / bare commits per second."""
        return self.compared.ratio * self.commits_per_cycle


class Course:
    """Takes calls from their first webhook's act to the last, without HTTP and telephone."""

    def __init__(self, engines: EnginesInUse, helpline: Helpline, people: list[Person]) -> None:
        """Serve with these listeners."""
        self._router = engines.router
        self._helpline = helpline
        self._placements = Placements(helpline)
        self._contacts = Contacts(engines.database, engines.vault)
        self._engagements = Engagements(engines.database, engines.vault)
        self._people = {each.listener_id: each for each in people}
        self._clock = SystemClock()

    async def sign_in(self) -> None:
        """Enter every listener in the index."""
        await self._router.end_rebuild(await self._router.begin_rebuild())
        for each in self._people.values():
            await self._router.set_presence(
                ListenerPresence(
                    each.listener_id,
                    each.session_id,
                    1,
                    each.profile_id,
                    "ready",
                    each.max_chats,
                    lease_ms=LEASE_MS,
                )
            )

    async def cycle(self) -> float:
        """Take one call in, and one through to its close; return the seconds."""
        began = monotonic()
        lane = await self._queued()
        offer = await self._router.match((lane,))
        if offer is None:
            raise BenchFailed("a call waits, somebody is free, and there was no match")
        await self._served(offer)
        return monotonic() - began

    async def _queued(self) -> str:
        now = self._clock.now()
        contact, _ = await self._contacts.take_in_call(
            new_id(),
            self._helpline.line.id,
            "ACbench",
            f"CA{new_id().hex}",
            "+33639980001",
            "fr",
            self._helpline.config_version,
            now,
            now,
        )
        place = self._placements.at(QUEUE, Audience.RELATIVE, Urgency.U3, UrgencySource.SYSTEM)
        placed = (await self._contacts.place(contact.contact_id, place, now)).after
        waiting = self._placements.waiting(placed)
        await self._router.enqueue(waiting)
        return waiting.lanes[0]

    async def _served(self, offer: Offer) -> None:
        person = self._people[offer.listener_id]
        await self._contacts.note_event(
            offer.contact_id,
            ContactEventKind.OFFERED,
            self._clock.now(),
            SYSTEM,
            offer_id=offer.offer_id,
            detail={"listener": offer.listener_id, "lane": offer.lane},
        )
        reserved = await self._router.accept(offer.offer_id, offer.listener_id, offer.session_id)
        who = principal_of(
            person.listener_id,
            Role.LISTENER,
            frozenset({self._placements.helpline.line.id}),
            person.session_id,
            max_chats=person.max_chats,
        )
        accepted = await self._contacts.accept(
            offer.offer_id,
            offer.contact_id,
            reserved.turn,
            who,
            self._clock.now(),
        )
        await self._router.confirm(offer.offer_id, accepted.after.version)
        await self._engagements.connected(offer.offer_id, self._clock.now())
        await self._contacts.end(
            offer.contact_id, EndedBy.LISTENER, "ended_at_desk", self._clock.now(), actor=who
        )
        await self._contacts.close(
            offer.contact_id, who, Disposition.NON_CONTENT, "muet", self._clock.now()
        )
        await self._router.finish(offer.listener_id, offer.contact_id, offer.offer_id)


async def committed(
    database: DatabaseAddresses, redis_url: str, folder: Path, scale: Scale
) -> Committed:
    """Run rounds of whole contacts, each after a round of bare commits by as many clients."""
    served: list[Round] = []
    bare: list[Round] = []
    written, in_flight = 0, scale.commits_in_flight
    async with _course(database, redis_url, folder) as course, _floor(database, in_flight) as pool:

        async def floor() -> float:
            began = monotonic()
            await pool.execute(INSERT, f"CA{new_id().hex}", "+33639980001")
            return monotonic() - began

        for _ in range(scale.rounds):
            bare.append(
                await closed_loop(floor, in_flight=in_flight, seconds=scale.commit_seconds / 2)
            )
            before = await pool.fetchval(WRITTEN)
            served.append(
                await closed_loop(course.cycle, in_flight=in_flight, seconds=scale.commit_seconds)
            )
            written += await pool.fetchval(WRITTEN) - before
    compared = Compared(tuple(served), tuple(bare))
    return Committed(compared, written / compared.count)


@asynccontextmanager
async def _course(
    database: DatabaseAddresses, redis_url: str, folder: Path
) -> AsyncIterator[Course]:
    settings = settings_for(database.runtime, redis_url, folder)
    helpline = load_helpline(PACKAGED_HELPLINES / "dlpm")
    async with engines_in_use(settings, helpline, SystemClock()) as engines:
        await engines.redis.flushdb()
        logins = [f"bench{number:03}" for number in range(LISTENERS)]
        course = Course(engines, helpline, await ready_people(engines, helpline, logins))
        await course.sign_in()
        yield course


@asynccontextmanager
async def _floor(
    database: DatabaseAddresses, in_flight: int
) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    async with asyncpg.create_pool(
        database.owner, min_size=in_flight, max_size=in_flight, command_timeout=5
    ) as pool:
        await pool.execute(TABLE)
        yield pool
