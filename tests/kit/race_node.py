"""One node of the race, told what to do by lines on a socket.

The first line is JSON: the engines, the listeners who sit here, whether calls
are kept. Then `in N CHANNEL` takes contact N in and answers `in N` once it is
committed, `no N` if that failed; `hold` keeps calls, `go` lets them go. It is the service without
ports and telephone: the composition root's own parts, its own loops, and at
the desks programs that take every offer. Every listener sits at two nodes, so
each offer is accepted by two processes at once. It may die at any moment.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import asyncpg

from config.clock import SystemClock
from config.errors import CentreError
from config.helpline.load import load_helpline
from config.settings import PACKAGED_HELPLINES, load_settings
from config.vocabulary import Audience, Channel, Disposition, Role, Urgency, UrgencySource
from contactcenter.centre.queue.placement import Placements
from contactcenter.engines_in_use import EnginesInUse, engines_in_use
from contactcenter.loops import Loop, LoopHealth, running
from contactcenter.wiring import Centre, centre
from records.actor import Principal
from records.contacts.contacts import Contacts
from records.engagements.engagements import Engagements
from routing.model import EventKind, RoutingEvent
from tests.kit.settings import environment

SWEEP_SECONDS = 0.3
RECONCILE_SECONDS = 2.0
HEARTBEAT_SECONDS = 4.0
LOOK_SECONDS = 0.5
# A chat is kept for a moment, so that listeners come to hold as many as they may.
HOLD_SECONDS = 0.1
# Another process was quicker, or had already done it.
LOST_RACES = frozenset(
    {"contact_gone", "contact_taken", "offer_expired", "over_capacity", "not_allowed"}
)
POOL_SIZE = "6"  # eight nodes share one server's connections
QUEUE = "parent_proche"
LEFT_OVER = """
SELECT contact_id, listener_id, engagement_id FROM engagement
 WHERE listener_id = ANY ($1::uuid[]) AND state IN ('connecting', 'talking', 'wrap_up')
   AND (accepted_at < now() - interval '1.5 s')
"""


@dataclass
class Node:
    """What this process does for contacts and for the listeners who sit at it."""

    centre: Centre
    engines: EnginesInUse
    placements: Placements
    people: dict[UUID, Principal]
    database_url: str
    is_first_seat: set[UUID]
    tasks: asyncio.TaskGroup
    writer: asyncio.StreamWriter
    going: asyncio.Event = field(default_factory=asyncio.Event)
    clock: SystemClock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        """Use the acts of records as the service does."""
        self.contacts = Contacts(self.engines.database, self.engines.vault)
        self.engagements = Engagements(self.engines.database, self.engines.vault)

    def obey(self, order: str) -> None:
        """Keep calls, or let them go."""
        if order == "hold":
            self.going.clear()
        else:
            self.going.set()

    def say(self, line: str) -> None:
        """Answer the parent."""
        self.writer.write(line.encode() + b"\n")

    # -- contacts

    async def bring_in(self, number: int, channel: Channel) -> None:
        """Take a contact in, and say whether it is committed."""
        try:
            await self.take_in(number, channel)
        except CentreError as error:
            _note(error)
            self.say(f"no {number}")
        else:
            self.say(f"in {number}")

    async def take_in(self, number: int, channel: Channel) -> None:
        """Commit contact `number` and tell the index; said again, it is the same contact."""
        now, helpline = self.clock.now(), self.placements.helpline
        placement = self.placements.at(QUEUE, Audience.RELATIVE, Urgency.U3, UrgencySource.SYSTEM)
        name = f"race-{number}"
        if channel is Channel.CHAT:
            change = await self.contacts.take_in_chat(
                uuid5(NAMESPACE_OID, name),
                helpline.line.id,
                sha256(name.encode()).digest(),
                "fr",
                None,
                placement,
                helpline.config_version,
                now,
            )
        else:
            arrived, _ = await self.contacts.take_in_call(
                uuid5(NAMESPACE_OID, name),
                helpline.line.id,
                "ACrace",
                name,
                None,
                "fr",
                helpline.config_version,
                now,
                now,
            )
            change = await self.contacts.place(arrived.contact_id, placement, now)
        await self.centre.effects.follow(change)

    # -- desks

    async def hear(self) -> None:
        """Take every offer made to somebody who sits here, for ever."""
        async for event in self.engines.router.events():
            if event.kind is EventKind.OFFERED and event.listener_id in self.people:
                self.tasks.create_task(self._accept(event))

    async def _accept(self, event: RoutingEvent) -> None:
        assert event.listener_id is not None
        assert event.offer_id is not None
        try:
            contact_id = await self.centre.staff.offers.accept(
                self.people[event.listener_id], event.offer_id
            )
            if event.listener_id in self.is_first_seat:
                await asyncio.sleep(HOLD_SECONDS)
                await self._serve(event.listener_id, contact_id, event.offer_id)
        except CentreError as error:
            _note(error)

    async def _serve(self, listener_id: UUID, contact_id: UUID, engagement_id: UUID) -> None:
        """Bring an accepted contact to its end; another seat may be doing the same."""
        she, desk = self.people[listener_id], self.centre.staff.contacts
        change = await self.engagements.connected(engagement_id, self.clock.now())
        if change.after.channel is Channel.CALL:
            await self.going.wait()
        await desk.end(she, contact_id)
        await desk.close(she, contact_id, Disposition.NON_CONTENT, "test")

    async def finish_left_over(self) -> None:
        """End what a dead seat began, as a desk does that finds it open when it comes back."""
        connection = await asyncpg.connect(self.database_url, timeout=5)
        try:
            rows = await connection.fetch(LEFT_OVER, list(self.people), timeout=5)
        finally:
            await connection.close(timeout=5)
        for row in rows:
            if self.going.is_set():
                try:
                    await self._serve(row["listener_id"], row["contact_id"], row["engagement_id"])
                except CentreError as error:
                    _note(error)

    async def heartbeats(self) -> None:
        """Renew the leases of those who sit here, as their sockets' pongs do."""
        for she in self.people.values():
            await self.centre.staff.presence.heartbeat(she)

    def loops(self) -> Sequence[Loop]:
        """Return the router's loops, as the service runs them, and the desks'."""
        health, services = LoopHealth(), self.centre
        return [
            Loop("sweep", SWEEP_SECONDS, services.sweep.round, health),
            Loop("reconciler_lock", 1.0, services.reconciler_lock.keep, health),
            Loop("reconciler", RECONCILE_SECONDS, services.reconciler.round, health),
            Loop("heartbeats", HEARTBEAT_SECONDS, self.heartbeats, health),
            Loop("left_over", LOOK_SECONDS, self.finish_left_over, health),
            Loop("desks", 0.0, self.hear, health),
        ]


def _note(error: CentreError) -> None:
    """Let pass what a race may answer; anything else ends the node, and the race with it."""
    if not error.retryable and error.code not in LOST_RACES:
        raise error


async def main(parent: socket.socket) -> None:
    """Serve until the parent hangs up or somebody kills us."""
    reader, writer = await asyncio.open_connection(sock=parent)
    told = json.loads(await reader.readline())
    async with _node(told, writer) as node:
        # Before any loop: a process that took a dead one's seat must not let its calls go.
        node.obey(told["order"])
        async with running(node.loops()):
            await node.centre.reconciler.welcome_back()
            node.say("ready")
            while words := (await reader.readline()).decode().split():
                if words[0] == "in":
                    node.tasks.create_task(node.bring_in(int(words[1]), Channel(words[2])))
                else:
                    node.obey(words[0])


@asynccontextmanager
async def _node(told: dict[str, Any], writer: asyncio.StreamWriter) -> AsyncIterator[Node]:
    given = environment(
        database_url=told["database_url"],
        redis_url=told["redis_url"],
        data_dir=Path(told["data_dir"]),
    )
    settings = load_settings(given | {"DATABASE_POOL_SIZE": POOL_SIZE})
    helpline = load_helpline(PACKAGED_HELPLINES / "dlpm")
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        engines = await stack.enter_async_context(engines_in_use(settings, helpline, clock))
        made = await stack.enter_async_context(
            centre(settings, helpline, engines, clock, "http://127.0.0.1")
        )
        people = [_principal(each, helpline.line.id) for each in told["people"]]
        yield Node(
            made,
            engines,
            Placements(helpline),
            {each.staff_id: each for each in people},
            told["database_url"],
            {UUID(each) for each in told["first_seats"]},
            await stack.enter_async_context(asyncio.TaskGroup()),
            writer,
        )


def _principal(person: dict[str, Any], line_id: str) -> Principal:
    return Principal(
        staff_id=UUID(person["listener_id"]),
        session_id=UUID(person["session_id"]),
        role=Role.LISTENER,
        display_name="race",
        line_ids=frozenset({line_id}),
        profile_id=person["profile_id"],
        max_chats=person["max_chats"],
    )
