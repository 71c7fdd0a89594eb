"""The nodes: started, killed, started again, and the rounds of their loops."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta

from config.vocabulary import EngagementStep, PresenceState
from records.engagements.engagement import Engagement
from tests.simulate import acts
from tests.simulate.beats import Beats
from tests.simulate.desks import Desk
from tests.simulate.node import Engines, Node, Sabotage, Surprised
from tests.simulate.truth.store import Store
from tests.simulate.virtual_time import VirtualClock, VirtualLoop

NODES = 3
# A node's clock may be off by so much: milliseconds.
SKEW_MS = 40
# How soon a dead node's lock is free: its connection must be found dead first.
LOCK_SECONDS = 2.0
# Periods in ticks. The sweep's and the call steps' are the service's own (contactcenter.app). What
# repeats itself when nothing happens costs most here, so the reconciler has 3 s for 2 and the desks
# beat twice in a lease; nobody's place hangs on escalation, which has a minute for a second.
TICK = 0.5
STEPS, RECONCILE, BEAT, ESCALATE, OUTCOMES = 2, 6, 18, 120, 60
RINGS = (1.0, 3.0)
LEG_FAILS = 0.03


class Fleet:
    """Some nodes over the same engines, one of which reconciles."""

    def __init__(
        self,
        loop: VirtualLoop,
        rng: random.Random,
        engines: Engines,
        store: Store,
        sabotage: Sabotage,
        surprised: Surprised,
    ) -> None:
        """Start none yet."""
        self._loop = loop
        self._rng = rng
        self._engines = engines
        self._index = engines.index
        self._store = store
        self._sabotage = sabotage
        self._surprised = surprised
        self._nodes: dict[int, Node] = {}
        self._lock_free_at = 0.0
        self._beats = Beats(engines.index, engines.network, engines.plan, store)

    def living(self) -> list[Node]:
        """Return the nodes that live."""
        return list(self._nodes.values())

    def start_all(self) -> None:
        """Start every node."""
        for number in range(NODES):
            self._start(number)

    def _start(self, number: int) -> None:
        skew = timedelta(milliseconds=self._rng.uniform(-SKEW_MS, SKEW_MS))
        clock = VirtualClock(self._loop, skew)
        node = Node(self._engines, clock, self._sabotage, self._surprised)
        self._nodes[number] = node
        node.run("welcome_back", node.reconciler.welcome_back)

    def kill_one(self, seconds: float) -> None:
        """Kill a node, if one lives, and start it again after so long."""
        if not self._nodes:
            return
        number = self._rng.choice(list(self._nodes))
        node = self._nodes.pop(number)
        if node.lock.is_mine:
            self._lock_free_at = self._loop.time() + LOCK_SECONDS
        node.kill()
        self._loop.call_later(seconds, self._start, number)

    async def tick(self, desks: list[Desk], looks: Callable[[int], None]) -> None:
        """Start each loop's round when it is due, for ever.

        A round that would find nothing to do is not started: most would not.
        """
        tick = 0
        while True:
            await asyncio.sleep(TICK)
            tick += 1
            looks(tick)
            living = self.living()
            if not living:
                continue
            if not self._index.is_idle() and not self._sabotage.never_sweeps:
                for node in self._some(living):
                    self._run_sweep(node)
            if tick % STEPS == 0 and self._store.owed:
                self._run_steps(self._rng.choice(living))
            if tick % RECONCILE == 0:
                self._reconcile(living)
            if tick % ESCALATE == 0:
                node = self._rng.choice(living)
                node.run("escalations", node.escalate)
            if tick % OUTCOMES == 0 and self._store.unsettled:
                node = self._rng.choice(living)
                node.run("outcomes", node.outcomes.round)
            if tick % BEAT == 0:
                for desk in await self._beats.beat(desks):
                    node = self._rng.choice(living)
                    node.serve(node.presence.heartbeat(desk.who))

    def _some(self, living: list[Node]) -> list[Node]:
        """Choose who sweeps now: one, and two at once now and then."""
        return self._rng.sample(living, min(len(living), 2 if self._rng.random() < 0.1 else 1))

    def _run_sweep(self, node: Node) -> None:
        async def sweep() -> None:
            touches = self._index.touches
            if (await node.sweep.round()).is_empty:
                self._index.note_nothing_found(touches)

        node.run("sweep", sweep)

    # One reconciler at a time, and the rounds of the router.

    def _reconcile(self, living: list[Node]) -> None:
        holder = self._holder(living)
        if holder is not None and not self._sabotage.never_reconciles:
            holder.run("reconciler", holder.reconciler.round)
        if self._has_orphans():
            node = self._rng.choice(living)
            node.run("orphans", node.sweep.return_orphans)

    def _holder(self, living: list[Node]) -> Node | None:
        """Return who holds the lock: taken when it is free, lost when PostgreSQL refuses."""
        holder = next((node for node in living if node.lock.is_mine), None)
        if self._engines.network.refused["truth"]:
            if holder is not None:
                holder.lock.is_mine = False
            self._lock_free_at = self._loop.time() + LOCK_SECONDS
            return None
        if holder is None and self._loop.time() >= self._lock_free_at:
            holder = self._rng.choice(living)
            holder.lock.is_mine = True
            holder.lock.times_taken += 1
        return holder

    def _has_orphans(self) -> bool:
        return any(
            row.state is PresenceState.OFFLINE
            and row.reason in ("lease_lost", "signed_out")
            and self._store.open_of.get(staff_id)
            for staff_id, row in self._store.listeners.items()
        )

    # The telephone.

    def _run_steps(self, node: Node) -> None:
        async def steps() -> None:
            for engagement in await acts.due_steps(node, 16):
                node.serve(self._step(node, engagement))

        node.run("steps", steps)

    async def _step(self, node: Node, engagement: Engagement) -> None:
        if engagement.step is EngagementStep.HANG_UP:
            await acts.leg_is_hung_up(node, engagement)
            return
        await asyncio.sleep(self._rng.uniform(*RINGS))
        if self._rng.random() < LEG_FAILS:
            await acts.listener_is_not_reached(node, engagement)
        else:
            await acts.both_are_joined(node, engagement)
