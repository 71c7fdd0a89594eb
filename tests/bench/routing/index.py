"""An index of the helpline's own lanes and profiles, filled, and what is done in it."""

import random
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count, cycle, islice
from urllib.parse import urlsplit

from redis.asyncio import Redis

from config.clock import monotonic
from config.helpline.helpline import Helpline
from config.helpline.load import load_helpline
from config.ids import new_id
from config.settings import PACKAGED_HELPLINES
from config.vocabulary import PresenceState, Urgency
from contactcenter.centre.queue.placement import plan_of
from routing.connection import open_redis
from routing.model import ListenerPresence, Offer, WaitingContact
from routing.rank import standing
from routing.router import Router
from tests.bench.load import BenchFailed

EPOCH_MS = 1_772_000_000_000
LEASE_MS = 3_600_000
# How often each urgency comes: a guess at an evening; danger is rare.
URGENCIES = {Urgency.U1: 1, Urgency.U2: 9, Urgency.U3: 30, Urgency.U4: 40, Urgency.U5: 20}
# In a room of fifty everybody may have skills of her own: more than any helpline has of teams.
PROFILES = 50
EVERY_PROFILE = 512  # check-config allows no more
STEPS = 5  # enqueue, match, accept, confirm, finish: one round trip each


class Index:
    """One pool, to which contacts and listeners come."""

    def __init__(self, redis: Redis, helpline: Helpline, profiles: int) -> None:
        """Start empty; `redis` is a data set of its own, `profiles` how many are in use."""
        self.redis = redis
        self.router = Router(redis, plan_of(helpline))
        self._helpline = helpline
        self._draw = random.Random(1)
        self._profiles = helpline.all_profiles()[:profiles]
        served = {lane for profile in self._profiles for lane in profile.lanes}
        self._channel_of = {lane.id: lane.channel for lane in helpline.lanes() if lane.id in served}
        self._lanes = cycle(self._channel_of)
        # Where a contact was taken out another one comes in: no lane runs empty or over.
        self._vacated: deque[str] = deque()
        self._arrived = count(EPOCH_MS)

    async def fill(self, waiting: int, listeners: int) -> None:
        """Enter so many waiting contacts, spread over all lanes, and free listeners of all profiles in use."""
        epoch = await self.router.begin_rebuild()
        await self.router.restore_contacts(epoch, islice(self._newcomers(), waiting))
        await self.router.restore_listeners(epoch, list(self._free(listeners)))
        await self.router.end_rebuild(epoch)

    def _newcomers(self) -> Iterator[WaitingContact]:
        while True:
            yield self.newcomer()

    def newcomer(self) -> WaitingContact:
        """Return the next contact, of an urgency drawn at random."""
        now = next(self._arrived)
        lane = self._vacated.popleft() if self._vacated else next(self._lanes)
        urgency = self._draw.choices(list(URGENCIES), list(URGENCIES.values()))[0]
        starts = self._helpline.urgency.head_starts_ms
        place = standing(urgency, now, starts)
        channel = self._channel_of[lane]
        return WaitingContact(new_id(), 1, 1, (lane,), channel, place.rank, now)

    def _free(self, listeners: int) -> Iterator[ListenerPresence]:
        for profile in islice(cycle(self._profiles), listeners):
            yield ListenerPresence(
                listener_id=new_id(),
                session_id=new_id(),
                version=1,
                profile_id=profile.id,
                state=PresenceState.READY,
                max_chats=self._helpline.limits.max_chats,
                lease_ms=LEASE_MS,
            )

    async def match(self) -> tuple[Offer, float]:
        """Wake somebody as an arrival in the next lane does; return the offer and its seconds."""
        lanes = (next(self._lanes),)
        began = monotonic()
        offer = await self.router.match(lanes)
        took = monotonic() - began
        if offer is None:
            raise BenchFailed("somebody waits and somebody is free, and there was no match")
        return offer, took

    async def settle(self, offer: Offer) -> None:
        """Take an offer through to the end: accepted, confirmed, its listener free again."""
        accepted = await self.router.accept(offer.offer_id, offer.listener_id, offer.session_id)
        if accepted.contact_id != offer.contact_id:
            raise BenchFailed("an offer was not accepted")
        await self.router.confirm(offer.offer_id, 2)
        await self.router.finish(offer.listener_id, offer.contact_id, offer.offer_id)
        self._vacated.append(offer.lane.partition("!")[0])  # a help lane is its lane's

    async def cycle(self) -> float:
        """Bring one contact in and one out, in five steps; return the seconds."""
        began = monotonic()
        await self.router.enqueue(self.newcomer())
        offer, _ = await self.match()
        await self.settle(offer)
        return monotonic() - began


@asynccontextmanager
async def index_in(
    redis_url: str, database: int, *, profiles: int = PROFILES
) -> AsyncIterator[Index]:
    """Open an index in a numbered data set of the server, emptied."""
    url = urlsplit(redis_url)._replace(path=f"/{database}").geturl()
    async with open_redis(url) as redis:
        await redis.flushdb()
        yield Index(redis, load_helpline(PACKAGED_HELPLINES / "dlpm"), profiles)
        await redis.flushdb()
