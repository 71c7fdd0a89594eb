"""Listeners at their desks: they sign in, take offers, talk, write up, rest, and drop off."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from config.errors import CentreError, Refused
from config.ids import new_id
from config.vocabulary import DeclineReason, EngagementState, PresenceState, Role
from records.actor import Principal
from records.engagements.engagement import Engagement
from records.presence import ListenerRow
from tests.simulate import acts
from tests.simulate.edges import Edges
from tests.simulate.truth.store import Store

SHOWN_AFTER = (0.02, 0.3)
NEVER_SHOWN = 0.01
THINKS_SECONDS = 3.0
DECLINES, IGNORES, IS_LATE = 0.05, 0.02, 0.02
ENDS_IT, HANDS_OVER = 0.4, 0.06
HANDED_TO = "urgence_coordination"
TALKS_SECONDS = 900.0
WRITES_UP_SECONDS = 180.0
TROUBLED_EVERY_SECONDS = 2400.0
DECLARING_SECONDS = 1800.0
# What a desk does about a state that the service concluded of its listener: seconds until.
COMES_BACK = {
    PresenceState.ASKED: (3, 40),
    PresenceState.CHECK_AUDIO: (5, 30),
    PresenceState.BREAK: (60, 400),
    PresenceState.OFFLINE: (2, 20),
}

Spawn = Callable[[Coroutine[Any, Any, Any]], object]
Acknowledged = Callable[[UUID, UUID, UUID], None]


@dataclass(frozen=True, slots=True)
class Office:
    """What all desks share; `acknowledged` hears of each accept answered with yes."""

    store: Store
    edges: Edges
    rng: random.Random
    spawn: Spawn
    acknowledged: Acknowledged
    awake: Callable[[UUID, bool], None]


class Desk:
    """One listener, her session and her habits."""

    def __init__(self, office: Office, team: str, line: str, max_chats: int) -> None:
        """Sit down; `work` begins her shift."""
        self._office = office
        self._rng = office.rng
        self._edges = office.edges
        self._awake = asyncio.Event()
        self._awake.set()
        self.is_on_shift = False
        self.who = Principal(
            staff_id=new_id(),
            session_id=new_id(),
            role=Role.LISTENER,
            display_name="",
            line_ids=frozenset({line}),
            profile_id=team,
            max_chats=max_chats,
        )

    @property
    def is_awake(self) -> bool:
        """Say whether her desk gives signs of life."""
        return self._awake.is_set()

    async def work(self, until: Callable[[], bool]) -> None:
        """Be ready, with a trouble now and then, until told; then stay as one is."""
        self.is_on_shift = True
        await self._declare(PresenceState.READY)
        while not until():
            await asyncio.sleep(self._rng.expovariate(1 / TROUBLED_EVERY_SECONDS))
            await self._rng.choice((self._doze, self._doze, self._move, self._rest, self._change))()

    async def _doze(self) -> None:
        """Be a frozen tab for a while: no sign of life, nothing seen."""
        self._fall_asleep(asleep=True)
        await asyncio.sleep(self._rng.uniform(5, 90))
        self._fall_asleep(asleep=False)
        await self.live_sign()

    def _fall_asleep(self, *, asleep: bool) -> None:
        (self._awake.clear if asleep else self._awake.set)()
        self._office.awake(self.who.staff_id, self.is_awake)

    async def _move(self) -> None:
        """Open a second window, which takes her presence over."""
        self.who = replace(self.who, session_id=new_id())
        await self._declare(PresenceState.READY)

    async def _rest(self) -> None:
        """Take a break of her own."""
        await self._declare(PresenceState.BREAK)
        await asyncio.sleep(self._rng.uniform(60, 600))
        await self._declare(PresenceState.READY)

    async def _change(self) -> None:
        """End a shift, and begin the next."""
        self.is_on_shift = False
        await self._declare(self._rng.choice((PresenceState.LEAVING, PresenceState.OFFLINE)))
        await asyncio.sleep(self._rng.uniform(120, 900))
        self.is_on_shift = True
        await self._declare(PresenceState.READY)

    async def _declare(self, state: PresenceState) -> None:
        try:
            await self._edges.until_done(
                lambda node: node.presence.declare(self.who, state), DECLARING_SECONDS
            )
        except Refused:
            return

    async def live_sign(self) -> None:
        """Say that she is there by the service's own way, which repairs what is amiss."""
        await self._edges.tried(lambda node: node.presence.heartbeat(self.who))

    # What reaches her.

    async def offered(self, offer_id: UUID) -> None:
        """See an offer, think, and answer it in her own way."""
        who = self.who
        await asyncio.sleep(self._rng.uniform(*SHOWN_AFTER))
        if not self.is_awake or self._rng.random() < NEVER_SHOWN:
            return
        await self._edges.tried(lambda node: node.offers.seen(who, offer_id))
        await asyncio.sleep(self._rng.expovariate(1 / THINKS_SECONDS))
        chance = self._rng.random()
        if not self.is_awake or chance < IGNORES:
            return
        if chance < IGNORES + DECLINES:
            reason = DeclineReason.NEED_BREAK
            await self._edges.tried(lambda node: node.offers.decline(who, offer_id, reason))
            return
        if chance > 1 - IS_LATE:
            await asyncio.sleep(self._rng.uniform(15, 40))  # about when the offer ends, or later
        try:
            contact_id = await self._edges.until_done(
                lambda node: node.offers.accept(who, offer_id), 30
            )
        except Refused:
            return
        if contact_id is not None:
            self._office.acknowledged(offer_id, contact_id, who.staff_id)

    async def concluded(self, row: ListenerRow) -> None:
        """Come back from a state that the service put her in."""
        if row.reason in ("declared", "shift_over") or row.state not in COMES_BACK:
            return
        await asyncio.sleep(self._rng.uniform(*COMES_BACK[row.state]))
        await self._awake.wait()
        now = self._office.store.listeners[self.who.staff_id]
        if (now.state, now.version) == (row.state, row.version) and self.is_on_shift:
            await self._declare(PresenceState.READY)

    async def works(self, engagement: Engagement) -> None:
        """Talk, or write up; act when she has done it long enough."""
        if engagement.state is EngagementState.TALKING:
            chance = self._rng.random()
            if chance < ENDS_IT + HANDS_OVER:
                await asyncio.sleep(self._rng.expovariate(1 / TALKS_SECONDS))
                await self._part_from(engagement, hands_over=chance > ENDS_IT)
        elif engagement.state is EngagementState.WRAP_UP:
            await asyncio.sleep(self._rng.expovariate(1 / WRITES_UP_SECONDS))
            await self._close(engagement)

    async def _part_from(self, engagement: Engagement, *, hands_over: bool) -> None:
        if not self._is_still(engagement):
            return
        contact_id = engagement.contact_id
        if hands_over:
            await self._edges.tried(
                lambda node: acts.listener_hands_over(node, self.who, contact_id, HANDED_TO)
            )
        else:
            await self._edges.tried(lambda node: acts.listener_ends(node, self.who, contact_id))

    async def _close(self, engagement: Engagement) -> None:
        try:
            await self._edges.until_done(
                lambda node: acts.listener_closes(node, self.who, engagement.contact_id),
                DECLARING_SECONDS,
            )
        except CentreError:
            return

    def _is_still(self, engagement: Engagement) -> bool:
        return self._office.store.engagements[engagement.engagement_id].state is engagement.state
