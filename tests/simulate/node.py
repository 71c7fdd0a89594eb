"""A simulated node: the centre's own services over far engines, killed and started again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from config.clock import Clock
from config.errors import CentreError
from config.helpline.helpline import Helpline
from contactcenter.centre.effects import Effects
from contactcenter.centre.quarantine import About, Quarantine
from contactcenter.centre.queue.escalation import Escalations
from contactcenter.centre.queue.offers import Offers
from contactcenter.centre.queue.outcomes import Outcomes
from contactcenter.centre.queue.placement import Placements
from contactcenter.centre.queue.presence import Presence
from contactcenter.centre.queue.queueing import Queueing
from contactcenter.centre.queue.reconcile import Reconciler
from contactcenter.centre.queue.states import QueueStates
from contactcenter.centre.queue.sweep import Sweep
from records.contacts.snapshot import ContactSnapshot
from routing.model import Acceptance, Step
from routing.plan import Plan
from routing.router import Router
from routing.wakeups import WakeKind
from tests.simulate.index import NOW, Index
from tests.simulate.network import Far, FarIndex, Link, Network
from tests.simulate.truth.contacts import TrueContacts
from tests.simulate.truth.engagements import TrueEngagements
from tests.simulate.truth.presence import TruePresence

Surprised = Callable[[BaseException], None]


@dataclass(frozen=True, slots=True)
class Engines:
    """What every node works on."""

    index: Index
    contacts: TrueContacts
    engagements: TrueEngagements
    presence: TruePresence
    network: Network
    helpline: Helpline
    plan: Plan
    wrap_up: timedelta


@dataclass(frozen=True, slots=True)
class Sabotage:
    """What a node does wrong on purpose, to prove that the laws see it."""

    loses_confirms: bool = False
    never_sweeps: bool = False
    never_reconciles: bool = False
    ignores_turns: bool = False


class Silence:
    """Stands for `Wakes`, `Messages`, `QueueOverrides`, `SetAside`: no screen, line, supervisor."""

    async def tell(self, kind: WakeKind, contact_id: UUID, *numbers: int) -> None:
        """Wake nobody."""

    async def system_line(self, contact_id: UUID, *_: str, occasion: str) -> None:
        """Say nothing."""

    async def say(self, _contact: ContactSnapshot, _why: str, *_: object) -> None:
        """Say nothing."""

    async def note(self, *_: object) -> None:
        """Note nothing."""

    async def clear(self, *_: object) -> None:
        """Forget nothing."""

    async def current(self, line_id: str, now: datetime) -> list[Any]:
        """Override nothing."""
        return []


class Strict(Quarantine):
    """Surprises are not set aside here: they end the simulation; a refusal is counted as ever."""

    async def failed(self, what: About, error: Exception) -> bool:
        """Count what is ours, raise the rest."""
        if not isinstance(error, CentreError):
            raise error
        return await super().failed(what, error)


class Lock:
    """Stands for `NodeLock`: the one reconciler is whoever holds it."""

    def __init__(self) -> None:
        """Start without it."""
        self.is_mine = False
        self.times_taken = 0


class ForgetfulRouter(Router):
    """A router whose confirms never arrive: a sabotage."""

    async def confirm(self, offer_id: UUID, version: int) -> Step:
        """Say that all is well, and do nothing."""
        return Step.DONE


class UnfencedRouter(Router):
    """A router that lets any offer be accepted, over or not: a sabotage."""

    async def accept(self, offer_id: UUID, listener_id: UUID, session_id: UUID) -> Acceptance:
        """Reserve nothing and ask nothing."""
        offer = await self.offer(offer_id)
        if offer is None:
            return Acceptance(Step.UNKNOWN)
        return Acceptance(Step.DONE, offer.contact_id, offer.turn)


def router_of(sabotage: Sabotage) -> type[Router]:
    """Return the router a node works with: the real one, unless it is broken on purpose."""
    if sabotage.loses_confirms:
        return ForgetfulRouter
    return UnfencedRouter if sabotage.ignores_turns else Router


class Services:
    """The centre's own services over far engines, made as the composition root makes them."""

    router: Router
    contacts: Any
    engagements: Any
    store: Any

    def __init__(self, engines: Engines, clock: Clock) -> None:
        """Make those that tell the index and take offers; the engines' parts are there already."""
        self._silence = cast("Any", Silence())
        self.clock = clock
        self.helpline = engines.helpline
        self.placements = Placements(self.helpline)
        self.queueing = Queueing(self.router, self.contacts, self.placements, clock)
        self.presence = Presence(self.store, self.router, self.queueing, clock, self.helpline)
        self.effects = Effects(
            self.queueing,
            self.presence,
            self.router,
            self._silence,
            self._silence,
            clock,
            asyncio.Event(),
        )
        self.offers = Offers(
            self.router,
            self.contacts,
            self.engagements,
            self.queueing,
            self.presence,
            self.effects,
            self.helpline,
            clock,
        )

    def make_loops(self) -> None:
        """Make what the router's loops run."""
        limits, clock, silence = self.helpline.limits, self.clock, self._silence
        strict = Strict(silence, clock, "simulated")
        self.lock = cast("Any", Lock())
        self.sweep = Sweep(
            self.router,
            self.contacts,
            self.engagements,
            self.store,
            self.presence,
            self.queueing,
            self.effects,
            strict,
            clock,
            grace=timedelta(seconds=limits.chat_grace_seconds),
            preferred=timedelta(seconds=limits.preferred_listener_seconds),
        )
        self.reconciler = Reconciler(
            self.router,
            self.contacts,
            self.store,
            self.presence,
            self.placements,
            self.lock,
            strict,
            clock,
        )
        self.states = QueueStates(self.router, silence, self.helpline, clock)
        self.escalations = Escalations(
            self.contacts,
            silence,
            self.states,
            self.placements,
            self.effects,
            strict,
            clock,
        )
        self.outcomes = Outcomes(self.router, self.contacts, self.helpline, strict, clock)


class Node(Services):
    """One process: services of its own, and whatever it is doing when it dies."""

    def __init__(
        self, engines: Engines, clock: Clock, sabotage: Sabotage, surprised: Surprised
    ) -> None:
        """Start with nothing to do."""
        network = engines.network
        self._surprised = surprised
        self._loop = network.loop
        self._links = [Link(network, "index"), Link(network, "truth")]
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._busy: dict[str, asyncio.Task[Any]] = {}
        to_index, to_truth = self._links
        far = FarIndex(to_index, engines.index)
        self.router = router_of(sabotage)(far, engines.plan, lambda: NOW)
        self.contacts = Far(to_truth, engines.contacts)
        self.engagements = Far(to_truth, engines.engagements)
        self.store = Far(to_truth, engines.presence)
        super().__init__(engines, clock)
        self.make_loops()

    def kill(self) -> None:
        """Stop everything between two messages, as `kill -9` does; what was sent is on its way."""
        for link in self._links:
            link.is_cut = True
        for task in self._tasks:
            task.cancel()

    async def escalate(self) -> None:
        """Do a round of escalation by a fresh look at the queues."""
        await self.states.look()
        await self.escalations.round()

    def serve(self, act: Awaitable[Any]) -> "asyncio.Task[Any]":
        """Do something for somebody; the task is cancelled when the node dies."""
        task = self._loop.create_task(_awaited(act))
        self._tasks[task] = None
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._surprised(error)

    def run(self, name: str, round_: Callable[[], Awaitable[Any]]) -> None:
        """Start a round of one of its loops, unless the last one still runs."""
        if name not in self._busy or self._busy[name].done():
            self._busy[name] = self.serve(round_())


async def _awaited(act: Awaitable[Any]) -> Any:
    return await act
