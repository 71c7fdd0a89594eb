"""The whole simulated centre: engines, nodes, people, desks and faults, for one seed."""

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from config.errors import CentreError
from config.helpline.helpline import Helpline
from contactcenter.centre.queue.placement import Placements, plan_of
from records.contacts.snapshot import ContactSnapshot
from records.engagements.engagement import Engagement
from records.presence import ListenerRow
from routing.plan import Plan
from tests.simulate import faults
from tests.simulate.desks import Desk, Office
from tests.simulate.edges import Edges
from tests.simulate.fleet import Fleet
from tests.simulate.index import Index
from tests.simulate.looks import Looks
from tests.simulate.network import Network, Weather
from tests.simulate.node import Engines, Sabotage
from tests.simulate.people import Crowd, Watch
from tests.simulate.recorder import Recorder
from tests.simulate.truth.contacts import TrueContacts
from tests.simulate.truth.engagements import TrueEngagements
from tests.simulate.truth.presence import TruePresence
from tests.simulate.truth.store import Store
from tests.simulate.valkey import Valkey
from tests.simulate.virtual_time import VirtualClock, VirtualLoop

# Teams of the first helpline, and how many chats each of their listeners holds.
TEAMS = (
    ("ecoute", 3), ("ecoute", 2), ("ecoute_appels", 1), ("ecoute_tchat", 3), ("ecoute_francais", 2),
)  # fmt: skip
# The index is held against the truth so often: ticks of the fleet.
LOOK = 120
DRAIN_SECONDS = 3 * 3600.0
# Who is broken on purpose may never come to rest: then the end is not judged.
DRAIN_BROKEN_SECONDS = 300.0
SETTLING_SECONDS = 150.0


@dataclass(frozen=True, slots=True)
class Evening:
    """How much comes, who is there, and for how long."""

    hours: float
    arrivals_an_hour: float
    listeners: int
    faults: float = 1.0  # times as many as usual


class World:
    """Everything there is."""

    def __init__(
        self,
        loop: VirtualLoop,
        valkey: Valkey,
        helpline: Helpline,
        seed: int,
        evening: Evening,
        sabotage: Sabotage,
    ) -> None:
        """Build it; nothing runs yet."""
        self._loop = loop
        self._seed = seed
        self.evening = evening
        self.surprises: list[str] = []
        self.clock = VirtualClock(loop)
        self.store = Store()
        self.network = Network(loop, self._dice("network"), Weather())
        plan = plan_of(helpline)
        self.index = Index(valkey, plan, self.clock, self._told)
        self.engines = self._all_engines(helpline, plan, is_fenced=not sabotage.ignores_turns)
        self.recorder = Recorder(
            loop,
            self.clock,
            plan,
            Placements(helpline),
            self.store,
            max(helpline.urgency.head_starts_ms.values()),
        )
        self.looks = Looks(self.index, plan)
        self.fleet = Fleet(
            loop, self._dice("nodes"), self.engines, self.store, sabotage, self._surprised
        )
        self._edges = Edges(self.network, self._dice("edges"), self.fleet.living)
        self._watch = Watch()
        self.crowd = Crowd(self.store, self._edges, self._dice("people"))
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._is_over = False
        self._is_whole = sabotage == Sabotage()
        self.desks = self._all_desks()
        self._desk_of = {desk.who.staff_id: desk for desk in self.desks}
        self.schedule = faults.draw(self._dice("faults"), evening.hours, evening.faults)
        self.store.watch_contact = self._contact_changed
        self.store.watch_engagement = self._engagement_changed
        self.store.watch_listener = self._listener_changed

    def _dice(self, name: str) -> random.Random:
        return random.Random(f"{self._seed}/{name}")

    def _all_engines(self, helpline: Helpline, plan: Plan, *, is_fenced: bool) -> Engines:
        wrap_up = timedelta(seconds=helpline.limits.wrap_up_seconds)
        return Engines(
            index=self.index,
            contacts=TrueContacts(self.store, wrap_up, is_fenced=is_fenced),
            engagements=TrueEngagements(self.store, helpline.urgency.returned_head_start_ms),
            presence=TruePresence(self.store),
            network=self.network,
            helpline=helpline,
            plan=plan,
            wrap_up=wrap_up,
        )

    def _all_desks(self) -> list[Desk]:
        office = Office(
            self.store,
            self._edges,
            self._dice("desks"),
            self._spawn,
            self.recorder.acknowledged,
            self.recorder.awake,
        )
        line = self.engines.helpline.line.id
        teams = [TEAMS[number % len(TEAMS)] for number in range(self.evening.listeners)]
        return [Desk(office, team, line, chats) for team, chats in teams]

    # The course of things.

    async def run(self) -> None:
        """Live through the hours; then let everybody who came be served, or leave."""
        self.fleet.start_all()
        self._spawn(self.fleet.tick(self.desks, self._look))
        dice = self._dice("arrivals")
        for desk in self.desks:
            self._loop.call_later(dice.uniform(0, 20), self._sits_down, desk)
        going_wrong = faults.Faults(
            self.schedule, self.network, self.index, self.fleet.kill_one, self.recorder.shaken
        )
        self._spawn(going_wrong.run())
        await self._arrivals(dice)
        self._is_over = True
        drain = DRAIN_SECONDS if self._is_whole else DRAIN_BROKEN_SECONDS
        give_up_at = self._loop.time() + drain
        while self._loop.time() < give_up_at and not self._is_settled():  # noqa: ASYNC110 - costs nothing
            await asyncio.sleep(10)
        await asyncio.sleep(SETTLING_SECONDS)

    def _sits_down(self, desk: Desk) -> None:
        self._spawn(desk.work(lambda: self._is_over))

    async def _arrivals(self, dice: random.Random) -> None:
        rate, end = self.evening.arrivals_an_hour / 3600, self.evening.hours * 3600
        while True:
            await asyncio.sleep(dice.expovariate(rate))
            if self._loop.time() > end:
                return
            self._spawn(self.crowd.draw().live(self._watch))

    @property
    def is_at_rest(self) -> bool:
        """Say whether the end state can be judged: a whole service comes to rest in its time."""
        return self._is_whole or self._is_settled()

    def _is_settled(self) -> bool:
        now = self.clock.now()
        open_work = any(self.store.carried(desk.who.staff_id, now) for desk in self.desks)
        return not self.store.open_contacts and not open_work

    # Tasks, and what they must not end with.

    def _spawn(self, course: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        task = self._loop.create_task(course)
        self._tasks[task] = None
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._surprised(error)

    def _surprised(self, error: BaseException) -> None:
        """Note an error that nobody expects: a mistake of the services, or of this simulation."""
        if isinstance(error, CentreError):
            return
        trace, place = error.__traceback__, ""
        while trace is not None:
            file = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
            place, trace = f"{file}:{trace.tb_lineno}", trace.tb_next
        self.surprises.append(f"{type(error).__name__} at {place}: {error}")

    # What the truth and the index tell.

    def _contact_changed(self, before: ContactSnapshot | None, after: ContactSnapshot) -> None:
        self.recorder.contact(before, after)
        self._watch.tell(after.contact_id)

    def _engagement_changed(self, before: Engagement | None, after: Engagement) -> None:
        self.recorder.engagement(before, after)
        self._watch.tell(after.contact_id)
        if before is None or before.state is not after.state:
            self._spawn(self._desk_of[after.listener_id].works(after))

    def _listener_changed(self, row: ListenerRow) -> None:
        self.recorder.listener(row)
        self._spawn(self._desk_of[row.staff_id].concluded(row))

    def _told(self, event: dict[str, str]) -> None:
        self.recorder.told(event)
        if event["kind"] == "offered":
            desk = self._desk_of[UUID(event["listener"])]
            self._spawn(desk.offered(UUID(event["offer"])))

    def _look(self, tick: int) -> None:
        if tick % LOOK == 0:
            self.recorder.indexed(self.looks.waiting())
